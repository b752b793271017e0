//! Activities: each once, through the queue and out of it.

use kopru_core::{
    Activity, Admitted, Appending, Carried, Contact, ConversionFilter, Effect, Identifier, Identity,
    MatchKey, Node, OnceKey, Reason, Route, State, Stop, StoredEvent, Trust,
};

use super::shop::{SET, Shop, ids, member};
use crate::{LaneKey, OutcomeOf, Queued, Settled, Store};

/// When activities come, Unix milliseconds, unless a test says otherwise.
pub(super) const NOW_MS: i64 = 1_000_000;

pub(super) fn lane() -> LaneKey {
    LaneKey { dataset: SET.to_owned(), route: Route::Website }
}

fn key(text: &str) -> [u8; 16] {
    let bytes = text.as_bytes();
    std::array::from_fn(|at| bytes.get(at).copied().unwrap_or(0))
}

pub(super) fn activity(event_id: &str) -> Admitted {
    Admitted {
        activity: Activity {
            origin: "graph:shop".to_owned(),
            dataset: SET.to_owned(),
            name: "Purchase".to_owned(),
            event_id: event_id.to_owned(),
            event_s: NOW_MS / 1000 - 5,
            value: "49.90".parse().ok(),
            currency: Some("EUR".to_owned()),
            consent: Some(kopru_core::ConsentAnswer::Yes),
            once: vec![OnceKey { key: key(event_id), is_order: false, until_s: NOW_MS / 1000 + 100 }],
            adds_to: Vec::new(),
            who: Vec::new(),
            event: event(event_id),
            carried: Carried::default(),
        },
        state: State::Queued,
        reason: None,
        appending: Appending::Changed,
    }
}

pub(super) fn event(event_id: &str) -> StoredEvent {
    StoredEvent {
        action_source: "website".to_owned(),
        envelope: String::new(),
        json: format!("{{\n\"event_id\":\"{event_id}\"}}"),
        added: Vec::new(),
        beside: String::new(),
    }
}

pub(super) fn with_order(mut one: Admitted, order: &str) -> Admitted {
    let until_s = NOW_MS / 1000 + 1_000;
    one.activity.once.push(OnceKey { key: key(order), is_order: true, until_s });
    one
}

pub(super) async fn append(shop: &Shop<'_>, at_ms: i64, mut all: Vec<Admitted>) -> usize {
    let join = shop.store.join_key(shop.workspace).await.unwrap();
    for Admitted { activity, .. } in &mut all {
        activity.once[0].key = join.once_event(SET, &activity.name, &activity.event_id);
    }
    let kept = shop.store.append_activities(shop.workspace, at_ms, all).await.unwrap();
    shop.balanced().await;
    kept.doubles
}

pub(super) async fn claim(shop: &Shop<'_>, now_ms: i64) -> Vec<Queued> {
    let claimed = shop.store.claim(shop.lease, &lane(), 100, now_ms).await.unwrap();
    assert!(claimed.unreadable.is_empty());
    let complete = shop.store.complete(shop.lease, &lane(), claimed.ready).await.unwrap();
    assert!(complete.unreadable.is_empty());
    complete.ready
}

pub(super) async fn open(shop: &Shop<'_>, claimed: &[Queued], now_ms: i64) -> Option<u64> {
    let members = claimed.iter().map(member).collect();
    let opened = shop.store.open(shop.lease, &lane(), members, now_ms).await.unwrap();
    assert!(opened.moved.is_empty());
    Some(opened.attempt)
}

pub(super) async fn settle(
    shop: &Shop<'_>,
    attempt: Option<u64>,
    all: &[Queued],
    settled: Settled,
    now_ms: i64,
) {
    let outcome = |one: &Queued| OutcomeOf { number: one.number, settled: settled.clone() };
    let outcomes = all.iter().map(outcome).collect();
    shop.store.settle(shop.lease, &lane(), attempt, outcomes, now_ms).await.unwrap();
    shop.balanced().await;
}

pub(super) fn accepted() -> Settled {
    Settled::Accepted { reply: "trace".to_owned() }
}

