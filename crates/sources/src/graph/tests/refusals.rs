//! Events that Meta would refuse, each by itself.

use capi::Checks;

use super::*;

/// What this library's check says of an event decides; here is what must not be lost on the way.
#[test]
fn subcodes_are_those_of_the_check() {
    let user = |user: Value| json!({"user_data": user, "custom_data": {"order_id": null}});
    let alone = |user: Value| {
        let mut event = event(&json!({"user_data": null}));
        event["user_data"] = user;
        event
    };
    let custom = |custom: Value| event(&json!({"custom_data": custom}));
    let events = [
        json!({}),
        json!({"event_name": "Lead"}),
        event(&json!({"event_name": null})),
        event(&json!({"event_name": ""})),
        event(&json!({"event_name": ["a"]})),
        event(&json!({"event_time": null})),
        event(&json!({"event_time": "yesterday"})),
        event(&json!({"event_time": 1.5})),
        event(&json!({"event_time": NOW_S - 8 * 86_400})),
        event(&json!({"event_time": NOW_S + 7200})),
        event(&json!({"event_time": NOW_MS})),
        event(&json!({"event_time": -1})),
        event(&json!({"event_time": 0})),
        event(&json!({"event_time": 1e300})),
        event(&json!({"event_time": NOW_S - 63 * 86_400, "action_source": "physical_store"})),
        event(&json!({"user_data": null})),
        alone(json!("x")),
        alone(json!([1])),
        alone(json!({})),
        alone(json!({"client_user_agent": "Mozilla"})),
        alone(json!({"country": "tr", "ct": "izmir"})),
        alone(json!({"fn": "ada", "ge": "f"})),
        alone(json!({"email": "ada@example.com"})),
        event(&user(json!({"lead_id": "12"}))),
        event(&user(json!({"lead_id": 5.257e14}))),
        event(&user(json!({"lead_id": "l:525645896321548"}))),
        event(&user(json!({"fbc": "fb.1.1779999000000."}))),
        event(&json!({"action_source": "web"})),
        event(&json!({"action_source": "Website"})),
        event(&json!({"action_source": 5})),
        event(&json!({"action_source": "app", "app_data": {"extinfo": ["i2"]}})),
        custom(json!({"value": null})),
        custom(json!({"currency": null})),
        custom(json!({"value": "ten"})),
        custom(json!({"value": {"a": 1}})),
        custom(json!({"currency": "EURO"})),
        custom(json!({"currency": "€"})),
        custom(json!({"contents": "[{\"id\":1}]"})),
        custom(json!({"contents": [{"quantity": 1}]})),
        custom(json!({"contents": [{"id": "A1", "item_name": "Shoe"}]})),
        event(&json!({"event_name": "Lead", "custom_data": {"currency": null}})),
        event(&json!({"custom_data": null})),
    ];
    let mut refused_count = 0;
    for event in &events {
        let text = event.to_string();
        let read = capi::Event::from_slice(text.as_bytes()).unwrap();
        let findings = capi::check(&read, Checks::at(NOW_S));
        let refusal = findings.refusal();
        match take(&json!({"data": [event]})) {
            EventsOutcome::Taken(_) => assert_eq!(refusal, None, "{event}"),
            EventsOutcome::Refused(refused) => {
                let refusal = refusal.unwrap_or_else(|| panic!("{event}: {refused:?}"));
                let error = &body_of(&refused.reply)["error"];
                assert_eq!(error["error_subcode"], json!(refusal.subcode()), "{event}");
                assert!(error["error_user_msg"].as_str().unwrap().contains(&*refusal.message), "{event}");
                assert_eq!(error["message"], "Invalid parameter");
                refused_count += 1;
            }
        }
    }
    assert!(refused_count >= 36, "{refused_count} of {}", events.len());
}

#[test]
fn what_is_no_event_is_refused() {
    for element in [
        json!(null),
        json!(1),
        json!("ada@example.com"),
        json!([]),
        json!([{}]),
        json!(true),
        json!("{\"a\":"),
    ] {
        let refused = refused(take(&json!({"data": [element]})));
        assert_eq!(refused.reason, "all_refused", "{element}");
        assert_eq!(body_of(&refused.reply)["error"]["error_subcode"], 2_804_019, "{element}");
        assert_eq!(refused.refused[0].json, "");
        assert!(!format!("{refused:?}").contains("ada@"), "{element}");
    }
    let batched = json!({"method": "POST", "relative_url": "1/events", "body": "data=[]"});
    assert_eq!(refused(take(&json!({"data": [batched]}))).reason, "all_refused");
}

