//! What is said of events that are taken.

use kopru_core::ConsentAnswer;

use super::*;

/// What the answer advises: path, places, and the text.
fn advised(change: &Value, field: bool) -> Vec<(String, Value, String)> {
    advised_of(&json!({"data": [event(&json!({"event_id": "o-1"})), event(change)]}), field)
}

fn advised_of(body: &Value, field: bool) -> Vec<(String, Value, String)> {
    let outcome = take_at(JSON, body.to_string().as_bytes(), |door| {
        if field {
            door.consent = Some(agreed());
        }
    });
    let answer = body_of(&taken(outcome).reply.make(TurnedOut::default()));
    let all = answer["kopru"]["advice"].as_array().cloned().unwrap_or_default();
    let text = |one: &Value, key: &str| one[key].as_str().unwrap_or_default().to_owned();
    all.iter().map(|one| (text(one, "path"), one["indexes"].clone(), text(one, "message"))).collect()
}

#[test]
fn an_unclear_answer_is_no_yes_and_that_is_said() {
    for unclear in [json!("perhaps"), json!({"marketing": true}), json!(2), json!(["yes", "perhaps"])] {
        let mut asked = event(&json!({}));
        asked["custom_data"]["agreed"] = unclear.clone();
        assert_eq!(one_of_field(&asked).consent, Some(ConsentAnswer::Unclear), "{unclear}");
        let body =
            json!({"data": [event(&json!({"event_id": "o-1", "custom_data": {"agreed": true}})), asked]});
        let advised = advised_of(&body, true);
        assert_eq!(advised.len(), 1, "{unclear}: {advised:?}");
        let (path, places, text) = &advised[0];
        assert_eq!((path.as_str(), places), ("custom_data.Agreed", &json!([1])), "{unclear}");
        assert!(text.contains("no yes") && text.contains("true"), "{text}");
    }
    for clear in [json!(true), json!("no"), json!(["yes", "no"]), json!({"marketing": false})] {
        assert_eq!(advised(&json!({"custom_data": {"agreed": clear}}), true), [], "{clear}");
    }
}

/// A yes counts where the key says that it stands, and a no wherever it stands.
#[test]
fn consent_elsewhere_is_pointed_at_and_a_no_there_counts() {
    for (place, path) in [("", "Agreed"), ("user_data", "user_data.Agreed")] {
        for (word, consent) in [("yes", None), ("no", Some(ConsentAnswer::No))] {
            let mut asked = event(&json!({}));
            match place {
                "" => asked["agreed"] = word.into(),
                within => asked[within]["agreed"] = word.into(),
            }
            let activity = one_of_field(&asked);
            assert_eq!(activity.consent, consent, "{path} {word}");
            assert!(!activity.event.json.contains("greed"), "{}", activity.event.json);
            let advised = advised_of(&json!({"data": [event(&json!({"event_id": "o-1"})), asked]}), true);
            assert_eq!((advised[0].0.as_str(), &advised[0].1), (path, &json!([1])), "{advised:?}");
            assert!(advised[0].2.contains("custom_data"), "{advised:?}");
        }
    }
    for (word, consent) in [("yes", None), ("no", Some(ConsentAnswer::No))] {
        let body = json!({"agreed": word, "data": [event(&json!({}))]});
        let outcome = take_at(JSON, body.to_string().as_bytes(), |door| door.consent = Some(agreed()));
        assert_eq!(taken(outcome).activities[0].consent, consent, "{word}");
        let advised = advised_of(&body, true);
        assert_eq!((advised[0].0.as_str(), &advised[0].1), ("Agreed", &json!(null)), "{advised:?}");
    }
    // Where the sender has asked, a field of that name is a property like any other.
    let advised = advised(&json!({"agreed": "no"}), false);
    assert_eq!((advised.len(), advised[0].0.as_str()), (1, "agreed"), "{advised:?}");
    assert!(advised[0].2.contains("no such field"), "{advised:?}");
}

