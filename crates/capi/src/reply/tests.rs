use proptest::prelude::*;
use serde_json::json;

use super::*;

/// The class of an answer to one event in the words of the tables below.
fn class(status: u16, body: &str) -> String {
    match read_reply(status, body.as_bytes(), 1) {
        Reply::Delivered { .. } => "delivered".to_owned(),
        Reply::Unknown { .. } => "unknown".to_owned(),
        Reply::Refused { .. } => "refused".to_owned(),
        Reply::Retry { temporary: true, .. } => "retry".to_owned(),
        Reply::Retry { temporary: false, .. } => "retry a little".to_owned(),
        Reply::Foreign => "foreign".to_owned(),
        Reply::Throttled { scope, .. } => format!("throttled {scope:?}"),
        Reply::Hold { scope, .. } => format!("hold {scope:?}"),
    }
}

fn error(kind: &str, code: u32, subcode: Option<u32>) -> String {
    let mut error = json!({"message": "Geçersiz", "type": kind, "code": code, "fbtrace_id": "AbC-d_1"});
    if let Some(subcode) = subcode {
        error["error_subcode"] = subcode.into();
    }
    json!({ "error": error }).to_string()
}

#[test]
fn an_errors_code_and_subcode_decide() {
    for (code, subcode, expected) in [
        (1, None, "retry"),
        (1, Some(99), "retry"),
        (2, None, "retry"),
        (3, None, "hold DatasetChannel"),
        (4, None, "throttled App"),
        (4, Some(1_504_022), "throttled App"),
        (5, Some(12), "retry a little"),
        (10, None, "hold DatasetChannel"),
        (17, Some(2_446_079), "throttled Token"),
        (32, None, "throttled Token"),
        (33, None, "retry a little"),
        (100, None, "refused"),
        (100, Some(33), "hold Dataset"),
        (100, Some(2_804_003), "refused"),
        (100, Some(2_804_004), "refused"),
        (100, Some(2_804_009), "refused"),
        (100, Some(2_804_019), "refused"),
        (100, Some(2_804_050), "refused"),
        (100, Some(2_804_065), "hold DatasetChannel"),
        (100, Some(2_804_066), "refused"),
        (100, Some(2_804_072), "refused"),
        (100, Some(2_804_087), "refused"),
        (100, Some(2_804_116), "refused"),
        (100, Some(2_804_118), "hold DatasetChannel"),
        (100, Some(2_804_131), "hold DatasetChannel"),
        (100, Some(2_804_132), "hold DatasetChannel"),
        (100, Some(2_804_133), "hold DatasetChannel"),
        (102, None, "hold Token"),
        (104, None, "hold Token"),
        (190, None, "hold Token"),
        (190, Some(460), "hold Token"),
        (200, None, "hold DatasetChannel"),
        (294, None, "hold DatasetChannel"),
        (341, None, "throttled App"),
        (368, None, "hold Token"),
        (613, Some(1_487_742), "throttled Token"),
        (803, None, "hold Dataset"),
        (5000, None, "retry"),
        (21_009, None, "retry"),
        (80_000, None, "throttled Dataset"),
        (80_004, None, "throttled Dataset"),
        (80_014, None, "throttled Dataset"),
        (987_654, None, "retry a little"),
    ] {
        let body = error("OAuthException", code, subcode);
        // Also with a success in the status line: an error is an error.
        for status in [200, 400, 401, 403, 429, 500, 503] {
            assert_eq!(class(status, &body), expected, "{status} {code} {subcode:?}");
        }
    }
}

#[test]
fn a_call_that_is_wrong_as_a_whole_holds_the_dataset() {
    assert_eq!(class(400, &error("GraphMethodException", 100, None)), "hold Dataset");
    assert_eq!(class(400, &error("GraphMethodException", 100, Some(33))), "hold Dataset");
}

#[test]
fn what_meta_calls_transient_is_tried_again_unless_it_needs_a_person() {
    let body = |code: u32| json!({"error": {"code": code, "is_transient": true}}).to_string();
    assert_eq!(class(400, &body(100)), "retry");
    assert_eq!(class(400, &body(987_654)), "retry");
    assert_eq!(class(400, &body(190)), "hold Token");
}

#[test]
fn a_gateway_that_writes_its_status_as_a_code_is_not_meta() {
    for body in [
        json!({"error": {"code": 404, "message": "Not Found", "status": "NOT_FOUND"}}),
        json!({"error": {"code": "503", "message": "upstream", "type": "gateway_error"}}),
        json!({"error": {"code": 502}}),
    ] {
        assert_eq!(class(502, &body.to_string()), "foreign", "{body}");
        assert_eq!(class(200, &body.to_string()), "unknown", "{body}");
    }
}

#[test]
fn codes_may_be_strings() {
    let body = json!({"error": {"code": "190", "error_subcode": "463"}}).to_string();
    assert_eq!(class(400, &body), "hold Token");
}

#[test]
fn an_edge_that_gave_up_waiting_proves_nothing() {
    assert_eq!(class(504, "<html>gateway time-out</html>"), "unknown");
    assert_eq!(class(502, "<html>bad gateway</html>"), "foreign");
    assert_eq!(class(504, &error("OAuthException", 2, None)), "retry", "Meta's own word counts");
}

