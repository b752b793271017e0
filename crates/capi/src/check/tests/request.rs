use super::*;
use crate::{Scratch, read_request};

fn of_request(body: &Value) -> Vec<(bool, String)> {
    let (body, mut scratch) = (body.to_string(), Scratch::default());
    let request = read_request("application/json", body.as_bytes(), &mut scratch).unwrap();
    let findings = check_request(&request);
    findings
        .iter()
        .map(|finding| (finding.is_refusal(), format!("{} {}", finding.code, finding.path)))
        .collect()
}

#[test]
fn a_request_needs_from_1_to_1000_events() {
    let refused = vec![(true, "refused data".to_owned())];
    let many = |count: usize| json!({"data": vec![json!({}); count]});
    for wrong in [
        json!({}),
        json!({"data": null}),
        json!({"data": 7}),
        json!({"data": {}}),
        json!({"data": "x"}),
        many(0),
        many(1001),
    ] {
        assert_eq!(of_request(&wrong), refused);
    }
    for right in [many(1), many(1000)] {
        assert_eq!(of_request(&right), []);
    }
    let said = |body: Value| {
        let (body, mut scratch) = (body.to_string(), Scratch::default());
        let request = read_request("", body.as_bytes(), &mut scratch).unwrap();
        let findings = check_request(&request);
        let refusal = findings.refusal().unwrap();
        assert_eq!(refusal.subcode(), None);
        refusal.message.to_string()
    };
    assert!(said(many(1001)).contains("1000 events and this one has 1001"));
    assert!(said(many(0)).contains("empty"));
    assert!(said(json!({})).contains("needs the list"));
}

#[test]
fn what_stands_for_the_list_is_named() {
    for (body, path, words) in [
        (json!({"data": {"3": {"event_name": "Lead"}}}), "data", "array_values"),
        (json!({"data": {"data": [{}]}}), "data", "once more"),
        (json!({"data": {"events": [{}]}}), "data", "once more"),
        (json!({"data": {"event_name": "Lead"}}), "data", "into a list"),
        (json!({"data": "{\"event_name\":\"Lead\"}"}), "data", "into a list"),
        (json!({"log": {"entries": []}}), "log", "log.entries[].request.postData.text"),
        (json!({"info": {}, "item": []}), "item", "item[].request.body.raw"),
        (json!({"type": "track", "event": "x", "properties": {}}), "properties", "Segment"),
        (json!({"client_id": "1.2", "events": [{"name": "purchase"}]}), "events", "Google Analytics 4"),
    ] {
        let (text, mut scratch) = (body.to_string(), Scratch::default());
        let request = read_request("", text.as_bytes(), &mut scratch).unwrap();
        let findings = check_request(&request);
        let refusal = findings.refusal().unwrap();
        assert_eq!(refusal.path, path, "{body}");
        assert!(refusal.message.contains(words), "{body}: {}", refusal.message);
        assert_eq!(findings.iter().count(), 1, "{body}");
    }
}

#[test]
fn events_that_repeat_another_are_named() {
    let event = |name: &str, id: Value| json!({"event_name": name, "event_id": id});
    let body = json!({"data": [
        event("Lead", json!("7")), event("Lead", json!("8")), event("Purchase", json!("7")), event("Lead", json!(7)),
        7, event("Lead", json!("")), event("Lead", json!("")), event("Lead", json!("7 ")), event("Lead", json!("8")),
    ]});
    let repeated = |place| (false, format!("repeated_event data.{place}.event_id"));
    assert_eq!(of_request(&body), [repeated(3), repeated(8)]);
}

#[test]
fn parameters_of_the_request_are_looked_at() {
    let with = |name: &str, value: Value| of_request(&json!({"data": [{}], name: value}));
    let advised = |code: &str| vec![(false, format!("{code} {code}"))];
    for (name, value, expected) in [
        ("partner_agent", json!("shop_1_0"), vec![]),
        ("partner_agent", json!("a".repeat(22)), vec![]),
        ("partner_agent", json!("a".repeat(23)), advised("partner_agent")),
        ("partner_agent", json!("a_1"), advised("partner_agent")),
        ("test_event_code", json!("TEST12345"), advised("test_event_code")),
        ("test_event_code", json!(""), vec![]),
        ("trace", json!(1), vec![]),
    ] {
        assert_eq!(with(name, value.clone()), expected, "{name} = {value}");
    }
}

#[test]
fn an_element_that_is_no_event_is_refused_at_its_place() {
    let (body, mut scratch) = (r#"{"data":[{},7,"x",null,[]]}"#, Scratch::default());
    let request = read_request("", body.as_bytes(), &mut scratch).unwrap();
    for (place, element) in request.data.iter().enumerate().skip(1) {
        let findings = check_element(element, live());
        let refusal = findings.refusal().unwrap();
        assert_eq!(
            (refusal.subcode(), refusal.json_path(place)),
            (Some(subcodes::PARAMETER), format!("$['data'][{place}]"))
        );
    }
    assert_eq!(check_element(&request.data[0], live()).refusal().unwrap().path, "event_name");
}

#[test]
fn a_batch_of_the_graph_api_is_named() {
    let inner = json!({"method": "POST", "relative_url": "v24.0/1/events", "body": "data=%5B%5D"});
    let mut scratch = Scratch::default();
    let body = json!({"batch": [inner]}).to_string();
    let request = read_request("application/json", body.as_bytes(), &mut scratch).unwrap();
    assert_eq!(check_request(&request).refusal().unwrap().path, "batch");
    let inner = inner.to_string();
    let event = Event::from_slice(inner.as_bytes()).unwrap();
    let findings = check_element(&Ok(event), Checks::at(NOW_S));
    assert_eq!(findings.iter().count(), 1);
    assert!(findings.refusal().unwrap().message.contains("batch of the Graph API"));
}
