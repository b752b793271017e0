use crate::{Checks, check_element};

use super::*;

/// What is no broken JSON by its form, and what nothing can be read of.
fn unreadable() -> Vec<(String, &'static str)> {
    let deep = |open: &str, close: &str| format!("{}1{}", open.repeat(10_000), close.repeat(10_000));
    vec![
        (r#"{"event_name":"a","event_time":1e999}"#.into(), "number out of range"),
        (r#"{"event_name":"\\ud83d"}"#.replace("\\\\", "\\"), "unexpected end of hex escape"),
        (
            r#"{"event_name":"a","user_data":{"em":DEEP}}"#.replace("DEEP", &deep("[", "]")),
            "recursion limit exceeded",
        ),
        (r#"{"event_name":DEEP}"#.replace("DEEP", &deep(r#"{"a":"#, "}")), "recursion limit exceeded"),
        (r#"{"custom_data":{"num_items":-1e999}}"#.into(), "number out of range"),
    ]
}

#[test]
fn what_cannot_be_read_harms_no_neighbour() {
    let good = r#"{"event_name":"Lead","event_time":1780000000}"#;
    let text = json!(good).to_string();
    for (bad, why) in unreadable() {
        for body in [
            format!(
                r#"{{"data":[{good},{bad},{good}],"test_event_code":"T","trace":1e999,"access_token":"A"}}"#
            ),
            format!(r#"{{"access_token":"A","test_event_code":"T","data":[{text},{bad},{text}]}}"#),
            json!({"access_token": "A", "test_event_code": "T", "data": format!("[{good},{bad},{text}]")})
                .to_string(),
        ] {
            with_request("application/json", body.as_bytes(), |request| {
                let names: Vec<_> =
                    request.data.iter().map(|event| event.as_ref().ok()?.event_name.as_deref()).collect();
                assert_eq!(names, [Some("Lead"), None, Some("Lead")], "{why}");
                assert_eq!(request.envelope.test_event_code.as_deref(), Some("T"));
                assert_eq!(request.envelope.access_token.as_ref().unwrap().expose(), "A");
                let findings = check_element(&request.data[1], Checks::at(1_780_000_000));
                let refusal = findings.refusal().unwrap();
                assert_eq!(refusal.subcode(), Some(crate::subcodes::PARAMETER));
                assert!(refusal.message.contains(why), "{}", refusal.message);
            });
        }
    }
}

#[test]
fn without_the_ends_of_the_events_nothing_is_read() {
    let (bad, _) = &unreadable()[0];
    for body in [
        format!(r#"{{"data":[{bad}"#),
        format!(r#"{{"data":[{bad}]"#),
        format!(r#"{{"data":[{bad}]}}x"#),
        format!(r#"{{"data":[{bad},]}}"#),
        format!(r#"{{"data":[{bad}],"test_event_code":"\\ud83d"}}"#).replace("\\\\", "\\"),
        r#"{"data":1e999}"#.to_owned(),
    ] {
        error("application/json", body.as_bytes());
    }
    let many = format!(r#"{{"data":[{bad}{}]}}"#, ",{}".repeat(1000));
    with_request("application/json", many.as_bytes(), |request| {
        assert_eq!((request.data.len(), request.surplus), (1000, 1));
    });
}
