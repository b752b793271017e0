use serde_json::{Value, json};

use super::*;
use crate::ActivityKey;

const NOW_S: i64 = 1_780_000_000;

fn stored(event: &Value) -> StoredEvent {
    StoredEvent {
        action_source: "website".into(),
        envelope: r#"{"partner_agent":"p"}"#.into(),
        json: event.to_string(),
        added: Vec::new(),
        beside: String::new(),
    }
}

fn purchase_event(data: &Value) -> StoredEvent {
    stored(&json!({
        "event_name": "Purchase", "event_time": NOW_S, "event_id": "e1", "action_source": "website",
        "event_source_url": "https://shop.example/thanks",
        "user_data": {"em": ["ab".repeat(32)], "client_user_agent": "ua", "fbp": "fb.1.1.2"},
        "data_processing_options": ["LDU"], "data_processing_options_country": 1,
        "data_processing_options_state": 1000, "custom_data": data,
    }))
}

fn money(text: &str) -> Money {
    text.parse().unwrap()
}

/// A purchase as it was reported, of which this is said.
fn reported(data: &Value) -> (Conversion, StoredEvent) {
    let key = ActivityKey { origin: "graph:shop".into(), id: "e1".into() };
    let one = Conversion {
        dataset: Some("7".into()),
        value: data["value"].as_str().map(money),
        currency: data["currency"].as_str().map(str::to_owned),
        consent: Some(crate::ConsentAnswer::Yes),
        state: State::Accepted,
        ..Conversion::of_activity(key, "Purchase".into(), NOW_S, NOW_S * 1000)
    };
    (one, purchase_event(data))
}

fn again(data: &Value) -> Admitted {
    let (one, event) = reported(data);
    let activity = Activity {
        origin: "graph:shop".into(),
        dataset: "7".into(),
        name: one.name,
        event_id: "e2".into(),
        event_s: NOW_S,
        value: one.value,
        currency: one.currency,
        consent: None,
        once: Vec::new(),
        adds_to: Vec::new(),
        who: Vec::new(),
        event,
        carried: Carried::default(),
    };
    Admitted { activity, state: State::Queued, reason: None, appending: Appending::Changed }
}

fn join() -> JoinKey {
    JoinKey::new(&[1; 32])
}

/// What the second report leads to, a minute after the first.
fn repetition(first: &Value, second: &Admitted, appended: &[(StatedWorth, i64)]) -> Repetition {
    let (one, event) = reported(first);
    let purchase = ReportedPurchase { one: &one, event: &event, taken_ms: None, appended };
    append_value(&purchase, second, &join(), NOW_S + 60)
}

/// The amounts that are appended, as Meta gets them; nothing where nothing is.
fn appended(first: &Value, second: &Value) -> Value {
    match repetition(first, &again(second), &[]) {
        Repetition::Appends(admitted, _) => {
            let event: Value = serde_json::from_str(&admitted.activity.event.json).unwrap();
            event["custom_data"].clone()
        }
        Repetition::Known => Value::Null,
        Repetition::OtherCurrency => json!("another currency"),
        Repetition::TooMany => json!("too many"),
    }
}

#[test]
fn what_is_news_is_appended_and_nothing_else() {
    let plain = json!({"currency": "EUR", "value": "100", "order_id": "7"});
    for (second, expected) in [
        (plain.clone(), Value::Null),
        // Written otherwise, half a cent, or in cents.
        (json!({"currency": "EUR", "value": "100.00"}), Value::Null),
        (json!({"currency": "EUR", "value": "100.004"}), Value::Null),
        (json!({"currency": "EUR", "value": "10000"}), Value::Null),
        (json!({"currency": "EUR", "value": "1"}), Value::Null),
        (json!({"currency": "EUR", "value": "80.5"}), json!({"currency": "EUR", "net_revenue": 80.5})),
        (json!({"currency": "EUR", "value": "0"}), json!({"currency": "EUR", "net_revenue": 0})),
        (
            json!({"currency": "EUR", "value": "100", "net_revenue": 31.25}),
            json!({"currency": "EUR", "net_revenue": 31.25}),
        ),
        (
            json!({"currency": "EUR", "value": "80", "net_revenue": 20, "predicted_ltv": 400}),
            json!({"currency": "EUR", "predicted_ltv": 400, "net_revenue": 20}),
        ),
        (json!({"currency": "EUR", "value": "100", "predicted_ltv": 0}), Value::Null),
        (json!({"currency": "USD", "value": "117"}), json!("another currency")),
        // One id for the sales of two orders.
        (json!({"currency": "EUR", "value": "80", "order_id": "8"}), Value::Null),
        // The same order, written otherwise.
        (
            json!({"currency": "EUR", "value": "80", "order_id": "#7"}),
            json!({"currency": "EUR", "net_revenue": 80}),
        ),
    ] {
        assert_eq!(appended(&plain, &second), expected, "{second}");
    }
}

#[test]
fn a_value_says_nothing_of_what_is_left_where_the_shop_says_that_itself() {
    let first = json!({"currency": "EUR", "value": "100", "net_revenue": 31.25});
    assert_eq!(appended(&first, &json!({"currency": "EUR", "value": "80"})), Value::Null);
    let both = json!({"currency": "EUR", "value": "80", "net_revenue": 25});
    assert_eq!(appended(&first, &both), json!({"currency": "EUR", "net_revenue": 25}));
    let stated =
        Admitted { appending: Appending::Stated, ..again(&json!({"currency": "EUR", "value": "80"})) };
    let plain = json!({"currency": "EUR", "value": "100"});
    assert_eq!(repetition(&plain, &stated, &[]), Repetition::Known);
}

