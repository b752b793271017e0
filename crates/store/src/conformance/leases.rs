//! Leases: who takes over goes on, who was taken over changes nothing any more.

use std::sync::Arc;

use kopru_core::{Adopted, Decision, Effect, Outcome};

use super::shop::{SET, Shop, hint, ids, lane, member, queued, scope};
use crate::{Decided, Error, LaneKey, OutcomeOf, Pause, PauseScope, Settled, Store};

pub(super) async fn an_interrupted_attempt_goes_again_and_may_count_twice(store: &dyn Store) {
    let shop = Shop::open(store, "interrupted").await;
    shop.act(["a", "b"].map(|id| Effect::Create(queued(id, 0))).into(), 0).await;
    shop.open_attempt(&shop.claim(1, 0).await, 1).await;

    let shop = Shop::open(store, "interrupted").await;
    shop.balanced().await;
    let due = shop.claim(10, 0).await;
    assert_eq!(due.iter().map(|one| one.tries).collect::<Vec<_>>(), [0, 0]);
    assert!(shop.listed("a").await.may_count_twice);
    assert!(!shop.listed("b").await.may_count_twice);
    assert_eq!(shop.listed("a").await.attempts, 1);
}

pub(super) async fn an_attempt_of_a_loop_that_died_goes_again_and_may_count_twice(store: &dyn Store) {
    let shop = Shop::open(store, "died").await;
    shop.act(["a", "b"].map(|id| Effect::Create(queued(id, 0))).into(), 0).await;
    shop.open_attempt(&shop.claim(1, 0).await, 1).await;
    store.interrupted(shop.lease, &LaneKey { dataset: "another".into(), ..lane() }).await.unwrap();
    assert!(!shop.listed("a").await.may_count_twice, "another dataset's");
    store.interrupted(shop.lease, &lane()).await.unwrap();
    store.interrupted(shop.lease, &lane()).await.unwrap();
    assert_eq!(shop.claim(10, 0).await.iter().map(|one| one.tries).collect::<Vec<_>>(), [0, 0]);
    assert!(shop.listed("a").await.may_count_twice);
    assert!(!shop.listed("b").await.may_count_twice);
}

pub(super) async fn an_older_lease_changes_nothing(store: &dyn Store) {
    let old = Shop::open(store, "fenced").await;
    old.act(vec![Effect::Create(queued("a", 0))], 0).await;
    old.append(vec![hint("1")]).await;
    let claimed = old.claim(1, 0).await;
    let number = claimed[0].number;
    let attempt = old.open_attempt(&claimed, 0).await.attempt;

    let new = Shop::open(store, "fenced").await;
    assert!(new.lease.fence > old.lease.fence);
    let before = store.ledger(new.workspace).await.unwrap();
    let decision = Decision { seq: 2, outcome: Outcome::Used, effects: vec![Effect::Create(queued("b", 0))] };
    let decided = Decided { decisions: vec![decision], ..Decided::default() };
    let outcomes = vec![OutcomeOf { number, settled: Settled::Accepted { reply: "trace".into() } }];
    let pause = Pause {
        until_ms: 9,
        needs_you: false,
        cause: String::new(),
        code: "4".into(),
        since_ms: 0,
        dataset: SET.into(),
    };
    let refused = [
        old.apply(decided.clone()).await,
        store.open(old.lease, &lane(), vec![member(&claimed[0])], 0).await.map(drop),
        store.settle(old.lease, &lane(), Some(attempt), outcomes.clone(), 0).await,
        store.settle(old.lease, &lane(), None, outcomes, 0).await,
        store.pause(old.lease, &scope(), Some(pause)).await,
        store.adopt(old.lease, Adopted::default(), None, Vec::new()).await,
        store.note_taken(old.lease, SET, "waba-1").await,
    ];
    for (place, result) in refused.iter().enumerate() {
        assert!(matches!(result, Err(Error::Fenced(_))), "call {place}: {result:?}");
    }
    assert_eq!(store.ledger(new.workspace).await.unwrap(), before);
    assert_eq!(store.paused(new.lease, &[scope()]).await.unwrap(), []);
    assert_eq!(new.claim(10, 0).await.len(), 1);
    new.apply(decided).await.unwrap();
}

pub(super) async fn a_new_lease_looks_at_once_whether_a_pause_was_mended(store: &dyn Store) {
    let old = Shop::open(store, "mended").await;
    let pause = |needs_you| Pause {
        until_ms: 9,
        needs_you,
        cause: "token".into(),
        code: "190".into(),
        since_ms: 1,
        dataset: SET.into(),
    };
    let (held, throttled) = (PauseScope::Token("held".into()), PauseScope::App("throttled".into()));
    store.pause(old.lease, &held, Some(pause(true))).await.unwrap();
    store.pause(old.lease, &throttled, Some(pause(false))).await.unwrap();
    let new = Shop::open(store, "mended").await;
    let over = Pause { until_ms: 0, ..pause(true) };
    let both = store.paused(new.lease, &[held.clone(), throttled.clone()]).await.unwrap();
    assert_eq!(both, [(held, over), (throttled, pause(false))]);
}

pub(super) async fn a_new_lease_tries_at_once_what_was_put_off_behind_what_was_not(store: &dyn Store) {
    const DAY_MS: i64 = 24 * 60 * 60 * 1000;
    let old = Shop::open(store, "put off").await;
    old.act(vec![Effect::Create(queued("refused", 0))], 0).await;
    let claimed = old.claim(1, 0).await;
    let attempt = Some(old.open_attempt(&claimed, 0).await.attempt);
    let far_ms = 90_000 * DAY_MS;
    let put_off = Settled::Again { due_ms: Some(far_ms), reply: None, counts: false };
    let outcomes = vec![OutcomeOf { number: claimed[0].number, settled: put_off }];
    store.settle(old.lease, &lane(), attempt, outcomes, 0).await.unwrap();
    old.act(vec![Effect::Create(queued("untried", 5))], 0).await;
    let new = Shop::open(store, "put off").await;
    assert_eq!(ids(&new.claim(10, far_ms - DAY_MS).await), ["untried", "refused"]);
}

pub(super) async fn survive_reopening(open: &impl AsyncFn() -> Arc<dyn Store>) {
    let store = open().await;
    let old = Shop::open(&*store, "fence reopened").await;
    old.act(vec![Effect::Create(queued("a", 0))], 0).await;
    let claimed = old.claim(1, 0).await;
    old.open_attempt(&claimed, 0).await;
    let fence = old.lease.fence;
    drop(store);

    let store = open().await;
    let new = Shop::open(&*store, "fence reopened").await;
    assert!(new.lease.fence > fence);
    assert!(new.listed("a").await.may_count_twice);
    let again = new.claim(10, 0).await;
    assert_eq!(again[0].unknown, Some((member(&claimed[0]).body, 0)), "the same bytes go again");
}