#[test]
fn a_success_needs_its_proof() {
    for (status, body, expected) in [
        (200, r#"{"events_received":1,"messages":[],"fbtrace_id":"A"}"#, "delivered"),
        (200, r#"{"events_received":"1"}"#, "delivered"),
        (200, r#"{"events_received":0,"messages":[],"fbtrace_id":"A"}"#, "unknown"),
        (200, r#"{"events_received":-1}"#, "unknown"),
        (200, r#"{"events_received":null}"#, "unknown"),
        (200, r#"{"events_received":1,"error":{}}"#, "unknown"),
        (200, "{}", "unknown"),
        (200, "[]", "unknown"),
        (204, "", "unknown"),
        (200, "<html>welcome to the hotel's Wi-Fi</html>", "unknown"),
        (302, "", "foreign"),
        (304, "", "foreign"),
        (400, "<html>bad request</html>", "foreign"),
        (400, r#"{"error":"no"}"#, "foreign"),
        (400, r#"{"error":{"message":"no code"}}"#, "foreign"),
        (400, r#"{"error":{"code":-1,"message":"no code of Meta's"}}"#, "foreign"),
        (403, "{}", "foreign"),
        (404, "", "foreign"),
        (418, "short and stout", "foreign"),
        (429, "", "foreign"),
        (502, "<html>bad gateway</html>", "foreign"),
        (503, "", "foreign"),
    ] {
        assert_eq!(class(status, body), expected, "{status} {body}");
    }
    let short = read_reply(200, br#"{"events_received":3}"#, 4);
    assert_eq!(short, Reply::Unknown { why: "Meta took 3 of 4 events".to_owned() });
    let whole = read_reply(200, br#"{"events_received":4,"fbtrace_id":"AbC-d_1"}"#, 4);
    assert_eq!(whole, Reply::Delivered { fbtrace_id: Some("AbC-d_1".to_owned()) });
}

#[test]
fn the_blamed_event_is_found_where_meta_names_it() {
    for (extra, expected) in [
        (json!({"error_user_msg": "Der Parameter $['data'][2]['user_data'] fehlt"}), Some(2)),
        (json!({"message": "Invalid parameter $['data'][0]"}), Some(0)),
        (json!({"message": "data[1][event_time] is wrong"}), Some(1)),
        (json!({"error_data": {"blame_field_specs": [["data", "1", "event_time"]]}}), Some(1)),
        (json!({"error_data": {"blame_field_specs": [["data", 2]]}}), Some(2)),
        (json!({"error_data": {"blame_field_specs": [["data[2][event_time]"]]}}), Some(2)),
        (json!({"error_data": r#"{"blame_field_specs":[["data",2]]}"#}), Some(2)),
        (json!({"error_data": {"blame_field_specs": [["access_token"]]}}), None),
        (json!({"error_user_msg": "$['data'][3]"}), None),
        (json!({"error_user_msg": "$['data'][99999999999999999999]"}), None),
        (json!({"error_user_msg": "$['data'][-1]"}), None),
        (json!({"error_user_msg": "$['data']["}), None),
        (json!({}), None),
    ] {
        let mut error = extra.clone();
        error["code"] = 100.into();
        error["error_subcode"] = 2_804_019.into();
        let body = json!({ "error": error }).to_string();
        match read_reply(400, body.as_bytes(), 3) {
            Reply::Refused { index, .. } => assert_eq!(index, expected, "{extra}"),
            other => panic!("{extra}: {other:?}"),
        }
    }
}

#[test]
fn an_error_shows_no_personal_data_and_is_short() {
    let body = json!({"error": {
        "code": 100, "error_subcode": 2_804_087,
        "message": "ph +90 (532) 123 45 67 of ayse@example.com, hash 5d17a594497dd1f6a19fed37d6bf596de6371fd6975657662bf45d7c19728531",
        "error_user_msg": "x ".repeat(5000),
        "fbtrace_id": "not an id",
    }});
    let Reply::Refused { error, .. } = read_reply(400, body.to_string().as_bytes(), 1) else { panic!() };
    assert_eq!(error.summary(), "100/2804087: ph … of … hash …");
    assert!(error.user_message.is_some_and(|text| text.chars().count() <= 300));
    assert_eq!(error.fbtrace_id, None);
}

#[test]
fn a_title_is_preferred_and_paths_stay_readable() {
    let body = json!({"error": {"code": 100, "error_subcode": 2_804_019,
        "message": "Invalid parameter", "error_user_title": "Server Side Api Parameter Error",
        "error_user_msg": "Parameter $['data'][0]['user_data'] is required"}});
    let Reply::Refused { error, .. } = read_reply(400, body.to_string().as_bytes(), 1) else { panic!() };
    assert_eq!(error.to_string(), "100/2804019: Server Side Api Parameter Error");
    assert_eq!(error.user_message.as_deref(), Some("Parameter $['data'][0]['user_data'] is required"));
}

proptest! {
    #[test]
    fn any_answer_is_survived(status in any::<u16>(), body in any::<Vec<u8>>(), text in any::<String>(), sent in 0_usize..2000) {
        read_reply(status, &body, sent);
        let error = json!({"error": {"code": 100, "message": text, "error_user_msg": text, "error_data": text}});
        read_reply(status, error.to_string().as_bytes(), sent);
    }
}