#[test]
fn what_is_appended_names_the_purchase_and_has_its_person() {
    let first = json!({"currency": "EUR", "value": "100", "order_id": "7", "content_ids": ["1"]});
    let second = again(&json!({"currency": "EUR", "value": "80", "order_id": "7"}));
    let Repetition::Appends(one, worth) = repetition(&first, &second, &[]) else { panic!() };
    assert_eq!(worth, StatedWorth { value: Some(money("80")), ..StatedWorth::default() });
    assert_eq!((one.state, one.reason, one.activity.value), (State::Queued, None, None));
    assert_eq!((one.activity.event_s, one.activity.consent), (NOW_S + 60, Some(crate::ConsentAnswer::Yes)));
    assert_eq!(one.activity.event.envelope, r#"{"partner_agent":"p"}"#);
    let event: Value = serde_json::from_str(&one.activity.event.json).unwrap();
    assert_eq!(
        event,
        json!({
            "event_name": "AppendValue", "event_time": NOW_S + 60, "event_id": one.activity.event_id,
            "action_source": "website", "event_source_url": "https://shop.example/thanks",
            "user_data": {"em": ["ab".repeat(32)], "client_user_agent": "ua", "fbp": "fb.1.1.2"},
            "custom_data": {"currency": "EUR", "net_revenue": 80},
            "original_event_data": {
                "event_name": "Purchase", "event_time": NOW_S, "order_id": "7", "event_id": "e1",
            },
            "data_processing_options": ["LDU"], "data_processing_options_country": 1,
            "data_processing_options_state": 1000,
        })
    );
    assert_eq!(
        capi::refusal(
            &Event::from_slice(one.activity.event.json.as_bytes()).unwrap(),
            capi::Checks::at(NOW_S + 60)
        ),
        None
    );
}

#[test]
fn a_change_is_appended_once_and_its_return_as_well_up_to_a_bound() {
    let first = json!({"currency": "EUR", "value": "100"});
    let value = |text: &str| again(&json!({"currency": "EUR", "value": text}));
    let (mut appended, mut ids) = (Vec::new(), Vec::new());
    let is_full = |appended: &[_]| appended.len() == 5;
    for (text, is_news) in
        [("80", true), ("80", false), ("100", true), ("80", true), ("70", true), ("60", true), ("50", false)]
    {
        match repetition(&first, &value(text), &appended) {
            Repetition::Appends(one, worth) => {
                assert!(is_news, "{text}");
                let last_s = appended.last().map_or(NOW_S, |(_, at_s)| *at_s);
                assert!(one.activity.event_s > last_s, "later than what was before it");
                appended.push((worth, one.activity.event_s));
                ids.push(one.activity.event_id);
            }
            other => {
                assert!(!is_news, "{text}: {other:?}");
                // The sixth change is said, and what is known already is not.
                assert_eq!(other == Repetition::TooMany, is_full(&appended), "{text}");
            }
        }
    }
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 5, "each has an id of its own");
}

#[test]
fn what_meta_has_no_more_use_for_is_not_made() {
    let first = json!({"currency": "EUR", "value": "100"});
    let second = again(&json!({"currency": "EUR", "value": "80"}));
    let (one, event) = reported(&first);
    let days = |days: i64| {
        let taken_ms = Some((NOW_S + 60 - days * 86_400) * 1000);
        let purchase = ReportedPurchase { one: &one, event: &event, taken_ms, appended: &[] };
        append_value(&purchase, &second, &join(), NOW_S + 60)
    };
    assert!(matches!(days(6), Repetition::Appends(..)));
    assert_eq!(days(7), Repetition::Known);
}

#[test]
fn only_purchases_on_websites_that_meta_has_or_gets_are_appended_to() {
    let (one, _) = reported(&json!({"currency": "EUR", "value": "100"}));
    assert!(is_appendable(&one, "website"));
    assert!(!is_appendable(&one, "physical_store") && !is_appendable(&one, "email"));
    assert!(!is_appendable(&Conversion { name: "Lead".into(), ..one.clone() }, "website"));
    for (state, expected) in [
        (State::Queued, true),
        (State::Waiting, true),
        (State::Duplicate, true),
        (State::Suppressed, false),
        (State::Failed, false),
    ] {
        assert_eq!(is_appendable(&Conversion { state, ..one.clone() }, "website"), expected, "{state:?}");
    }
    let second = again(&json!({"currency": "EUR", "value": "80"}));
    assert!(may_append(&second));
    assert!(!may_append(&Admitted { appending: Appending::Never, ..second.clone() }));
    assert!(!may_append(&Admitted { state: State::Suppressed, ..second }));
}

#[test]
fn what_meta_does_not_have_yet_is_waited_for() {
    let (one, event) = reported(&json!({"currency": "EUR", "value": "100"}));
    let one = Conversion { state: State::Queued, ..one };
    let purchase = ReportedPurchase { one: &one, event: &event, taken_ms: None, appended: &[] };
    let second = again(&json!({"currency": "EUR", "value": "80"}));
    let Repetition::Appends(made, _) = append_value(&purchase, &second, &join(), NOW_S) else { panic!() };
    assert_eq!((made.state, made.reason), (State::Waiting, Some(Reason::WaitingSale)));
    assert_eq!(made.activity.event_s, NOW_S + 1, "later than the purchase");
}

#[test]
fn every_word_is_read() {
    let all = Appending::WORDS.map(|word| Appending::from_word(word).unwrap());
    assert_eq!(all, [Appending::Never, Appending::Stated, Appending::Changed]);
    assert_eq!(Appending::from_word("always"), None);
}
