//! What is taken, what is refused beside it, and what is kept of whom.

use serde_json::{Value, json};

use super::shop::{ASKING, SHOP, STRICT, Shop, WATCHED, changed, now_s, purchase, refused};

const FORM: &str = "application/x-www-form-urlencoded";

fn form(list: &str) -> String {
    form_urlencoded::Serializer::new(String::new()).append_pair("data", list).finish()
}

#[tokio::test]
async fn every_encoding_brings_the_same_event() {
    let shop = Shop::new().await;
    let event = purchase("same").to_string();
    let list = format!("[{event}]");
    let texts = json!([event]).to_string();
    let part = |name: &str, value: &str| {
        format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    let mut sent = 0;
    for (content_type, body) in [
        ("application/json", format!(r#"{{"data":{list}}}"#)),
        ("application/json; charset=utf-8", json!({ "data": [event] }).to_string()),
        ("application/json", json!({ "data": list }).to_string()),
        ("text/plain", json!({ "data": texts }).to_string()),
        ("", format!("\u{feff}{{\"data\":{list}}}")),
        (FORM, form(&list)),
        (FORM, form(&texts)),
        ("multipart/form-data; boundary=b", part("data", &list) + "--b--\r\n"),
        ("multipart/form-data; boundary=\"b\"", part("x", "1") + &part("data", &texts) + "--b--\r\n"),
    ] {
        let mut request = shop.to(SHOP).bearer_auth(super::shop::KEY).body(body);
        if !content_type.is_empty() {
            request = request.header("content-type", content_type);
        }
        let answer = shop.send(request).await;
        let received = (&answer.json["events_received"], answer.duplicates());
        assert_eq!(received, (&json!(1), u64::from(sent > 0)), "{content_type}: {answer:?}");
        sent += 1;
    }
    let kept = shop.kept().await;
    assert_eq!(kept.len(), 1);
    let (body, text) = (&kept[0]["body"], kept[0].to_string().to_lowercase());
    assert_eq!((&body["event_name"], &body["event_id"]), (&json!("Purchase"), &json!("same")));
    assert_eq!(body["event_source_url"], "https://shop.example.com/thanks?utm_source=fb");
    assert_eq!((&kept[0]["value"], &kept[0]["currency"]), (&json!("149.9"), &json!("TRY")));
    assert!(!text.contains("secret") && !text.contains("53170000"), "{text}");
    let ledger = shop.ends_with_refused(&[]).await;
    assert_eq!((ledger.facts.received, ledger.facts.used, ledger.facts.duplicate), (sent, 1, sent - 1));
}

#[tokio::test]
async fn one_bad_event_harms_no_other() {
    let shop = Shop::new().await;
    let events =
        [purchase("1"), refused("2"), purchase("3"), json!("ada@example.com"), json!(null), purchase("6")];
    let answer = shop.tell(&events).await;
    assert_eq!((answer.status, &answer.json["events_received"]), (200, &json!(3)), "{answer:?}");
    let messages = answer.json["messages"].as_array().unwrap();
    assert_eq!(messages.len(), 3);
    assert!(messages[0].as_str().unwrap().starts_with("event 1 was not taken: "), "{messages:?}");
    let places: Vec<&Value> =
        answer.json["kopru"]["refused"].as_array().unwrap().iter().map(|one| &one["index"]).collect();
    assert_eq!(places, [1, 3, 4]);
    assert_eq!(answer.json["kopru"]["refused"][0]["subcode"], 2_804_023, "{answer:?}");
    assert_eq!(shop.ids().await, ["1", "3", "6"]);

    // Meta's own way, for who wants it.
    let answer = shop.post(STRICT, &json!({ "data": [purchase("7"), refused("8")] })).await;
    answer.is_refused(400, 100);
    assert_eq!(answer.json["error"]["error_subcode"], 2_804_023);
    shop.post(STRICT, &json!({ "data": [purchase("7"), purchase("9")] })).await.is_received(2);

    // Nothing of it can be taken: Meta's answer, which names the first.
    let answer = shop.tell(&[refused("10")]).await;
    answer.is_refused(400, 100);
    assert!(answer.json.get("kopru").is_none(), "as Meta: {answer:?}");
    let answer = shop.tell(&[json!(7), refused("11"), json!({})]).await;
    answer.is_refused(400, 100);
    assert_eq!(answer.json["kopru"]["refused"].as_array().unwrap().len(), 3);
    assert_eq!(shop.ids().await, ["1", "3", "6", "7", "9"]);
    let refused = [("refused_event", 8), ("refused_strictly", 1)];
    shop.ends_with_refused(&refused).await;
}

/// An event that Meta would refuse is kept sealed for its sender to look at, also where it came alone.
#[tokio::test]
async fn refused_events_are_kept_and_a_flood_of_them_is_counted() {
    let shop = Shop::new().await;
    for number in 0..10 {
        shop.tell(&[refused(&number.to_string())]).await.is_refused(400, 100);
    }
    let many: Vec<Value> = (0..1000).map(|number| refused(&format!("many-{number}"))).collect();
    shop.tell(&many).await.is_refused(400, 100);
    shop.post(STRICT, &json!({ "data": [refused("s"), purchase("s")] })).await.is_refused(400, 100);
    shop.tell(&[purchase("good")]).await.is_received(1);
    let folder = std::sync::Arc::clone(&shop.0.folder);
    shop.ends_with_refused(&[("refused_event", 1011), ("refused_strictly", 1)]).await;
    for file in std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path()) {
        let content = String::from_utf8_lossy(&std::fs::read(&file).unwrap_or_default()).to_lowercase();
        assert!(!content.contains("secretperson") && !content.contains("53170000"), "{}", file.display());
    }
}

#[tokio::test]
async fn consent_is_the_keys_word_or_that_of_a_field() {
    let shop = Shop::of(&["careful"]).await;
    let agreed = |id: &str, value: Value| changed(id, "/custom_data/agreed", value);
    let events = [
        agreed("says-yes", json!("evet")),
        agreed("says-no", json!("no")),
        agreed("truth", json!(true)),
        agreed("perhaps", json!("perhaps")),
        purchase("says-nothing"),
        agreed("both", json!(["yes", "no"])),
    ];
    let answer = shop.post(ASKING, &json!({ "data": events })).await;
    assert_eq!((answer.status, &answer.json["events_received"]), (200, &json!(6)));
    let advice = &answer.json["kopru"]["advice"];
    assert_eq!((&advice[0]["path"], &advice[0]["indexes"]), (&json!("custom_data.agreed"), &json!([3])));
    let kept = shop.kept().await;
    let stands: Vec<(&str, &str, Option<&str>)> = kept
        .iter()
        .map(|one| {
            (one["event_id"].as_str().unwrap(), one["state"].as_str().unwrap(), one["reason"].as_str())
        })
        .collect();
    let (refused, unknown) = (Some("consent_refused"), Some("no_consent"));
    let expected = [
        ("says-yes", "queued", None),
        ("says-no", "suppressed", refused),
        ("truth", "queued", None),
        ("perhaps", "suppressed", unknown),
        ("says-nothing", "suppressed", unknown),
        ("both", "suppressed", refused),
    ];
    assert_eq!(stands, expected);
    for one in &kept {
        assert_eq!(
            one["state"] == "queued",
            !one["body"]["user_data"].is_null(),
            "nothing is kept of a no: {one}"
        );
        assert!(one["body"].pointer("/custom_data/agreed").is_none(), "it says nothing to Meta: {one}");
    }
    // A repetition of what was not sent is one.
    let answer = shop.post(ASKING, &json!({ "data": [agreed("says-no", json!("yes"))] })).await;
    assert_eq!((answer.status, answer.duplicates()), (200, 1));
    // The other key speaks for its sender.
    shop.tell(&[changed("sender", "/custom_data/agreed", "no")]).await.is_received(1);
    assert_eq!(shop.kept().await.last().unwrap()["state"], "queued");
    shop.ends_with_refused(&[]).await;
}

#[tokio::test]
async fn a_dataset_that_is_watched_keeps_and_sends_nothing() {
    let shop = Shop::new().await;
    let body = json!({ "data": [purchase("w")] }).to_string();
    let answer = shop.send(shop.to(WATCHED).bearer_auth(super::shop::KEY).body(body)).await;
    assert_eq!((answer.status, &answer.json["events_received"]), (200, &json!(1)));
    assert_eq!(answer.json["kopru"]["not_sent"], 1, "{answer:?}");
    let kept = shop.kept().await;
    assert_eq!((&kept[0]["state"], &kept[0]["reason"]), (&json!("suppressed"), &json!("shadow")));
    assert_eq!(kept[0]["body"]["event_id"], "w", "as it would be sent");
    let ledger = shop.ends_with_refused(&[]).await;
    assert_eq!(ledger.conversions.suppressed, 1);
}

/// What Meta takes is taken: names of the shop's own, other places, odd ids, an event of a moment ago.
#[tokio::test]
async fn what_meta_takes_is_taken() {
    let shop = Shop::new().await;
    let long_id = "x".repeat(1024);
    let mut events = vec![
        changed("own-name", "/event_name", "Ödeme tamamlandı"),
        changed("lead-1", "/event_name", "Lead"),
        changed("in-a-shop", "/action_source", "physical_store"),
        changed("crm", "/action_source", "system_generated"),
        changed("now", "/event_time", now_s()),
        changed("old", "/event_time", now_s() - 6 * 24 * 60 * 60),
        purchase("id with blanks / ? # % ü 🛒"),
        purchase(&long_id),
    ];
    events[2]["event_time"] = json!(now_s() - 60 * 24 * 60 * 60);
    let answer = shop.tell(&events).await;
    let received = (answer.status, &answer.json["events_received"], &answer.json["messages"]);
    assert_eq!(received, (200, &json!(events.len()), &json!([])), "{answer:?}");
    let advice = answer.json["kopru"]["advice"].as_array().unwrap();
    assert_eq!((advice.len(), &advice[0]["indexes"]), (1, &json!([5])), "late: {answer:?}");
    let ids = shop.ids().await;
    let sent: Vec<&str> = events.iter().map(|event| event["event_id"].as_str().unwrap()).collect();
    assert_eq!(ids, sent, "byte for byte");
    shop.ends_with_refused(&[]).await;
}

/// A report has no deal: people see by whose key it came.
#[tokio::test]
async fn a_report_is_shown_with_its_key() {
    let shop = Shop::new().await;
    shop.tell(&[purchase("o-1")]).await.is_received(1);
    let kept = shop.kept().await;
    assert_eq!((&kept[0]["reported_by"], &kept[0]["deal"]), (&json!("the-key-of-the-shop"), &Value::Null));
    for (language, words) in [("en", "Key the-key-of-the-shop · "), ("tr", "Anahtar the-key-of-the-shop · ")]
    {
        let page = shop.0.get(&format!("/?lang={language}")).await.text().await.unwrap();
        assert!(page.contains(words), "{page}");
    }
}
