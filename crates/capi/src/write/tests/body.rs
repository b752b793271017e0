use super::*;
use crate::{Body, Checks, NotTaken, Written};

fn push(body: &mut Body, json: &str) -> Result<Written, NotTaken> {
    let event = Event::from_slice(json.as_bytes()).unwrap();
    body.push(&event, Checks::at(NOW_S), &mut normalizer(Rules::Both))
}

fn lead(user: &str) -> String {
    format!(r#"{{"event_name":"Lead","event_time":{NOW_S},"action_source":"chat","user_data":{user}}}"#)
}

fn finished(body: &Body) -> String {
    String::from_utf8(body.clone().finish(&[])).unwrap()
}

#[test]
fn a_refused_event_leaves_the_body_as_it_was() {
    let mut body = Body::new();
    let refused = [
        "{}",
        &lead("{}"),
        &lead(r#"{"ct":"Paris"}"#),
        &lead(r#"{"em":"n/a"}"#),
        &lead(r#"{"em":"-","ge":"f"}"#),
    ];
    for first in [true, false] {
        let before = (finished(&body), body.len());
        for refused in refused {
            assert!(matches!(push(&mut body, refused), Err(NotTaken::Refused(_))), "{refused}");
            assert_eq!((finished(&body), body.len()), before);
        }
        if first {
            push(&mut body, &lead(r#"{"fbp":"1"}"#)).unwrap();
        }
    }
    push(&mut body, &lead(r#"{"fbp":"2"}"#)).unwrap();
    let event = |fbp| {
        format!(
            r#"{{"event_name":"Lead","event_time":1780000000,"action_source":"chat","user_data":{{"fbp":"{fbp}"}}}}"#
        )
    };
    assert_eq!(finished(&body), format!(r#"{{"data":[{},{}]}}"#, event(1), event(2)));
}

#[test]
fn keys_that_contents_does_not_take_cost_their_event_alone() {
    let sale = |thing: &str| {
        format!(
            r#"{{"event_name":"Purchase","event_time":{NOW_S},"action_source":"chat","user_data":{{"fbp":"1"}},"custom_data":{{"currency":"EUR","value":1,"contents":[{thing}]}}}}"#
        )
    };
    let (good, of_google) =
        (sale(r#"{"id":"A1","quantity":1}"#), sale(r#"{"id":"A1","quantity":1,"item_name":"Shoe"}"#));
    let mut body = Body::new();
    push(&mut body, &good).unwrap();
    let before = finished(&body);
    let Err(NotTaken::Refused(refusal)) = push(&mut body, &of_google) else { panic!() };
    assert_eq!(refusal.path, "custom_data.contents.0");
    assert_eq!((finished(&body), body.len()), (before, 1));
    push(&mut body, &good).unwrap();
    assert_eq!(body.len(), 2);
}

#[test]
fn what_is_too_broad_once_hashed_is_refused() {
    let json = lead(r#"{"em":["n/a"],"ct":"Paris"}"#).replace("chat", "website");
    let Err(NotTaken::Refused(refusal)) = push(&mut Body::new(), &json) else { panic!() };
    assert_eq!(refusal.subcode(), Some(crate::subcodes::TOO_BROAD));
    // With something usable beside it, it is taken, and what was left out is said.
    let written = push(&mut Body::new(), &lead(r#"{"em":"n/a","ph":"+905321234567"}"#)).unwrap();
    assert!(written.emptied.names().eq(["em"]));
}

#[test]
fn a_body_takes_1000_events() {
    let mut body = Body::new();
    assert!(body.is_empty());
    for count in 1..=1000 {
        push(&mut body, &lead(r#"{"fbp":"1"}"#)).unwrap();
        assert_eq!((body.len(), body.is_full()), (count, count == 1000));
    }
    let before = finished(&body);
    assert_eq!(push(&mut body, &lead(r#"{"fbp":"1"}"#)), Err(NotTaken::Full));
    assert_eq!(push(&mut body, "{}"), Err(NotTaken::Full));
    assert_eq!(finished(&body), before);
}

#[test]
fn parameters_follow_the_events_and_empty_ones_are_left_out() {
    let json =
        Body::new().finish(&[("test_event_code", ""), ("partner_agent", "a\"b\\\n"), ("upload_tag", "ş")]);
    assert_eq!(
        String::from_utf8(json).unwrap(),
        r#"{"data":[],"partner_agent":"a\"b\\\n","upload_tag":"ş"}"#
    );
}
