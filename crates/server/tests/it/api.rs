//! The shapes that programs rely on.

use kopru_core::{AmountFrom, Conversion, Reason, State, Worth};
use serde_json::{Value, json};
use store::Settled;

use crate::world::{BODY, WHATSAPP, World, conversion};

async fn json_of(world: &World, path: &str) -> Value {
    let answer = world.get(path).await;
    assert_eq!(answer.status(), 200, "{path}");
    serde_json::from_str(&answer.text().await.unwrap()).unwrap()
}

#[tokio::test]
async fn the_ledger_has_its_promised_shape() {
    let world = World::new().await;
    world.create([conversion("a", State::Queued, None)]).await;
    world.post(WHATSAPP, "{").await;
    let ledger = json_of(&world, "/api/v1/ledger?workspace=acme").await;
    let wanted = json!({
        "numbers_again": [],
        "paused": [],
            "refused_at_door": { "unreadable": 1 },
        "facts": {
            "received": 1, "pending": 0, "waiting": 0, "used": 1, "ignored": 0, "duplicate": 0, "set_aside": 0
        },
        "conversions": {
            "created": 1, "queued": 1, "waiting": 0, "accepted": 0, "duplicate": 0, "suppressed": 0, "failed": 0, "undone": 0
        },
        "balanced": true,
        "rules": [{
            "rule": "sale",
            "fired": { "n": 1, "worth": { "TRY": "4999.9" } },
            "made": { "n": 1, "worth": { "TRY": "4999.9" } },
            "parts": [{ "state": "queued", "reason": null, "n": 1, "worth": { "TRY": "4999.9" } }],
        }],
    });
    assert_eq!(ledger, wanted);
}

#[tokio::test]
async fn the_ledger_of_a_rule_adds_up() {
    let world = World::new().await;
    let no_click = conversion("b", State::Suppressed, Some(Reason::NoClick));
    world.create([conversion("a", State::Queued, None), no_click]).await;
    world.send(1, Settled::Accepted { reply: "accepted".into() }, 1).await;
    world.fire_without_an_event("sale", Reason::BeforeRule, "120").await;
    let ledger = json_of(&world, "/api/v1/ledger?workspace=acme").await;
    let rule = &ledger["rules"][0];
    assert_eq!((&rule["fired"]["n"], &rule["made"]["n"]), (&json!(3), &json!(2)));
    let parts: Vec<_> = rule["parts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|part| format!("{} {} {} {}", part["state"], part["reason"], part["n"], part["worth"]["TRY"]))
        .collect();
    let wanted = [
        "\"accepted\" null 1 \"4999.9\"",
        "\"suppressed\" \"no_click\" 1 \"4999.9\"",
        "null \"before_rule\" 1 \"120\"",
    ];
    assert_eq!(parts, wanted);
    assert_eq!(rule["fired"]["worth"]["TRY"], "10119.8");
}

#[tokio::test]
async fn an_estimate_is_shown_as_one() {
    let world = World::new().await;
    let fixed = AmountFrom::Fixed("4999.9".parse().unwrap());
    let worth = Some(Worth { from: fixed, ..Worth::price() });
    world.create([Conversion { worth, ..conversion("a", State::Queued, None) }]).await;
    let listed = json_of(&world, "/api/v1/conversions").await;
    assert_eq!((&listed[0]["estimate"], &listed[0]["value"]), (&json!(true), &json!("4999.9")));
    let ledger = json_of(&world, "/api/v1/ledger").await;
    assert_eq!(ledger["rules"][0]["fired"], json!({ "n": 1, "worth": {} }));
}

#[tokio::test]
async fn conversions_come_newest_first_and_in_pages() {
    let world = World::new().await;
    let all = ["a", "b", "c", "d", "e"].map(|id| conversion(id, State::Suppressed, Some(Reason::NoClick)));
    world.create(all).await;
    let ids = async |query: &str| {
        let listed = json_of(&world, &format!("/api/v1/conversions?workspace=acme{query}")).await;
        let ids: Vec<_> = listed
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["event_id"].as_str().unwrap().to_owned())
            .collect();
        ids.concat()
    };
    assert_eq!(ids("").await, "edcba");
    assert_eq!(ids("&limit=2").await, "ed");
    assert_eq!(ids("&limit=2&after=d").await, "cb");
    assert_eq!(ids("&limit=2&after=b").await, "a");
    assert_eq!(ids("&after=a").await, "");
    // As the promise spells it: parameters that are there and empty.
    assert_eq!(ids("&limit=&after=").await, "edcba");
}

