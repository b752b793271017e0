//! Events that were not taken, as they are listed for whoever mends their sender.

use serde_json::{Value, json};

use super::shop::{ASKING, STRICT, Shop, changed, now_s, purchase, refused};

async fn listed(shop: &Shop, more: &str) -> Vec<Value> {
    let answer = shop.0.get(&format!("/api/v1/refused?workspace=acme{more}")).await;
    let text = answer.text().await.unwrap();
    let lower = text.to_lowercase();
    for private in ["secretperson", "53170000", "secretsession", "mozilla", "user_data\":"] {
        assert!(!lower.contains(private), "{private}: {text}");
    }
    serde_json::from_str(&text).unwrap()
}

#[tokio::test]
async fn each_is_listed_with_what_is_wrong_and_how_to_mend_it() {
    let shop = Shop::of(&["acme", "other"]).await;
    assert_eq!(listed(&shop, "").await, [] as [Value; 0]);
    shop.tell(&[refused("first"), purchase("good")]).await;
    shop.post(
        STRICT,
        &json!({ "data": [purchase("spoilt"), changed("old", "/event_time", now_s() - 8 * 86_400)] }),
    )
    .await;
    shop.tell(&[json!("Gizem.Secretperson@mail.example.org")]).await;
    shop.post(ASKING, &json!({ "data": [refused("unasked")] })).await;
    let personal = [
        changed("named", "/event_name", "Gizem.Secretperson@mail.example.org"),
        changed("gizem.secretperson@mail.example.org", "/event_time", 5),
    ];
    shop.tell(&personal).await;

    let all = listed(&shop, "").await;
    let field = |one: &Value, name: &str| one[name].as_str().unwrap_or("-").to_owned();
    let seen: Vec<_> =
        all.iter().map(|one| [field(one, "key"), field(one, "event_name"), field(one, "field")]).collect();
    let (shop_key, strict) = ("the-key-of-the-shop", "the-strict-key-of-the-shop");
    let expected = [
        [shop_key, "Purchase", "event_time"],
        [shop_key, "-", "event_name"],
        ["the-asking-key-of-the-shop", "Purchase", "custom_data.currency"],
        [shop_key, "-", "-"],
        [strict, "Purchase", "event_time"],
        [shop_key, "Purchase", "custom_data.currency"],
    ];
    assert_eq!(seen, expected.map(|row| row.map(str::to_owned)));
    assert_eq!((&all[5]["event_id"], &all[5]["subcode"]), (&json!("first"), &json!(2_804_023)));
    assert_eq!(all[0]["event_id"].as_str().unwrap().len(), 32, "a keyed hash: {}", all[0]);
    for one in &all {
        assert!(one["message"].as_str().unwrap().len() > 15 && one["received"].is_string(), "{one}");
    }
    // A page at a time.
    let first = listed(&shop, "&limit=4").await;
    let next = listed(&shop, &format!("&limit=4&after={}", first[3]["number"])).await;
    assert_eq!([first, next].concat(), all);
    assert_eq!(shop.0.get("/api/v1/refused?workspace=acme&limit=0").await.status(), 400);
    assert_eq!(shop.0.get("/api/v1/refused?workspace=nobody").await.status(), 404);
    let others = shop.0.get("/api/v1/refused?workspace=other").await.text().await.unwrap();
    assert_eq!(others, "[]");
}
