//! Who is a copy of whom.

use serde_json::{Value, json};

use super::keys::WEEK_MS;
use super::*;

const MINUTE: i64 = 60_000;

fn place(dedup: &mut Dedup, n: u64, at_ms: i64, origin: Origin, event: &Value) -> DedupOutcome {
    let name = event["event_name"].as_str().unwrap();
    let keys = DedupKeys::of("1", name, event.as_object().unwrap());
    dedup.place(Candidate { n, at_ms, origin }, &keys)
}

#[test]
fn stories_of_two() {
    use Origin::{Browser, Server};
    let web = |id: &str| json!({ "event_name": "Purchase", "event_id": id, "action_source": "website" });
    let pair = |more: Value| {
        let mut event = json!({ "event_name": "Purchase", "action_source": "website",
            "user_data": { "fbp": "fb.1.1.2", "external_id": ["x"] } });
        event.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        event
    };
    let only = |key: &str, value: Value| pair(json!({ "user_data": { key: value } }));
    let chat = json!({ "event_name": "Purchase", "event_id": "a", "action_source": "business_messaging" });
    let store = |time: i64, order: Option<&str>, em: &str| {
        json!({ "event_name": "Purchase", "event_time": time, "action_source": "physical_store",
            "event_id": "a", "user_data": { "em": em }, "custom_data": { "order_id": order } })
    };
    let install = |madid: &str| json!({ "event_name": "MobileAppInstall", "action_source": "app", "user_data": { "madid": madid } });
    let copy = |by| DedupOutcome::Copy { of: 1, by, across: false };
    let pair_by = |by| DedupOutcome::Copy { of: 1, by, across: true };
    let other_name = json!({ "event_name": "Lead", "event_id": "a", "action_source": "website" });
    for (what, first, second, gap_ms, expected) in [
        ("server twice", (Server, web("a")), (Server, web("a")), MINUTE, copy(By::EventId)),
        ("browser, server", (Browser, web("a")), (Server, web("a")), MINUTE, pair_by(By::EventId)),
        (
            "server, browser at once",
            (Server, web("a")),
            (Browser, web("a")),
            MINUTE,
            DedupOutcome::Replaces { of: 1, by: By::EventId },
        ),
        ("server, browser late", (Server, web("a")), (Browser, web("a")), 6 * MINUTE, pair_by(By::EventId)),
        ("after 48 hours", (Server, web("a")), (Server, web("a")), 48 * HOUR_MS, DedupOutcome::First),
        ("another id", (Server, web("a")), (Server, web("b")), MINUTE, DedupOutcome::First),
        ("another name", (Server, web("a")), (Server, other_name), MINUTE, DedupOutcome::First),
        (
            "fbp",
            (Browser, pair(json!({}))),
            (Server, only("fbp", json!("fb.1.1.2"))),
            MINUTE,
            pair_by(By::Fbp),
        ),
        (
            "external_id",
            (Browser, pair(json!({}))),
            (Server, only("external_id", json!("x"))),
            MINUTE,
            pair_by(By::ExternalId),
        ),
        (
            "any external_id",
            (Browser, only("external_id", json!(["x", "y"]))),
            (Server, only("external_id", json!(["z", "y"]))),
            MINUTE,
            pair_by(By::ExternalId),
        ),
        (
            "one has an id",
            (Browser, pair(json!({ "event_id": "a" }))),
            (Server, pair(json!({}))),
            1,
            pair_by(By::Fbp),
        ),
        (
            "both have ids",
            (Browser, pair(json!({ "event_id": "a" }))),
            (Server, pair(json!({ "event_id": "b" }))),
            1,
            DedupOutcome::First,
        ),
        ("fbp, server first", (Server, pair(json!({}))), (Browser, pair(json!({}))), 1, DedupOutcome::First),
        ("fbp, two servers", (Server, pair(json!({}))), (Server, pair(json!({}))), 1, DedupOutcome::First),
        ("chats", (Server, chat.clone()), (Server, chat), 1, DedupOutcome::First),
        (
            "order",
            (Server, store(1, Some("o"), "x")),
            (Server, store(1, Some("o"), "y")),
            1,
            copy(By::OrderId),
        ),
        (
            "order, other time",
            (Server, store(1, Some("o"), "x")),
            (Server, store(2, Some("o"), "x")),
            1,
            DedupOutcome::First,
        ),
        (
            "identifiers",
            (Server, store(1, None, "x")),
            (Server, store(1, None, "x")),
            1,
            copy(By::Identifiers),
        ),
        (
            "other identifiers",
            (Server, store(1, None, "x")),
            (Server, store(1, None, "y")),
            1,
            DedupOutcome::First,
        ),
        (
            "stores after a week",
            (Server, store(1, None, "x")),
            (Server, store(1, None, "x")),
            WEEK_MS,
            DedupOutcome::First,
        ),
        ("installs", (Server, install("d")), (Server, install("d")), 80 * 24 * HOUR_MS, copy(By::Device)),
    ] {
        let mut dedup = Dedup::new(100);
        assert_eq!(place(&mut dedup, 1, 1000, first.0, &first.1), DedupOutcome::First, "{what}");
        let got = place(&mut dedup, 2, 1000 + gap_ms, second.0, &second.1);
        assert_eq!(got, expected, "{what}");
    }
}

#[test]
fn memory_has_a_bound_and_says_what_it_forgot() {
    let mut dedup = Dedup::new(2);
    let event = |id: u64| json!({ "event_name": "Lead", "event_id": id });
    for n in 0..3 {
        assert_eq!(place(&mut dedup, n, 0, Origin::Server, &event(n)), DedupOutcome::First);
    }
    assert_eq!(dedup.forgotten(), 1);
    assert_eq!(place(&mut dedup, 3, 0, Origin::Server, &event(0)), DedupOutcome::First, "forgotten");
    assert_eq!(
        place(&mut dedup, 4, 0, Origin::Server, &event(2)),
        DedupOutcome::Copy { of: 2, by: By::EventId, across: false }
    );
}
