//! What becomes of an event.

use kopru_core::ConsentAnswer;

use super::*;

const DAY_S: i64 = 86_400;

#[test]
fn an_event_becomes_an_activity() {
    let activity = one(&event(&json!({})));
    assert_eq!(activity.origin, "graph:shop");
    assert_eq!(activity.dataset, DATASET);
    assert_eq!((&*activity.name, &*activity.event_id), ("Purchase", "o-1001"));
    assert_eq!(activity.event_s, NOW_S - 60);
    assert_eq!(activity.value.unwrap().to_string(), "49.9");
    assert_eq!(activity.currency.as_deref(), Some("EUR"));
    assert_eq!(activity.consent, Some(ConsentAnswer::Yes));
    assert_eq!(activity.event.action_source, "website");
    assert!(activity.event.added.is_empty());
    assert_eq!(sent(&activity)["user_data"]["em"], json!([ada()]));
    assert!(activity.carried.keys.has("em") && activity.carried.left_out.is_empty());
}

#[test]
fn action_sources_stay_as_they_came() {
    for source in
        ["website", "app", "email", "phone_call", "chat", "physical_store", "system_generated", "other"]
    {
        let app_data = json!({"advertiser_tracking_enabled": true, "extinfo": vec!["i2"; 16]});
        let activity = one(&event(&json!({"action_source": source, "app_data": app_data})));
        assert_eq!(activity.event.action_source, source);
        assert_eq!(sent(&activity)["action_source"], source);
    }
    assert_eq!(one(&event(&json!({"action_source": null}))).event.action_source, "");
}

#[test]
fn an_id_stays_byte_for_byte_and_a_placeholder_is_none() {
    for id in ["o-1001", " o ", "Ünïcode-✓", "00-1", "a\"b", "null-1", "123-456-7890", "0 1 2"] {
        let activity = one(&event(&json!({"event_id": id})));
        assert_eq!(activity.event_id, id);
        assert_eq!(sent(&activity)["event_id"], id);
    }
    assert_eq!(one(&event(&json!({"event_id": 17}))).event_id, "17");
    let mut seen = Vec::new();
    for id in [json!(null), json!(""), json!("undefined"), json!("{{Event ID}}"), json!(["a"]), json!("null")]
    {
        let activity = one(&event(&json!({"event_id": id})));
        assert_eq!(activity.event_id, format!("{}-0", "07".repeat(16)), "{id}");
        assert_eq!(sent(&activity)["event_id"], activity.event_id);
        seen.push(activity.event_id);
    }
    let two = taken(take(
        &json!({"data": [event(&json!({"event_id": null})), event(&json!({})), event(&json!({"event_id": "-"}))]}),
    ));
    let ids: Vec<_> = two.activities.iter().map(|activity| activity.event_id.clone()).collect();
    assert_ne!(ids[0], ids[2]);
    let answer = body_of(&two.reply.make(TurnedOut::default()));
    assert_eq!(answer["messages"], json!([]));
    assert_eq!(answer["kopru"]["advice"][0]["path"], "event_id");
    assert_eq!(answer["kopru"]["advice"][0]["indexes"][0], 0);
    // Meta must get it as the browser does; a list of events need not show it.
    let named = one(&event(&json!({"event_id": "order of ada@example.com"})));
    assert_eq!(sent(&named)["event_id"], "order of ada@example.com");
    assert_eq!(named.event_id, capi::hex(&named.once[0].key));
}

