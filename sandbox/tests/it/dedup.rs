//! Deduplication from end to end: what servers and browsers sent, and what became of it.

use std::time::Duration;

use kopru_sandbox::{SimulatedDataset, Token};
use serde_json::{Value, json};

use crate::{DATASET, World, changed, messenger_purchase, read, whatsapp_lead};

const MINUTE: u64 = 60;
const HOUR: u64 = 3600;
const DAY: u64 = 24 * HOUR;
const OTHER: &str = "700200";

enum Step {
    /// Events of a server, in one request.
    Server(Vec<Value>),
    /// An event of a browser: `/tr` with these pairs.
    Browser(&'static [(&'static str, &'static str)]),
    /// Seconds go by.
    Later(u64),
}

use Step::{Browser, Later, Server};

async fn world() -> World {
    let world = World::new().await;
    world.sandbox.add_dataset(SimulatedDataset { id: OTHER.to_owned(), ..SimulatedDataset::default() });
    world.sandbox.add_token(Token::of("any"));
    world
}

async fn get(world: &World, path: &str) -> Value {
    let (status, body) = read(world.client.get(world.url(path)).send().await.unwrap()).await;
    assert_eq!(status, 200, "{path}");
    body
}

/// Does the steps, and says of every event of what it is a copy and by what.
async fn play(world: &World, steps: Vec<Step>) -> Vec<String> {
    for step in steps {
        match step {
            Server(events) => {
                let now_s = get(world, "/sandbox/clock").await["now_ms"].as_i64().unwrap() / 1000;
                let stamp = |event: &Value| {
                    let time = event.get("event_time").cloned().unwrap_or_else(|| json!(now_s - 5));
                    changed(event, &json!({ "event_time": time, "dataset": null }))
                };
                let dataset = events[0]["dataset"].as_str().unwrap_or(DATASET);
                let data: Vec<Value> = events.iter().map(stamp).collect();
                let body = json!({ "data": data, "access_token": "any" });
                let (_, answer) = world.post_json(&format!("/v25.0/{dataset}/events"), &body).await;
                assert_eq!(answer["events_received"], data.len(), "copies are received too: {answer}");
            }
            Browser(pairs) => {
                let query =
                    form_urlencoded::Serializer::new(format!("id={DATASET}&")).extend_pairs(pairs).finish();
                let answer = world.client.get(world.url(&format!("/tr?{query}"))).send().await.unwrap();
                assert_eq!(answer.status(), 200);
            }
            Later(seconds) => world.sandbox.advance_clock(Duration::from_secs(seconds)),
        }
    }
    let shown = get(world, "/sandbox/events").await;
    let told = |event: &Value| match &event["copy_of"] {
        Value::Null => "-".to_owned(),
        copy => format!("{} {}", copy["n"], copy["by"].as_str().unwrap()),
    };
    shown["events"].as_array().unwrap().iter().map(told).collect()
}

fn web(more: &Value) -> Value {
    changed(
        &json!({ "event_name": "Lead", "action_source": "website", "user_data": { "em": "a".repeat(64) } }),
        more,
    )
}

#[tokio::test]
async fn stories() {
    let id = |id: &str| Server(vec![web(&json!({ "event_id": id }))]);
    let with = |more: Value| Server(vec![web(&more)]);
    let by_fbp = || with(json!({ "user_data": { "fbp": "fb.1.1.2" } }));
    let seen_a = || Browser(&[("ev", "Lead"), ("eid", "a")]);
    let seen_fbp = || Browser(&[("ev", "Lead"), ("fbp", "fb.1.1.2")]);
    let store =
        |more: Value| with(changed(&json!({ "action_source": "physical_store", "event_id": "a" }), &more));
    let order =
        |order: &str| store(json!({ "event_time": crate::now() - 60, "custom_data": { "order_id": order } }));
    let install = || {
        with(json!({
            "event_name": "MobileAppInstall", "action_source": "app", "user_data": { "madid": "d" },
            "app_data": { "extinfo": vec!["x"; 16] },
        }))
    };
    for (what, steps, expected) in [
        ("two servers", vec![id("a"), Later(48 * HOUR - MINUTE), id("a")], vec!["-", "1 event_id"]),
        ("after two days", vec![id("a"), Later(48 * HOUR), id("a")], vec!["-", "-"]),
        (
            "copies do not lengthen it",
            vec![id("a"), Later(DAY), id("a"), Later(DAY), id("a")],
            vec!["-", "1 event_id", "-"],
        ),
        ("case counts", vec![id("a"), id("A")], vec!["-", "-"]),
        (
            "another name",
            vec![id("a"), with(json!({ "event_id": "a", "event_name": "lead" }))],
            vec!["-", "-"],
        ),
        (
            "another dataset",
            vec![id("a"), with(json!({ "event_id": "a", "dataset": OTHER }))],
            vec!["-", "-"],
        ),
        ("no ids", vec![with(json!({})), with(json!({}))], vec!["-", "-"]),
        ("browser, server", vec![seen_a(), id("a")], vec!["-", "1 event_id"]),
        ("two browsers", vec![seen_a(), seen_a()], vec!["-", "1 event_id"]),
        (
            "server, browser within five minutes",
            vec![id("a"), Later(4 * MINUTE), seen_a()],
            vec!["2 event_id", "-"],
        ),
        ("server, browser later", vec![id("a"), Later(6 * MINUTE), seen_a()], vec!["-", "1 event_id"]),
        (
            "the two days run from the first",
            vec![id("a"), Later(4 * MINUTE), seen_a(), Later(48 * HOUR - 3 * MINUTE), id("a")],
            vec!["2 event_id", "-", "-"],
        ),
        ("fbp, browser first", vec![seen_fbp(), Later(47 * HOUR), by_fbp()], vec!["-", "1 fbp"]),
        ("fbp after two days", vec![seen_fbp(), Later(48 * HOUR), by_fbp()], vec!["-", "-"]),
        ("fbp, server first", vec![by_fbp(), seen_fbp()], vec!["-", "-"]),
        ("fbp, two servers", vec![by_fbp(), by_fbp()], vec!["-", "-"]),
        ("fbp, two browsers", vec![seen_fbp(), seen_fbp()], vec!["-", "-"]),
        (
            "external_id",
            vec![
                Browser(&[("ev", "Lead"), ("ud[external_id]", "c-1")]),
                with(json!({ "user_data": { "external_id": ["c-1"] } })),
            ],
            vec!["-", "1 external_id"],
        ),
        (
            "fbp of a browser's event that took the server's place",
            vec![id("a"), Browser(&[("ev", "Lead"), ("eid", "a"), ("fbp", "fb.1.1.2")]), by_fbp()],
            vec!["2 event_id", "-", "2 fbp"],
        ),
        (
            "WhatsApp",
            vec![Server(vec![changed(&whatsapp_lead(), &json!({ "event_id": "a" })); 2])],
            vec!["-", "-"],
        ),
        (
            "Messenger",
            vec![Server(vec![changed(&messenger_purchase(), &json!({ "event_id": "a" })); 2])],
            vec!["-", "-"],
        ),
        ("an order of a store", vec![order("o"), Later(6 * DAY), order("o")], vec!["-", "1 order_id"]),
        ("an order after a week", vec![order("o"), Later(7 * DAY), order("o")], vec!["-", "-"]),
        ("another order", vec![order("o"), order("p")], vec!["-", "-"]),
        (
            "somebody in a store",
            vec![
                store(json!({ "event_time": crate::now() - 60 })),
                store(json!({ "event_time": crate::now() - 60 })),
            ],
            vec!["-", "1 identifiers"],
        ),
        ("a store and a website", vec![id("a"), store(json!({}))], vec!["-", "-"]),
        ("an install", vec![install(), Later(89 * DAY), install()], vec!["-", "1 device"]),
        ("an install after 90 days", vec![install(), Later(90 * DAY), install()], vec!["-", "-"]),
        (
            "within a request",
            vec![Server(vec![
                web(&json!({ "event_id": "a" })),
                web(&json!({ "event_id": "b" })),
                web(&json!({ "event_id": "a" })),
            ])],
            vec!["-", "-", "1 event_id"],
        ),
    ] {
        let world = world().await;
        assert_eq!(play(&world, steps).await, expected, "{what}");
    }
}

#[tokio::test]
async fn tallies_count_copies_and_pairs() {
    let world = world().await;
    let id = |id: &str| web(&json!({ "event_id": id }));
    let steps = vec![
        Server(vec![id("a"), id("a"), id("b")]),
        Browser(&[("ev", "Lead"), ("eid", "b")]),
        Browser(&[("ev", "Lead"), ("eid", "c"), ("fbp", "fb.1.1.2")]),
        Later(10 * MINUTE),
        Browser(&[("ev", "Lead"), ("eid", "a")]),
        Server(vec![id("c"), web(&json!({ "user_data": { "fbp": "fb.1.1.2" } }))]),
    ];
    let told = play(&world, steps).await;
    assert_eq!(
        told,
        ["-", "1 event_id", "4 event_id", "-", "-", "1 event_id", "5 event_id", "5 fbp"],
        "the browser's copy came in time for b, and too late for a"
    );
    let tally = &get(&world, "/sandbox/tallies").await["tallies"][DATASET]["Lead"];
    assert_eq!((&tally["server"], &tally["browser"]), (&json!(5), &json!(3)));
    assert_eq!(tally["copies"], json!({ "event_id": 4, "fbp": 1 }));
    assert_eq!(tally["pairs"], 4, "the copy of a server's by a server's is no pair");
    assert_eq!(get(&world, &format!("/sandbox/events?dataset={OTHER}")).await["events"], json!([]));
}
