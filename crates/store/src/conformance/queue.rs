//! The queue: what is due, attempts, how they end, and what never changes again.

use kopru_core::{Conversion, Decision, Effect, Outcome, Reason, Route, Sent, State, Stop};

use super::shop::{SET, Shop, ids, lane, nothing, queued, scope};
use crate::{Decided, LaneKey, OutcomeOf, Pause, PauseScope, Settled, Store};

fn settled(number: u64, settled: Settled) -> OutcomeOf {
    OutcomeOf { number, settled }
}

fn accepted(number: u64) -> OutcomeOf {
    settled(number, Settled::Accepted { reply: "trace".into() })
}

pub(super) async fn gives_what_is_due_in_order(store: &dyn Store) {
    let shop = Shop::open(store, "due").await;
    let mut other = queued("other", 0);
    other.dataset = Some("set-2".into());
    let by_lead = Conversion { route: Route::Lead, ..queued("by lead", 0) };
    let all = [queued("c", 30), queued("a", 10), queued("b", 20), other, by_lead];
    shop.act(all.map(Effect::Create).into(), 0).await;
    assert!(shop.claim(10, 9).await.is_empty());
    assert_eq!(ids(&shop.claim(10, 20).await), ["a", "b"]);
    assert_eq!(ids(&shop.claim(2, 99).await), ["a", "b"]);
    let first = shop.claim(1, 99).await.remove(0);
    assert_eq!(first.conversion, Conversion { stored: Some(State::Queued), ..queued("a", 10) });
    assert_eq!((first.revision, first.tries, first.unknown), (0, 0, None));
    assert_eq!(store.next_due(shop.lease, &lane()).await.unwrap(), Some(10));
    let none = LaneKey { dataset: "none".into(), ..lane() };
    assert_eq!(store.next_due(shop.lease, &none).await.unwrap(), None);
    let lead = LaneKey { route: Route::Lead, ..lane() };
    let claimed = store.claim(shop.lease, &lead, 10, 99).await.unwrap();
    assert_eq!(ids(&claimed.ready), ["by lead"], "routes never share a lane");
}

