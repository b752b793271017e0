use super::*;

#[test]
fn what_could_be_better_is_said_once_and_with_its_place() {
    let ldu = |country, state| json!({"o": ["LDU"], "c": country, "s": state});
    let rows: Vec<(&str, &str, Value, &[&str])> = vec![
        ("website", "event_time", json!(NOW_S - 86_400), &["late event_time"]),
        ("website", "event_time", json!(NOW_S - 86_399), &[]),
        ("physical_store", "event_time", json!(NOW_S - 30 * 86_400), &[]),
        ("email", "event_name", json!("x".repeat(51)), &["long_name event_name"]),
        ("email", "event_name", json!("ş".repeat(50)), &[]),
        ("email", "event_name", json!("lead"), &["almost_standard_name event_name"]),
        ("email", "event_name", json!("generate_lead"), &["almost_standard_name event_name"]),
        ("email", "event_name", json!("QualifiedLead"), &["messaging_name_elsewhere event_name"]),
        ("email", "event_name", json!("Went fishing"), &[]),
        ("website", "event_id", json!(""), &["event_id_missing event_id"]),
        ("email", "event_id", Value::Null, &[]),
        ("email", "messaging_channel", json!("whatsapp"), &["channel_without_messaging messaging_channel"]),
        (
            "website",
            "event_source_url",
            json!("https://a.example/?email=a%40b.co"),
            &["personal_data_in_url event_source_url"],
        ),
        (
            "website",
            "referrer_url",
            json!("https://a.example/?tel=%2B905321234567"),
            &["personal_data_in_url referrer_url"],
        ),
        ("website", "custom_data.currency", json!("eur"), &["currency_case custom_data.currency"]),
        ("website", "custom_data.value", json!("-0.01"), &["negative_value custom_data.value"]),
        ("website", "custom_data.value", json!("0.00"), &["zero_value custom_data.value"]),
        ("website", "custom_data.value", json!("-0.0"), &["zero_value custom_data.value"]),
        (
            "website",
            "custom_data.delivery_category",
            json!("drone"),
            &["unknown_word custom_data.delivery_category"],
        ),
        (
            "website",
            "custom_data.content_name",
            json!("for ada@example.com"),
            &["personal_data custom_data.content_name"],
        ),
        (
            "website",
            "custom_data.search_string",
            json!("+90 532 123 45 67"),
            &["personal_data custom_data.search_string"],
        ),
        (
            "website",
            "custom_data.contents.0.title",
            json!("a@b.co"),
            &["personal_data custom_data.contents.0.title"],
        ),
        (
            "website",
            "custom_data.contents.0.quantity",
            json!("two"),
            &["quantity_missing custom_data.contents.0.quantity"],
        ),
        ("website", "custom_data.phone", json!("5321234567"), &["personal_data custom_data.phone"]),
        ("website", "custom_data.colour", json!("red"), &[]),
        ("website", "custom_data.num_items", json!("two"), &["odd_shape custom_data.num_items"]),
        (
            "physical_store",
            "custom_data.store_data.store_code",
            json!("a-1"),
            &["store_code custom_data.store_data.store_code"],
        ),
        ("email", "custom_data", json!([1]), &["odd_shape custom_data"]),
        ("email", "custom_data", json!([]), &[]),
        ("email", "opt_out", json!("perhaps"), &["odd_shape opt_out"]),
        ("email", "user_data.email", json!("ada@example.com"), &["field_name user_data.email"]),
        ("email", "user_data.extern_id", json!(7), &["unknown_field user_data.extern_id"]),
        ("email", "evnt_id", json!(7), &["unknown_field evnt_id"]),
        ("email", "evnt_id", Value::Null, &[]),
        ("email", "customer_segmentation", json!("vip"), &["unknown_word customer_segmentation"]),
        ("app", "app_data.extinfo.0", json!("x9"), &["extinfo_platform app_data.extinfo.0"]),
        (
            "email",
            "attribution_data",
            json!({"attribution_model": "coin"}),
            &["unknown_word attribution_data.attribution_model"],
        ),
        (
            "email",
            "attribution_data",
            json!({"attribution_method": "srn", "decline_reason": "x"}),
            &["unknown_word attribution_data.decline_reason"],
        ),
        (
            "email",
            "event_name",
            json!("AppendAttribution"),
            &[
                "attribution_incomplete original_event_data.event_name",
                "attribution_incomplete original_event_data.event_time",
                "attribution_incomplete attribution_data.ad_id",
            ],
        ),
        (
            "email",
            "event_name",
            json!("AppendValue"),
            &[
                "append_incomplete original_event_data.event_name",
                "append_incomplete original_event_data.event_id",
                "append_incomplete custom_data.net_revenue",
                "append_incomplete custom_data.currency",
            ],
        ),
        ("email", "data_processing_options", json!([]), &[]),
        (
            "email",
            "data_processing_options",
            json!(["ldu"]),
            &[
                "ldu_option data_processing_options",
                "ldu_place data_processing_options_country",
                "ldu_without_address user_data.client_ip_address",
            ],
        ),
        ("ldu", "", ldu(json!(1), json!(1000)), &[]),
        ("ldu", "", ldu(json!("1"), json!("1013")), &[]),
        ("ldu", "", ldu(json!(1), json!(1014)), &["ldu_state data_processing_options_state"]),
        ("ldu", "", ldu(json!(2), json!(1000)), &["ldu_country data_processing_options_country"]),
        ("ldu", "", ldu(json!(0), json!(1000)), &["ldu_place data_processing_options_country"]),
        (
            "ldu",
            "",
            ldu(json!(1), json!(0)),
            &["ldu_place data_processing_options_state", "ldu_without_address user_data.client_ip_address"],
        ),
        (
            "ldu",
            "",
            ldu(json!(1), Value::Null),
            &["ldu_half data_processing_options_state", "ldu_without_address user_data.client_ip_address"],
        ),
        ("ldu", "", ldu(json!(0), json!(0)), &["ldu_without_address user_data.client_ip_address"]),
        (
            "ldu",
            "",
            ldu(Value::Null, Value::Null),
            &["ldu_place data_processing_options_country", "ldu_without_address user_data.client_ip_address"],
        ),
    ];
    for (kind, path, value, expected) in rows {
        let event = if kind == "ldu" {
            with(
                "email",
                &[
                    ("data_processing_options", value["o"].clone()),
                    ("data_processing_options_country", value["c"].clone()),
                    ("data_processing_options_state", value["s"].clone()),
                ],
            )
        } else {
            with(kind, &[(path, value.clone())])
        };
        let findings = findings(&event, live());
        assert_eq!(advice_of(&findings), expected, "{kind}: {path} = {value}");
        assert_eq!(findings.refusal(), None, "{kind}: {path} = {value}");
    }
}

