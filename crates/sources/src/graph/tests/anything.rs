//! Whatever comes: no panic, nothing plain of a person, and the same bytes each time.

use proptest::prelude::*;

use super::*;

/// What the bodies below hold of a person, in every form in which it stands there.
const PERSONAL: [&str; 6] =
    ["ada@example.com", "ada%40example", "532 111 22 33", "905321112233", "Lovelace", "19970216"];

/// The person in all places where senders put one: far enough from the ids that must stay byte for byte.
fn good() -> String {
    json!({"data": [{
        "event_time": NOW_S - 60,
        "action_source": "website",
        "event_id": "o-1001",
        "event_name": "Purchase",
        "data_processing_options": ["LDU"],
        "opt_out": false,
        "event_source_url": "https://shop.example.com/thanks?order=7&email=ada%40example.com&fbclid=IwAR2",
        "referrer_url": "https://shop.example.com/u/ada@example.com",
        "user_data": {
            "em": ["ada@example.com"], "ph": "+90 532 111 22 33", "ln": "Lovelace", "db": "19970216",
            "email": "ada@example.com", "external_id": "905321112233",
            "fbp": "fb.1.1779999000000.1234567890", "client_ip_address": "81.2.69.142",
        },
        "custom_data": {
            "currency": "EUR", "value": 49.9, "order_id": "1001", "content_name": "for ada@example.com",
            "note": "ada@example.com", "lead_event_source": "+90 532 111 22 33",
            "customer": {"last_name": "Lovelace", "list": [["+90 532 111 22 33"]]},
            "content_ids": ["A1", "ada@example.com"],
            "contents": [{"id": "A1", "title": "ada@example.com", "brand": "+90 532 111 22 33"}],
        },
        "messaging_channel": "ada@example.com",
        "app_data": {"install_referrer": "ada@example.com"},
        "contact": {"e": "ada@example.com"},
    }]})
    .to_string()
}

fn shown(body: &[u8]) -> String {
    // The text of a body that is not understood is nobody's to show either.
    let outcome = take_at(JSON, body, |_| ());
    let reply = match &outcome {
        EventsOutcome::Taken(taken) => taken.reply.clone().make(TurnedOut::default()),
        EventsOutcome::Refused(refused) => {
            let mut reply = crate::HttpReply::new(refused.reply.body().clone());
            *reply.status_mut() = refused.reply.status();
            reply
        }
    };
    format!("{outcome:?} {}", String::from_utf8_lossy(reply.body()))
}

#[test]
fn nothing_plain_of_a_person_is_left() {
    let good = good();
    let taken = taken(take_at(JSON, good.as_bytes(), |_| ()));
    assert_eq!(taken.activities.len(), 1);
    let text = shown(good.as_bytes());
    for personal in PERSONAL {
        assert!(good.contains(personal), "{personal}");
        assert!(!text.contains(personal), "{personal} in {text}");
    }
    for at in (0..good.len()).filter(|at| good.is_char_boundary(*at)) {
        let text = shown(&good.as_bytes()[..at]);
        assert!(PERSONAL.iter().all(|personal| !text.contains(personal)), "{text}");
    }
}

#[test]
fn what_is_long_deep_or_many_is_read_or_refused() {
    const LONG: usize = 1024 * 1024;
    let nested = |open: &str, close: &str| {
        let custom = format!("{}1{}", open.repeat(10_000), close.repeat(10_000));
        let mut event = event(&json!({}));
        event["custom_data"]["deep"] = json!("HERE");
        format!(r#"{{"data":[{}]}}"#, event.to_string().replace("\"HERE\"", &custom))
    };
    for body in [nested("[", "]"), nested(r#"{"a":"#, "}")] {
        for content_type in [JSON, "application/x-www-form-urlencoded", "multipart/form-data; boundary=a"] {
            take_at(content_type, body.as_bytes(), |_| ());
        }
    }
    for piece in ["[", "{\"a\":", "a=1&", "data=", "\0", "é", "\"", "%00", "--a\r\n", r#"{"data":["#] {
        let body = piece.repeat(LONG / piece.len());
        for content_type in [JSON, "application/x-www-form-urlencoded", "multipart/form-data; boundary=a"] {
            take_at(content_type, body.as_bytes(), |_| ());
        }
    }
    let huge = json!({"data": [event(&json!({"user_data": {"em": vec!["a@b.co"; 20_000]}}))]}).to_string();
    assert_eq!(taken(take_at(JSON, huge.as_bytes(), |_| ())).activities[0].who.len(), 3);
}

/// JSON of the shapes that events have, with values that they should not have.
fn object() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(|number| json!(number)),
        "[ -~é]{0,12}".prop_map(Value::from),
        prop::sample::select(vec![
            "ada@example.com",
            "undefined",
            "n/a",
            "{{x}}",
            "website",
            "Purchase",
            "EUR",
            "+905321112233"
        ])
        .prop_map(Value::from),
        Just(Value::from(ada())),
    ];
    let name = prop::sample::select(vec![
        "em",
        "ph",
        "fn",
        "country",
        "external_id",
        "fbp",
        "fbc",
        "madid",
        "value",
        "currency",
        "order_id",
        "contents",
        "id",
        "note",
        "user_data",
        "lead_id",
        "client_ip_address",
        "zp",
        "content_ids",
        "agreed",
    ]);
    let members = name.clone();
    let value = leaf.prop_recursive(3, 24, 4, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((members.clone(), inner), 0..4).prop_map(object_of),
        ]
    });
    prop::collection::vec((name, value), 0..5).prop_map(object_of)
}

fn object_of(members: Vec<(&str, Value)>) -> Value {
    members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes(bytes: Vec<u8>, kind in 0..3_usize) {
        let kinds = [JSON, "application/x-www-form-urlencoded", "multipart/form-data; boundary=b"];
        take_at(kinds[kind], &bytes, |_| ());
    }

    /// Structure that is damaged moves what stands there to other places, but for the ids that stay byte for byte.
    #[test]
    fn damage(at: prop::sample::Index, cut in 0..8_usize, with in "[\\[\\]{}:, \"]{0,4}") {
        let mut body = good();
        let start = at.index(body.len());
        let end = (start + cut).min(body.len());
        prop_assume!(body.is_char_boundary(start) && body.is_char_boundary(end));
        body.replace_range(start..end, &with);
        let text = shown(body.as_bytes());
        prop_assert!(!text.contains("ada@example.com"), "{} in {}", body, text);
    }

    #[test]
    fn what_is_kept_is_written_the_same_again(user in object(), custom in object(), other in object()) {
        let mut event = event(&json!({"event_name": "Lead"}));
        for (name, value) in [("user_data", user), ("custom_data", custom), ("other", other)] {
            merge(&mut event[name], &value);
        }
         if let EventsOutcome::Taken(taken) = take(&json!({"data": [event]})) {
             let json = &taken.activities[0].event.json;
            let read = capi::Event::from_slice(json.as_bytes()).unwrap();
            let mut normalizer = capi::Normalizer::new(Rules::Both, NOW_S);
            let mut again = Vec::new();
            capi::write_event(&read, &mut normalizer, &mut again);
            prop_assert_eq!(json, &String::from_utf8(again).unwrap());
            prop_assert!(!json.contains("ada@example.com"));
            prop_assert!(capi::refusal(&read, capi::Checks::at(NOW_S)).is_none());
        }
    }
}
