//! What is shown of events that a shop's server reported.

use serde_json::{Value, json};

use super::shop::{SHOP, Shop, changed, now_s, purchase, refused};

async fn page(shop: &Shop, language: &str) -> String {
    let path = format!("/?workspace=acme&lang={language}");
    shop.0.get(&path).await.text().await.unwrap()
}

#[tokio::test]
async fn the_page_lists_what_was_not_taken_and_to_what_an_event_adds() {
    let shop = Shop::new().await;
    let titles = [("en", "Not taken at the door"), ("tr", "Kapıda alınmayanlar")];
    for (language, title) in titles {
        assert!(!page(&shop, language).await.contains(title), "nothing was refused");
    }
    shop.tell(&[refused("bad & worse"), changed("o-1", "/custom_data/order_id", "1001")]).await;
    let mut again = changed("o-1", "/custom_data/order_id", "1001");
    again["custom_data"]["value"] = json!(99.5);
    assert_eq!(shop.tell(&[again]).await.json["kopru"]["appended"], 1);
    for (language, title) in titles {
        let html = page(&shop, language).await;
        assert!(html.contains(title) && html.contains("custom_data.currency"), "{html}");
        assert!(html.contains("2804023") && html.contains("the-key-of-the-shop"), "{html}");
        assert!(html.contains("<dd>bad &#38; worse</dd>"), "{html}");
        let adds = match language {
            "en" => "<dt>Adds to</dt><dd>o-1 (149.90 TRY, by now 99.50 TRY)</dd>",
            _ => "<dt>Değer eklediği satın alma</dt><dd>o-1 (149,90 TRY, şimdi 99,50 TRY)</dd>",
        };
        assert!(html.contains(adds), "{html}");
    }
}

/// A till's sale, whose number is the day's.
fn till(id: &str, number: &str, value: f64, days_ago: i64) -> Value {
    let mut sale = purchase(id);
    sale["action_source"] = json!("physical_store");
    sale["event_time"] = json!(now_s() - days_ago * 86_400 - 60);
    sale["custom_data"]["order_id"] = json!(number);
    sale["custom_data"]["value"] = json!(value);
    sale
}

#[tokio::test]
async fn sales_with_the_number_of_another_day_are_said_wherever_people_look() {
    let shop = Shop::new().await;
    let first = [till("mon-1", "1", 10.0, 1), till("mon-2", "2", 20.0, 1)];
    assert_eq!(shop.tell(&first).await.duplicates(), 0);
    let again = shop.tell(&first).await;
    assert_eq!((again.duplicates(), &again.json["kopru"]["advice"]), (2, &Value::Null), "{again:?}");
    assert!(!page(&shop, "en").await.contains("with the number of an earlier sale"));
    let answer = shop.tell(&[till("tue-1", "1", 31.0, 0), till("tue-2", "2", 42.0, 0)]).await;
    let advice = &answer.json["kopru"]["advice"][0];
    assert_eq!((answer.duplicates(), &answer.json["kopru"]["other_sales"]), (2, &json!(2)), "{answer:?}");
    assert_eq!(advice["path"], "custom_data.order_id");
    let english = format!("Sales that were reported to dataset {SHOP} since ");
    let html = page(&shop, "en").await;
    assert!(html.contains(&english) && html.contains("and not sent: 2."), "{html}");
    assert!(page(&shop, "tr").await.contains("sayılıp gönderilmeyen satış: 2."));
    let ledger = shop.0.get("/api/v1/ledger?workspace=acme").await.text().await.unwrap();
    let ledger: Value = serde_json::from_str(&ledger).unwrap();
    let [again] = ledger["numbers_again"].as_array().unwrap().as_slice() else { panic!("{ledger}") };
    assert_eq!((&again["dataset"], &again["sales"]), (&json!(SHOP), &json!(2)));
    shop.ends_with_refused(&[]).await;
}