#[test]
fn what_meta_has_a_use_for_is_appended() {
    let whole = |original: Value, data: Value| {
        with(
            "email",
            &[("event_name", json!("AppendValue")), ("original_event_data", original), ("custom_data", data)],
        )
    };
    let original = json!({"event_name": "Purchase", "event_time": NOW_S - 100, "order_id": "A-1007"});
    let by_id = json!({"event_name": "Purchase", "event_id": "e-1"});
    let profit = json!({"currency": "EUR", "net_revenue": 12.5});
    let predicted = json!({"currency": "EUR", "predicted_ltv": 320});
    for event in [whole(original.clone(), profit.clone()), whole(by_id, predicted)] {
        assert!(findings(&event, live()).is_empty(), "{event}");
    }
    for (original, data, path) in [
        (
            json!({"event_name": "Purchase", "order_id": "{{order_id}}"}),
            profit.clone(),
            "original_event_data.event_id",
        ),
        (
            json!({"event_name": "Purchase", "event_id": "e-1", "event_time": NOW_S + 100}),
            profit.clone(),
            "original_event_data.event_time",
        ),
        (original.clone(), json!({"currency": "EUR", "predicted_ltv": 0}), "custom_data.predicted_ltv"),
        (original.clone(), json!({"net_revenue": 5}), "custom_data.currency"),
        (original, json!({"currency": "EUR", "value": 5}), "custom_data.net_revenue"),
    ] {
        let event = whole(original, data);
        let advice = format!("append_incomplete {path}");
        assert_eq!(advice_of(&findings(&event, live())), [advice], "{event}");
    }
}

#[test]
fn a_whole_attribution_is_in_order() {
    let event = with(
        "email",
        &[
            ("event_name", json!("AppendAttribution")),
            (
                "original_event_data",
                json!({"event_name": "Purchase", "event_time": NOW_S - 100, "order_id": "1"}),
            ),
            (
                "attribution_data",
                json!({"ad_id": "12", "touchpoint_ts": NOW_S - 200, "attribution_share": 0.5,
            "attribution_value": "10.50", "attribution_model": "last_click"}),
            ),
            ("custom_data", json!({"currency": "EUR"})),
        ],
    );
    assert!(findings(&event, live()).is_empty());
}

#[test]
fn the_field_that_was_meant_is_guessed() {
    for (path, meant) in [
        ("event_tme", Some("event_time")),
        ("referrer_uri", Some("referrer_url")),
        ("user_data.external_ids", Some("external_id")),
        ("zzz", None),
    ] {
        let findings = findings(&with("email", &[(path, json!(1))]), live());
        let message = &findings.iter().next().unwrap().message;
        match meant {
            Some(meant) => assert!(message.ends_with(&format!("did you mean {meant}?")), "{message}"),
            None => assert!(message.contains("is ignored"), "{message}"),
        }
    }
}
