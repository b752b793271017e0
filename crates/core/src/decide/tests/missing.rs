//! A CRM that is away may say at the end, for a while, that it has nothing.

use super::world::{NEW, ORIGIN, QUALIFIED, T0, WON, World, click, moved, stage, updated};
use crate::{AuditLog, AuditRow, Fact, Outcome, RecordChange, RecordId};

const DEAL: &str = "deal:kommo:acme/d1";
const CONTACT: &str = "contact:kommo:acme/c1";

fn known_in_new() -> World {
    let mut world = World::new();
    world.hear(Fact::Click(click("m1", &[World::phone()], T0)));
    world.crm.enter("d1", NEW, T0 + 100);
    world.hear(moved("d1", NEW, T0 + 100));
    world.now_s = T0 + 3_600;
    world
}

/// Answers a question so many seconds after the last answer, as if the CRM had nothing.
fn not_there(world: &mut World, key: &str, at_s: i64) {
    world.now_s = world.now_s.max(at_s);
    let kept = world.crm.clone();
    world.crm.deals.clear();
    world.crm.contacts.clear();
    let absent = world.fetch(key);
    world.crm = kept;
    let before_s = world.now_s;
    world.tell(absent);
    world.now_s = before_s;
}

#[test]
fn a_sale_outlives_an_outage_that_ends_with_not_there_for_a_minute() {
    let mut world = known_in_new();
    let begun_s = world.now_s;
    world.crm.enter("d1", WON, begun_s).price = Some("10".parse().unwrap());
    let hint = world.tell(moved("d1", WON, begun_s));
    // Nothing that can be read until then.
    for after_s in [103, 123, 143, 163] {
        not_there(&mut world, DEAL, begun_s + after_s);
        assert!(world.open.contains_key(DEAL), "asked again after {after_s} s");
        assert!(matches!(world.outcome(hint), Outcome::Waiting { .. }), "{after_s} s");
    }
    world.answer_all();
    assert_eq!(world.told(), ["Purchase queued"]);
}

#[test]
fn a_sale_waits_for_the_crm_until_it_is_sure_that_its_deal_is_gone() {
    let mut world = known_in_new();
    let won_s = world.now_s;
    world.crm.enter("d1", WON, won_s);
    world.hear(moved("d1", WON, won_s));
    assert_eq!(world.told(), ["Purchase waiting waiting_price"]);
    world.now_s = won_s + 1_000;
    let begun_s = world.now_s;
    world.tell(updated("d1", begun_s));
    for after_s in [0, 20, 40, 60, 80, 100, 119] {
        not_there(&mut world, DEAL, begun_s + after_s);
        assert_eq!(world.told(), ["Purchase waiting waiting_deal"], "{after_s} s");
    }
    not_there(&mut world, DEAL, begun_s + 121);
    assert_eq!(world.told(), ["Purchase suppressed withdrawn"]);
    assert!(!world.open.contains_key(DEAL));
    // It was there all along, and nobody tells of that.
    world.crm.price("d1", "10", won_s + 900);
    world.wait_s(3_600);
    world.answer_all();
    assert_eq!(world.told(), ["Purchase queued"]);
}

#[test]
fn an_answer_of_another_kind_starts_the_time_anew() {
    let mut world = known_in_new();
    let begun_s = world.now_s;
    world.tell(updated("d1", begun_s));
    for after_s in [0, 20, 40] {
        not_there(&mut world, DEAL, begun_s + after_s);
    }
    // Errors for longer than it would have been asked again, and a reading.
    not_there(&mut world, DEAL, begun_s + 130);
    assert!(!world.state.deals.values().next().unwrap().gone && world.open.contains_key(DEAL));
    world.answer_all();
    let read_s = world.now_s;
    world.tell(updated("d1", read_s));
    not_there(&mut world, DEAL, read_s + 5);
    assert!(!world.state.deals.values().next().unwrap().gone && world.open.contains_key(DEAL));
}

#[test]
fn a_deal_that_is_gone_for_good_is_asked_for_once_more_and_not_again() {
    let mut world = known_in_new();
    world.crm.deals.clear();
    world.hear(updated("d1", T0 + 200));
    assert!(world.state.deals.values().next().unwrap().gone);
    for _ in 0..2 {
        world.wait_s(3_600);
        world.answer_all();
    }
    let asked = world.asked.len();
    for _ in 0..3 {
        world.wait_s(3_600);
        world.answer_all();
    }
    assert_eq!(world.asked.len(), asked);
}

#[test]
fn a_contact_outlives_such_an_outage_too() {
    let mut world = known_in_new();
    world.state.contacts.clear();
    let begun_s = world.now_s;
    world.crm.enter("d1", WON, begun_s).price = Some("10".parse().unwrap());
    world.tell(moved("d1", WON, begun_s));
    let row = world.fetch(DEAL);
    world.tell(row);
    for after_s in [103, 123, 143, 163] {
        not_there(&mut world, CONTACT, begun_s + after_s);
        assert_eq!(world.told(), ["Purchase waiting waiting_contact"], "{after_s} s");
    }
    world.answer_all();
    assert_eq!(world.told(), ["Purchase queued"]);
}

#[test]
fn a_contact_that_counted_as_gone_is_asked_for_once_more() {
    let mut world = known_in_new();
    let there = world.crm.clone();
    let begun_s = world.now_s;
    world.crm.enter("d1", WON, begun_s).price = Some("10".parse().unwrap());
    world.crm.contacts.clear();
    world.hear(moved("d1", WON, begun_s));
    assert_eq!(world.told(), ["Purchase suppressed no_phone"]);
    world.crm.contacts = there.contacts;
    world.wait_s(3_600);
    world.answer_all();
    assert_eq!(world.told(), ["Purchase queued"]);
}

/// The API shows it later than the log does.
#[test]
fn a_deal_that_was_not_there_yet_was_made_when_the_log_says() {
    let mut world = World::new();
    world.hear(Fact::Click(click("m1", &[World::phone()], T0)));
    world.now_s = T0 + 130;
    world.tell(moved("d1", QUALIFIED, T0 + 100));
    not_there(&mut world, DEAL, T0 + 130);
    world.crm.enter("d1", QUALIFIED, T0 + 120).created_s = Some(T0 + 100);
    let row = |at_s, change| AuditRow { record: RecordId::Deal("d1".into()), at_s, change };
    let went = |left, to, at_s| row(at_s, RecordChange::Moved { left: Some(stage(left)), stage: stage(to) });
    let rows = vec![
        row(T0 + 100, RecordChange::Made),
        went(QUALIFIED, WON, T0 + 102),
        went(WON, QUALIFIED, T0 + 120),
    ];
    world.hear(Fact::AuditLog(AuditLog { origin: ORIGIN.into(), rows }));
    let lead = world.conversions().into_iter().find(|one| one.event == "Lead").unwrap();
    assert_eq!(lead.event_s, T0 + 100);
}