pub(super) async fn an_attempt_ends_each_member_in_its_way(store: &dyn Store) {
    let shop = Shop::open(store, "attempt").await;
    shop.act(["a", "b", "c", "d"].map(|id| Effect::Create(queued(id, 0))).into(), 0).await;
    let claimed = shop.claim(10, 0).await;
    let members: Vec<u64> = claimed.iter().map(|one| one.number).collect();
    let opened = shop.open_attempt(&claimed, 1).await;
    assert_eq!(opened.moved, [0_u64; 0]);
    let attempt = Some(opened.attempt);
    shop.balanced().await;
    assert!(shop.claim(10, 99).await.is_empty(), "an attempt holds them");
    let reply = || Some("busy".to_owned());
    let unknown = Settled::Unknown { due_ms: Some(50), reply: reply(), may_count_twice: true };
    let again = Settled::Again { due_ms: Some(50), reply: reply(), counts: true };
    let refused = Settled::Failed { reason: Reason::RefusedByMeta, reply: Some("no".into()) };
    let outcomes = vec![
        accepted(members[0]),
        settled(members[1], refused),
        settled(members[2], unknown.clone()),
        settled(members[3], again),
    ];
    // What no attempt holds is no attempt's business.
    store.settle(shop.lease, &lane(), None, outcomes.clone(), 40).await.unwrap();
    assert_eq!(shop.listed("a").await.conversion.state, State::Queued);
    store.settle(shop.lease, &lane(), attempt, outcomes.clone(), 40).await.unwrap();
    shop.balanced().await;

    let (a, b, c) = (shop.listed("a").await, shop.listed("b").await, shop.listed("c").await);
    assert_eq!(
        (a.conversion.state, a.reply.as_deref(), a.settled_ms, a.attempts),
        (State::Accepted, Some("trace"), Some(40), 1)
    );
    assert_eq!(a.body.as_deref(), Some(r#"{"event_id":"a"}"#));
    assert_eq!((b.conversion.state, b.conversion.reason), (State::Failed, Some(Reason::RefusedByMeta)));
    assert_eq!(
        (c.conversion.state, c.reply.as_deref(), c.may_count_twice, c.conversion.sent),
        (State::Queued, Some("busy"), true, Sent::Unknown)
    );
    let d = shop.listed("d").await;
    assert_eq!((d.may_count_twice, d.conversion.sent), (false, Sent::NotTaken));
    assert!(shop.claim(10, 49).await.is_empty());
    let due = shop.claim(10, 50).await;
    assert_eq!(
        due.iter().map(|one| (one.number, one.tries)).collect::<Vec<_>>(),
        [(members[2], 0), (members[3], 1)]
    );
    assert_eq!(due[0].unknown, Some((r#"{"event_id":"c"}"#.to_owned(), 1)), "since it left");
    assert_eq!(due[1].unknown, None);

    // Reported twice, it is counted once.
    store.settle(shop.lease, &lane(), attempt, outcomes[..2].to_vec(), 60).await.unwrap();
    shop.balanced().await;
    assert_eq!(shop.listed("a").await.settled_ms, Some(40));
    // What has ended does not go again.
    store.settle(shop.lease, &lane(), None, vec![settled(members[0], unknown)], 60).await.unwrap();
    assert_eq!(shop.listed("a").await, a);
    assert_eq!(shop.claim(10, 99).await.len(), 2);
    // What ends without an attempt leaves the queue as well.
    let late = Settled::Failed { reason: Reason::TooLate, reply: None };
    store.settle(shop.lease, &lane(), None, vec![settled(members[2], late)], 70).await.unwrap();
    shop.balanced().await;
    assert_eq!(shop.claim(10, 99).await.len(), 1);
}

pub(super) async fn what_changed_since_it_was_claimed_is_refused(store: &dyn Store) {
    let shop = Shop::open(store, "moved").await;
    shop.act(["a", "b"].map(|id| Effect::Create(queued(id, 0))).into(), 0).await;
    let claimed = shop.claim(10, 0).await;
    let value = Some("5".parse().unwrap());
    let changed = Conversion { value, stored: Some(State::Queued), ..queued("a", 0) };
    shop.act(vec![Effect::Update(changed)], 0).await;
    let opened = shop.open_attempt(&claimed, 1).await;
    assert_eq!(opened.moved, [claimed[0].number]);
    let again = shop.claim(10, 0).await;
    assert_eq!(ids(&again), ["a"], "it is claimed again, as it is now");
    assert_eq!((again[0].revision, again[0].conversion.value), (1, value));
    assert_eq!(shop.open_attempt(&again, 1).await.moved, [0_u64; 0]);
    // What is on its way to another dataset is not this lane's any more.
    let elsewhere = Conversion { dataset: Some("set-2".into()), ..queued("c", 0) };
    shop.act(vec![Effect::Create(queued("c", 0))], 0).await;
    let claimed = shop.claim(10, 0).await;
    shop.act(vec![Effect::Update(elsewhere)], 0).await;
    assert_eq!(shop.open_attempt(&claimed, 1).await.moved, [claimed[0].number]);
    assert!(shop.claim(10, 0).await.is_empty());
}

pub(super) async fn what_left_the_queue_and_came_back_is_claimed_again(store: &dyn Store) {
    let shop = Shop::open(store, "came back").await;
    shop.act(["a", "b"].map(|id| Effect::Create(queued(id, 0))).into(), 0).await;
    let claimed = shop.claim(10, 0).await;
    let gone = queued("a", 0).stopped(Stop::suppressed(Reason::NoClick));
    shop.act(vec![Effect::Update(gone)], 0).await;
    let value = Some("5".parse().unwrap());
    shop.act(vec![Effect::Update(Conversion { value, ..queued("a", 0) })], 0).await;
    let unreadable = Settled::Failed { reason: Reason::Unreadable, reply: None };
    store.settle(shop.lease, &lane(), None, vec![settled(claimed[1].number, unreadable)], 0).await.unwrap();
    assert_eq!(store.retry_set_aside(shop.workspace).await.unwrap(), 1);
    shop.balanced().await;
    let sooner = Conversion { stored: Some(State::Queued), ..queued("b", 0) };
    shop.act(vec![Effect::Update(sooner)], 0).await;
    let moved = shop.open_attempt(&claimed, 1).await.moved;
    assert_eq!(moved, [claimed[0].number, claimed[1].number], "neither is what was claimed");
    assert_eq!(shop.open_attempt(&shop.claim(10, 0).await, 1).await.moved, [0_u64; 0]);
}

pub(super) async fn what_an_attempt_holds_is_frozen(store: &dyn Store) {
    let shop = Shop::open(store, "held").await;
    let sold = |id: &str| Conversion { value: Some("5".parse().unwrap()), ..queued(id, 0) };
    shop.act(["a", "b", "c"].map(|id| Effect::Create(sold(id))).into(), 0).await;
    let claimed = shop.claim(10, 0).await;
    let attempt = Some(shop.open_attempt(&claimed, 1).await.attempt);
    // Decided before it left, and kept afterwards.
    let value = Some("7".parse().unwrap());
    let dearer = |id: &str| Conversion { value, stored: Some(State::Queued), ..sold(id) };
    let refused = dearer("c").stopped(Stop::suppressed(Reason::ConsentRefused));
    shop.act(vec![Effect::Update(dearer("a")), Effect::Update(dearer("b")), Effect::Update(refused)], 0)
        .await;
    shop.balanced().await;
    let unknown =
        |number| settled(number, Settled::Unknown { due_ms: None, reply: None, may_count_twice: true });
    let again = Settled::Again { due_ms: None, reply: None, counts: false };
    let outcomes =
        vec![accepted(claimed[0].number), settled(claimed[1].number, again), unknown(claimed[2].number)];
    store.settle(shop.lease, &lane(), attempt, outcomes, 2).await.unwrap();
    let a = shop.listed("a").await.conversion;
    assert_eq!((a.state, a.value, a.correction), (State::Accepted, sold("a").value, value), "as it was told");
    let due = shop.claim(10, 0).await;
    assert_eq!(ids(&due), ["b", "c"]);
    let stops: Vec<_> = due.iter().map(|one| one.conversion.stop.clone().unwrap().reason).collect();
    assert_eq!(stops, [Reason::ChangedMeanwhile, Reason::ConsentRefused]);

    // It is decided anew, even by a clock that nobody confirms.
    let stop = |one: &crate::Queued| {
        let stop = one.conversion.stop.clone().unwrap();
        settled(one.number, Settled::Stopped { stop, revision: one.revision })
    };
    store.settle(shop.lease, &lane(), None, due.iter().map(stop).collect(), 3).await.unwrap();
    shop.balanced().await;
    let work = shop.take(10, i64::MIN).await;
    assert_eq!(work.expired.iter().map(|one| one.event_id.as_str()).collect::<Vec<_>>(), ["b"]);
    let expired = vec![Conversion { stored: work.expired[0].stored, ..dearer("b") }];
    shop.apply(Decided { expired, ..Decided::default() }).await.unwrap();
    let again = shop.claim(10, 0).await;
    assert_eq!((ids(&again), again[0].conversion.value), (vec!["b"], value));
    let c = shop.listed("c").await;
    assert_eq!((c.conversion.state, c.conversion.sent, c.attempts), (State::Suppressed, Sent::Unknown, 1));
}

pub(super) async fn an_attempt_that_ends_without_outcomes_lets_its_members_go(store: &dyn Store) {
    let shop = Shop::open(store, "released").await;
    shop.act(["a", "b"].map(|id| Effect::Create(queued(id, 0))).into(), 0).await;
    let claimed = shop.claim(10, 0).await;
    let opened = shop.open_attempt(&claimed, 1).await;
    store.settle(shop.lease, &lane(), Some(opened.attempt), Vec::new(), 2).await.unwrap();
    assert_eq!(ids(&shop.claim(10, 0).await), ["a", "b"], "each where it was");
    store.settle(shop.lease, &lane(), None, vec![accepted(claimed[0].number)], 2).await.unwrap();
    assert_eq!(ids(&shop.claim(10, 0).await), ["b"]);
}

pub(super) async fn what_meta_may_have_keeps_its_bytes(store: &dyn Store) {
    let shop = Shop::open(store, "bytes").await;
    shop.act(vec![Effect::Create(queued("a", 0))], 0).await;
    let unknown = Settled::Unknown { due_ms: None, reply: None, may_count_twice: true };
    let again = Settled::Again { due_ms: None, reply: None, counts: false };
    for (left_ms, end) in [(1, unknown), (2, again)] {
        let claimed = shop.claim(1, 0).await;
        let attempt = Some(shop.open_attempt(&claimed, left_ms).await.attempt);
        let outcomes = vec![settled(claimed[0].number, end)];
        store.settle(shop.lease, &lane(), attempt, outcomes, 3).await.unwrap();
        let due = shop.claim(1, 0).await;
        assert_eq!(due[0].unknown, Some((r#"{"event_id":"a"}"#.to_owned(), 1)), "since it left first");
    }
}

pub(super) async fn what_was_refused_is_made_anew(store: &dyn Store) {
    let shop = Shop::open(store, "refused").await;
    shop.act(["bytes", "changed"].map(|id| Effect::Create(queued(id, 0))).into(), 0).await;
    let unknown = Settled::Unknown { due_ms: None, reply: None, may_count_twice: true };
    let refused = Settled::BytesRefused { reply: Some("no".into()) };
    for end in [unknown, refused.clone()] {
        let claimed = shop.claim(1, 0).await;
        let attempt = Some(shop.open_attempt(&claimed, 1).await.attempt);
        let elsewhere = vec![settled(claimed[0].number, refused.clone())];
        store.settle(shop.lease, &lane(), None, elsewhere, 3).await.unwrap();
        let sent = shop.listed("bytes").await.conversion.sent;
        assert!(
            sent.is_under_way() && sent.is_unknown() == (claimed[0].unknown.is_some()),
            "by this attempt alone"
        );
        let outcomes = vec![settled(claimed[0].number, end)];
        store.settle(shop.lease, &lane(), attempt, outcomes, 3).await.unwrap();
    }
    let listed = shop.listed("bytes").await;
    assert_eq!((listed.conversion.sent, listed.may_count_twice), (Sent::NotTaken, true));

    // A price was corrected while it was on its way, and what was refused was the old one.
    let claimed: Vec<_> = shop.claim(2, 0).await.split_off(1);
    let attempt = Some(shop.open_attempt(&claimed, 1).await.attempt);
    let value = Some("7".parse().unwrap());
    let dearer = Conversion { value, stored: Some(State::Queued), ..queued("changed", 0) };
    shop.act(vec![Effect::Update(dearer)], 0).await;
    let refused = Settled::Failed { reason: Reason::RefusedByMeta, reply: Some("no".into()) };
    let outcomes = vec![settled(claimed[0].number, refused)];
    store.settle(shop.lease, &lane(), attempt, outcomes, 3).await.unwrap();
    assert_eq!(shop.listed("changed").await.conversion.state, State::Queued, "it is decided anew");
    shop.balanced().await;
}

pub(super) async fn a_stop_counts_only_for_what_was_claimed(store: &dyn Store) {
    let shop = Shop::open(store, "stop").await;
    shop.act(vec![Effect::Create(queued("a", 0))], 0).await;
    let claimed = shop.claim(1, 0).await;
    let agreed = Conversion {
        consent: Some(kopru_core::ConsentAnswer::Yes),
        stored: Some(State::Queued),
        ..queued("a", 0)
    };
    shop.act(vec![Effect::Update(agreed)], 0).await;
    let stop = |one: &crate::Queued| {
        let stop = Stop::suppressed(Reason::NoConsent);
        vec![settled(one.number, Settled::Stopped { stop, revision: one.revision })]
    };
    store.settle(shop.lease, &lane(), None, stop(&claimed[0]), 1).await.unwrap();
    let again = shop.claim(1, 0).await;
    assert_eq!(again[0].conversion.consent, Some(kopru_core::ConsentAnswer::Yes), "a yes came in between");
    store.settle(shop.lease, &lane(), None, stop(&again[0]), 1).await.unwrap();
    assert_eq!(shop.listed("a").await.conversion.reason, Some(Reason::NoConsent));
    shop.balanced().await;
}

pub(super) async fn later_events_of_a_cause_wait_for_earlier_ones(store: &dyn Store) {
    const MINUTE_MS: i64 = 60_000;
    let shop = Shop::open(store, "order").await;
    let of_one = |id: &str| Conversion { cause: queued("one deal", 0).cause, ..queued(id, 0) };
    let all = [of_one("lead"), of_one("purchase"), queued("other", 0)];
    shop.act(all.map(Effect::Create).into(), 0).await;
    assert_eq!(
        ids(&shop.claim(10, 0).await),
        ["lead", "purchase", "other"],
        "in one request they are in order"
    );
    let first = shop.claim(1, 0).await;
    let attempt = Some(shop.open_attempt(&first, 0).await.attempt);
    assert_eq!(ids(&shop.claim(10, 0).await), ["other"], "while it is under way");
    let put_off = Settled::Again { due_ms: Some(4 * MINUTE_MS), reply: None, counts: true };
    store
        .settle(shop.lease, &lane(), attempt, vec![settled(first[0].number, put_off)], MINUTE_MS)
        .await
        .unwrap();
    assert_eq!(ids(&shop.claim(10, 2 * MINUTE_MS - 1).await), ["other"], "for a minute after it was put off");
    assert_eq!(ids(&shop.claim(10, 2 * MINUTE_MS).await), ["purchase", "other"], "and no longer");
}

pub(super) async fn one_thing_is_one_conversion(store: &dyn Store) {
    let shop = Shop::open(store, "one thing").await;
    shop.act(vec![Effect::Create(queued("e", 0)), Effect::Create(queued("e", 0))], 0).await;
    shop.act(vec![Effect::Create(queued("e", 0))], 0).await;
    shop.listed("e").await;
    assert_eq!(shop.claim(10, 0).await.len(), 1);
    assert_eq!(store.ledger(shop.workspace).await.unwrap().conversions.created, 1);
}

pub(super) async fn what_has_ended_is_frozen(store: &dyn Store) {
    let shop = Shop::open(store, "frozen").await;
    shop.act(vec![Effect::Create(queued("e", 0))], 0).await;
    let claimed = shop.claim(10, 0).await;
    let changed = Conversion { ad_id: None, stored: Some(State::Queued), ..queued("e", 0) };
    store.settle(shop.lease, &lane(), None, vec![accepted(claimed[0].number)], 0).await.unwrap();
    shop.act(vec![Effect::Update(changed)], 0).await;
    let accepted = shop.listed("e").await.conversion;
    assert_eq!((accepted.state, accepted.ad_id), (State::Accepted, queued("e", 0).ad_id));
    assert!(shop.claim(10, 0).await.is_empty());

    let suppressed = queued("late", 0).stopped(Stop::suppressed(Reason::NoClick));
    shop.act(vec![Effect::Create(suppressed)], 0).await;
    shop.act(vec![Effect::Update(queued("late", 0))], 0).await;
    assert_eq!(shop.claim(10, 0).await.len(), 1, "what was suppressed can be queued when its click arrives");
    let gone = Conversion { stored: Some(State::Queued), ..queued("late", 0) };
    shop.act(vec![Effect::Update(gone.stopped(Stop::suppressed(Reason::ConsentRefused)))], 0).await;
    assert!(shop.claim(10, 0).await.is_empty(), "and taken back while nothing has left");
}

pub(super) async fn waiting_ends_at_its_deadline(store: &dyn Store) {
    let shop = Shop::open(store, "deadline").await;
    let waiting = |id: &str| Conversion {
        due_ms: None,
        ..queued(id, 0).stopped(Stop::waiting(Reason::WaitingPrice, 100))
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
    let over = |id| Conversion { stored: Some(State::Waiting), ..ended(id, Reason::NoPrice) };
    let expired = ["a", "b", "c"].map(over).into();
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

pub(super) async fn a_pause_stays_until_it_is_ended(store: &dyn Store) {
    let shop = Shop::open(store, "pause").await;
    let pause = |until_ms, since_ms| Pause {
        until_ms,
        needs_you: true,
        cause: "token".into(),
        code: "190".into(),
        since_ms,
        dataset: SET.into(),
    };
    let paused = async || store.paused(shop.lease, &[scope()]).await.unwrap();
    assert_eq!(paused().await, []);
    store.pause(shop.lease, &scope(), Some(pause(10, 1))).await.unwrap();
    store.pause(shop.lease, &scope(), Some(pause(20, 2))).await.unwrap();
    assert_eq!(paused().await, [(scope(), pause(20, 1))], "since the first");
    let others = [PauseScope::Lane(lane()), PauseScope::Token("t".into()), PauseScope::App("a".into())];
    assert_eq!(store.paused(shop.lease, &others).await.unwrap(), []);
    let adopt = async |scopes| {
        store.adopt(shop.lease, kopru_core::Adopted::default(), None, scopes).await.unwrap();
    };
    adopt(vec![scope()]).await;
    assert_eq!(paused().await.len(), 1);
    adopt(others.to_vec()).await;
    assert_eq!(paused().await, [], "nobody is there any more whom it could hold up");
    store.pause(shop.lease, &scope(), Some(pause(10, 1))).await.unwrap();
    store.pause(shop.lease, &scope(), None).await.unwrap();
    assert_eq!(paused().await, []);
}
