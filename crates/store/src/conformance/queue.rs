//! The queue: what is due, attempts, how they end, and what never changes again.

use kopru_core::{Conversion, Decision, Effect, Outcome, Reason, State};

use super::{
    Provider,
    shop::{SET, Shop, nothing, queued},
};
use crate::{Decided, OutcomeOf, Pause, Settled};

fn settled(number: u64, settled: Settled) -> OutcomeOf {
    OutcomeOf { number, settled }
}

fn accepted(number: u64) -> OutcomeOf {
    settled(number, Settled::Accepted { reply: "trace".into() })
}

pub(super) async fn gives_what_is_due_in_order<S: Provider>(store: &S) {
    let shop = Shop::open(store, "due").await;
    let mut other = queued("other", 0);
    other.dataset = Some("set-2".into());
    let all = [queued("c", 30), queued("a", 10), queued("b", 20), other];
    shop.act(all.map(Effect::Create).into(), 0).await;
    let bodies = |claimed: Vec<crate::Queued>| claimed.into_iter().map(|one| one.body).collect::<Vec<_>>();
    let body = |id: &str| format!("{{\"event_id\":\"{id}\"}}");
    assert_eq!(bodies(shop.claim(10, 9).await), Vec::<String>::new());
    assert_eq!(bodies(shop.claim(10, 20).await), [body("a"), body("b")]);
    assert_eq!(bodies(shop.claim(2, 99).await), [body("a"), body("b")]);
    assert_eq!(shop.claim(1, 99).await[0].event_s, 7);
    assert_eq!(store.next_due(shop.lease, SET).await.unwrap(), Some(10));
    assert_eq!(store.next_due(shop.lease, "none").await.unwrap(), None);
}

pub(super) async fn an_attempt_ends_each_member_in_its_way<S: Provider>(store: &S) {
    let shop = Shop::open(store, "attempt").await;
    shop.act(["a", "b", "c", "d"].map(|id| Effect::Create(queued(id, 0))).into(), 0).await;
    let members: Vec<u64> = shop.claim(10, 0).await.iter().map(|one| one.number).collect();
    let attempt = store.open(shop.lease, SET, members.clone(), 1).await.unwrap();
    shop.balanced().await;
    let again = |counts, may_count_twice| Settled::Again {
        due_ms: 50,
        reply: Some("busy".into()),
        may_count_twice,
        counts,
    };
    let refused = Settled::Failed { reason: Reason::RefusedByMeta, reply: Some("no".into()) };
    let outcomes = vec![
        accepted(members[0]),
        settled(members[1], refused),
        settled(members[2], again(true, true)),
        settled(members[3], again(false, false)),
    ];
    store.settle(shop.lease, SET, Some(attempt), outcomes.clone(), 40).await.unwrap();
    shop.balanced().await;

    let (a, b, c) = (shop.listed("a").await, shop.listed("b").await, shop.listed("c").await);
    assert_eq!(
        (a.conversion.state, a.reply.as_deref(), a.settled_ms),
        (State::Accepted, Some("trace"), Some(40))
    );
    assert_eq!((b.conversion.state, b.conversion.reason), (State::Failed, Some(Reason::RefusedByMeta)));
    assert_eq!(
        (c.conversion.state, c.reply.as_deref(), c.may_count_twice),
        (State::Queued, Some("busy"), true)
    );
    assert!(!shop.listed("d").await.may_count_twice);
    assert!(shop.claim(10, 49).await.is_empty());
    let due = shop.claim(10, 50).await;
    assert_eq!(
        due.iter().map(|one| (one.number, one.tries)).collect::<Vec<_>>(),
        [(members[2], 1), (members[3], 0)]
    );

    // Reported twice, it is counted once.
    store.settle(shop.lease, SET, Some(attempt), outcomes[..2].to_vec(), 60).await.unwrap();
    shop.balanced().await;
    assert_eq!(shop.listed("a").await.settled_ms, Some(40));
    // What has ended does not go again.
    let revived = vec![settled(members[0], again(true, true))];
    store.settle(shop.lease, SET, None, revived, 60).await.unwrap();
    assert_eq!(shop.listed("a").await, a);
    assert_eq!(shop.claim(10, 99).await.len(), 2);
    // What ends without an attempt leaves the queue as well.
    let late = Settled::Failed { reason: Reason::TooLate, reply: None };
    store.settle(shop.lease, SET, None, vec![settled(members[2], late)], 70).await.unwrap();
    shop.balanced().await;
    assert_eq!(shop.claim(10, 99).await.len(), 1);
}