/// Names of properties are the sender's and are said; what stands in them never is.
#[test]
fn whatever_does_not_leave_is_said_by_its_name() {
    for (change, path, says) in [
        (json!({"custom_data": {"note": "call me at 0532 111 22 33"}}), "custom_data.note", "left out"),
        (json!({"custom_data": {"gift_note": "ali@example.com"}}), "custom_data.gift_note", "left out"),
        (json!({"custom_data": {"müşteri_adı": "Ali"}}), "custom_data.müşteri_adı", "left out"),
        (json!({"custom_data": {"adres": "Lale Sokak 3"}}), "custom_data.adres", "left out"),
        (json!({"custom_data": {"addr": "Lale Sokak 3"}}), "custom_data.addr", "left out"),
        (json!({"custom_data": {"content_name": "ali@example.com"}}), "custom_data.content_name", "left out"),
        (json!({"adres": "Lale Sokak 3"}), "adres", "left out"),
        (json!({"user_data": {"zzz": "1"}}), "user_data.zzz", "left out: Meta's documentation knows no such"),
        (json!({"user_data": {"email": "ali@example.com"}}), "user_data.email", "left out"),
        (
            json!({"event_source_url": "https://shop.example.com/?email=ali%40example.com"}),
            "event_source_url",
            "left out in part",
        ),
        (
            json!({"referrer_url": "https://shop.example.com/?tel=05321112233&a=1"}),
            "referrer_url",
            "left out in part",
        ),
        (
            json!({"custom_data": {"contents": [{"id": "a", "quantity": 1, "title": "for ali@example.com"}]}}),
            "custom_data.contents.0.title",
            "left out",
        ),
        (json!({"custom_data": {"value": -5}}), "custom_data.value", "the value is below zero"),
        (json!({"custom_data": {"value": 0}}), "custom_data.value", "a purchase of 0"),
    ] {
        let advised = advised(&change, false);
        assert_eq!(advised.len(), 1, "{change}: {advised:?}");
        let (at, places, message) = &advised[0];
        assert_eq!((at.as_str(), places), (path, &json!([1])), "{change}");
        assert!(message.starts_with(says), "{change}: {message}");
        for secret in ["0532", "ali@", "Lale"] {
            assert!(!message.contains(secret), "{message}");
        }
    }
    for fine in [
        json!({"event_source_url": "https://shop.example.com/?page=2&sku=8691234567890&utm_source=fb"}),
        json!({"event_name": "AddToCart", "custom_data": {"value": 0}}),
        json!({"custom_data": {"size": "XL"}}),
    ] {
        assert_eq!(advised(&fine, false), [], "{fine}");
    }
}

/// Refusals win: a plain no under a name that can mean nothing else counts whatever the key says.
#[test]
fn a_no_that_is_called_consent_counts_for_every_key() {
    for (change, path) in [
        (json!({"custom_data": {"consent": "hayır"}}), "custom_data.consent"),
        (json!({"custom_data": {"Onay": false}}), "custom_data.Onay"),
        (json!({"custom_data": {"açık rıza": 0}}), "custom_data.açık rıza"),
        (json!({"user_data": {"gdpr_consent": "no"}}), "user_data.gdpr_consent"),
        (json!({"marketing_consent": "denied"}), "marketing_consent"),
    ] {
        for (field, key) in [(false, "--consent \"field:"), (true, "custom_data.Agreed")] {
            let mut asked = event(&change);
            if field {
                asked["custom_data"]["agreed"] = true.into();
            }
            let activity = if field { one_of_field(&asked) } else { one(&asked) };
            assert_eq!(activity.consent, Some(ConsentAnswer::No), "{change}");
            assert_eq!(activity.event.json, "{}", "{change}");
            let advised = advised_of(&json!({"data": [asked]}), field);
            assert_eq!(advised.len(), 1, "{advised:?}");
            assert_eq!((advised[0].0.as_str(), &advised[0].1), (path, &json!([0])), "{change}");
            assert!(advised[0].2.contains("not sent") && advised[0].2.contains(key), "{advised:?}");
        }
    }
    let body = json!({"consent": "no", "data": [event(&json!({})), event(&json!({"event_id": "o-2"}))]});
    let taken = taken(take(&body));
    assert!(taken.activities.iter().all(|one| one.consent == Some(ConsentAnswer::No)));
    let advised = advised_of(&body, false);
    assert_eq!((advised[0].0.as_str(), &advised[0].1), ("consent", &json!(null)), "{advised:?}");
}

#[test]
fn what_is_called_consent_and_is_no_plain_no_changes_nothing_and_does_not_leave() {
    for other in [json!("yes"), json!(true), json!("whatsapp"), json!({"version": 0}), json!([false])] {
        let asked = event(&json!({"custom_data": {"consent": other, "size": "XL"}}));
        let activity = one(&asked);
        assert_eq!(activity.consent, Some(ConsentAnswer::Yes), "{other}");
        assert!(!activity.event.json.contains("consent"), "{}", activity.event.json);
        assert_eq!(sent(&activity)["custom_data"]["size"], "XL");
        let advised = advised_of(&json!({"data": [asked]}), false);
        assert!(advised.len() == 1 && advised[0].2.contains("left out"), "{advised:?}");
        assert_eq!(one_of_field(&asked).consent, None, "a yes counts where the key says");
    }
    // Consent to something else, or a field of another name, is a property like any other.
    for change in [json!({"custom_data": {"sms_consent": "no"}}), json!({"custom_data": {"agreed": "no"}})] {
        assert_eq!(one(&event(&change)).consent, Some(ConsentAnswer::Yes), "{change}");
        assert_eq!(advised(&change, false), [], "{change}");
    }
}

