//! Leases: who takes over goes on, who was taken over changes nothing any more.

use kopru_core::{Decision, Effect, Outcome};

use super::{
    Provider,
    shop::{SET, Shop, hint, queued},
};
use crate::{Decided, Error, OutcomeOf, Pause, Settled};

pub(super) async fn an_interrupted_attempt_goes_again_and_may_count_twice<S: Provider>(store: &S) {
    let shop = Shop::open(store, "interrupted").await;
    shop.act(["a", "b"].map(|id| Effect::Create(queued(id, 0))).into(), 0).await;
    let first = shop.claim(1, 0).await[0].number;
    store.open(shop.lease, SET, vec![first], 0).await.unwrap();

    let shop = Shop::open(store, "interrupted").await;
    shop.balanced().await;
    let due = shop.claim(10, 0).await;
    assert_eq!(due.iter().map(|one| one.tries).collect::<Vec<_>>(), [0, 0]);
    assert!(shop.listed("a").await.may_count_twice);
    assert!(!shop.listed("b").await.may_count_twice);
    assert_eq!(shop.listed("a").await.attempts, 1);
}

pub(super) async fn an_attempt_of_a_loop_that_died_goes_again_and_may_count_twice<S: Provider>(store: &S) {
    let shop = Shop::open(store, "died").await;
    shop.act(["a", "b"].map(|id| Effect::Create(queued(id, 0))).into(), 0).await;
    let first = shop.claim(1, 0).await[0].number;
    store.open(shop.lease, SET, vec![first], 0).await.unwrap();
    store.interrupted(shop.lease, "another").await.unwrap();
    assert!(!shop.listed("a").await.may_count_twice, "another dataset's");
    store.interrupted(shop.lease, SET).await.unwrap();
    store.interrupted(shop.lease, SET).await.unwrap();
    assert_eq!(shop.claim(10, 0).await.iter().map(|one| one.tries).collect::<Vec<_>>(), [0, 0]);
    assert!(shop.listed("a").await.may_count_twice);
    assert!(!shop.listed("b").await.may_count_twice);
}

pub(super) async fn an_older_lease_changes_nothing<S: Provider>(store: &S) {
    let old = Shop::open(store, "fenced").await;
    old.act(vec![Effect::Create(queued("a", 0))], 0).await;
    old.append(vec![hint("1")]).await;
    let member = old.claim(1, 0).await[0].number;
    let attempt = store.open(old.lease, SET, vec![member], 0).await.unwrap();

    let new = Shop::open(store, "fenced").await;
    assert!(new.lease.fence > old.lease.fence);
    let before = store.ledger(new.workspace).await.unwrap();
    let decision = Decision { seq: 2, outcome: Outcome::Used, effects: vec![Effect::Create(queued("b", 0))] };
    let decided = Decided { decisions: vec![decision], ..Decided::default() };
    let outcomes = vec![OutcomeOf { number: member, settled: Settled::Accepted { reply: "trace".into() } }];
    let pause = Pause { until_ms: 9, needs_you: false, cause: String::new(), code: "4".into(), since_ms: 0 };
    let refused = [
        old.apply(decided.clone()).await,
        store.open(old.lease, SET, vec![member], 0).await.map(drop),
        store.settle(old.lease, SET, Some(attempt), outcomes.clone(), 0).await,
        store.settle(old.lease, SET, None, outcomes, 0).await,
        store.pause(old.lease, SET, Some(pause)).await,
    ];
    for (place, result) in refused.iter().enumerate() {
        assert!(matches!(result, Err(Error::Fenced(_))), "call {place}: {result:?}");
    }
    assert_eq!(store.ledger(new.workspace).await.unwrap(), before);
    assert_eq!(store.paused(new.lease, SET).await.unwrap(), None);
    assert_eq!(new.claim(10, 0).await.len(), 1);
    new.apply(decided).await.unwrap();
}

pub(super) async fn a_new_lease_looks_at_once_whether_a_pause_was_mended<S: Provider>(store: &S) {
    let old = Shop::open(store, "mended").await;
    let pause =
        |needs_you| Pause { until_ms: 9, needs_you, cause: "token".into(), code: "190".into(), since_ms: 1 };
    store.pause(old.lease, "held", Some(pause(true))).await.unwrap();
    store.pause(old.lease, "throttled", Some(pause(false))).await.unwrap();
    let new = Shop::open(store, "mended").await;
    let over = Pause { until_ms: 0, ..pause(true) };
    assert_eq!(store.paused(new.lease, "held").await.unwrap(), Some(over));
    assert_eq!(store.paused(new.lease, "throttled").await.unwrap(), Some(pause(false)));
}

pub(super) async fn survive_reopening<S: Provider>(open: &impl AsyncFn() -> S) {
    let store = open().await;
    let old = Shop::open(&store, "fence reopened").await;
    old.act(vec![Effect::Create(queued("a", 0))], 0).await;
    let member = old.claim(1, 0).await[0].number;
    store.open(old.lease, SET, vec![member], 0).await.unwrap();
    let fence = old.lease.fence;
    drop(store);

    let store = open().await;
    let new = Shop::open(&store, "fence reopened").await;
    assert!(new.lease.fence > fence);
    assert!(new.listed("a").await.may_count_twice);
    assert_eq!(new.claim(10, 0).await[0].number, member);
}
