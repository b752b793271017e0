//! What a refusal says: what is wrong, where, and how to mend it.

use super::*;

fn said(outcome: EventsOutcome) -> String {
    body_of(&refused(outcome).reply)["error"]["error_user_msg"].as_str().unwrap().to_owned()
}

fn said_of(event: &Value) -> String {
    said(take(&json!({"data": [event]})))
}

/// What the door takes has time to leave before it is too old for Meta, whatever the source.
#[test]
fn nothing_is_taken_that_would_be_given_up_at_once() {
    for source in ["website", "app", "physical_store", "email"] {
        let age_max_s = kopru_core::age_max_s(source);
        let aged = |age_s: i64| {
            let app = json!({"extinfo": ["a2", "com.shop", "1", "1", "13", "x", "en_US", "UTC", "x", "1", "1", "1", "1", "1", "1", "UTC"]});
            let app = if source == "app" { app } else { json!(null) };
            event(&json!({"action_source": source, "event_time": NOW_S - age_s, "app_data": app}))
        };
        for age_s in [age_max_s - 601, age_max_s - 86_400, 0] {
            let activity = one(&aged(age_s));
            let key =
                kopru_core::ActivityKey { origin: activity.origin.clone(), id: activity.event_id.clone() };
            let mut kept =
                kopru_core::Conversion::of_activity(key, activity.name.clone(), activity.event_s, NOW_MS);
            kept.identity = Some(kopru_core::Identity::Activity(Box::new(activity.event)));
            assert!(kept.last_call_ms() >= NOW_MS + 300_000, "{source} {age_s}");
        }
        for age_s in [age_max_s - 599, age_max_s] {
            let said = said_of(&aged(age_s));
            assert!(said.contains("event_time") && said.contains("minutes"), "{said}");
        }
    }
}

/// Whoever has not said yes leaves nothing with a refused event, wherever a yes is asked for.
#[test]
fn nothing_is_kept_of_a_refused_event_without_a_yes() {
    for (answer, is_kept) in
        [(json!(true), true), (json!(null), false), (json!("perhaps"), false), (json!(false), false)]
    {
        let mut bad = event(&json!({"event_time": 5}));
        bad["custom_data"]["agreed"] = answer.clone();
        let body = json!({"data": [bad]}).to_string();
        let refused = refused(take_at(JSON, body.as_bytes(), |door| door.consent = Some(agreed())));
        assert_eq!(refused.refused[0].json.contains(&ada()), is_kept, "{answer}");
        assert_eq!(refused.refused[0].json == "{}", !is_kept, "{answer}");
    }
    let body = json!({"data": [event(&json!({"event_time": 5}))]}).to_string();
    let nobody = refused(take_at(JSON, body.as_bytes(), |door| door.consent = None));
    assert_eq!(nobody.refused[0].json, "{}");
}

#[test]
fn keys_that_cannot_be_used_are_named() {
    let alone = |user: Value| {
        let mut event = event(&json!({}));
        event["user_data"] = user;
        said_of(&event)
    };
    for (user, names) in [
        (json!({"em": "test@test.com"}), &["user_data']['em", "placeholder"][..]),
        (json!({"em": "test@test.com", "ph": "12"}), &["em (", "ph (", "placeholder"][..]),
        (json!({"em": capi::sha256_hex(b"test@test.com")}), &["['em']", "placeholder"][..]),
        (json!({"fbp": "undefined", "client_user_agent": "Mozilla/5.0"}), &["['fbp']", "placeholder"][..]),
        (json!({"email": "ada@example.com", "phone": "1"}), &["email to em", "phone to ph"][..]),
        (json!({"E-Mail": "ada@example.com"}), &["to em"][..]),
    ] {
        let said = alone(user.clone());
        assert!(names.iter().all(|name| said.contains(name)), "{user}: {said}");
        assert!(!said.contains("below") && !said.contains("ada@"), "{said}");
    }
}

