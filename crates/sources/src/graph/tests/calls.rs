//! Requests: addresses, tokens, encodings, what is broken.

use http::{HeaderMap, HeaderValue};

use super::*;

#[test]
fn addresses() {
    for (path, ours) in [
        ("/v24.0/1234567890/events", Some(("v24.0", "1234567890"))),
        ("/v26.0/1234567890/events/", Some(("v26.0", "1234567890"))),
        ("/v2.10/a-b_c/events", Some(("v2.10", "a-b_c"))),
        ("/1234567890/events", None),
        ("/v24/1234567890/events", None),
        ("/v24.0/1234567890/event", None),
        ("/v24.0/1234567890/events/x", None),
        ("/v24.0/1234567890/events//", None),
        ("/v24.0//events", None),
        ("/v24.0/12%2034/events", None),
        ("/v24.0/../events", None),
        ("/v24.0000/1/events", None),
        ("/vx.0/1/events", None),
        ("v24.0/1/events", None),
        ("/", None),
        ("", None),
    ] {
        let read = EventsPath::parse(path).map(|path| (path.version, path.dataset));
        assert_eq!(read, ours, "{path}");
    }
    assert!(EventsPath::parse(&format!("/v1.0/{}/events", "1".repeat(65))).is_none());
}

#[test]
fn an_address_that_resembles_ours_is_told_which_was_meant() {
    for (path, meant) in [
        ("/1234567890/events", Some("/v26.0/1234567890/events")),
        ("/v26/1234567890/events", Some("/v26.0/1234567890/events")),
        ("/V24.0/1234567890/Events", Some("/v24.0/1234567890/events")),
        ("/v26.0/1234567890/event", Some("/v26.0/1234567890/events")),
        ("/v26.0/1234567890", Some("/v26.0/1234567890/events")),
        ("//v26.0//1234567890/events", Some("/v26.0/1234567890/events")),
        ("/facebook/v26.0/1234567890/events", Some("/v26.0/1234567890/events")),
        ("/1234567890", Some("/v26.0/1234567890/events")),
        ("/events", Some("/v26.0/DATASET/events")),
        ("/v26.0/ada@example.com/events", Some("/v26.0/DATASET/events")),
        ("/", None),
        ("", None),
        ("/favicon.ico", None),
        ("/12/x", None),
        ("/vendor/x", None),
        ("/wp-login.php", None),
    ] {
        assert_eq!(EventsPath::meant(path).as_deref(), meant, "{path}");
        if let Some(meant) = meant {
            assert!(EventsPath::parse(meant).is_some(), "{meant}");
        }
    }
}

#[test]
fn whose_datasets_are_named_depends_on_the_key() {
    let text = |dataset, reports_to: &[&str]| {
        let answer = body_of(&RefusedCall::unknown_dataset(dataset, reports_to, &trace()).reply);
        answer["error"]["error_user_msg"].as_str().unwrap().to_owned()
    };
    let told = text("999", &["1234567890", "77"]);
    assert!(told.contains("no dataset 999 here; this key reports to 1234567890, 77"), "{told}");
    assert!(text("999", &[]).contains("valid key"));
    assert!(text("act_123", &["77"]).contains("ad account"));
}