#[tokio::test]
async fn a_conversion_has_its_promised_shape() {
    let world = World::new().await;
    world.create([conversion("a", State::Queued, None)]).await;
    let settled = Settled::Accepted { reply: "accepted, fbtrace_id Ab".into() };
    world.send(1, settled, 1_780_000_012_345).await;
    let answer = world.get("/api/v1/conversions").await.text().await.unwrap();
    assert!(answer.contains(BODY), "the body as sent, to the last digit: {answer}");
    let mut listed: Value = serde_json::from_str(&answer).unwrap();
    assert_eq!(listed[0]["body"].take()["event_name"], "Purchase");
    let wanted = json!([{
        "event_id": "a", "event_name": "Purchase", "route": "messaging", "channel": "whatsapp", "state": "accepted", "reason": null,
        "detail": null, "reply": "accepted, fbtrace_id Ab", "attempts": 1, "leaves": null, "may_count_twice": false,
        "may_have_counted": false, "estimate": false, "not_told": null, "paused": null, "undone": false, "rule": "sale", "cause": "deal", "deal": "kommo:acme/55a", "reported_by": null, "added": [], "appends": null, "dataset": "700100", "ad_id": "1202",
        "value": "4999.9", "currency": "TRY",
        "times": {
            "event": "2026-05-28T20:26:40Z", "received": "2026-05-28T20:26:45Z",
            "settled": "2026-05-28T20:26:52.345Z"
        },
        "body": null,
    }]);
    assert_eq!(listed, wanted);
}

#[tokio::test]
async fn what_ads_brought_has_its_promised_shape() {
    let world = World::new().await;
    let of_no_ad =
        kopru_core::Conversion { ad_id: None, ..conversion("b", State::Suppressed, Some(Reason::NoClick)) };
    world.create([conversion("a", State::Queued, None), of_no_ad]).await;
    world.send(1, Settled::Accepted { reply: String::new() }, 1_780_000_012_345).await;
    let report = json_of(&world, "/api/v1/reports/ads?workspace=acme").await;
    assert_eq!((&report["counted"], &report["rows"]), (&json!(false), &json!([])), "nobody counts here");

    let zones = vec![insight::Zone::of(&jiff::tz::TimeZone::UTC)];
    insight::catch_up(world.store.clone(), world.workspace, zones, store::Clock::system()).await.unwrap();
    let row = |ad: Value, accepted: i64, suppressed: i64, worth: Value| {
        json!({
            "ad": ad, "event": "Purchase", "accepted": accepted, "duplicate": 0, "suppressed": suppressed,
            "failed": 0, "waiting": 0, "queued": 0, "accepted_value": worth, "undone": 0, "undone_value": {},
        })
    };
    let rows =
        json!([row(json!("1202"), 1, 0, json!({ "TRY": "4999.9" })), row(Value::Null, 0, 1, json!({}))]);
    for (span, since, until, rows) in [
        ("", Value::Null, Value::Null, &rows),
        ("&since=&until=", Value::Null, Value::Null, &rows),
        ("&since=2026-05-28&until=2026-05-29", json!("2026-05-28"), json!("2026-05-28"), &rows),
        ("&since=2026-05-28", json!("2026-05-28"), Value::Null, &rows),
        ("&since=2026-05-29", json!("2026-05-29"), Value::Null, &json!([])),
        ("&until=2026-05-28", Value::Null, json!("2026-05-27"), &json!([])),
    ] {
        let report = json_of(&world, &format!("/api/v1/reports/ads?workspace=acme{span}")).await;
        let wanted = json!({
            "time_zone": "UTC", "since": since, "until": until, "looked_back_to": null, "counted": true,
            "rows": rows,
        });
        assert_eq!(report, wanted, "{span}");
    }
}

