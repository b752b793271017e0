//! Each event once, whoever repeats it.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::shop::{KEY, OTHER, OTHERS, SHARED, SHOP, STRICT, Shop, changed, purchase};

#[tokio::test]
async fn a_repetition_is_received_and_kept_once() {
    let shop = Shop::of(&["acme", "other"]).await;
    shop.tell(&[purchase("a"), purchase("b")]).await.is_received(2);
    // The same bytes again, and another way of saying it.
    for events in [
        vec![purchase("a"), purchase("b")],
        vec![changed("a", "/custom_data/content_name", "Hat"), purchase("b")],
    ] {
        let answer = shop.tell(&events).await;
        assert_eq!((answer.status, answer.duplicates()), (200, 2), "{answer:?}");
        assert_eq!((&answer.json["events_received"], &answer.json["messages"]), (&json!(2), &json!([])));
    }
    // By another key, and within one request.
    let answer = shop.post(STRICT, &json!({ "data": [purchase("a"), purchase("c"), purchase("c")] })).await;
    assert_eq!((answer.duplicates(), &answer.json["events_received"]), (2, &json!(3)));
    // Another name, another dataset, another business, other letters: something else.
    shop.tell(&[changed("a", "/event_name", "Lead"), purchase("A"), purchase("a ")]).await.is_received(3);
    for (dataset, key) in [(SHARED, KEY), (SHARED, OTHERS), (OTHER, OTHERS)] {
        let body = json!({ "data": [purchase("a")] }).to_string();
        shop.send(shop.to(dataset).bearer_auth(key).body(body)).await.is_received(1);
    }
    assert_eq!(shop.ids().await, ["a", "b", "c", "a", "A", "a ", "a"]);
    assert_eq!(shop.kept_of("other").await.len(), 2);
    let ledger = shop.ends_with_refused(&[]).await;
    assert_eq!((ledger.facts.received, ledger.facts.used, ledger.facts.duplicate), (13, 7, 6));
}

#[tokio::test]
async fn an_order_is_one_purchase_under_whatever_id() {
    let shop = Shop::new().await;
    let order = |id: &str, order: Value| changed(id, "/custom_data/order_id", order);
    shop.tell(&[order("browser-1", json!("1001"))]).await.is_received(1);
    let answer = shop.tell(&[order("server-1", json!("1001")), order("server-2", json!(" 1001 "))]).await;
    assert_eq!((answer.duplicates(), &answer.json["events_received"]), (2, &json!(2)), "{answer:?}");
    // What was a repetition has taken no place.
    shop.tell(&[order("server-1", json!("1002"))]).await.is_received(1);
    // Placeholders are no orders, and other events are not the purchase.
    let mut lead = order("lead", json!("1001"));
    lead["event_name"] = json!("Lead");
    let events = [
        order("p-1", json!("undefined")),
        order("p-2", json!("undefined")),
        order("p-3", json!("{{order_id}}")),
        order("p-4", json!("{{order_id}}")),
        order("p-5", json!("")),
        lead,
    ];
    let answer = shop.tell(&events).await;
    assert_eq!((answer.status, answer.duplicates()), (200, 0), "{answer:?}");
    assert_eq!(shop.kept().await.len(), 8);
    shop.ends_with_refused(&[]).await;
}

#[tokio::test]
async fn an_event_without_an_id_is_given_one_and_told_so() {
    let shop = Shop::new().await;
    let mut without = purchase("x");
    without.as_object_mut().unwrap().remove("event_id");
    let events = [
        without,
        purchase("undefined"),
        purchase("{{Event ID}}"),
        purchase(""),
        purchase("[object Object]"),
        purchase("real"),
    ];
    for _ in 0..2 {
        let answer = shop.tell(&events).await;
        assert_eq!((answer.status, &answer.json["events_received"]), (200, &json!(6)), "{answer:?}");
        let advice = answer.json["kopru"]["advice"].as_array().unwrap();
        assert_eq!((advice.len(), &advice[0]["indexes"]), (1, &json!([0, 1, 2, 3, 4])), "{answer:?}");
    }
    let ids: Vec<String> = shop.ids().await;
    assert_eq!((ids.len(), ids.iter().collect::<BTreeSet<_>>().len()), (11, 11), "{ids:?}");
    assert!(ids.iter().all(|id| id == "real" || id.len() > 32), "{ids:?}");
    shop.ends_with_refused(&[]).await;
}

/// Whoever repeats a request while its first copy is under way gets no second event.
#[tokio::test(flavor = "multi_thread")]
async fn copies_at_the_same_moment_are_one() {
    let shop = std::sync::Arc::new(Shop::new().await);
    let body = json!({ "data": [purchase("1"), purchase("2"), purchase("3")] }).to_string();
    let posts: Vec<_> = (0..24)
        .map(|_| {
            let (shop, body) = (std::sync::Arc::clone(&shop), body.clone());
            tokio::spawn(async move { shop.send(shop.to(SHOP).bearer_auth(KEY).body(body)).await })
        })
        .collect();
    let mut duplicates = 0;
    for post in posts {
        let answer = post.await.unwrap();
        assert_eq!((answer.status, &answer.json["events_received"]), (200, &json!(3)), "{answer:?}");
        duplicates += answer.duplicates();
    }
    assert_eq!(duplicates, 23 * 3);
    assert_eq!(shop.kept().await.len(), 3);
}
