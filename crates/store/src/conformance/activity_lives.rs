//! How long activities are kept, and what becomes of those that do not simply leave.

use kopru_core::{
    Action, Admitted, Conversion, ConversionFilter, Effect, Identifier, Node, Reason, Revisit, RevisitPlace,
    State, Stop, Trust,
};

use super::{
    activities::{NOW_MS, accepted, activity, append, claim, lane, open, settle, with_order},
    shop::{SET, Shop, ids, node, scope},
};
use crate::{Decided, Expiring, OutcomeOf, Pause, Settled, Store};

const DAY_MS: i64 = 24 * 3600 * 1000;

fn of(mut one: Admitted, who: &[&Node]) -> Admitted {
    let identifier =
        |node: &&Node| Identifier { node: (*node).clone(), trust: Trust::Other, match_key: None };
    one.activity.who = who.iter().map(identifier).collect();
    one
}

/// Goes through one kind, a row a step; returns how many went.
async fn expire(shop: &Shop<'_>, kind: Expiring, before_ms: i64) -> usize {
    let mut gone = 0;
    loop {
        let step = shop.store.expire(shop.workspace, kind, before_ms, 1).await.unwrap();
        assert!(step.looked_at <= 1 && step.gone <= step.looked_at, "{step:?}");
        gone += step.gone;
        if step.done {
            return gone;
        }
    }
}

fn revisit(action: Action, event_ids: &[&str]) -> Revisit {
    let event_ids = event_ids.iter().map(|id| (*id).to_owned()).collect();
    let filter = Some(ConversionFilter { event_ids, ..ConversionFilter::default() });
    Revisit { action, filter, any_age_of_queued: true, ask_for: Vec::new(), rules: Vec::new() }
}

/// Changes one as a revisit does.
pub(super) async fn change(
    shop: &Shop<'_>,
    event_id: &str,
    now_ms: i64,
    change: impl Fn(Conversion) -> Conversion,
) {
    shop.store.revisit(shop.workspace, revisit(Action::Retry, &[event_id])).await.unwrap();
    while let Some(step) = shop.take(10, 0).await.revisit {
        let effects = step.conversions.iter().cloned().map(|one| Effect::Update(change(one))).collect();
        let erasures = shop.take(10, 0).await.erasures;
        let revisited = Some((step, effects));
        shop.apply(Decided { revisited, now_ms, erasures, ..Decided::default() }).await.unwrap();
    }
}

fn queued_at(due_ms: i64) -> impl Fn(Conversion) -> Conversion {
    move |one| Conversion { state: State::Queued, reason: None, due_ms: Some(due_ms), stop: None, ..one }
}

