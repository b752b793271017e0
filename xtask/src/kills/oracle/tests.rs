//! An oracle that finds nothing is worth something only if it can find something.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::{Evidence, PURCHASE, judge};
use crate::kills::{story::Person, upstream::WON};

/// Somebody whose deal is won for 70 and who agreed at 1,000.
fn buyer() -> Person {
    Person {
        number: 1,
        has_click: true,
        stage: WON,
        was_qualified: false,
        prices: vec![None, Some(70)],
        consents: vec![(0, None), (1_000, Some(true))],
        made_s: 0,
    }
}

fn arrival(person: &Person, id: &str, at_ms: i64, value: i64) -> Value {
    json!({ "received_at_ms": at_ms, "event": {
        "event_name": PURCHASE, "event_id": id, "user_data": { "ctwa_clid": person.click_id() },
        "custom_data": { "value": value },
    } })
}

fn listed(person: &Person, id: &str, state: &str, reason: Option<&str>) -> Value {
    json!({
        "event_name": PURCHASE, "event_id": id, "state": state, "reason": reason,
        "deal": format!("kommo:127.0.0.1/{}", person.deal()), "may_count_twice": false,
    })
}

/// The rules that are broken.
fn broken(
    person: &Person,
    accepted: &[Value],
    listed: &[Value],
    refused: &[(&str, i64)],
) -> Vec<&'static str> {
    let refusals: HashMap<_, _> = refused.iter().map(|(id, at_ms)| ((*id).to_owned(), *at_ms)).collect();
    let people = [person.clone()];
    let evidence = Evidence { people: &people, accepted, listed, refusals: &refusals };
    judge(&evidence).map_or_else(|_| vec!["unreadable"], |verdict| verdict.violations.into_keys().collect())
}

#[test]
fn what_is_as_it_should_be_breaks_no_rule() {
    let one = buyer();
    let accepted = [arrival(&one, "a", 2_000, 70)];
    assert!(broken(&one, &accepted, &[listed(&one, "a", "accepted", None)], &[]).is_empty());
    let unpriced = Person { prices: vec![Some(70), None], ..buyer() };
    let waits = listed(&unpriced, "a", "waiting", Some("waiting_price"));
    assert!(broken(&unpriced, &[], &[waits], &[]).is_empty());
}

#[test]
fn each_rule_can_be_broken() {
    let one = buyer();
    let fine = listed(&one, "a", "accepted", None);
    let at = |at_ms, value| arrival(&one, "a", at_ms, value);
    assert_eq!(broken(&one, &[], &[], &[]), ["lost"]);
    for reason in ["consent_refused", "no_consent", "no_click", "waiting_price"] {
        let said = listed(&one, "a", "suppressed", Some(reason));
        assert_eq!(broken(&one, &[], &[said], &[]), ["lost"], "{reason} does not fit");
    }
    assert_eq!(broken(&one, &[], std::slice::from_ref(&fine), &[]), ["lost"], "Meta does not have it");
    assert_eq!(
        broken(&one, &[at(2_000, 71)], std::slice::from_ref(&fine), &[]),
        ["a value that the deal never had"]
    );
    assert_eq!(broken(&one, &[at(500, 70)], std::slice::from_ref(&fine), &[]), ["sent without consent"]);
    assert_eq!(
        broken(&one, &[at(2_000, 70)], std::slice::from_ref(&fine), &[("a", 1_500)]),
        ["sent after a refusal was decided"]
    );
    assert_eq!(
        broken(&one, &[at(2_000, 70), at(3_000, 70)], std::slice::from_ref(&fine), &[]),
        ["sent twice without a mark"]
    );
    let other = arrival(&one, "b", 2_000, 70);
    assert_eq!(broken(&one, &[other], std::slice::from_ref(&fine), &[]), ["one thing with two ids"]);
    let open = Person { stage: 880_001, ..buyer() };
    assert_eq!(broken(&open, &[at(2_000, 70)], &[fine], &[]), ["something that never happened"]);
}

#[test]
fn who_takes_back_what_they_said_while_meta_does_not_answer_ends_it_with_a_mark() {
    let taken_back = Person { consents: vec![(1_000, Some(true)), (3_000, None)], ..buyer() };
    let mut said = listed(&taken_back, "a", "suppressed", Some("no_consent"));
    let accepted = [arrival(&taken_back, "a", 2_000, 70)];
    assert_eq!(broken(&taken_back, &accepted, std::slice::from_ref(&said), &[]), ["lost"], "without a mark");
    said["may_have_counted"] = true.into();
    assert!(broken(&taken_back, &accepted, std::slice::from_ref(&said), &[]).is_empty());
    assert_eq!(broken(&buyer(), &accepted, &[said], &[]), ["lost"], "nobody took anything back");
}