#[test]
fn what_meta_takes_and_this_door_does_not() {
    for (change, field) in [
        (json!({"action_source": "business_messaging", "messaging_channel": "whatsapp"}), "action_source"),
        (json!({"event_name": "x".repeat(257)}), "event_name"),
        (json!({"event_id": "x".repeat(1025)}), "event_id"),
        (json!({"event_name": "order of ada@example.com"}), "event_name"),
        (json!({"event_name": "+90 532 111 22 33"}), "event_name"),
    ] {
        let refused = refused(take(&json!({"data": [event(&change)]})));
        let text = body_of(&refused.reply)["error"]["error_user_msg"].as_str().unwrap().to_owned();
        assert!(text.starts_with(&format!("$['data'][0]['{field}']: ")), "{text}");
        let shown = format!("{refused:?}").to_lowercase();
        assert!(!shown.contains("ada@example.com") && !shown.contains("532 111"), "{shown}");
    }
    // Of an address that Meta cannot use nothing is left that it could match by.
    let local = json!({"client_ip_address": "10.0.0.1", "client_user_agent": "Mozilla/5.0"});
    let mut event = event(&json!({}));
    event["user_data"] = local;
    let refused = refused(take(&json!({"data": [event]})));
    assert_eq!(body_of(&refused.reply)["error"]["error_subcode"], 2_804_050);
}

#[test]
fn one_bad_event_harms_no_other_unless_the_key_is_strict() {
    let good = |id: &str| event(&json!({"event_id": id}));
    let bad = event(&json!({"event_time": 5}));
    let body = json!({"data": [good("a"), bad, "x", good("b")]});
    let taken = taken(take(&body));
    let ids: Vec<_> = taken.activities.iter().map(|activity| activity.event_id.as_str()).collect();
    assert_eq!(ids, ["a", "b"]);
    let places: Vec<_> = taken.refused.iter().map(|event| (event.index, event.subcode)).collect();
    assert_eq!(places, [(1, Some(2_804_003)), (2, Some(2_804_019))]);
    let kept: Value = serde_json::from_str(&taken.refused[0].json).unwrap();
    assert_eq!(kept["user_data"]["em"], json!([ada()]));
    let reply = taken.reply.make(TurnedOut { doubles: 1, ..TurnedOut::default() });
    assert_eq!(reply.status(), 200);
    let answer = body_of(&reply);
    assert_eq!(answer["events_received"], 2);
    assert_eq!(answer["messages"].as_array().unwrap().len(), 2);
    let first = answer["messages"][0].as_str().unwrap();
    assert!(
        first.starts_with("event 1 was not taken: Event Timestamp Too Old: $['data'][1]['event_time']: "),
        "{first}"
    );
    assert_eq!(answer["kopru"]["duplicates"], 1);
    assert_eq!(answer["kopru"]["refused"][1]["index"], 2);
    assert_eq!(answer["kopru"]["refused"][1]["subcode"], 2_804_019);

    let strict = refused(take_at(JSON, body.to_string().as_bytes(), |door| door.strict = true));
    assert_eq!(strict.reason, "refused_strictly");
    assert_eq!(body_of(&strict.reply)["error"]["error_subcode"], 2_804_003);
    assert_eq!(strict.refused.len(), 2);

    let all = refused(take(&json!({"data": [event(&json!({"event_time": 5})), 1]})));
    assert_eq!(all.reason, "all_refused");
    assert_eq!(body_of(&all.reply)["kopru"]["refused"].as_array().unwrap().len(), 2);
}

#[test]
fn an_event_that_cannot_be_read_harms_no_other() {
    let good = event(&json!({}));
    let deep = format!("{}1{}", "[".repeat(10_000), "]".repeat(10_000));
    for (from, to) in [
        ("49.9", "1e999"),
        ("\"1001\"", &*deep),
        ("o-1001", "\\ud83d"),
        ("\"event_time\":", "\"event_time\":1e999,\"x\":"),
    ] {
        let bad = good.to_string().replacen(from, to, 1);
        assert_ne!(bad, good.to_string());
        let body = format!(r#"{{"data":[{bad},{good}]}}"#);
        let taken = taken(take_at(JSON, body.as_bytes(), |_| ()));
        assert_eq!(taken.activities, [one(&good)], "{to:.20}");
        assert_eq!(taken.refused[0].index, 0);
    }
}

#[test]
fn where_there_is_nothing_to_say_the_answer_is_metas_own() {
    let reply = taken(take(&json!({"data": [event(&json!({}))]}))).reply.make(TurnedOut::default());
    let answer = body_of(&reply);
    assert_eq!(answer, json!({"events_received": 1, "messages": [], "fbtrace_id": trace().as_str()}));
    assert_eq!(reply.headers()["content-type"], "application/json; charset=UTF-8");
}
