//! What `kopru lint` says of a body, the door says of it.

use capi::{Checks, Finding};

use super::*;

/// What the door says where the check is silent: each is of its own work.
const OF_THE_DOOR: [&str; 5] = [
    "left out: ",
    "the event had no id",
    "the time lies ahead",
    "the first three values",
    "a thing was left out",
];

/// What `kopru lint` says: of a body as it is, as if it went to Meta itself.
fn linted(event: &Value) -> Vec<Finding> {
    let json = event.to_string();
    let element = Ok(capi::Event::from_slice(json.as_bytes()).unwrap());
    let checks = Checks { as_sent: true, ..Checks::at(NOW_S) };
    capi::check_element(&element, checks).iter().cloned().collect()
}

/// Events of all kinds of mistakes.
fn bodies() -> Vec<Value> {
    let user = |user: Value| event(&json!({"user_data": user}));
    let alone = |user: Value| {
        let mut event = event(&json!({"user_data": null}));
        event["user_data"] = user;
        event
    };
    let custom = |custom: Value| event(&json!({"custom_data": custom}));
    let sha1 = "a9993e364706816aba3e25717850c26c9cd0d89d";
    let md5 = "900150983cd24fb0d6963f7d28e17f72";
    let nothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    let agent = "Mozilla/5.0";
    vec![
        event(&json!({})),
        event(&json!({"event_id": null})),
        event(&json!({"event_id": "purchase"})),
        event(&json!({"event_source_url": null})),
        event(&json!({"event_source_url": "shop.example.com/thanks"})),
        event(&json!({"event_source_url": "https://shop.example.com/?email=ada%40example.com"})),
        event(&json!({"event_name": "purchase"})),
        event(&json!({"event_name": "page_view"})),
        event(&json!({"event_time": NOW_S - 3 * 86_400})),
        event(&json!({"test_event_code": "TEST1"})),
        event(&json!({"data_processing_options": ["LDU"]})),
        event(&json!({"messaging_channel": "whatsapp"})),
        event(&json!({"customer_segmentation": "+905320000001"})),
        event(&json!({"email": "ada@example.com"})),
        user(json!({"fbc": "fb.1.abc"})),
        user(json!({"fbc": "fb.1.1779999000000."})),
        user(json!({"fbc": "IwAR2abc"})),
        user(json!({"fbc": "undefined"})),
        user(json!({"fbc": "fb.1.1700000000000.AbCdEfGh"})),
        user(json!({"fbp": "1234"})),
        user(json!({"fbp": "fb.1.1779999000.123"})),
        user(json!({"em": sha1})),
        user(json!({"em": md5})),
        user(json!({"em": nothing})),
        user(json!({"em": [sha1, ada()]})),
        user(json!({"em": ada().to_uppercase()})),
        user(json!({"em": "a***@example.com"})),
        user(json!({"em": "n/a"})),
        user(json!({"em": "not an address"})),
        user(json!({"db": "1990-13-45", "ge": "x", "ct": "123", "country": "Narnia"})),
        alone(json!({"em": "not an address", "client_user_agent": agent})),
        event(&json!({"event_id": ["a"]})),
        user(json!({"ph": capi::sha256_hex(b"undefined")})),
        user(json!({"ph": "89123456789"})),
        user(json!({"external_id": "undefined"})),
        user(json!({"external_id": "ada@example.com"})),
        user(json!({"madid": "00000000-0000-0000-0000-000000000000"})),
        user(json!({"client_ip_address": "10.0.0.1"})),
        user(json!({"client_ip_address": "::ffff:81.2.69.142"})),
        user(json!({"client_user_agent": null})),
        user(json!({"client_user_agent": "python-requests/2.31"})),
        user(json!({"email": "ada@example.com"})),
        user(json!({"lead_id": "12"})),
        alone(json!({"em": sha1, "client_user_agent": agent})),
        alone(json!({"em": nothing, "client_user_agent": agent})),
        alone(json!({"em": "n/a", "client_user_agent": agent})),
        alone(json!({"fbp": "undefined", "client_user_agent": agent})),
        alone(json!({"client_ip_address": "10.0.0.1", "client_user_agent": agent})),
        alone(json!({"client_user_agent": agent})),
        alone(json!({"em": md5})),
        custom(json!({"content_ids": [{"id": "A1"}]})),
        custom(json!({"content_ids": "A1, A2"})),
        custom(json!({"content_ids": ["undefined"]})),
        custom(json!({"content_type": "products"})),
        custom(json!({"num_items": "iki"})),
        custom(json!({"num_items": "+905320000001"})),
        custom(json!({"contents": [{"id": "A1", "quantity": 1, "item_price": "10,50 €"}]})),
        custom(json!({"contents": [{"id": "A1", "quantity": 0}]})),
        custom(json!({"contents": [{"id": "A1"}]})),
        custom(json!({"contents": [{"id": "A1", "item_name": "Shoe"}]})),
        custom(json!({"contents": {"0": {"id": "A1"}}})),
        custom(json!({"value": "10,50 €"})),
        custom(json!({"value": -5})),
        custom(json!({"value": 10.505})),
        custom(json!({"currency": "TL"})),
        custom(json!({"currency": "eur"})),
        custom(json!({"order_id": "order"})),
        custom(json!({"order_id": 1001.5})),
        custom(json!({"order_id": "+905320000001"})),
        custom(json!({"note": "call 0532 000 00 01"})),
        custom(json!({"sku": "212-555-1212"})),
        custom(json!({"content_name": "ada(at)example.com"})),
        custom(json!({"predicted_ltv": "1.299,90"})),
        custom(json!({"delivery_category": "pickup"})),
        custom(json!({"store_data": {"store_code": "A-1"}})),
        custom(json!({"price": 5})),
    ]
}