pub(super) async fn go_when_they_were_kept_long_enough(store: &dyn Store) {
    let shop = Shop::open(store, "told long ago").await;
    let shadow = |id| Admitted { state: State::Suppressed, reason: Some(Reason::Shadow), ..activity(id) };
    append(&shop, NOW_MS, vec![activity("sent"), shadow("kept back"), activity("queued")]).await;
    let claimed = claim(&shop, NOW_MS).await;
    let attempt = open(&shop, &claimed[..1], NOW_MS).await;
    settle(&shop, attempt, &claimed[..1], accepted(), NOW_MS + 1).await;
    let ledger = store.ledger(shop.workspace).await.unwrap();
    let later_ms = NOW_MS + DAY_MS;

    for kind in [Expiring::ActivityBodies, Expiring::ActivityAttempts, Expiring::Activities] {
        assert_eq!(expire(&shop, kind, NOW_MS).await, 0, "{kind:?} came at that time");
    }
    assert_eq!(expire(&shop, Expiring::ActivityBodies, later_ms).await, 2, "one is queued still");
    assert_eq!(shop.listed("kept back").await.conversion.identity, None);
    assert_eq!(shop.listed("sent").await.conversion.identity, None);
    assert!(shop.listed("queued").await.conversion.identity.is_some());
    assert!(shop.listed("sent").await.body.is_some());
    assert_eq!(expire(&shop, Expiring::ActivityAttempts, later_ms).await, 0, "the newest stays");
    let attempt = open(&shop, &claimed[1..], NOW_MS).await;
    assert_eq!(expire(&shop, Expiring::ActivityAttempts, later_ms).await, 1);
    let sent = shop.listed("sent").await;
    assert_eq!((sent.body, sent.reply), (None, None));
    assert_eq!(expire(&shop, Expiring::ActivityAttempts, later_ms).await, 0, "one is under way");
    assert_eq!(expire(&shop, Expiring::Activities, later_ms).await, 2);
    let listed = store.conversions(shop.workspace, None, 10).await.unwrap();
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0].conversion.event_id, "queued");
    assert_eq!(store.ledger(shop.workspace).await.unwrap(), ledger, "what is gone stays counted");

    // They are recognised for as long as that is said, whether or not they are there.
    store.append_activities(shop.workspace, NOW_MS + 2, vec![with_key(&shop, "sent").await]).await.unwrap();
    assert_eq!(store.ledger(shop.workspace).await.unwrap().facts.duplicate, 1);
    assert_eq!(expire(&shop, Expiring::OnceKeys, NOW_MS + 100_000).await, 0, "in its last second");
    assert_eq!(expire(&shop, Expiring::OnceKeys, NOW_MS + 101_000).await, 3);
    store.append_activities(shop.workspace, NOW_MS + 3, vec![with_key(&shop, "sent").await]).await.unwrap();
    assert_eq!(store.ledger(shop.workspace).await.unwrap().facts.duplicate, 1);
    let outcomes = vec![OutcomeOf { number: claimed[1].number, settled: accepted() }];
    store.settle(shop.lease, &lane(), attempt, outcomes, NOW_MS + 4).await.unwrap();
    assert_eq!(shop.listed("queued").await.conversion.state, State::Accepted);
}

async fn with_key(shop: &Shop<'_>, event_id: &str) -> Admitted {
    let mut one = activity(event_id);
    let join = shop.store.join_key(shop.workspace).await.unwrap();
    one.activity.once[0].key = join.once_event(SET, &one.activity.name, event_id);
    one
}

