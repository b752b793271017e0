//! The log of facts, and what of it is to be decided.

use std::sync::Arc;

use kopru_core::{DealRead, Decision, Effect, Fact, Outcome, Question, Reason};

use super::shop::{Shop, deal_key, hint, nothing, queued};
use crate::{Decided, Store};

pub(super) async fn are_taken_in_order_and_decided_once(store: &dyn Store) {
    let shop = Shop::open(store, "facts in order").await;
    shop.append(vec![hint("1"), hint("2")]).await;
    shop.append(vec![hint("3")]).await;
    for _ in 0..2 {
        let work = shop.take(2, 0).await;
        assert_eq!(
            work.facts.iter().map(|fact| fact.seq).collect::<Vec<_>>(),
            [1, 2],
            "until they are decided"
        );
        assert_eq!(work.facts[1].fact, hint("2"));
        assert_eq!(work.facts[1].received_ms, 1_000);
    }
    let decisions = [1, 2].map(|seq| Decision { seq, outcome: Outcome::Used, effects: Vec::new() });
    shop.apply(Decided { decisions: decisions.into(), ..Decided::default() }).await.unwrap();
    assert_eq!(shop.take(2, 0).await.facts[0].seq, 3);
    shop.decide(Outcome::Ignored(Reason::NothingNew), Vec::new(), 0).await;
    assert!(shop.take(2, 0).await.facts.is_empty());
    let counted = store.ledger(shop.workspace).await.unwrap().facts;
    assert_eq!((counted.received, counted.pending, counted.used, counted.ignored), (3, 0, 2, 1));
}

pub(super) async fn of_one_workspace_are_not_seen_in_another(store: &dyn Store) {
    let (one, other) = (Shop::open(store, "one").await, Shop::open(store, "other").await);
    assert_ne!(one.workspace, other.workspace);
    assert_eq!(store.workspace("one").await.unwrap(), one.workspace);
    one.append(vec![hint("1")]).await;
    assert!(other.take(10, 0).await.facts.is_empty());
    other.append(vec![hint("9")]).await;
    assert_eq!(other.take(10, 0).await.facts[0].seq, 1, "numbers are the workspace's own");
    one.act(vec![Effect::Create(queued("same", 0))], 0).await;
    other.act(vec![Effect::Create(queued("same", 0))], 0).await;
    assert_eq!((one.claim(10, 0).await.len(), other.claim(10, 0).await.len()), (1, 1));
}

pub(super) async fn that_wait_are_settled_or_released(store: &dyn Store) {
    let shop = Shop::open(store, "waiting facts").await;
    let on = Question::Deal { deal: deal_key("1") }.key();
    let waiting = Outcome::Waiting { on: on.clone(), reason: Reason::AskingCrm };
    shop.append(vec![hint("1"), hint("1"), hint("1")]).await;
    shop.decide(waiting, Vec::new(), 0).await;

    // They are part of the state around the answer.
    let answer = Fact::Deal(DealRead { deal: deal_key("1"), found: None, answered_upto: 0 });
    shop.append(vec![answer.clone()]).await;
    let state = shop.take(10, 0).await.state;
    assert_eq!(state.waiting[&on].iter().map(|fact| fact.seq).collect::<Vec<_>>(), [1, 2, 3]);

    let elsewhere = Outcome::Waiting { on: "elsewhere".into(), reason: Reason::AskingCrm };
    let effects = vec![
        Effect::Settle { seq: 1, outcome: Outcome::Duplicate },
        Effect::Settle { seq: 2, outcome: elsewhere },
        Effect::Release { seq: 3 },
    ];
    shop.decide(Outcome::Used, effects, 0).await;
    let counted = store.ledger(shop.workspace).await.unwrap().facts;
    assert_eq!((counted.pending, counted.waiting, counted.used, counted.duplicate), (1, 1, 1, 1));

    shop.append(vec![answer]).await;
    let work = shop.take(1, 0).await;
    assert_eq!(
        work.facts.iter().map(|fact| fact.seq).collect::<Vec<_>>(),
        [3],
        "what was released comes first"
    );
    assert!(work.state.waiting.get(&on).is_none_or(Vec::is_empty));
    // Settling what has ended, and releasing what does not wait, changes nothing.
    let late = vec![
        Effect::Settle { seq: 1, outcome: Outcome::Used },
        Effect::Release { seq: 1 },
        Effect::Release { seq: 3 },
    ];
    assert_eq!(shop.decide(Outcome::Used, late, 0).await, [3, 5]);
    let counted = store.ledger(shop.workspace).await.unwrap().facts;
    assert_eq!((counted.pending, counted.waiting, counted.used, counted.duplicate), (0, 1, 3, 1));
    assert!(shop.take(10, 0).await.facts.is_empty());
}

