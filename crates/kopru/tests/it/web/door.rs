//! What a shop's server is told at the door where something is not as it meant.

use std::fs;

use serde_json::{Value, json};

use super::shop::{WebShop, now_s, purchase};
use crate::{
    cli::kopru,
    world::{DATASET, Person},
};

fn event(number: u64) -> Value {
    purchase(Person { number, wrote_s: now_s() - 60 }, &format!("id-{number}"))
}

/// The same of this second.
fn of_now(number: u64) -> Value {
    purchase(Person { number, wrote_s: now_s() }, &format!("id-{number}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_near_miss_is_told_the_address_and_the_datasets_of_its_key() {
    let shop = WebShop::open().await;
    let client = shop.client();
    let post = async |path: &str, key: &str, query: &str| {
        let url = format!("{}{path}{query}", shop.site.doors);
        let request = client.client.post(url).bearer_auth(key).header("content-type", "application/json");
        let answer = request.body(json!({"data": [event(1)]}).to_string()).send().await.unwrap();
        let status = answer.status().as_u16();
        let body: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap_or_default();
        (status, body["error"]["error_user_msg"].as_str().unwrap_or_default().to_owned())
    };
    let (key, right) = (client.key.as_str(), format!("/v26.0/{DATASET}/events"));
    let reports_to = format!("this key reports to {DATASET}");
    for (path, key, query, status, says) in [
        (format!("/{DATASET}/events"), key, "", 404, right.as_str()),
        (format!("/v26/{DATASET}/events"), key, "", 404, &right),
        ("/events".to_owned(), key, "", 404, "/v26.0/DATASET/events"),
        ("/favicon.ico".to_owned(), key, "", 404, ""),
        ("/v26.0/act_123/events".to_owned(), key, "", 400, "ad account"),
        ("/v26.0/999/events".to_owned(), key, "", 400, &reports_to),
        ("/v26.0/999/events".to_owned(), "kopru_wrong", "", 400, "nobody here has the dataset 999"),
        (right.clone(), "secret", "", 401, "begins with kopru_;"),
        (right.clone(), key, "?access_token=kopru_other", 401, "two places name different keys"),
    ] {
        let (answered, text) = post(&path, key, query).await;
        assert_eq!(answered, status, "{path}: {text}");
        assert!(text.contains(says) && text.is_empty() == says.is_empty(), "{path}: {text}");
        assert_eq!(text.contains(&reports_to), says == reports_to, "{path}: strangers hear of no dataset");
    }
    let read = client.client.get(format!("{}/{DATASET}/events", shop.site.doors)).send().await.unwrap();
    assert!(read.text().await.unwrap().contains(&right));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_go_to_meta_is_said_in_the_answer() {
    let mut shop = WebShop::open().await;
    let client = shop.client();
    let mut refusing = event(1);
    refusing["custom_data"]["consent"] = json!("hayır");
    let (_, _, answer) = client.post(&json!({"data": [refusing, event(2)]})).await.unwrap();
    assert_eq!(
        (&answer["events_received"], &answer["kopru"]["not_sent"]),
        (&json!(2), &json!(1)),
        "{answer}"
    );
    let advice = &answer["kopru"]["advice"][0];
    assert_eq!((&advice["path"], &advice["indexes"]), (&json!("custom_data.consent"), &json!([0])));
    shop.site.settled(2).await;
    let told = shop.meta.graph_events();
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0].event["event_id"], "id-2");

    shop.kill();
    let file = shop.file();
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.replace("routes =", "mode = \"shadow\"\nroutes =")).unwrap();
    shop.start().await;
    let shadowed = of_now(3);
    let (_, _, answer) = client.post(&json!({"data": [shadowed]})).await.unwrap();
    assert_eq!(answer["kopru"]["not_sent"], 1, "{answer}");
    assert!(answer["kopru"]["advice"][0]["message"].as_str().unwrap().contains("in shadow"), "{answer}");

    // The mode holds until a later second than that of the event.
    testkit::until("the second is over", async || now_s() > shadowed["event_time"].as_i64().unwrap()).await;
    shop.kill();
    fs::write(&file, text).unwrap();
    shop.start().await;
    let retry = ["events", "retry", "--reason", "shadow", "--dry-run", "--config", &file];
    let (_, printed, said) = kopru(&retry);
    assert!(printed.contains("1 left as they are"), "{printed}{said}");
    assert!(printed.contains("what happened while the dataset was in shadow is never sent"), "{printed}");
    let again = client.post(&json!({"data": [shadowed]})).await.unwrap().2;
    assert_eq!(again["kopru"]["not_sent"], 1, "its time counts: {again}");
    let (_, _, answer) = client.post(&json!({"data": [of_now(4)]})).await.unwrap();
    assert_eq!(answer["kopru"]["not_sent"], Value::Null, "{answer}");
    shop.kill();
    shop.assert_nothing_plain();
}