#[test]
fn what_is_appended_to_a_purchase_is_an_event_of_its_own_and_no_sale() {
    let append = |original: Value, data: Value| {
        event(&json!({
            "event_name": "AppendValue", "event_id": "append-1", "original_event_data": original, "custom_data": data,
        }))
    };
    let original = json!({"event_name": "Purchase", "event_time": NOW_S - 90, "order_id": "1001"});
    let profit = json!({"currency": "EUR", "net_revenue": 12.5, "value": 49.9, "order_id": "1001"});
    let activity = one(&append(original.clone(), profit));
    let purchase =
        one(&event(&json!({"custom_data": {"currency": "EUR", "value": 49.9, "order_id": "1001"}})));
    assert_eq!(purchase.once.len(), 2);
    assert_eq!(activity.once.len(), 1, "not by the purchase's order");
    assert!(purchase.once.iter().all(|key| key.key != activity.once[0].key));
    assert_eq!((activity.value, activity.currency.as_deref()), (None, None));
    assert_eq!(activity.adds_to, [purchase.once[1].key], "the order");
    let both = json!({"event_name": "Purchase", "event_id": "o-1001", "order_id": 1001});
    let profit_alone = json!({"currency": "EUR", "net_revenue": 12.5});
    let keys = [purchase.once[1].key, purchase.once[0].key];
    assert_eq!(one(&append(both, profit_alone.clone())).adds_to, keys, "the order before the id");
    let of_lead = json!({"event_name": "Lead", "event_id": "o-1001", "order_id": "undefined"});
    assert_eq!(one(&append(of_lead, profit_alone)).adds_to.len(), 1);
    assert!(purchase.adds_to.is_empty());
    assert_eq!(sent(&activity)["original_event_data"], original);
    assert_eq!(sent(&activity)["custom_data"]["net_revenue"], 12.5);
    for (original, data, path) in [
        (json!(null), json!({"currency": "EUR", "net_revenue": 5}), "original_event_data"),
        (json!({"event_name": "Purchase"}), json!({"currency": "EUR", "net_revenue": 5}), "event_id"),
        (original.clone(), json!({"currency": "EUR", "value": 5}), "net_revenue or predicted_ltv"),
        (original.clone(), json!({"currency": null, "net_revenue": 5}), "currency"),
        (original, json!({"currency": "EUR", "predicted_ltv": 0}), "above zero"),
    ] {
        let refused = refused(take(&json!({"data": [append(original, data)]})));
        let answer = body_of(&refused.reply);
        assert!(answer["error"]["error_user_msg"].as_str().unwrap().contains(path), "{answer}");
    }
}

#[test]
fn what_turned_out_is_answered_and_another_currency_or_sale_is_advised() {
    let kept = taken(take(&json!({"data": [event(&json!({}))]})));
    let turned_out =
        TurnedOut { doubles: 3, appended: 2, other_currency: 1, other_sales: 4, ..TurnedOut::default() };
    let ours = &body_of(&kept.reply.make(turned_out))["kopru"];
    assert_eq!((&ours["duplicates"], &ours["appended"]), (&json!(3), &json!(2)));
    assert_eq!(
        (&ours["advice"][0]["path"], &ours["advice"][1]["path"], &ours["advice"][2]),
        (&json!("custom_data.currency"), &json!("custom_data.order_id"), &json!(null))
    );
    assert_eq!(ours["other_sales"], 4);
}

#[test]
fn by_what_an_event_is_known_when_it_comes_again() {
    let once = |change: Value| one(&event(&change)).once;
    let first = once(json!({}));
    assert_eq!(first.len(), 2);
    assert!(!first[0].is_order && first[1].is_order);
    assert_eq!(first[0].until_s, NOW_S - 60 + 7 * DAY_S);
    assert_eq!(first[1].until_s, NOW_S + 28 * DAY_S);
    // Of another event: the id's key.
    for change in [json!({"event_id": "o-1002"}), json!({"event_name": "Lead"})] {
        assert_ne!(once(change.clone())[0].key, first[0].key, "{change}");
    }
    for change in [
        json!({"event_time": NOW_S - 120}),
        json!({"action_source": "physical_store"}),
        json!({"custom_data": {"value": 3}}),
        json!({"user_data": {"em": "other@example.com"}}),
    ] {
        assert_eq!(once(change.clone())[0].key, first[0].key, "{change}");
        assert_eq!(once(change)[1].key, first[1].key);
    }
    // The order's key, whatever the id.
    assert_eq!(once(json!({"event_id": "x"}))[1].key, first[1].key);
    assert_eq!(once(json!({"custom_data": {"order_id": 1001}}))[1].key, first[1].key);
    assert_eq!(once(json!({"custom_data": {"order_id": " 1001 "}}))[1].key, first[1].key);
    assert_ne!(once(json!({"custom_data": {"order_id": "1002"}}))[1].key, first[1].key);
    for change in [
        json!({"event_name": "Lead"}),
        json!({"custom_data": {"order_id": null}}),
        json!({"custom_data": {"order_id": ""}}),
        json!({"custom_data": {"order_id": "undefined"}}),
        json!({"custom_data": {"order_id": "0"}}),
        json!({"custom_data": {"order_id": "#"}}),
        json!({"custom_data": {"order_id": "order_id"}}),
        json!({"custom_data": {"order_id": "{{order_id}}"}}),
    ] {
        assert_eq!(once(change.clone()).len(), 1, "{change}");
    }
    let old = once(json!({"event_time": NOW_S - 6 * DAY_S}));
    assert_eq!(old[0].until_s, NOW_S + 2 * DAY_S);
    let shop = once(json!({"event_time": NOW_S - DAY_S, "action_source": "physical_store"}));
    assert_eq!((shop[0].until_s, shop[1].until_s), (NOW_S + 61 * DAY_S, NOW_S + 62 * DAY_S));
}