pub(super) async fn come_once(store: &dyn Store) {
    let shop = Shop::open(store, "told once").await;
    assert_eq!(
        append(&shop, NOW_MS, vec![activity("a"), activity("b"), activity("a")]).await,
        1,
        "in one request"
    );
    assert_eq!(append(&shop, NOW_MS + 1, vec![activity("b"), activity("c")]).await, 1, "in another one");
    // The same order under another id; an order's first event leaves no trace of its double's id.
    assert_eq!(append(&shop, NOW_MS, vec![with_order(activity("d"), "order 1")]).await, 0);
    assert_eq!(append(&shop, NOW_MS, vec![with_order(activity("e"), "order 1")]).await, 1);
    assert_eq!(append(&shop, NOW_MS, vec![activity("e")]).await, 0, "without the order");
    // Nothing is recognised for longer than it is to be.
    assert_eq!(append(&shop, NOW_MS + 100_000, vec![activity("a")]).await, 1, "in its last second");
    assert_eq!(append(&shop, NOW_MS + 101_000, vec![activity("a")]).await, 0);
    let ledger = store.ledger(shop.workspace).await.unwrap();
    let facts = ledger.facts;
    assert_eq!((facts.received, facts.used, facts.duplicate), (10, 6, 4));
    assert_eq!(ledger.conversions.created, 6);
    assert!(!store.is_settled(shop.workspace).await.unwrap());
}

pub(super) async fn that_were_not_permitted_swallow_none_that_is(store: &dyn Store) {
    let shop = Shop::open(store, "told without a yes").await;
    let without = |one: Admitted, reason| Admitted { state: State::Suppressed, reason: Some(reason), ..one };
    let mut left = 0;
    // A no, and what somebody decided by hand, stays.
    for reason in Reason::ALL.iter().copied() {
        let is_freed = reason.may_be_permitted();
        let [id, other, third] = ["", " anew", " once more"].map(|end| format!("{}{end}", reason.code()));
        let order = |id: &str| with_order(activity(id), &format!("order {}", reason.code()));
        let again = || without(order(&id), reason);
        assert_eq!(append(&shop, NOW_MS, vec![again()]).await, 0, "{reason:?}");
        assert_eq!(
            append(&shop, NOW_MS, vec![again(), without(order(&other), reason)]).await,
            2,
            "{reason:?}"
        );
        let doubles = usize::from(!is_freed);
        assert_eq!(append(&shop, NOW_MS, vec![order(&other)]).await, doubles, "{reason:?}");
        assert_eq!(
            append(&shop, NOW_MS, vec![order(&id), order(&other), order(&third)]).await,
            3,
            "{reason:?}"
        );
        left += usize::from(is_freed);
        assert_eq!(claim(&shop, NOW_MS).await.len(), left, "{reason:?}");
    }
    assert!(left > 3, "{left}");
    // A no after nothing said holds for good.
    let order = |id: &str| with_order(activity(id), "order asked");
    for (one, doubles) in [
        (without(order("asked"), Reason::NoConsent), 0),
        (without(order("asked"), Reason::ConsentRefused), 0),
        (order("asked"), 1),
        (order("asked anew"), 1),
    ] {
        assert_eq!(append(&shop, NOW_MS, vec![one]).await, doubles);
    }
    // What Meta may have is not told under another id.
    let shop = Shop::open(store, "told and unknown without a yes").await;
    append(&shop, NOW_MS, vec![with_order(activity("sent"), "order sent")]).await;
    let sent = claim(&shop, NOW_MS).await;
    let attempt = open(&shop, &sent, NOW_MS).await;
    let unknown = Settled::Unknown { due_ms: None, reply: None, may_count_twice: false };
    settle(&shop, attempt, &sent, unknown, NOW_MS).await;
    let sent = claim(&shop, NOW_MS).await;
    let (stop, revision) = (Stop::suppressed(Reason::DatasetOff), sent[0].revision);
    settle(&shop, None, &sent, Settled::Stopped { stop, revision }, NOW_MS).await;
    assert_eq!(shop.listed("sent").await.conversion.reason, Some(Reason::DatasetOff));
    assert_eq!(append(&shop, NOW_MS, vec![with_order(activity("sent anew"), "order sent")]).await, 1);
}