pub(super) async fn that_go_again_byte_for_byte_keep_their_attempt(store: &dyn Store) {
    let shop = Shop::open(store, "told and kept").await;
    append(&shop, NOW_MS, vec![activity("unknown"), activity("sent")]).await;
    for id in ["unknown", "sent"] {
        let claimed = claim(&shop, NOW_MS).await;
        let one: Vec<_> = claimed.into_iter().filter(|one| one.conversion.event_id == id).collect();
        let attempt = open(&shop, &one, NOW_MS).await;
        let unknown = Settled::Unknown { due_ms: None, reply: None, may_count_twice: false };
        settle(&shop, attempt, &one, if id == "sent" { accepted() } else { unknown }, NOW_MS + 1).await;
    }
    assert_eq!(expire(&shop, Expiring::ActivityAttempts, NOW_MS + DAY_MS).await, 0);
    let again = claim(&shop, NOW_MS + 2).await;
    assert_eq!(again[0].unknown, Some((r#"{"event_id":"unknown"}"#.to_owned(), NOW_MS)));
    let attempt = open(&shop, &again, NOW_MS + 2).await;
    settle(&shop, attempt, &again, accepted(), NOW_MS + 3).await;
    assert_eq!(expire(&shop, Expiring::ActivityAttempts, NOW_MS + DAY_MS).await, 2);
}

pub(super) async fn of_an_erased_person_leave_nothing_of_it(store: &dyn Store) {
    let shop = Shop::open(store, "told and erased").await;
    let (anna, bert) = (node("email:anna"), node("email:bert"));
    let all = ["twice", "sent", "waits", "shadow"].map(|id| of(activity(id), &[&anna]));
    let mut all = all.to_vec();
    (all[3].state, all[3].reason) = (State::Suppressed, Some(Reason::Shadow));
    all.push(of(activity("another's"), &[&bert]));
    append(&shop, NOW_MS, all).await;
    let claimed = claim(&shop, NOW_MS).await;
    let sent: Vec<_> = claimed.iter().filter(|one| one.conversion.event_id != "waits").cloned().collect();
    let attempt = open(&shop, &sent, NOW_MS).await;
    let number = |id: &str| claimed.iter().find(|one| one.conversion.event_id == id).unwrap().number;
    let again = Settled::Again { due_ms: Some(NOW_MS + 50), reply: None, counts: true };
    let outcomes = vec![
        OutcomeOf { number: number("twice"), settled: again },
        OutcomeOf { number: number("sent"), settled: accepted() },
        OutcomeOf { number: number("another's"), settled: accepted() },
    ];
    store.settle(shop.lease, &lane(), attempt, outcomes, NOW_MS + 1).await.unwrap();
    let twice = claim(&shop, NOW_MS + 60).await;
    let twice: Vec<_> = twice.into_iter().filter(|one| one.conversion.event_id == "twice").collect();
    let attempt = open(&shop, &twice, NOW_MS + 60).await;
    settle(&shop, attempt, &twice, accepted(), NOW_MS + 61).await;

    let erased = store.erase(shop.workspace, std::slice::from_ref(&anna), NOW_MS + 70).await.unwrap();
    assert_eq!((erased.removed.conversions, erased.removed.not_sent), (4, 1));
    shop.balanced().await;
    for (id, state, reason) in [
        ("twice", State::Accepted, None),
        ("sent", State::Accepted, None),
        ("waits", State::Suppressed, Some(Reason::Erased)),
        ("shadow", State::Suppressed, Some(Reason::Shadow)),
    ] {
        let one = shop.listed(id).await;
        assert_eq!((one.conversion.state, one.conversion.reason), (state, reason), "{id}");
        assert_eq!((one.conversion.identity, one.body, one.reply), (None, None, None), "{id}");
    }
    let another = shop.listed("another's").await;
    assert_eq!(another.body.as_deref(), Some(r#"{"event_id":"another's"}"#));
    assert!(another.conversion.identity.is_some());
    assert!(claim(&shop, NOW_MS + 99).await.is_empty());

    // What comes of them later is counted and not kept, until they may be learnt again.
    append(&shop, NOW_MS + 80, vec![of(activity("later"), &[&bert, &anna])]).await;
    let later = shop.listed("later").await.conversion;
    assert_eq!((later.state, later.reason), (State::Suppressed, Some(Reason::Erased)));
    assert_eq!(later.identity, None);
    store.lift(shop.workspace, std::slice::from_ref(&anna), NOW_MS + 90).await.unwrap();
    append(&shop, NOW_MS + 90, vec![of(activity("again"), &[&anna])]).await;
    assert_eq!(ids(&claim(&shop, NOW_MS + 99).await), ["again"]);
}

pub(super) async fn that_an_attempt_holds_are_erased_with_its_end(store: &dyn Store) {
    let shop = Shop::open(store, "told and erased on its way").await;
    let anna = node("email:anna");
    append(&shop, NOW_MS, ["taken", "lost"].map(|id| of(activity(id), &[&anna])).to_vec()).await;
    let held = claim(&shop, NOW_MS).await;
    let attempt = open(&shop, &held, NOW_MS).await;
    let erased = store.erase(shop.workspace, std::slice::from_ref(&anna), NOW_MS + 1).await.unwrap();
    assert_eq!((erased.removed.conversions, erased.removed.not_sent), (2, 0));
    assert_eq!(shop.listed("taken").await.conversion.state, State::Queued, "nobody can call it back");
    let unknown = Settled::Unknown { due_ms: None, reply: None, may_count_twice: false };
    let outcomes = vec![
        OutcomeOf { number: held[0].number, settled: accepted() },
        OutcomeOf { number: held[1].number, settled: unknown },
    ];
    store.settle(shop.lease, &lane(), attempt, outcomes, NOW_MS + 2).await.unwrap();
    let taken = shop.listed("taken").await;
    assert_eq!(
        (taken.conversion.state, taken.conversion.identity, taken.body),
        (State::Accepted, None, None)
    );
    let again = claim(&shop, NOW_MS + 3).await;
    let stop = again[0].conversion.stop.clone().unwrap();
    assert_eq!(stop, Stop::suppressed(Reason::Erased));
    settle(&shop, None, &again, Settled::Stopped { stop, revision: again[0].revision }, NOW_MS + 4).await;
    let lost = shop.listed("lost").await;
    assert_eq!((lost.conversion.reason, lost.conversion.identity), (Some(Reason::Erased), None));
    assert_eq!(lost.body, None);
}

pub(super) async fn are_known_of_a_person(store: &dyn Store) {
    let shop = Shop::open(store, "told of somebody").await;
    let anna = node("email:anna");
    let other = node("email:bert");
    append(
        &shop,
        NOW_MS,
        vec![of(activity("a"), &[&anna]), of(activity("b"), &[&other]), of(activity("c"), &[&anna])],
    )
    .await;
    let claimed = claim(&shop, NOW_MS).await;
    let attempt = open(&shop, &claimed, NOW_MS).await;
    settle(&shop, attempt, &claimed, accepted(), NOW_MS + 1).await;
    let person = store.person(shop.workspace, std::slice::from_ref(&anna)).await.unwrap();
    let known: Vec<_> = person.conversions.iter().map(|one| one.conversion.event_id.as_str()).collect();
    assert_eq!(known, ["c", "a"]);
    assert_eq!(person.conversions[0].body.as_deref(), Some(r#"{"event_id":"c"}"#));
    assert!(!person.is_unknown());
}

pub(super) async fn that_are_held_wait_until_somebody_lets_them_go(store: &dyn Store) {
    let shop = Shop::open(store, "told and held").await;
    append(&shop, NOW_MS, vec![activity("a"), activity("b")]).await;
    let claimed = claim(&shop, NOW_MS).await;
    let stop = Stop::waiting(Reason::HeldAfterRestore, NOW_MS + 500);
    for one in &claimed {
        let stopped = Settled::Stopped { stop: stop.clone(), revision: one.revision };
        settle(&shop, None, std::slice::from_ref(one), stopped, NOW_MS + 1).await;
    }
    let held = shop.listed("a").await;
    assert_eq!((held.conversion.state, held.settled_ms), (State::Waiting, None));
    assert_eq!(held.conversion.deadline_ms, Some(NOW_MS + 500));
    assert!(claim(&shop, NOW_MS + 2).await.is_empty());
    assert_eq!(shop.take(10, 0).await.next_deadline_ms, Some(NOW_MS + 500));
    change(&shop, "a", NOW_MS + 3, |one| {
        let queued = queued_at(NOW_MS + 4)(one);
        Conversion { released: true, ..queued }
    })
    .await;
    let again = claim(&shop, NOW_MS + 4).await;
    assert_eq!(ids(&again), ["a"]);
    assert!(again[0].conversion.released && again[0].conversion.identity.is_some());
    change(&shop, "b", NOW_MS + 5, |one| one.stopped(Stop::suppressed(Reason::Dropped))).await;
    let dropped = shop.listed("b").await;
    assert_eq!((dropped.conversion.reason, dropped.settled_ms), (Some(Reason::Dropped), Some(NOW_MS + 5)));
    assert_eq!(shop.take(10, 0).await.next_deadline_ms, None);
}

pub(super) async fn that_have_waited_too_long_end(store: &dyn Store) {
    let shop = Shop::open(store, "told and too late").await;
    append(&shop, NOW_MS, vec![activity("a")]).await;
    let claimed = claim(&shop, NOW_MS).await;
    let stop = Stop::waiting(Reason::HeldAfterRestore, NOW_MS + 500);
    settle(&shop, None, &claimed, Settled::Stopped { stop, revision: claimed[0].revision }, NOW_MS).await;
    assert!(shop.take(10, NOW_MS + 499).await.expired.is_empty());
    let expired = shop.take(10, NOW_MS + 500).await.expired;
    assert_eq!(expired.len(), 1);
    let expired = expired.into_iter().map(|one| one.stopped(Stop::failed(Reason::TooLate))).collect();
    shop.apply(Decided { expired, now_ms: NOW_MS + 501, ..Decided::default() }).await.unwrap();
    let late = shop.listed("a").await;
    assert_eq!((late.conversion.state, late.conversion.reason), (State::Failed, Some(Reason::TooLate)));
    assert_eq!(late.settled_ms, Some(NOW_MS + 501));
    assert!(shop.take(10, i64::MAX).await.expired.is_empty());
}

pub(super) async fn are_dropped_and_tried_again(store: &dyn Store) {
    let shop = Shop::open(store, "told and dropped").await;
    append(&shop, NOW_MS, vec![activity("a"), activity("b"), activity("under way")]).await;
    let claimed = claim(&shop, NOW_MS).await;
    let attempt = open(&shop, &claimed[2..], NOW_MS).await;
    let drop = |one: Conversion| one.stopped(Stop::suppressed(Reason::Dropped));
    change(&shop, "a", NOW_MS + 1, drop).await;
    change(&shop, "under way", NOW_MS + 1, drop).await;
    assert_eq!(shop.listed("a").await.conversion.reason, Some(Reason::Dropped));
    // Whoever had claimed it before is refused, and what an attempt holds goes its way.
    let stale = claimed[..1].iter().map(super::shop::member).collect();
    assert_eq!(store.open(shop.lease, &lane(), stale, NOW_MS).await.unwrap().moved, [claimed[0].number]);
    assert_eq!(shop.listed("under way").await.conversion.state, State::Queued);
    let again = Settled::Again { due_ms: None, reply: None, counts: true };
    settle(&shop, attempt, &claimed[2..], again, NOW_MS + 2).await;
    let back = claim(&shop, NOW_MS + 3).await;
    assert_eq!(ids(&back), ["b", "under way"]);
    assert_eq!(back[1].conversion.stop, Some(Stop::suppressed(Reason::Dropped)));

    let attempt = open(&shop, &back[..1], NOW_MS + 4).await;
    let refused = Settled::Failed { reason: Reason::RefusedByMeta, reply: Some("no".into()) };
    settle(&shop, attempt, &back[..1], refused, NOW_MS + 5).await;
    change(&shop, "b", NOW_MS + 6, queued_at(NOW_MS + 7)).await;
    let b = shop.listed("b").await;
    assert_eq!((b.conversion.state, b.settled_ms), (State::Queued, None));
    assert!(claim(&shop, NOW_MS + 6).await.iter().all(|one| one.conversion.event_id != "b"));
    let retried = claim(&shop, NOW_MS + 7).await;
    let b = retried.iter().find(|one| one.conversion.event_id == "b").unwrap();
    assert_eq!((b.tries, b.conversion.identity.is_some()), (0, true));
    // Sooner than it would.
    change(&shop, "b", NOW_MS + 8, queued_at(NOW_MS + 1_000)).await;
    change(&shop, "b", NOW_MS + 8, queued_at(NOW_MS + 9)).await;
    assert!(claim(&shop, NOW_MS + 9).await.iter().any(|one| one.conversion.event_id == "b"));
    shop.follow().await;
}

pub(super) async fn that_were_told_anew_do_not_come_back(store: &dyn Store) {
    let order = |id: &str| with_order(activity(id), "order 7");
    for is_hidden in [false, true] {
        told_anew(store, is_hidden, activity("a"), activity("a")).await;
        told_anew(store, is_hidden, order("a"), order("b")).await;
    }
}

/// The second tells anew what Meta has refused: when somebody retries all that failed, the first stays where it is.
/// An id that would show a person is kept as its key.
async fn told_anew(store: &dyn Store, is_hidden: bool, first: Admitted, second: Admitted) {
    let name = format!("told anew {is_hidden} {}", second.activity.event_id);
    let shop = Shop::open(store, &name).await;
    let join = store.join_key(shop.workspace).await.unwrap();
    let hidden = |mut one: Admitted| {
        let activity = &mut one.activity;
        activity.once[0].key = join.once_event(SET, &activity.name, &activity.event_id);
        if is_hidden {
            activity.event_id = capi::hex(&activity.once[0].key);
        }
        vec![one]
    };
    assert_eq!(store.append_activities(shop.workspace, NOW_MS, hidden(first)).await.unwrap().doubles, 0);
    let claimed = claim(&shop, NOW_MS).await;
    let refused = Settled::Failed { reason: Reason::RefusedByMeta, reply: None };
    settle(&shop, None, &claimed, refused, NOW_MS + 1).await;
    let page = store.conversions(shop.workspace, None, 10).await.unwrap();
    let failed = Conversion { stored: Some(State::Failed), ..page[0].conversion.clone() };
    // Its sender has mended it.
    let kept = store.append_activities(shop.workspace, NOW_MS + 2, hidden(second)).await.unwrap();
    assert_eq!(kept.doubles, 0);
    store.revisit(shop.workspace, revisit(Action::Retry, &[])).await.unwrap();
    let step = shop.take(10, 0).await.revisit.unwrap();
    let effects = vec![Effect::Update(queued_at(NOW_MS + 3)(failed))];
    shop.apply(Decided { revisited: Some((step, effects)), ..Decided::default() }).await.unwrap();
    assert_eq!(claim(&shop, NOW_MS + 9).await.len(), 1, "once");
}

pub(super) async fn are_found_by_every_revisit(store: &dyn Store) {
    let shop = Shop::open(store, "told and looked at").await;
    let all: Vec<Admitted> = (0..300).map(|n| activity(&format!("t{n}"))).collect();
    append(&shop, NOW_MS, all).await;
    shop.act(vec![Effect::Create(super::shop::queued("made", NOW_MS))], NOW_MS).await;
    let claimed = claim(&shop, NOW_MS).await;
    let attempt = open(&shop, &claimed[..5], NOW_MS).await;
    settle(&shop, attempt, &claimed[..5], accepted(), NOW_MS + 1).await;
    store.revisit(shop.workspace, revisit(Action::Drop, &[])).await.unwrap();
    let mut seen = Vec::new();
    while let Some(step) = shop.take(10, 0).await.revisit {
        assert!(step.conversions.len() <= 256);
        seen.extend(step.conversions.iter().map(|one| one.event_id.clone()));
        shop.apply(Decided { revisited: Some((step, Vec::new())), ..Decided::default() }).await.unwrap();
    }
    assert_eq!(seen.len(), 301, "each once");
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen.len(), 301);
    let named = revisit(Action::Drop, &["t3", "made", "none"]);
    let (step, _) = store.revisit_step(shop.workspace, named, RevisitPlace::default()).await.unwrap();
    let mut named: Vec<_> = step.conversions.iter().map(|one| (one.event_id.as_str(), one.state)).collect();
    named.sort_unstable_by_key(|(id, _)| *id);
    assert_eq!(named, [("made", State::Queued), ("t3", State::Accepted)]);
}

pub(super) async fn are_counted_behind_a_pause(store: &dyn Store) {
    let shop = Shop::open(store, "told and paused").await;
    append(&shop, NOW_MS, vec![activity("a"), activity("b")]).await;
    append(&shop, NOW_MS - 9, vec![activity("c")]).await;
    shop.act(vec![Effect::Create(super::shop::queued("made", NOW_MS + 1))], NOW_MS).await;
    let pause = Pause {
        until_ms: 9,
        needs_you: true,
        cause: "token".into(),
        code: "190".into(),
        since_ms: 1,
        dataset: SET.into(),
    };
    store.pause(shop.lease, &scope(), Some(pause)).await.unwrap();
    let problems = store.problems(shop.workspace).await.unwrap();
    let queued = problems.iter().find_map(|problem| match problem {
        crate::views::Problem::Paused { queued, .. } => Some(*queued),
        crate::views::Problem::Unanswered { .. } | crate::views::Problem::NumbersAgain { .. } => None,
    });
    assert_eq!(queued, Some(4));
    assert_eq!(store.oldest_due_ms(shop.workspace).await.unwrap(), Some(NOW_MS - 9));
}

pub(super) async fn that_could_not_be_read_are_tried_again(store: &dyn Store) {
    let shop = Shop::open(store, "told and unreadable").await;
    append(&shop, NOW_MS, vec![activity("a"), activity("b")]).await;
    let claimed = claim(&shop, NOW_MS).await;
    let unreadable = Settled::Failed { reason: Reason::Unreadable, reply: None };
    settle(&shop, None, &claimed[..1], unreadable, NOW_MS + 1).await;
    assert_eq!(ids(&claim(&shop, NOW_MS + 2).await), ["b"]);
    assert_eq!(store.retry_set_aside(shop.workspace).await.unwrap(), 1);
    shop.balanced().await;
    assert_eq!(ids(&claim(&shop, NOW_MS + 2).await), ["b", "a"]);
    assert_eq!(store.retry_set_aside(shop.workspace).await.unwrap(), 0);
}

pub(super) async fn that_a_wrong_clock_put_off_are_due(store: &dyn Store) {
    let shop = Shop::open(store, "told by a wrong clock").await;
    append(&shop, NOW_MS + 3 * DAY_MS, vec![activity("ahead")]).await;
    let mut future = activity("future");
    future.activity.event_s = NOW_MS / 1000 + 3_000;
    append(&shop, NOW_MS, vec![future, activity("now")]).await;
    assert_eq!(ids(&claim(&shop, NOW_MS).await), ["now", "ahead"]);
    let claimed = claim(&shop, NOW_MS).await;
    let attempt = open(&shop, &claimed, NOW_MS).await;
    settle(&shop, attempt, &claimed, accepted(), NOW_MS).await;
    assert!(claim(&shop, NOW_MS).await.is_empty());
    assert_eq!(store.next_due(shop.lease, &lane()).await.unwrap(), Some(NOW_MS + 3_000_000 / 1000 * 1000));
}

pub(super) async fn that_were_put_off_are_due_under_a_new_lease(store: &dyn Store) {
    let shop = Shop::open(store, "told and put off").await;
    let now_ms = crate::Clock::system().now_ms();
    let mut one = activity("later");
    one.activity.event_s = now_ms / 1000 - 10;
    append(&shop, now_ms, vec![one]).await;
    let claimed = claim(&shop, now_ms).await;
    let put_off = Settled::Again { due_ms: Some(now_ms + 250_000), reply: None, counts: true };
    settle(&shop, None, &claimed, put_off, now_ms).await;
    assert!(claim(&shop, now_ms + 60_000).await.is_empty());
    let shop = Shop::open(store, "told and put off").await;
    assert_eq!(ids(&claim(&shop, now_ms + 60_000).await), ["later"]);
}

pub(super) async fn that_were_seen_together_are_forgotten(store: &dyn Store) {
    let shop = Shop::open(store, "seen together").await;
    let named = |nodes: &[&str]| {
        let mut one = activity(&nodes.concat());
        one.activity.event_id = nodes.concat();
        let identifier = |node: &&str| Identifier {
            node: Node::from_stored((*node).to_owned()),
            trust: Trust::Other,
            match_key: None,
        };
        one.activity.who = nodes.iter().map(identifier).collect();
        one
    };
    append(&shop, 2 * DAY_MS, vec![named(&["em-hash:a", "ph-hash:a"]), named(&["em-hash:b", "ph-hash:b"])])
        .await;
    append(&shop, 3 * DAY_MS, vec![named(&["em-hash:c", "ph-hash:c"])]).await;
    let erased = store.erase(shop.workspace, &[node("em-hash:a")], NOW_MS).await.unwrap();
    assert_eq!((erased.removed.links, erased.removed.conversions), (1, 1));
    let again = store.erase(shop.workspace, &[node("ph-hash:a")], NOW_MS).await.unwrap();
    assert_eq!(again.removed.links, 0, "both directions");
    assert_eq!(expire(&shop, Expiring::SeenTogether, 3 * DAY_MS - 1).await, 0, "of that day stays");
    assert_eq!(expire(&shop, Expiring::SeenTogether, 3 * DAY_MS).await, 1);
    assert_eq!(expire(&shop, Expiring::SeenTogether, 4 * DAY_MS).await, 1);
}
