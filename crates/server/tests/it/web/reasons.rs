//! What is refused is shown to people in words.

use serde_json::{Value, json};

use super::shop::{CHATS, KEY, SHOP, STRICT, Shop, purchase, refused};

#[tokio::test]
async fn every_reason_has_words_in_both_languages() {
    let shop = Shop::new().await;
    let to = |dataset: &str| shop.to(dataset).header("content-type", "application/json");
    let events = |event: Value| json!({ "data": [event] }).to_string();
    let with_key = |key: &str| json!({ "access_token": key, "data": [] }).to_string();
    for (request, status) in [
        (to(SHOP).body(events(purchase("a"))), 401),
        (to(SHOP).bearer_auth("wrong").body(events(purchase("a"))), 401),
        (to(SHOP).bearer_auth(KEY).body(with_key(STRICT)), 401),
        (to(CHATS).bearer_auth(KEY).body(events(purchase("a"))), 400),
        (to(SHOP).bearer_auth(KEY).body("{"), 400),
        (to(SHOP).bearer_auth(KEY).body("{}"), 400),
        (to(SHOP).bearer_auth(KEY).body(events(refused("a"))), 400),
        (
            to(SHOP).bearer_auth(STRICT).body(json!({ "data": [refused("a"), purchase("b")] }).to_string()),
            400,
        ),
        (to(SHOP).bearer_auth(KEY).body(" ".repeat(16 * 1024 * 1024 + 1)), 413),
    ] {
        assert_eq!(shop.send(request).await.status, status);
    }
    let ledger = shop.0.stopped().await;
    let texts = [include_str!("../../../lang/en.json"), include_str!("../../../lang/tr.json")];
    for reason in ledger.refused_at_door.keys() {
        for text in texts {
            let words: Value = serde_json::from_str(text).unwrap();
            assert!(words[format!("door.{reason}")].is_string(), "{reason}: {}", words["language"]);
        }
    }
    assert_eq!(ledger.refused_at_door.len(), 9, "{ledger:?}");
    // What a webhook brought and nobody understood is kept, and these are not.
    assert!(!ledger.refused_at_door.contains_key("unreadable"), "{ledger:?}");
}