pub(super) async fn go_out_and_are_remembered(store: &dyn Store) {
    let shop = Shop::open(store, "told and sent").await;
    let mut later = activity("future");
    later.activity.event_s = NOW_MS / 1000 + 60;
    let shadow = Admitted { state: State::Suppressed, reason: Some(Reason::Shadow), ..activity("shadow") };
    assert_eq!(append(&shop, NOW_MS, vec![activity("a"), activity("b"), later, shadow]).await, 0);
    let claimed = claim(&shop, NOW_MS).await;
    assert_eq!(ids(&claimed), ["a", "b"]);
    let first = &claimed[0].conversion;
    assert_eq!(first.identity, Some(Identity::Activity(Box::new(event("a")))));
    assert_eq!(
        (first.name.as_str(), first.consent, first.route),
        ("Purchase", Some(kopru_core::ConsentAnswer::Yes), Route::Website)
    );
    assert_eq!(first.cause.to_string(), "graph:shop/a");
    assert_eq!(store.next_due(shop.lease, &lane()).await.unwrap(), Some(NOW_MS));

    let attempt = open(&shop, &claimed, NOW_MS).await;
    assert!(claim(&shop, NOW_MS).await.is_empty(), "an attempt holds them");
    let next_ms = NOW_MS + 60_000;
    assert_eq!(store.next_due(shop.lease, &lane()).await.unwrap(), Some(next_ms), "not before it happens");
    settle(&shop, attempt, &claimed[..1], accepted(), NOW_MS + 5).await;
    let listed = shop.listed("a").await;
    assert_eq!(
        (listed.conversion.state, listed.settled_ms, listed.attempts),
        (State::Accepted, Some(NOW_MS + 5), 1)
    );
    assert_eq!(listed.reply.as_deref(), Some("trace"));
    assert_eq!(listed.body.as_deref(), Some(r#"{"event_id":"a"}"#));
    // Whoever had no outcome stays where it was.
    let again = claim(&shop, NOW_MS).await;
    assert_eq!(ids(&again), ["b"]);

    let attempt = open(&shop, &again, NOW_MS + 6).await;
    let put_off = Settled::Again { due_ms: Some(next_ms), reply: Some("busy".into()), counts: true };
    settle(&shop, attempt, &again, put_off, NOW_MS + 7).await;
    assert!(claim(&shop, NOW_MS + 8).await.is_empty());
    let both = claim(&shop, next_ms).await;
    assert_eq!(ids(&both), ["b", "future"]);
    let attempt = open(&shop, &both, next_ms).await;
    let refused = Settled::Failed { reason: Reason::RefusedByMeta, reply: Some("no".into()) };
    settle(&shop, attempt, &both, refused, next_ms + 1).await;
    let listed = shop.listed("b").await;
    assert_eq!(
        (listed.conversion.state, listed.conversion.reason),
        (State::Failed, Some(Reason::RefusedByMeta))
    );
    assert!(listed.conversion.identity.is_some(), "it can be tried again");
    // Whoever mends what Meta has refused may send it again.
    assert_eq!(append(&shop, NOW_MS, vec![activity("b"), activity("a")]).await, 1);
    let shadow = shop.listed("shadow").await.conversion;
    assert_eq!((shadow.state, shadow.identity.is_some()), (State::Suppressed, true));
    let found = |event_ids: &[&str]| ConversionFilter {
        event_ids: event_ids.iter().map(|id| (*id).to_owned()).collect(),
        ..ConversionFilter::default()
    };
    let page = store.conversions_of(shop.workspace, found(&["shadow", "none"]), None, 10).await.unwrap();
    assert_eq!(page.listed.len(), 1);
    shop.follow().await;
}

pub(super) async fn that_meta_may_have_keep_their_bytes(store: &dyn Store) {
    let shop = Shop::open(store, "told and unknown").await;
    append(&shop, NOW_MS, vec![activity("a"), activity("b"), activity("c")]).await;
    let claimed = claim(&shop, NOW_MS).await;
    let attempt = open(&shop, &claimed[..2], NOW_MS).await;
    let unknown = Settled::Unknown { due_ms: None, reply: Some("reset".into()), may_count_twice: false };
    settle(&shop, attempt, &claimed[..2], unknown, NOW_MS + 1).await;
    let again = claim(&shop, NOW_MS + 2).await;
    assert_eq!(ids(&again), ["a", "b", "c"]);
    let bytes = |one: &Queued| one.unknown.clone();
    assert_eq!(bytes(&again[0]), Some((r#"{"event_id":"a"}"#.to_owned(), NOW_MS)));
    assert_eq!(bytes(&again[2]), None);
    assert_eq!(again[0].tries, 0, "nobody knows whether it was refused");

    // Whoever held an attempt has ended: nobody reads its answer.
    open(&shop, &again, NOW_MS + 3).await;
    let shop = Shop::open(store, "told and unknown").await;
    let taken_over = claim(&shop, NOW_MS + 4).await;
    assert_eq!(ids(&taken_over), ["a", "b", "c"]);
    assert_eq!(
        bytes(&taken_over[0]),
        Some((r#"{"event_id":"a"}"#.to_owned(), NOW_MS)),
        "since the first time"
    );
    assert_eq!(bytes(&taken_over[2]), Some((r#"{"event_id":"c"}"#.to_owned(), NOW_MS + 3)));
    assert!(!shop.listed("c").await.may_count_twice, "Meta recognises it");

    let attempt = open(&shop, &taken_over, NOW_MS + 5).await;
    settle(&shop, attempt, &taken_over, Settled::BytesRefused { reply: None }, NOW_MS + 6).await;
    let anew = claim(&shop, NOW_MS + 7).await;
    assert!(anew.iter().all(|one| one.unknown.is_none()), "Meta has none of them");
    let attempt = open(&shop, &anew, NOW_MS + 8).await;
    settle(&shop, attempt, &anew, accepted(), NOW_MS + 9).await;
    shop.follow().await;
    assert!(store.is_settled(shop.workspace).await.unwrap());
}

/// An activity of somebody with these identifiers: names at Meta with a value each.
pub(super) fn of(event_id: &str, identifiers: &[(&str, &str)]) -> Admitted {
    let mut one = activity(event_id);
    one.activity.who = identifiers
        .iter()
        .map(|(key, value)| {
            let is_key = matches!(*key, "em" | "ph");
            let kind = if is_key { format!("{key}-hash") } else { (*key).to_owned() };
            let match_key =
                is_key.then(|| MatchKey { key: (*key).to_owned(), hashes: vec![(*value).to_owned()] });
            Identifier { node: Node::from_stored(format!("{kind}:{value}")), trust: Trust::Other, match_key }
        })
        .collect();
    one
}

/// By what a claimed one was enriched.
pub(super) fn added_to(one: &Queued) -> Vec<MatchKey> {
    match &one.conversion.identity {
        Some(Identity::Activity(event)) => event.added.clone(),
        _ => Vec::new(),
    }
}

pub(super) async fn are_enriched_by_what_was_seen_together(store: &dyn Store) {
    let shop = Shop::open(store, "told of one person").await;
    let added = async |event_id: &str| -> Vec<String> {
        let claimed = claim(&shop, NOW_MS).await;
        let one = claimed.iter().find(|one| one.conversion.event_id == event_id).unwrap();
        added_to(one).iter().map(|added| format!("{} {}", added.key, added.hashes[0])).collect()
    };
    append(&shop, NOW_MS, vec![of("seen", &[("em", "e1"), ("fbp", "b1")])]).await;
    append(&shop, NOW_MS, vec![of("fbp", &[("fbp", "b1")]), of("em", &[("em", "e1")])]).await;
    assert_eq!(added("fbp").await, ["em e1"]);
    assert!(added("em").await.is_empty() && added("seen").await.is_empty(), "they say it themselves");
    // From one to the next.
    append(&shop, NOW_MS, vec![of("joins", &[("em", "e1"), ("ph", "p1")])]).await;
    assert_eq!(added("fbp").await, ["em e1", "ph p1"]);
    // Two share the browser: nobody can say whose the event is.
    append(&shop, NOW_MS, vec![of("other", &[("em", "e2"), ("fbp", "b1")])]).await;
    assert!(added("fbp").await.is_empty());
    // Somebody else's are none of theirs.
    let other = Shop::open(store, "told in another shop").await;
    append(&other, NOW_MS, vec![of("fbp", &[("fbp", "b1")])]).await;
    let claimed = claim(&other, NOW_MS).await;
    assert!(added_to(&claimed[0]).is_empty());
}

pub(super) async fn are_enriched_by_a_card_as_long_as_it_shows_that(store: &dyn Store) {
    let shop = Shop::open(store, "told of somebody in the CRM").await;
    append(&shop, NOW_MS, vec![of("seen", &[("em", "e1"), ("fbp", "b1")]), of("fbp", &[("fbp", "b1")])])
        .await;
    let card = Node::contact("kommo:1", "31");
    let identifiers = of("card", &[("em", "e1"), ("ph", "p1")]).activity.who;
    let (em, _) = identifiers.split_at(1);
    let save = |identifiers: &[Identifier], consent| {
        let contact = Contact { consent, ..Contact::new(card.clone()) };
        let identifiers = identifiers.to_vec();
        vec![Effect::SaveContact(contact), Effect::SaveIdentifiers { card: card.clone(), identifiers }]
    };
    let of_browser = async || -> (Vec<String>, Option<kopru_core::ConsentAnswer>) {
        let claimed = claim(&shop, NOW_MS).await;
        let one = claimed.iter().find(|one| one.conversion.event_id == "fbp").unwrap();
        (added_to(one).into_iter().map(|added| added.key).collect(), one.conversion.consent)
    };
    assert_eq!(of_browser().await, (vec!["em".to_owned()], Some(kopru_core::ConsentAnswer::Yes)));
    shop.act(save(&identifiers, Some(kopru_core::ConsentAnswer::Yes)), NOW_MS).await;
    assert_eq!(
        of_browser().await,
        (vec!["em".to_owned(), "ph".to_owned()], Some(kopru_core::ConsentAnswer::Yes))
    );
    shop.act(save(em, Some(kopru_core::ConsentAnswer::Yes)), NOW_MS).await;
    assert_eq!(of_browser().await.0, ["em"], "the card shows the phone no longer");
    // Whoever refused in the CRM is not reported by the shop.
    shop.act(save(em, Some(kopru_core::ConsentAnswer::No)), NOW_MS).await;
    assert_eq!(of_browser().await.1, Some(kopru_core::ConsentAnswer::No));
    // Also who has had a new browser each week.
    let weeks: Vec<String> = (0..20).map(|week| format!("r{week}")).collect();
    for week in &weeks {
        append(&shop, NOW_MS, vec![of(week, &[("em", "e1"), ("fbp", week)])]).await;
    }
    let claimed = claim(&shop, NOW_MS).await;
    let of_weeks = claimed.iter().filter(|one| weeks.contains(&one.conversion.event_id));
    let consents: Vec<Option<kopru_core::ConsentAnswer>> =
        of_weeks.map(|one| one.conversion.consent).collect();
    assert_eq!(consents, [Some(kopru_core::ConsentAnswer::No); 20]);
    shop.act(save(&[], Some(kopru_core::ConsentAnswer::No)), NOW_MS).await;
    assert_eq!(of_browser().await.1, Some(kopru_core::ConsentAnswer::Yes), "the card is of somebody else");
}

pub(super) async fn that_do_not_leave_end_without_an_attempt(store: &dyn Store) {
    let shop = Shop::open(store, "told and stopped").await;
    append(&shop, NOW_MS, vec![activity("a"), activity("b")]).await;
    let claimed = claim(&shop, NOW_MS).await;
    let (a, b) = claimed.split_at(1);
    let late = Settled::Failed { reason: Reason::TooLate, reply: None };
    settle(&shop, None, a, late, NOW_MS + 1).await;
    assert_eq!(shop.listed("a").await.conversion.reason, Some(Reason::TooLate));
    let put_off = Settled::Again { due_ms: Some(NOW_MS + 50), reply: None, counts: true };
    settle(&shop, None, b, put_off, NOW_MS + 2).await;
    assert!(claim(&shop, NOW_MS + 49).await.is_empty());
    let stop = kopru_core::Stop::suppressed(Reason::DatasetOff);
    let stopped = |revision| Settled::Stopped { stop: stop.clone(), revision };
    let b = claim(&shop, NOW_MS + 50).await;
    assert_eq!(ids(&b), ["b"]);
    settle(&shop, None, &b, stopped(b[0].revision), NOW_MS + 51).await;
    assert_eq!(shop.listed("b").await.conversion.reason, Some(Reason::DatasetOff));
    assert!(claim(&shop, NOW_MS + 99).await.is_empty());
}