#[test]
fn what_is_left_out_or_does_not_work_is_said() {
    for (change, path, says) in [
        (json!({"test_event_code": "TEST1"}), "test_event_code", "counts as real"),
        (json!({"user_data": {"fbp": "undefined"}}), "user_data.fbp", "placeholder"),
        (json!({"user_data": {"fbc": "null"}}), "user_data.fbc", "placeholder"),
        (json!({"user_data": {"fbc": "fb.1.1779999000000.undefined"}}), "user_data.fbc", "placeholder"),
        (
            json!({"user_data": {"client_user_agent": "{{user_agent}}"}}),
            "user_data.client_user_agent",
            "placeholder",
        ),
        (json!({"user_data": {"subscription_id": "(not set)"}}), "user_data.subscription_id", "placeholder"),
        (json!({"user_data": {"madid": "null"}}), "user_data.madid", "placeholder"),
        (json!({"user_data": {"ph": "n/a"}}), "user_data.ph", "placeholder"),
        (json!({"user_data": {"ph": capi::sha256_hex(b"undefined")}}), "user_data.ph", "hash"),
        (json!({"user_data": {"external_id": capi::sha256_hex(b"null")}}), "user_data.external_id", "hash"),
        (json!({"user_data": {"em": capi::sha256_hex(b"test@test.com")}}), "user_data.em", "hash"),
        (json!({"user_data": {"em": "d41d8cd98f00b204e9800998ecf8427f"}}), "user_data.em", "SHA-256"),
        (json!({"user_data": {"client_ip_address": "10.0.0.1"}}), "user_data.client_ip_address", "left out"),
        (json!({"event_time": NOW_S + 1800}), "event_time", "waits"),
        (json!({"custom_data": {"order_id": "test"}}), "custom_data.order_id", "placeholder"),
    ] {
        let advised = advised(&change, false);
        assert_eq!(advised.len(), 1, "{change}: {advised:?}");
        assert_eq!((advised[0].0.as_str(), &advised[0].1), (path, &json!([1])), "{change}");
        assert!(advised[0].2.contains(says), "{change}: {advised:?}");
    }
    for fine in [
        json!({"user_data": {"external_id": "guest-17", "fbc": "fb.1.1779999000000.AbC"}}),
        json!({"event_time": NOW_S + 5}),
        json!({"user_data": {"em": ada()}}),
    ] {
        assert_eq!(advised(&fine, false), [], "{fine}");
    }
}

#[test]
fn what_stands_for_nothing_does_not_leave() {
    for (name, value) in [
        ("fbp", json!("undefined")),
        ("fbc", json!("null")),
        ("fbc", json!("fb.1.1779999000000.{{fbclid}}")),
        ("client_user_agent", json!("undefined")),
        ("anon_id", json!("[object Object]")),
        ("fb_login_id", json!("undefined")),
        ("external_id", json!(capi::sha256_hex(b"undefined"))),
        ("em", json!(capi::sha256_hex(b"NULL"))),
        ("ph", json!(capi::sha256_hex(b"0000000000"))),
    ] {
        let activity = one(&event(&json!({"user_data": {"ph": "+905321112233", name: value}})));
        assert_eq!(sent(&activity)["user_data"].get(name), None, "{name}");
        assert!(
            activity.carried.left_out.iter().any(|one| one.key == name),
            "{name}: {:?}",
            activity.carried
        );
    }
}

/// Of events without an id of their own each gets another one: of all with one id Meta keeps the first.
#[test]
fn a_constant_in_the_place_of_an_id_is_none() {
    for id in [
        "0",
        "000",
        "-",
        "#",
        "test",
        "TEST",
        "false",
        "true",
        "event_id",
        "Event-ID",
        "undefined",
        "none",
        "purchase",
        "Lead",
        "yok",
        "guest",
        "order",
        "default",
        "sipariş",
        "event",
    ] {
        let first = event(&json!({"event_id": id, "custom_data": {"order_id": null}}));
        let taken = taken(take(&json!({"data": [first, first]})));
        let ids: Vec<_> = taken.activities.iter().map(|one| one.event_id.as_str()).collect();
        assert_ne!(ids[0], ids[1], "{id}");
        assert_ne!(taken.activities[0].once, taken.activities[1].once, "{id}");
        let answer = body_of(&taken.reply.make(TurnedOut::default()));
        assert_eq!(answer["kopru"]["advice"][0]["path"], "event_id", "{id}");
        assert_eq!(answer["kopru"]["advice"][0]["indexes"], json!([0, 1]), "{id}");
    }
    for id in ["1", "1001", "a", "order-0", "test-1"] {
        assert_eq!(one(&event(&json!({"event_id": id}))).event_id, id);
    }
}
