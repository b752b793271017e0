//! Whoever waits for work is woken by whoever makes it.

use std::{sync::Arc, time::Duration};

use kopru_core::{Action, Adopted, Effect, Outcome, Question, Reason, Revisit, Stop};
use tokio::{sync::Notify, time::timeout};

use super::shop::{ORIGIN, Shop, deal_key, lane, nothing, queued};
use crate::{Answered, Decided, LaneKey, OutcomeOf, Settled, Store};

/// Whether somebody was woken; nobody is any more afterwards.
async fn woken(notify: &Arc<Notify>) -> bool {
    timeout(Duration::ZERO, notify.notified()).await.is_ok()
}

pub(super) async fn whoever_waits(store: &dyn Store) {
    let (shop, other) = (Shop::open(store, "woken").await, Shop::open(store, "not woken").await);
    let wakeups = store.wakeups();
    let elsewhere = LaneKey { dataset: "elsewhere".into(), ..lane() };
    let all = [
        wakeups.facts(shop.workspace),
        wakeups.queue(shop.workspace, &lane()),
        wakeups.asks(shop.workspace, ORIGIN),
        wakeups.facts(other.workspace),
        wakeups.queue(shop.workspace, &elsewhere),
        wakeups.asks(shop.workspace, "kommo:other"),
    ];
    let are_woken = async |expected: [bool; 3], by: &str| {
        let mut found = [false; 6];
        for (found, notify) in found.iter_mut().zip(&all) {
            *found = woken(notify).await;
        }
        assert_eq!(found[..3], expected, "facts, queue, questions: by {by}");
        assert_eq!(found[3..], [false; 3], "others: by {by}");
    };
    let question = || Question::Deal { deal: deal_key("1") };
    are_woken([false; 3], "nothing").await;
    shop.append(vec![nothing(), nothing()]).await;
    are_woken([true, false, false], "facts").await;
    shop.decide(Outcome::Used, vec![Effect::Create(queued("e", 0))], 0).await;
    are_woken([false, true, false], "what is queued").await;
    shop.act(vec![Effect::Ask { question: question(), upto: 1, after_ms: 0 }], 0).await;
    are_woken([true, false, true], "a question").await;
    store.ask(shop.workspace, question(), 0).await.unwrap();
    are_woken([false, false, true], "a question of nobody").await;
    let fact = nothing();
    let answers = vec![Answered { question: question(), upto: 9, fact }];
    store.answer(shop.workspace, "kommo", 0, answers).await.unwrap();
    are_woken([true, false, false], "an answer").await;
    let on = question().key();
    shop.decide(Outcome::Waiting { on, reason: Reason::AskingCrm }, Vec::new(), 0).await;
    are_woken([false; 3], "a fact that waits").await;
    shop.act(vec![Effect::Release { seq: 4 }], 0).await;
    are_woken([true, false, false], "a fact that is released").await;
    let revisit = Revisit {
        action: Action::Resolve,
        filter: None,
        any_age_of_queued: false,
        ask_for: Vec::new(),
        rules: Vec::new(),
    };
    store.revisit(shop.workspace, revisit).await.unwrap();
    are_woken([true, false, false], "what is to be looked at again").await;
    let step = shop.take(1, 0).await.revisit.unwrap();
    let revisited = Some((step, vec![Effect::Create(queued("of a step", 0))]));
    shop.apply(Decided { revisited, ..Decided::default() }).await.unwrap();
    are_woken([false, true, false], "a step that queues").await;
    let claimed = shop.claim(1, 0).await.remove(0);
    let stop = Stop::waiting(Reason::WaitingClock, 0);
    let settled = Settled::Stopped { stop, revision: claimed.revision };
    let outcomes = vec![OutcomeOf { number: claimed.number, settled }];
    store.settle(shop.lease, &lane(), None, outcomes, 0).await.unwrap();
    are_woken([true, false, false], "what waits to be decided").await;
    store.adopt(shop.lease, Adopted::default(), None, Vec::new()).await.unwrap();
    are_woken([true, false, false], "a configuration").await;
    store.retry_set_aside(shop.workspace).await.unwrap();
    are_woken([true, false, false], "what is tried again").await;
}