/// Only what waits is settled: what another fact is to be decided by keeps what it says, though somebody was
/// erased.
pub(super) async fn that_do_not_wait_are_not_emptied_by_settling_them(store: &dyn Store) {
    let shop = Shop::open(store, "not settled").await;
    shop.append(vec![nothing(), hint("1")]).await;
    let outcome = Outcome::Ignored(Reason::Erased);
    let effects = vec![Effect::Settle { seq: 2, outcome }];
    let first = Decision { seq: 1, outcome: Outcome::Used, effects };
    shop.apply(Decided { decisions: vec![first], ..Decided::default() }).await.unwrap();
    let left = shop.take(10, 0).await;
    assert_eq!((left.facts.len(), left.unreadable.len()), (1, 0));
    assert_eq!(left.facts[0].fact, hint("1"));
    let counted = store.ledger(shop.workspace).await.unwrap().facts;
    assert_eq!((counted.pending, counted.ignored), (1, 0));
    shop.decide(Outcome::Used, Vec::new(), 0).await;
}

pub(super) async fn apply_changes_all_or_nothing(store: &dyn Store) {
    let shop = Shop::open(store, "all or nothing").await;
    shop.append(vec![hint("1"), hint("2")]).await;
    let before = store.ledger(shop.workspace).await.unwrap();
    let first = Decision { seq: 1, outcome: Outcome::Used, effects: vec![Effect::Create(queued("e1", 0))] };
    // The same fact cannot be decided twice: the second decision fails, and takes the first along.
    let twice = Decided { decisions: vec![first.clone(), first.clone()], ..Decided::default() };
    assert!(shop.apply(twice).await.is_err());
    assert_eq!(store.ledger(shop.workspace).await.unwrap(), before);
    assert_eq!(shop.take(10, 0).await.facts.len(), 2);
    assert!(shop.claim(10, i64::MAX).await.is_empty());
    shop.apply(Decided { decisions: vec![first], ..Decided::default() }).await.unwrap();
    assert_eq!(shop.claim(10, i64::MAX).await.len(), 1);
    shop.decide(Outcome::Used, Vec::new(), 0).await;
}

pub(super) async fn survive_reopening(open: &impl AsyncFn() -> Arc<dyn Store>) {
    let store = open().await;
    let shop = Shop::open(&*store, "reopened").await;
    shop.append(vec![hint("1")]).await;
    shop.act(vec![Effect::Create(queued("e1", 5))], 0).await;
    shop.append(vec![nothing(), hint("2")]).await;
    drop(store);

    let store = open().await;
    let shop = Shop::open(&*store, "reopened").await;
    shop.balanced().await;
    let facts = shop.take(10, 0).await.facts;
    assert_eq!(facts.iter().map(|fact| fact.seq).collect::<Vec<_>>(), [3, 4]);
    assert_eq!(facts[1].fact, hint("2"));
    let queued = shop.claim(10, 5).await;
    assert_eq!(queued[0].conversion.event_id, "e1");
    shop.append(vec![hint("3")]).await;
    assert_eq!(shop.take(10, 0).await.facts[2].seq, 5, "numbers go on");
}
