//! Kommo's API when it is behind its own webhooks.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::World;
use crate::kommo::{ask, get, ids, world};

const SECOND: Duration = Duration::from_secs(1);

async fn lag(world: &World, seconds: u32) {
    assert_eq!(world.post_json("/sandbox/kommo/lag", &json!({ "seconds": seconds })).await.0, 200);
}

async fn price(world: &World, id: u64) -> Value {
    let (status, lead) = get(world, &format!("/leads/{id}")).await;
    if status == 404 { json!("not there") } else { lead["price"].clone() }
}

#[tokio::test]
async fn rows_and_events_are_those_of_some_seconds_ago() {
    let world = world().await;
    world.sandbox.run_clock_at(1.0);
    lag(&world, 60).await;
    assert_eq!(price(&world, 5_550_001).await, 1500, "nothing is older than the wish");
    let change = json!({ "price": 2000, "status_id": 142 });
    assert_eq!(ask(&world, Method::PATCH, "/leads/5550001", &change).await.0, 200);
    let made = ask(&world, Method::POST, "/leads", &json!([{ "name": "New", "price": 7 }])).await.1;
    let made = ids(&made, "leads")[0];
    let contact = ask(&world, Method::POST, "/contacts", &json!([{ "name": "Ben" }])).await.1;
    let contact = ids(&contact, "contacts")[0];
    let link = json!([{ "to_entity_id": contact, "to_entity_type": "contacts" }]);
    assert_eq!(ask(&world, Method::POST, "/leads/5550002/link", &link).await.0, 200);

    assert_eq!(price(&world, 5_550_001).await, 1500, "the old row");
    assert_eq!(price(&world, made).await, "not there");
    assert_eq!(get(&world, &format!("/contacts/{contact}")).await.0, 404);
    assert_eq!(ids(&get(&world, "/leads?with=contacts").await.1, "leads"), [5_550_001, 5_550_002]);
    let linked = async || ids(&get(&world, "/leads/5550002?with=contacts").await.1, "contacts");
    assert_eq!(linked().await, [660_001, 660_002]);
    assert_eq!(get(&world, "/events").await.0, 204, "the log is as far behind");

    world.sandbox.advance_clock(30 * SECOND);
    assert_eq!(ask(&world, Method::PATCH, "/leads/5550001", &json!({ "price": 3000 })).await.0, 200);
    world.sandbox.advance_clock(31 * SECOND);
    assert_eq!(price(&world, 5_550_001).await, 2000, "the second change is not there yet");
    assert_eq!(price(&world, made).await, 7);
    assert_eq!(get(&world, &format!("/contacts/{contact}")).await.1["name"], "Ben");
    assert_eq!(linked().await, [660_001, 660_002, contact]);
    let (_, log) = get(&world, "/events?filter[entity_id]=5550001").await;
    assert_eq!(log["_embedded"]["events"].as_array().unwrap().len(), 2);

    lag(&world, 0).await;
    assert_eq!(price(&world, 5_550_001).await, 3000);
    assert_eq!(
        get(&world, "/events?filter[type]=sale_field_changed").await.1["_embedded"]["events"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    let (status, _) = world.post_json("/sandbox/kommo/lag", &json!({ "seconds": 3601 })).await;
    assert_eq!(status, 400);
}