#[test]
fn tokens_stand_in_four_places_and_two_that_contradict_are_refused() {
    let form = "application/x-www-form-urlencoded";
    let json = r#"{"access_token":"B","data":[]}"#;
    for (headers, query, content_type, body, token) in [
        (&[][..], "", JSON, "{}", Ok(None)),
        (&["Bearer A"], "", JSON, "{}", Ok(Some("A"))),
        (&["bearer  A "], "", JSON, "{}", Ok(Some("A"))),
        (&["Basic QTpC"], "", JSON, "{}", Ok(None)),
        (&["Bearer"], "", JSON, "{}", Ok(None)),
        (&["Bearer "], "access_token=", JSON, r#"{"access_token":""}"#, Ok(None)),
        (&[], "a=1&access_token=A%2B", JSON, "{}", Ok(Some("A+"))),
        (&[], "", JSON, json, Ok(Some("B"))),
        (&[], "", form, "data=[]&access_token=B", Ok(Some("B"))),
        (&["Bearer B"], "access_token=B", JSON, json, Ok(Some("B"))),
        (&["Bearer A"], "", JSON, json, Err(())),
        (&[], "access_token=A", JSON, json, Err(())),
        (&["Bearer A"], "access_token=B", JSON, "{}", Err(())),
        (&["Bearer A", "Bearer B"], "", JSON, "{}", Err(())),
        (&[], "access_token=A&access_token=B", JSON, "{}", Err(())),
        (&["Bearer é"], "", JSON, "{}", Ok(None)),
        (&[], "", JSON, r#"{"access_token":["B"]}"#, Ok(None)),
    ] {
        let mut lines = HeaderMap::new();
        for value in headers {
            let value = HeaderValue::from_bytes(value.as_bytes()).unwrap();
            lines.append(http::header::AUTHORIZATION, value);
        }
        let mut scratch = Scratch::default();
        let call = read(content_type, body.as_bytes(), &mut scratch, &trace()).unwrap();
        let found = token_of_head(&lines, query, &trace())
            .and_then(|head| call.token(head.as_ref(), &trace()))
            .map(|token| token.map(|token| token.expose().to_owned()));
        match (found, token) {
            (Ok(found), Ok(token)) => assert_eq!(found.as_deref(), token, "{headers:?} {query} {body}"),
            (Err(refused), Err(())) => {
                assert_eq!(refused.reply.status(), 401);
                assert_eq!(body_of(&refused.reply)["error"]["code"], 190);
            }
            (found, token) => panic!("{headers:?} {query} {body}: {found:?} {token:?}"),
        }
    }
}

/// The same event in every way in which clients send it.
#[test]
fn encodings() {
    let event = event(&json!({}));
    let text = event.to_string();
    let of_texts = json!([text]).to_string();
    let form = |fields: &[(&str, &str)]| {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.extend_pairs(fields).finish()
    };
    let list = json!([event]).to_string();
    let part = format!("--b\r\nContent-Disposition: form-data; name=\"data\"\r\n\r\n{list}\r\n--b--\r\n");
    let json = json!({"data": [event]}).to_string();
    let expected = one(&event);
    for (content_type, body) in [
        ("", json.clone()),
        ("application/json; charset=utf-8", json.clone()),
        ("text/plain", json.clone()),
        (JSON, format!("\u{feff}{json}")),
        (JSON, json!({"data": [text]}).to_string()),
        (JSON, json!({"data": list}).to_string()),
        (JSON, json!({"data": of_texts}).to_string()),
        ("application/x-www-form-urlencoded", form(&[("data", &list)])),
        (
            "application/x-www-form-urlencoded; charset=UTF-8",
            form(&[("access_token", "A"), ("data", &of_texts)]),
        ),
        ("multipart/form-data; boundary=b", part),
    ] {
        let taken = taken(take_at(content_type, body.as_bytes(), |_| ()));
        assert_eq!(taken.activities, std::slice::from_ref(&expected), "{content_type} {body}");
    }
}

#[test]
fn a_body_that_cannot_be_read_is_refused_as_a_whole() {
    let good = json!({"data": [event(&json!({}))]}).to_string();
    let utf16: Vec<u8> = good.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let latin1 = [good.as_bytes(), b"\xe9"].concat();
    let form = "application/x-www-form-urlencoded";
    let many = |count: usize| json!({"data": vec![event(&json!({})); count]}).to_string().into_bytes();
    let deep = format!(r#"{{"data":[],"test_event_code":{}{}}}"#, "[".repeat(10_000), "]".repeat(10_000));
    let long = json!({"data": [event(&json!({}))], "upload_tag": "x".repeat(513)}).to_string();
    for (content_type, body, reason) in [
        (JSON, b"".to_vec(), "unread_body"),
        (JSON, good.as_bytes()[..good.len() - 9].to_vec(), "unread_body"),
        (JSON, utf16, "unread_body"),
        (JSON, latin1, "unread_body"),
        (JSON, b"[]".to_vec(), "unread_body"),
        (JSON, b"null".to_vec(), "unread_body"),
        (JSON, b"data=[]".to_vec(), "unread_body"),
        (JSON, format!("{good}{good}").into_bytes(), "unread_body"),
        (JSON, deep.into_bytes(), "unread_body"),
        (JSON, br#"{"data":[{"event_time":NaN}]}"#.to_vec(), "unread_body"),
        (JSON, br#"{"data":[{"event_time":1e999}],}"#.to_vec(), "unread_body"),
        ("multipart/form-data", good.clone().into_bytes(), "unread_body"),
        ("multipart/form-data; boundary=b", b"--b\r\n".to_vec(), "unread_body"),
        (JSON, b"{}".to_vec(), "bad_request"),
        (JSON, br#"{"data":[]}"#.to_vec(), "bad_request"),
        (JSON, br#"{"data":null}"#.to_vec(), "bad_request"),
        (JSON, br#"{"data":{}}"#.to_vec(), "bad_request"),
        (JSON, br#"{"data":{"0":{}}}"#.to_vec(), "bad_request"),
        (JSON, br#"{"data":"ada@example.com"}"#.to_vec(), "bad_request"),
        (JSON, br#"{"data":1e999}"#.to_vec(), "unread_body"),
        (JSON, br#"{"batch":[]}"#.to_vec(), "bad_request"),
        (form, b"".to_vec(), "bad_request"),
        (form, b"data=%00".to_vec(), "bad_request"),
        (form, b"data[0][event_name]=Lead".to_vec(), "bad_request"),
        (JSON, many(1001), "bad_request"),
        (JSON, long.into_bytes(), "bad_request"),
    ] {
        let shown = String::from_utf8_lossy(&body[..body.len().min(80)]).into_owned();
        let refused = refused(take_at(content_type, &body, |_| ()));
        assert_eq!(refused.reason, reason, "{content_type} {shown}");
        assert_eq!(refused.reply.status(), 400, "{shown}");
        let answer = body_of(&refused.reply);
        let error = &answer["error"];
        assert_eq!((&error["type"], &error["code"]), (&json!("OAuthException"), &json!(100)), "{shown}");
        assert!(error["error_user_msg"].as_str().is_some_and(|text| text.len() > 10), "{answer}");
        assert!(error.get("error_subcode").is_none(), "{answer}");
        assert!(!answer.to_string().contains("ada"), "{answer}");
        assert!(answer.get("kopru").is_none() && refused.refused.is_empty());
    }
    assert_eq!(taken(take_at(JSON, &many(1000), |_| ())).activities.len(), 1000);
}

#[test]
fn of_a_key_that_comes_twice_the_last_one_counts() {
    let event = event(&json!({}));
    let body = format!(r#"{{"data":[],"data":[{event}],"access_token":"A","access_token":"B"}}"#);
    let mut scratch = Scratch::default();
    let call = read(JSON, body.as_bytes(), &mut scratch, &trace()).unwrap();
    assert_eq!(call.events(), 1);
    assert_eq!(call.token(None, &trace()).unwrap().unwrap().expose(), "B");
    let twice = event.to_string().replacen('{', r#"{"event_name":"Lead","event_id":5,"#, 1);
    let taken = taken(take_at(JSON, format!(r#"{{"data":[{twice}]}}"#).as_bytes(), |_| ()));
    assert_eq!(taken.activities[0].name, "Purchase");
    assert_eq!(taken.activities[0].event_id, "o-1001");
}

#[test]
fn the_parameters_of_a_request_go_with_its_events_and_its_secrets_do_not() {
    for (parameters, envelope) in [
        (json!({}), ""),
        (json!({"test_event_code": "TEST1"}), r#"{"test_event_code":"TEST1"}"#),
        (
            json!({"upload_tag": "t", "upload_id": 5, "partner_agent": "shop_1", "namespace_id": "9",
                "upload_source": "crm", "test_event_code": "T"}),
            r#"{"namespace_id":"9","partner_agent":"shop_1","test_event_code":"T","upload_id":"5","upload_source":"crm","upload_tag":"t"}"#,
        ),
        (json!({"access_token": "A", "appsecret_proof": "b", "accessKey": "c", "trace": 1, "x": 2}), ""),
        (json!({"upload_tag": "", "partner_agent": null, "upload_id": {"a": 1}}), ""),
        (json!({"upload_tag": "of ada@example.com"}), ""),
    ] {
        let mut body = json!({"data": [event(&json!({}))]});
        merge(&mut body, &parameters);
        let taken = taken(take(&body));
        assert_eq!(taken.activities[0].event.envelope, envelope);
    }
}

#[test]
fn what_the_server_refuses_by_itself_has_metas_form() {
    let trace = trace();
    for (refused, status, kind, code, subcode) in [
        (RefusedCall::unknown_dataset("12", &[], &trace), 400, "GraphMethodException", 100, json!(33)),
        (RefusedCall::no_token(&trace), 401, "OAuthException", 190, Value::Null),
        (RefusedCall::bad_token(TokenFault::Unknown, &trace), 401, "OAuthException", 190, Value::Null),
        (RefusedCall::two_tokens(&trace), 401, "OAuthException", 190, Value::Null),
        (RefusedCall::website_off("12", &trace), 400, "OAuthException", 100, Value::Null),
        (RefusedCall::busy(7, &trace), 503, "OAuthException", 2, Value::Null),
        (RefusedCall::too_large(1024, &trace), 413, "OAuthException", 100, Value::Null),
    ] {
        assert_eq!(refused.reply.status(), status, "{}", refused.reason);
        let answer = body_of(&refused.reply);
        let error = &answer["error"];
        assert_eq!(error["type"], kind);
        assert_eq!(error["code"], code);
        assert_eq!(error["error_subcode"], subcode);
        assert_eq!(error["is_transient"], status == 503);
        assert_eq!(error["fbtrace_id"], trace.as_str());
        assert!(!error["message"].as_str().unwrap().is_empty());
        let retry_after = refused.reply.headers().get("retry-after");
        assert_eq!(retry_after.is_some_and(|seconds| seconds == "7"), status == 503);
    }
    assert_eq!(trace.as_str().len(), 23);
    assert!(trace.as_str().starts_with('A'));
    assert_ne!(trace, TraceId::of(&[8; 16]));
}

/// Whoever reads an error must not have to know Meta's codes.
#[test]
fn each_error_says_what_is_wrong_and_how_to_mend_it() {
    let trace = trace();
    for call in [
        RefusedCall::unknown_dataset(DATASET, &[], &trace),
        RefusedCall::no_token(&trace),
        RefusedCall::bad_token(TokenFault::Unknown, &trace),
        RefusedCall::two_tokens(&trace),
        RefusedCall::website_off(DATASET, &trace),
        RefusedCall::busy(30, &trace),
        RefusedCall::too_slow(&trace),
        RefusedCall::broken_off(&trace),
        RefusedCall::encoded(&trace),
        RefusedCall::unknown_path("/v26.0/DATASET/events", &trace),
        RefusedCall::wrong_method(&trace),
        RefusedCall::too_large(7, &trace),
    ] {
        let error = &body_of(&call.reply)["error"];
        let text = |key: &str| error[key].as_str().unwrap_or_default().to_owned();
        assert!(text("error_user_title").len() > 5 && text("error_user_msg").len() > 20, "{error}");
    }
    let busy = body_of(&RefusedCall::busy(30, &trace).reply)["error"]["error_user_msg"].to_string();
    assert!(busy.contains("the same again") && busy.contains("30 seconds"), "{busy}");
}