#[test]
fn consent_of_a_property() {
    for (said, consent) in [
        (json!("yes"), Some(ConsentAnswer::Yes)),
        (json!(true), Some(ConsentAnswer::Yes)),
        (json!(1), Some(ConsentAnswer::Yes)),
        (json!(" Evet "), Some(ConsentAnswer::Yes)),
        (json!(["yes"]), Some(ConsentAnswer::Yes)),
        (json!("no"), Some(ConsentAnswer::No)),
        (json!(false), Some(ConsentAnswer::No)),
        (json!("HAYIR"), Some(ConsentAnswer::No)),
        (json!(["yes", "no"]), Some(ConsentAnswer::No)),
        (json!("maybe"), Some(ConsentAnswer::Unclear)),
        (json!("reddediyorum"), Some(ConsentAnswer::No)),
        (json!("0.0"), Some(ConsentAnswer::No)),
        (json!({"a": "no"}), Some(ConsentAnswer::No)),
        (json!({"a": 1}), Some(ConsentAnswer::Unclear)),
        (json!(""), None),
        (json!([]), None),
    ] {
        let activity = one_of_field(&event(&json!({"custom_data": {"agreed": said}})));
        assert_eq!(activity.consent, consent, "{said}");
        assert!(!activity.event.json.contains("agreed"), "{}", activity.event.json);
    }
    assert_eq!(one_of_field(&event(&json!({}))).consent, None);
    assert_eq!(one_of_field(&event(&json!({"event_name": "Lead", "custom_data": null}))).consent, None);
    let mut folded = event(&json!({"event_name": "Lead", "custom_data": null}));
    folded["custom_data"] = json!(r#"{"agreed":"no"}"#);
    assert_eq!(one_of_field(&folded).consent, Some(ConsentAnswer::No));
    let twice = json!({"custom_data": {"agreed": "yes", " AGREED ": "no"}});
    assert_eq!(one_of_field(&event(&twice)).consent, Some(ConsentAnswer::No), "a no outweighs a yes");
}

#[test]
fn a_no_counts_also_where_nothing_is_said_of_the_person() {
    let said =
        |answer: &str, user: Value| event(&json!({"user_data": user, "custom_data": {"agreed": answer}}));
    let nobody = json!({"em": null, "client_ip_address": null, "client_user_agent": null, "fbp": null});
    let activity = one_of_field(&said("no", nobody.clone()));
    assert_eq!((activity.consent, activity.event.json.as_str()), (Some(ConsentAnswer::No), "{}"));
    assert_eq!(activity.once.len(), 2, "it is recognised by its order, too");
    let nameless = event(&json!({"event_name": null, "custom_data": {"agreed": "no"}}));
    for bad in [said("yes", nobody), nameless] {
        let body = json!({"data": [bad]}).to_string();
        let call = refused(take_at(JSON, body.as_bytes(), |door| door.consent = Some(agreed())));
        assert_eq!(call.refused.len(), 1, "{bad}");
    }
}

#[test]
fn of_who_refused_nothing_is_kept() {
    let change = json!({"event_id": "of ada@example.com", "custom_data": {"agreed": "no", "size": "XL"}});
    let activity = one_of_field(&event(&change));
    assert_eq!(activity.consent, Some(ConsentAnswer::No));
    assert_eq!(activity.event.json, "{}");
    assert_eq!(activity.event.envelope, "");
    assert!(activity.who.is_empty() && activity.carried.keys.is_empty());
    assert_eq!(activity.once.len(), 2);
    let shown = format!("{activity:?}");
    for personal in ["ada", &ada(), "81.2.69.142", "Mozilla", "1234567890\"", "XL"] {
        assert!(!shown.contains(personal), "{personal} in {shown}");
    }
    let mut bad = event(&change);
    bad["event_time"] = json!(5);
    let field = KeyConsent::Field("agreed".into());
    let body = json!({"data": [bad]}).to_string();
    let directory = one_business();
    let mut scratch = Scratch::default();
    let door = EventsDoor {
        tenant: directory.only().unwrap(),
        dataset: DATASET,
        origin: "graph:shop",
        strict: false,
        needs_id: false,
        consent: Some(&field),
        rules: Rules::Both,
        now_ms: NOW_MS,
        random: RANDOM,
    };
    let refused = refused(read(JSON, body.as_bytes(), &mut scratch, &trace()).unwrap().take(&door));
    assert_eq!(refused.refused[0].json, "{}");
}

#[test]
fn of_addresses_of_pages_what_ads_need_is_passed_on() {
    for (given, kept) in [
        ("https://shop.example.com/a/b", Some("https://shop.example.com/a/b")),
        (
            "https://shop.example.com/?fbclid=IwAR2&cart=9&utm_source=ig&gclid=g#top",
            Some("https://shop.example.com/?fbclid=IwAR2&utm_source=ig&gclid=g"),
        ),
        (
            "https://shop.example.com/?key=wc_order_x&email=ada%40example.com",
            Some("https://shop.example.com/"),
        ),
        (
            "https://shop.example.com/?utm_content=ada%40example.com&ad_id=7",
            Some("https://shop.example.com/?ad_id=7"),
        ),
        ("https://shop.example.com/?utm_term=%2B90+532+111+22+33", Some("https://shop.example.com/")),
        ("https://shop.example.com/#/thanks?email=ada@example.com", Some("https://shop.example.com/")),
        ("https://shop.example.com/u/ada@example.com/orders", Some("https://shop.example.com/u/orders")),
        ("https://shop.example.com/u/+905321112233", Some("https://shop.example.com/u")),
        ("https://ada:secret@shop.example.com/a", Some("https://shop.example.com/a")),
        ("https://shop.example.com/?FBCLID=x&&=&fbclid", Some("https://shop.example.com/?fbclid")),
        ("ada@example.com", None),
        ("+90 532 111 22 33", None),
        ("", None),
    ] {
        let activity = one(&event(&json!({"event_source_url": given, "referrer_url": given})));
        let sent = sent(&activity);
        for field in ["event_source_url", "referrer_url"] {
            assert_eq!(sent.get(field).and_then(Value::as_str), kept, "{given}");
        }
    }
}

#[test]
fn addresses_of_browsers_are_those_that_meta_can_use() {
    for (given, kept) in [
        ("81.2.69.142", Some("81.2.69.142")),
        ("2a02:e0::1", Some("2a02:e0::1")),
        ("::ffff:81.2.69.142", Some("81.2.69.142")),
        ("88.230.1.9.AQYCAQMB", Some("88.230.1.9.AQYCAQMB")),
        ("10.0.0.1", None),
        ("::ffff:10.0.0.1", None),
        ("127.0.0.1", None),
        ("::1", None),
        ("100.64.1.2", None),
        ("unknown", None),
        ("81.2.69.142, 10.0.0.1", None),
    ] {
        let activity = one(&event(&json!({"user_data": {"client_ip_address": given}})));
        assert_eq!(
            sent(&activity)["user_data"].get("client_ip_address").and_then(Value::as_str),
            kept,
            "{given}"
        );
        let left_out = activity.carried.left_out.iter().any(|left_out| left_out.key == "client_ip_address");
        assert_eq!(left_out, kept.is_none(), "{given}");
    }
    let activity = one(&event(&json!({"user_data": {"client_ip_address": null}})));
    assert!(sent(&activity)["user_data"].get("client_ip_address").is_none(), "never the caller's own");
}

#[test]
fn limited_data_use_passes_through() {
    let limited = json!({"data_processing_options": ["LDU"], "data_processing_options_country": 1,
        "data_processing_options_state": 1000});
    let explicitly_none = json!({"data_processing_options": []});
    for options in [limited, explicitly_none] {
        let sent = sent(&one(&event(&options)));
        for (name, value) in options.as_object().unwrap() {
            assert_eq!(&sent[name], value);
        }
    }
}

#[test]
fn what_an_event_was_worth() {
    for (custom, value, currency) in [
        (json!({"value": "10.50", "currency": "try"}), Some("10.5"), Some("TRY")),
        (json!({"value": 0}), Some("0"), Some("EUR")),
        (json!({"value": 12}), Some("12"), Some("EUR")),
    ] {
        let activity = one(&event(&json!({"custom_data": custom})));
        assert_eq!(activity.value.map(|value| value.to_string()).as_deref(), value);
        assert_eq!(activity.currency.as_deref(), currency);
    }
    let lead = one(&event(&json!({"event_name": "Lead", "custom_data": null})));
    assert_eq!((lead.value, lead.currency), (None, None));
}