pub(super) async fn one_thing_is_one_conversion<S: Provider>(store: &S) {
    let shop = Shop::open(store, "one thing").await;
    shop.act(vec![Effect::Create(queued("e", 0)), Effect::Create(queued("e", 0))], 0).await;
    shop.act(vec![Effect::Create(queued("e", 0))], 0).await;
    shop.listed("e").await;
    assert_eq!(shop.claim(10, 0).await.len(), 1);
    assert_eq!(store.ledger(shop.workspace).await.unwrap().conversions.created, 1);
}

pub(super) async fn what_has_ended_is_frozen<S: Provider>(store: &S) {
    let shop = Shop::open(store, "frozen").await;
    shop.act(vec![Effect::Create(queued("e", 0))], 0).await;
    let changed = Conversion { body: Some("other".into()), ..queued("e", 0) };
    shop.act(vec![Effect::Update(changed.clone())], 0).await;
    let claimed = shop.claim(10, 0).await;
    assert_eq!(claimed[0].body, "{\"event_id\":\"e\"}", "queued is frozen");
    store.settle(shop.lease, SET, None, vec![accepted(claimed[0].number)], 0).await.unwrap();
    shop.act(vec![Effect::Update(changed)], 0).await;
    assert_eq!(shop.listed("e").await.conversion.state, State::Accepted);
    assert!(shop.claim(10, 0).await.is_empty());

    let suppressed = Conversion {
        state: State::Suppressed,
        reason: Some(Reason::NoClick),
        body: None,
        due_ms: None,
        ..queued("late", 0)
    };
    shop.act(vec![Effect::Create(suppressed)], 0).await;
    shop.act(vec![Effect::Update(queued("late", 0))], 0).await;
    assert_eq!(shop.claim(10, 0).await.len(), 1, "what was suppressed can be queued when its click arrives");
}

pub(super) async fn waiting_ends_at_its_deadline<S: Provider>(store: &S) {
    let shop = Shop::open(store, "deadline").await;
    let waiting = |id: &str| Conversion {
        state: State::Waiting,
        reason: Some(Reason::WaitingPrice),
        deadline_ms: Some(100),
        body: None,
        due_ms: None,
        ..queued(id, 0)
    };
    shop.act(["a", "b", "c"].map(|id| Effect::Create(waiting(id))).into(), 0).await;
    assert!(shop.take(10, 99).await.expired.is_empty());
    shop.append(vec![nothing()]).await;
    let work = shop.take(10, 100).await;
    assert_eq!(work.expired.len(), 3);
    assert_eq!(work.expired[0].reason, Some(Reason::WaitingPrice));

    // In the turn in which the deadlines pass, a price arrives for b, and c loses its click.
    let ended = |id: &str, reason| Conversion {
        state: State::Suppressed,
        reason: Some(reason),
        deadline_ms: None,
        ..waiting(id)
    };
    let decision = Decision {
        seq: work.facts[0].seq,
        outcome: Outcome::Used,
        effects: vec![Effect::Update(queued("b", 0)), Effect::Update(ended("c", Reason::NoClick))],
    };
    let expired = ["a", "b", "c"].map(|id| ended(id, Reason::NoPrice)).into();
    shop.apply(Decided { decisions: vec![decision], expired, now_ms: 100, ..Decided::default() })
        .await
        .unwrap();
    let (a, b, c) = (shop.listed("a").await, shop.listed("b").await, shop.listed("c").await);
    assert_eq!((a.conversion.state, a.conversion.reason), (State::Suppressed, Some(Reason::NoPrice)));
    assert_eq!(a.settled_ms, Some(100));
    assert_eq!(b.conversion.state, State::Queued);
    assert_eq!(c.conversion.reason, Some(Reason::NoClick), "what was decided stands");
    assert!(shop.take(10, 1_000).await.expired.is_empty());
}

pub(super) async fn a_pause_stays_until_it_is_ended<S: Provider>(store: &S) {
    let shop = Shop::open(store, "pause").await;
    let pause = |until_ms, since_ms| Pause {
        until_ms,
        needs_you: true,
        cause: "token".into(),
        code: "190".into(),
        since_ms,
    };
    assert_eq!(store.paused(shop.lease, SET).await.unwrap(), None);
    store.pause(shop.lease, SET, Some(pause(10, 1))).await.unwrap();
    store.pause(shop.lease, SET, Some(pause(20, 2))).await.unwrap();
    assert_eq!(store.paused(shop.lease, SET).await.unwrap(), Some(pause(20, 1)), "since the first");
    assert_eq!(store.paused(shop.lease, "set-2").await.unwrap(), None);
    store.pause(shop.lease, SET, None).await.unwrap();
    assert_eq!(store.paused(shop.lease, SET).await.unwrap(), None);
}