#[test]
fn the_door_says_what_the_check_says() {
    let (mut refused_count, mut said_count) = (0, 0);
    for event in bodies() {
        let linted = linted(&event);
        let refusal = linted.iter().find(|finding| finding.is_refusal());
        let body = json!({"data": [event]});
        let taken = match take(&body) {
            EventsOutcome::Refused(refused) => {
                refused_count += 1;
                let error = &body_of(&refused.reply)["error"];
                let text = error["error_user_msg"].as_str().unwrap();
                if let Some(refusal) = refusal {
                    assert_eq!(error["error_subcode"], json!(refusal.subcode()), "{event}");
                    assert!(text.ends_with(&*refusal.message), "{event}: {text}");
                } else {
                    // What Meta could not use does not leave, and without it Meta would refuse.
                    assert!(
                        linted.iter().any(|finding| finding.code == "nobody_left"),
                        "{event}: {linted:?}"
                    );
                    assert_eq!(error["error_subcode"], 2_804_050, "{event}");
                }
                continue;
            }
            EventsOutcome::Taken(taken) => taken,
        };
        assert_eq!(refusal, None, "{event}");
        let answer = body_of(&taken.reply.make(TurnedOut::default()));
        let advice = answer["kopru"]["advice"].as_array().cloned().unwrap_or_default();
        let said: Vec<(&str, &str)> = advice
            .iter()
            .map(|one| (one["path"].as_str().unwrap(), one["message"].as_str().unwrap()))
            .collect();
        // What came plain is hashed here; and of an event that is given an id that is said.
        let linted = linted.iter().filter(|finding| {
            finding.code != "not_hashed"
                && !matches!(finding.code, "event_id_missing")
                && !(finding.path == "event_id" && finding.code == "placeholder")
        });
        for finding in linted.clone() {
            let is_said =
                said.iter().any(|(path, text)| *path == finding.path && text.ends_with(&*finding.message));
            assert!(is_said, "{event}: lint says {finding}, the door {said:?}");
            said_count += 1;
        }
        for (path, text) in said {
            let is_linted =
                linted.clone().any(|finding| path == finding.path && text.ends_with(&*finding.message));
            let is_of_the_door = OF_THE_DOOR.iter().any(|begin| text.starts_with(begin));
            assert!(is_linted || is_of_the_door, "{event}: the door says {path}: {text}");
        }
    }
    assert!(refused_count >= 12 && said_count >= 50, "{refused_count} {said_count}");
}

#[test]
fn of_the_request_as_well() {
    for (body, path, says) in [
        (json!({"partner_agent": "1"}), "partner_agent", "at least 2 letters"),
        (json!({"test_event_code": "TEST1"}), "test_event_code", "count like all others"),
        (json!({"event_source_url": "https://shop.example.com"}), "event_source_url", "in each event"),
    ] {
        let mut with_data = body.clone();
        with_data["data"] = json!([event(&json!({}))]);
        let answer = body_of(&taken(take(&with_data)).reply.make(TurnedOut::default()));
        let one = &answer["kopru"]["advice"][0];
        assert_eq!((&one["path"], one.get("indexes")), (&json!(path), None), "{answer}");
        assert!(one["message"].as_str().unwrap().contains(says), "{answer}");
    }
    let twice = json!({"data": [event(&json!({})), event(&json!({}))]});
    let answer = body_of(&taken(take(&twice)).reply.make(TurnedOut::default()));
    assert_eq!(answer["kopru"]["advice"][0]["path"], "event_id");
    assert_eq!(answer["kopru"]["advice"][0]["indexes"], json!([1]));
}

#[test]
fn an_answer_holds_so_many_texts() {
    let events: Vec<Value> = (0..200).map(|place| {
        event(&json!({"event_name": format!("Visit{}", place / 4), "event_id": format!("o-{place}"), "custom_data": {format!("note{place}"): "ada@example.com"}}))
    }).collect();
    let answer = body_of(&taken(take(&json!({"data": events}))).reply.make(TurnedOut::default()));
    assert_eq!(answer["kopru"]["advice"].as_array().unwrap().len(), 50);
}

#[test]
fn of_many_events_of_one_name_the_first_are_looked_at() {
    let of = |place: usize, name: &str| {
        event(
            &json!({"event_name": name, "event_id": format!("o-{place}"), "user_data": {"fbc": "fb.1.abc"}}),
        )
    };
    let mut events: Vec<Value> = (0..30).map(|place| of(place, "ViewContent")).collect();
    events.push(of(30, "AddToCart"));
    let answer = body_of(&taken(take(&json!({"data": events}))).reply.make(TurnedOut::default()));
    let said = answer["kopru"]["advice"].as_array().unwrap();
    let of_fbc = said.iter().find(|one| one["path"] == "user_data.fbc").unwrap_or_else(|| panic!("{answer}"));
    let places = of_fbc["indexes"].as_array().unwrap();
    assert_eq!(places.len(), 11, "{answer}");
    assert_eq!(places.last(), Some(&json!(30)));
}

/// A form of PHP is refused, and it says how to write it.
#[test]
fn forms_in_brackets_are_told_how_to_be_written() {
    for body in [
        "data[0][event_name]=Lead&data[0][user_data][em][0]=a",
        "event_name=Lead&user_data[em][0]=a",
        "user_data%5Bem%5D%5B%5D=a",
        "custom_data[value]=5",
    ] {
        let refused = refused(take_at("application/x-www-form-urlencoded", body.as_bytes(), |_| ()));
        let text = body_of(&refused.reply)["error"]["error_user_msg"].as_str().unwrap().to_owned();
        assert!(text.contains("data=[{…}]"), "{body}: {text}");
    }
}