#[test]
fn each_mistake_of_a_body_has_its_own_words() {
    const FORM: &str = "application/x-www-form-urlencoded";
    let good = json!([event(&json!({}))]).to_string();
    let form =
        |data: &str| form_urlencoded::Serializer::new(String::new()).append_pair("data", data).finish();
    let gzip = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3];
    let nested = "data%5B0%5D%5Bevent_name%5D=Purchase&data%5B0%5D%5Bevent_time%5D=1780000000";
    let mut all = Vec::new();
    for (content_type, body, names) in [
        ("", form(&good).into_bytes(), &["Content-Type: application/x-www-form-urlencoded"][..]),
        (JSON, form(&good).into_bytes(), &["Content-Type: application/x-www-form-urlencoded"]),
        (
            "",
            b"--b\r\nContent-Disposition: form-data; name=\"data\"\r\n\r\n[]\r\n--b--\r\n".to_vec(),
            &["Content-Type: multipart/form-data; boundary=b"],
        ),
        (FORM, form(&good[..good.len() - 5]).into_bytes(), &["data", "line 1", "ends too early"]),
        (FORM, form("[{'event_name': 'Lead'}]").into_bytes(), &["data", "column", "double quotes"]),
        (FORM, nested.into(), &["data[0][event_name]", "JSON"]),
        (FORM, json!({"data": []}).to_string().into_bytes(), &["Content-Type: application/json"]),
        (JSON, gzip.to_vec(), &["gzip", "uncompressed"]),
        (FORM, gzip.to_vec(), &["gzip", "uncompressed"]),
        (JSON, b"<html><body>It works</body></html>".to_vec(), &["no JSON", "{\"data\": [{"]),
        (JSON, b"hello".to_vec(), &["no JSON", "{\"data\": [{"]),
        (JSON, b" ".to_vec(), &["empty"]),
        (
            JSON,
            json!({"data": [good[1..good.len() - 3].to_owned()]}).to_string().into_bytes(),
            &["$['data'][0]", "text", "column"],
        ),
    ] {
        let said = said(take_at(content_type, &body, |_| ()));
        assert!(
            names.iter().all(|name| said.contains(name)),
            "{content_type} {}: {said}",
            String::from_utf8_lossy(&body)
        );
        assert!(!said.to_lowercase().contains("ada@"), "{said}");
        all.push(said);
    }
}

/// A short body cannot become a long event: what is escaped when it is written grows up to twelvefold.
#[test]
fn an_event_has_a_largest_size_as_it_is_written() {
    for (name, text) in [
        ("content_name", "x".repeat(300_000)),
        ("content_name", "\u{1}".repeat(60_000)),
        ("mine", "\u{1}".repeat(60_000)),
    ] {
        let long = event(&json!({"custom_data": {name: text}}));
        let taken = taken(take(&json!({"data": [event(&json!({})), long]})));
        assert_eq!(taken.activities.len(), 1);
        let said = &taken.refused[0];
        assert!(said.message.contains("262144 bytes") && said.json.len() <= 262_144, "{}", said.message);
    }
    let fits = event(&json!({"custom_data": {"content_name": "x".repeat(200_000)}}));
    assert!(sent(&one(&fits))["custom_data"]["content_name"].is_string());
}

#[test]
fn the_word_oauth_before_a_key_is_as_good_as_bearer() {
    let head = |value: &str| {
        let mut headers = http::HeaderMap::new();
        headers.insert("authorization", value.parse().unwrap());
        token_of_head(&headers, "", &trace()).unwrap().map(|token| token.expose().to_owned())
    };
    for written in ["Bearer KEY", "bearer  KEY", "OAuth KEY", "oauth KEY "] {
        assert_eq!(head(written).as_deref(), Some("KEY"), "{written}");
    }
    for written in ["Basic KEY", "KEY", "Bearer", "OAuth"] {
        assert_eq!(head(written), None, "{written}");
    }
}
