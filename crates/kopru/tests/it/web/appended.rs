//! Purchases that come again and are worth something else by now.

use serde_json::{Value, json};

use super::shop::{ShopClient, WebShop, now_s, purchase, sha256};
use crate::{cli::kopru, world::Person};

async fn post(client: &ShopClient, event: &Value) -> Value {
    let (status, _, answer) = client.post(&json!({ "data": [event] })).await.unwrap();
    assert_eq!((status, &answer["events_received"]), (200, &json!(1)), "{answer}");
    answer["kopru"].clone()
}

/// What Meta got, in the order in which it came.
fn named<'e>(all: &'e [Value], name: &str) -> Vec<&'e Value> {
    all.iter().filter(|event| event["event_name"] == name).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_value_that_changes_is_appended_once_to_the_purchase_that_meta_has() {
    let mut shop = WebShop::open().await;
    let client = shop.client();
    let person = Person { number: 1, wrote_s: now_s() - 60 };
    let mut event = purchase(person, "first");
    event["custom_data"]["value"] = json!(100);
    assert_eq!(post(&client, &event).await, Value::Null);
    // Written otherwise, by another sender, under an id of its own.
    event["event_id"] = json!("second");
    event["custom_data"]["value"] = json!("100.00");
    assert_eq!(post(&client, &event).await, json!({ "duplicates": 1 }));
    // Partly sent back, and said twice.
    event["custom_data"]["value"] = json!(80.5);
    assert_eq!(post(&client, &event).await, json!({ "duplicates": 1, "appended": 1 }));
    assert_eq!(post(&client, &event).await, json!({ "duplicates": 1 }));
    event["custom_data"]["currency"] = json!("EUR");
    let answer = post(&client, &event).await;
    assert_eq!(answer["advice"][0]["path"], "custom_data.currency", "{answer}");
    shop.site.settled(2).await;

    let told: Vec<Value> = shop.meta.graph_events().into_iter().map(|one| one.event).collect();
    let (purchases, appended) = (named(&told, "Purchase"), named(&told, "AppendValue"));
    assert_eq!((purchases.len(), appended.len(), told.len()), (1, 1, 2));
    assert_eq!(told[0]["event_name"], "Purchase", "what adds to it comes after it");
    let one = appended[0];
    assert_eq!(one["custom_data"], json!({ "currency": "TRY", "net_revenue": 80.5 }));
    let original = json!({
        "event_name": "Purchase", "event_time": person.wrote_s, "order_id": "order-1", "event_id": "first",
    });
    assert_eq!(one["original_event_data"], original);
    assert_eq!(one["user_data"], purchases[0]["user_data"]);
    assert_eq!(one["user_data"]["em"][0], sha256(&person.email()));

    let ledger = shop.site.get("/api/v1/ledger").await;
    assert_eq!(ledger["balanced"], true, "{ledger}");
    assert_eq!(ledger["facts"]["received"], 5);
    assert_eq!(ledger["conversions"]["created"], 2);
    let id = one["event_id"].as_str().unwrap();
    let (_, shown, said) = kopru(&["events", "show", id, "--config", &shop.file()]);
    let line = "\nadds to   purchase first of 100 TRY, which came again: 80.50 TRY\n";
    assert!(shown.contains(line), "{shown}{said}");
    shop.assert_nothing_plain();
    shop.kill();
    shop.assert_nothing_plain();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_shop_appends_itself_passes_and_is_no_repetition_of_the_purchase() {
    let shop = WebShop::open().await;
    let client = shop.client();
    let person = Person { number: 2, wrote_s: now_s() - 60 };
    let event = purchase(person, "sale-2");
    post(&client, &event).await;
    let mut append = event.clone();
    append["event_name"] = json!("AppendValue");
    append["event_time"] = json!(now_s());
    append["custom_data"] = json!({ "currency": "TRY", "predicted_ltv": 900, "order_id": "order-2" });
    let refused = client.post(&json!({ "data": [append] })).await.unwrap();
    let said = refused.2["error"]["error_user_msg"].as_str().unwrap();
    assert!(refused.0 == 400 && said.contains("original_event_data"), "{refused:?}");
    append["original_event_data"] =
        json!({ "event_name": "Purchase", "order_id": "order-2", "event_id": "sale-2" });
    assert_eq!(post(&client, &append).await, Value::Null);
    assert_eq!(post(&client, &append).await, json!({ "duplicates": 1 }));
    assert_eq!(post(&client, &event).await, json!({ "duplicates": 1 }));
    shop.site.settled(2).await;
    let told: Vec<Value> = shop.meta.graph_events().into_iter().map(|one| one.event).collect();
    assert_eq!((named(&told, "Purchase").len(), named(&told, "AppendValue").len()), (1, 1));
    let one = named(&told, "AppendValue")[0];
    assert_eq!(one["original_event_data"], append["original_event_data"]);
    assert_eq!(one["custom_data"]["predicted_ltv"], 900);
}