#[tokio::test]
async fn wrong_parameters_are_told_what_would_be_right() {
    let world = World::with(crate::world::ADMIN_TOKEN, &["acme", "beta"]).await;
    for (path, status, says) in [
        ("/api/v1/ledger?workspace=nobody", 404, "acme, beta"),
        // Of two businesses nobody can guess which one is meant.
        ("/api/v1/ledger", 404, "acme, beta"),
        ("/api/v1/conversions", 404, "acme, beta"),
        ("/api/v1/conversions?workspace=acme&after=zzz", 400, "event_id"),
        ("/api/v1/conversions?workspace=acme&limit=ten", 400, "limit"),
        ("/api/v1/conversions?workspace=acme&limit=0", 400, "limit"),
        ("/api/v1/conversions?workspace=acme&limit=1001", 400, "limit"),
        ("/api/v1/reports/ads", 404, "acme, beta"),
        ("/api/v1/reports/ads?workspace=acme&since=yesterday", 400, "since: \"yesterday\" is not a day; "),
        ("/api/v1/reports/ads?workspace=acme&until=1", 400, "until: \"1\" is not a day; "),
        // A time is not rounded to a day in silence.
        (
            "/api/v1/reports/ads?workspace=acme&since=2026-05-28T23:00:00Z",
            400,
            "since: \"2026-05-28T23:00:00Z\" is not a day; this report is made of whole days of the business: write \
             for example 2026-05-28",
        ),
        (
            "/api/v1/reports/ads?workspace=acme&since=2026-05-29&until=2026-05-28",
            400,
            "since: 2026-05-29 is not before until (2026-05-28), so that no day lies between; until is the day after \
             the last one that is wanted",
        ),
        ("/api/v1/reports/ads?workspace=acme&since=2026-05-28&until=2026-05-28", 400, "no day lies between"),
    ] {
        let answer = world.get(path).await;
        assert_eq!(answer.status(), status, "{path}");
        let body: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
        assert!(body["error"].as_str().unwrap().contains(says), "{path}: {body}");
    }
}

#[tokio::test]
async fn a_business_sees_only_its_own() {
    let world = World::with(crate::world::ADMIN_TOKEN, &["acme", "beta"]).await;
    world.create([conversion("a", State::Suppressed, Some(Reason::NoClick))]).await;
    assert_eq!(json_of(&world, "/api/v1/conversions?workspace=acme").await.as_array().unwrap().len(), 1);
    assert_eq!(json_of(&world, "/api/v1/conversions?workspace=beta").await, json!([]));
    let after = world.get("/api/v1/conversions?workspace=beta&after=a").await;
    assert_eq!(after.status(), 400);
    assert_eq!(json_of(&world, "/api/v1/ledger?workspace=beta").await["conversions"]["created"], 0);
}

#[tokio::test]
async fn what_was_set_aside_is_listed_and_can_be_tried_again() {
    let world = World::with(crate::world::ADMIN_TOKEN, &["acme", "beta"]).await;
    world.set_one_aside("row: <b>").await;
    let listed = json_of(&world, "/api/v1/set-aside?workspace=acme").await;
    let wanted = json!([{
        "seq": 1, "kind": "link", "source": "kommo", "received": "2026-05-28T20:26:40Z", "why": "row: <b>",
    }]);
    assert_eq!(listed, wanted);
    assert_eq!(json_of(&world, "/api/v1/set-aside?workspace=beta").await, json!([]));
    let ledger = json_of(&world, "/api/v1/ledger?workspace=acme").await;
    assert_eq!((&ledger["facts"]["set_aside"], &ledger["balanced"]), (&json!(1), &json!(true)));
    for (language, words) in [("en", ["set aside", "Try again"]), ("tr", ["ayrıldı", "Yeniden dene"])] {
        let html = world.get(&format!("/?workspace=acme&lang={language}")).await.text().await.unwrap();
        assert!(words.iter().all(|word| html.contains(word)), "{html}");
        let other = world.get(&format!("/?workspace=beta&lang={language}")).await.text().await.unwrap();
        assert!(!other.contains("set-aside/retry"));
    }

    let retry = async |path: &str| {
        let request = world.client.post(format!("http://{}{path}", world.admin.address));
        request.bearer_auth(crate::world::ADMIN_TOKEN).send().await.unwrap()
    };
    assert_eq!(retry("/api/v1/set-aside/retry?workspace=nobody").await.status(), 404);
    let answer = retry("/api/v1/set-aside/retry?workspace=acme").await;
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.text().await.unwrap(), "{\"retried\":1}");
    assert_eq!(json_of(&world, "/api/v1/ledger?workspace=acme").await["facts"]["pending"], 1);
    assert_eq!(world.get("/api/v1/set-aside/retry?workspace=acme").await.status(), 405, "nothing by looking");

    world.set_one_aside("again").await;
    let answer = retry("/set-aside/retry?workspace=acme").await;
    assert_eq!(answer.status(), 303);
    assert_eq!(answer.headers()["location"], "/?workspace=acme");
    assert_eq!(json_of(&world, "/api/v1/set-aside?workspace=acme").await, json!([]));
}
