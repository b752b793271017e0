//! What the answer, the command and the dashboard say of what a shop's server sends.

use std::{
    io::Write as _,
    process::{Command, Stdio},
};

use serde_json::{Value, json};

use super::shop::{ShopClient, WebShop, now_s, purchase};
use crate::{cli::kopru, world::Person};

/// What the answer to an event says beside Meta's own.
async fn said(client: &ShopClient, event: &Value) -> Value {
    let (status, _, answer) = client.post(&json!({ "data": [event] })).await.unwrap();
    assert_eq!(status, 200, "{answer}");
    answer["kopru"].clone()
}

/// The paths and messages of the advice in an answer.
fn advice(said: &Value) -> Vec<(String, String)> {
    let text = |one: &Value, key: &str| one[key].as_str().unwrap().to_owned();
    let all = said["advice"].as_array().cloned().unwrap_or_default();
    all.iter().map(|one| (text(one, "path"), text(one, "message"))).collect()
}

/// What `kopru lint` says of a body.
fn linted(body: &Value) -> Value {
    let mut child = Command::new(env!("CARGO_BIN_EXE_kopru"))
        .args(["lint", "--json", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(body.to_string().as_bytes()).unwrap();
    serde_json::from_slice(&child.wait_with_output().unwrap().stdout).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_door_says_what_the_command_says() {
    let shop = WebShop::open().await;
    let client = shop.client();
    let person = |number| Person { number, wrote_s: now_s() - 60 };
    let mut number = 0;
    for (within, name, value) in [
        ("user_data", "fbc", json!("fb.1.abc")),
        ("user_data", "fbp", json!("undefined")),
        ("user_data", "ph", json!("a9993e364706816aba3e25717850c26c9cd0d89d")),
        ("custom_data", "content_ids", json!([{"id": "A1"}])),
        ("custom_data", "num_items", json!("iki")),
        ("custom_data", "contents", json!([{"id": "A1", "quantity": 1, "item_price": "10,50 €"}])),
        ("custom_data", "content_name", json!("ada@example .com")),
        ("custom_data", "value", json!("10,50 €")),
        ("custom_data", "currency", json!("TL")),
        ("custom_data", "sku", json!("212-555-1212")),
    ] {
        number += 1;
        let mut event = purchase(person(number), &format!("e-{number}"));
        event[within][name] = value;
        let body = json!({ "data": [event] });
        let lint = &linted(&body)["events"][0];
        let (status, _, answer) = client.post(&body).await.unwrap();
        assert_eq!(status == 200, lint["verdict"] == "ok", "{name}: {lint} {answer}");
        let findings = lint["findings"].as_array().unwrap();
        if status == 200 {
            let said = advice(&answer["kopru"]);
            // What came plain is hashed here.
            for finding in findings.iter().filter(|finding| finding["code"] != "not_hashed") {
                let message = finding["message"].as_str().unwrap();
                assert!(said.iter().any(|(_, text)| text.ends_with(message)), "{name}: {finding} {said:?}");
            }
            assert_eq!(said.is_empty(), name == "sku", "{name}: {said:?}");
        } else {
            assert_eq!(answer["error"]["error_subcode"], lint["subcode"], "{name}");
        }
    }
    shop.assert_nothing_plain();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_that_several_events_share_is_said_wherever_people_look() {
    let shop = WebShop::open().await;
    let client = shop.client();
    let of = |number, wrote_s| purchase(Person { number, wrote_s }, "7");
    assert_eq!(said(&client, &of(1, now_s() - 600)).await, Value::Null);
    assert_eq!(said(&client, &of(1, now_s() - 600)).await, json!({ "duplicates": 1 }));
    let another = said(&client, &of(2, now_s() - 60)).await;
    let all = advice(&another);
    assert_eq!((another["duplicates"].as_u64(), another.get("appended")), (Some(1), None), "{another}");
    assert!(all.len() == 1 && all[0].0 == "event_id" && all[0].1.contains("constant"), "{another}");

    let health = shop.site.get("/api/v1/health").await;
    assert_eq!(health["shared_ids"][0]["events"], 1, "{health}");
    let (_, checked, _) = kopru(&["check", "--offline", "--config", &shop.file()]);
    assert!(checked.contains("1 events came under ids that other events have"), "{checked}");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_order_is_one_sale_however_it_is_numbered_and_its_sixth_change_is_said() {
    let mut shop = WebShop::open().await;
    let client = shop.client();
    let mut event = purchase(Person { number: 1, wrote_s: now_s() - 60 }, "page-1");
    event["custom_data"]["order_id"] = json!("1001");
    assert_eq!(said(&client, &event).await, Value::Null);
    for (id, order) in [("server-1", "#1001"), ("export-1", "No. 1001"), ("till-1", "١٠٠١")] {
        event["event_id"] = json!(id);
        event["custom_data"]["order_id"] = json!(order);
        assert_eq!(said(&client, &event).await, json!({ "duplicates": 1 }), "{order}");
    }
    for value in 1..=5 {
        event["custom_data"]["value"] = json!(value);
        assert_eq!(said(&client, &event).await, json!({ "duplicates": 1, "appended": 1 }), "{value}");
    }
    event["custom_data"]["value"] = json!(6);
    let all = advice(&said(&client, &event).await);
    assert!(
        all.len() == 1 && all[0].0 == "custom_data.value" && all[0].1.contains("five changes"),
        "{all:?}"
    );
    shop.kill();
}
