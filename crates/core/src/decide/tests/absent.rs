//! "Not there" right after a report: the CRM may only lag behind itself.

use super::world::{NEW, QUALIFIED, T0, World, click, contact, contact_changed, moved, updated};
use crate::{Fact, Outcome, Question, Reason};

const MINUTE_S: i64 = 60;
const DEAL: &str = "deal:kommo:acme/d1";
const CONTACT: &str = "contact:kommo:acme/c1";

fn clicked() -> World {
    let mut world = World::new();
    world.hear(Fact::Click(click("m1", &[World::phone()], T0)));
    world
}

#[test]
fn a_deal_that_is_not_there_yet_is_asked_for_again_and_not_lost() {
    let mut world = clicked();
    let hint = world.tell(moved("d1", QUALIFIED, T0 + 100));
    for _ in 0..3 {
        let absent = world.fetch(DEAL);
        world.tell(absent);
        assert!(matches!(world.outcome(hint), Outcome::Waiting { .. }));
        assert!(world.open.contains_key(DEAL), "asked again");
    }
    world.crm.enter("d1", QUALIFIED, T0 + 100);
    world.answer_all();
    assert_eq!(world.told(), ["Lead queued"]);
}

#[test]
fn after_two_minutes_a_deal_that_is_not_there_is_not_there() {
    let mut world = clicked();
    let hint = world.tell(moved("d1", QUALIFIED, T0 + 100));
    let before = world.now_s;
    world.answer_all();
    assert_eq!(world.outcome(hint), &Outcome::Ignored(Reason::NoSuchDeal));
    let waited = world.now_s - before;
    assert!((100..=2 * MINUTE_S + 20).contains(&waited), "{waited} s");
    assert!(world.asked.len() < 15, "{} questions", world.asked.len());
}

/// How long after an answer of "not there" the question is asked again, by how long the CRM has said so, and not
/// by the age of any report.
#[test]
fn it_is_asked_again_after_as_long_as_it_has_not_been_there() {
    let mut world = clicked();
    world.tell(updated("d1", T0));
    world.now_s += 3 * 24 * 3600;
    let begun_s = world.now_s;
    let ends_s = 121;
    for (age_s, after_ms) in [(0, 2_000), (1, 2_000), (7, 7_000), (40, 20_000), (99, 20_000), (119, 20_000)] {
        world.now_s = begun_s + age_s;
        assert_eq!(asked_after(&mut world), Some(after_ms), "{age_s} s");
    }
    world.now_s = begun_s + ends_s;
    assert_eq!(asked_after(&mut world), None);
    assert_eq!(world.count(&Outcome::Ignored(Reason::NoSuchDeal)), 1 + 7, "the report and each answer");
}

/// After how long the deal is asked for again, milliseconds, once the CRM has said that it does not have it.
fn asked_after(world: &mut World) -> Option<i64> {
    let now_s = world.now_s;
    let absent = world.fetch(DEAL);
    world.tell(absent);
    let after_ms = world.open.contains_key(DEAL).then_some((world.now_s - now_s) * 1000);
    world.now_s = now_s;
    after_ms
}

/// The CRM was away for an hour; what it says first when it is back may lag as well.
#[test]
fn the_first_answer_never_ends_a_report() {
    let mut world = clicked();
    let hint = world.tell(moved("d1", QUALIFIED, T0 + 100));
    world.now_s += 60 * MINUTE_S;
    let absent = world.fetch(DEAL);
    world.tell(absent);
    assert!(matches!(world.outcome(hint), Outcome::Waiting { .. }));
    world.answer_all();
    assert_eq!(world.outcome(hint), &Outcome::Ignored(Reason::NoSuchDeal));
}

#[test]
fn the_first_answer_never_ends_a_contact() {
    let mut world = clicked();
    world.crm.contacts.clear();
    world.crm.enter("d1", QUALIFIED, T0 + 100);
    world.tell(moved("d1", QUALIFIED, T0 + 100));
    let read = world.fetch(DEAL);
    world.tell(read);
    world.now_s += 60 * MINUTE_S;
    let absent = world.fetch(CONTACT);
    world.tell(absent);
    assert_eq!(world.told(), ["Lead waiting waiting_contact"]);
    world.crm.contact("c1", &[World::phone()]);
    world.answer_all();
    assert_eq!(world.told(), ["Lead queued"]);
}

#[test]
fn an_older_report_waits_as_long_as_a_younger_one_of_the_same_deal() {
    let mut world = clicked();
    let first = world.tell(updated("d1", T0));
    world.now_s += 10 * MINUTE_S;
    world.tell(moved("d1", QUALIFIED, T0 + 100));
    let absent = world.fetch(DEAL);
    world.tell(absent);
    assert!(matches!(world.outcome(first), Outcome::Waiting { .. }));
}

#[test]
fn a_contact_that_is_not_there_yet_is_asked_for_again() {
    let mut world = clicked();
    world.crm.contacts.clear();
    world.crm.enter("d1", QUALIFIED, T0 + 100);
    world.tell(moved("d1", QUALIFIED, T0 + 100));
    let read = world.fetch(DEAL);
    world.tell(read);
    for _ in 0..2 {
        let absent = world.fetch(CONTACT);
        world.tell(absent);
        assert!(world.open.contains_key(CONTACT), "asked again");
        assert_eq!(world.told(), ["Lead waiting waiting_contact"]);
    }
    world.crm.contact("c1", &[World::phone()]);
    world.answer_all();
    assert_eq!(world.told(), ["Lead queued"]);
}

#[test]
fn a_contact_that_stays_away_counts_as_read() {
    let mut world = clicked();
    world.crm.contacts.clear();
    world.crm.enter("d1", QUALIFIED, T0 + 100);
    let before = world.now_s;
    world.hear(moved("d1", QUALIFIED, T0 + 100));
    assert_eq!(world.told(), ["Lead suppressed no_phone"]);
    assert!(world.now_s - before <= 2 * MINUTE_S + 20);
    assert!(world.state.contacts[&contact("c1")].who.is_empty());
}

#[test]
fn a_contact_of_a_deal_that_has_just_changed_is_asked_for_again_even_before_there_is_an_event() {
    let mut world = World::new();
    world.now_s = T0 + 105;
    world.crm.contacts.clear();
    world.crm.enter("d1", NEW, T0 + 100);
    world.tell(moved("d1", NEW, T0 + 100));
    let read = world.fetch(DEAL);
    world.tell(read);
    let absent = world.fetch(CONTACT);
    world.tell(absent);
    assert!(world.open.contains_key(CONTACT) && world.state.contacts[&contact("c1")].is_awaited());
    world.crm.contact("c1", &[World::phone()]);
    world.answer_all();
    assert_eq!(world.state.contacts[&contact("c1")].who, [World::phone()]);
}

#[test]
fn a_contact_that_was_known_keeps_its_identifiers_until_it_is_sure_that_it_is_gone() {
    let mut world = clicked();
    world.crm.enter("d1", NEW, T0 + 100);
    world.hear(moved("d1", NEW, T0 + 100));
    world.crm.contacts.clear();
    let changed = world.tell(contact_changed("c1", T0 + 200));
    let absent = world.fetch(CONTACT);
    world.tell(absent);
    assert_eq!(world.state.contacts[&contact("c1")].who, [World::phone()]);
    assert!(matches!(world.outcome(changed), Outcome::Waiting { .. }));
    world.answer_all();
    assert!(world.state.contacts[&contact("c1")].who.is_empty());
    assert_eq!(world.outcome(changed), &Outcome::Used);
    let asked = world.asked.iter().filter(|one| matches!(one, Question::Contact { .. })).count();
    assert!(asked < 15, "{asked} questions");
}

#[test]
fn by_a_contact_that_was_reported_as_deleted_nobody_is_recognised_any_more() {
    let mut world = World::new();
    world.crm.enter("d1", QUALIFIED, T0 + 100);
    world.hear(moved("d1", QUALIFIED, T0 + 100));
    world.crm.contacts.clear();
    // A report of a deletion has no time.
    let mut deleted = contact_changed("c1", 0);
    if let Fact::ContactHint(hint) = &mut deleted {
        hint.at_s = None;
    }
    let deleted = world.tell(deleted);
    let absent = world.fetch(CONTACT);
    world.tell(absent);
    assert_eq!(world.outcome(deleted), &Outcome::Used);
    assert!(world.state.contacts[&contact("c1")].who.is_empty());
    world.hear(Fact::Click(click("m1", &[World::phone()], T0)));
    assert_eq!(world.told(), ["Lead suppressed no_phone"]);
}

/// Reports by the hundred about a deal that is not there: only so many end in a turn, and each counts.
#[test]
fn the_first_answer_to_three_hundred_reports_ends_none_of_them() {
    let mut world = clicked();
    let hints: Vec<_> = (0..300).map(|_| world.tell(updated("d1", T0))).collect();
    world.now_s += 60 * MINUTE_S;
    let absent = world.fetch(DEAL);
    let answer = world.tell(absent);
    assert_eq!(world.outcome(answer), &Outcome::Ignored(Reason::NoSuchDeal));
    for hint in &hints {
        assert!(matches!(world.outcome(*hint), Outcome::Waiting { .. }), "the CRM may lag: {hint}");
    }
    assert!(world.open.contains_key(DEAL), "asked again");
    world.answer_all();
    for hint in &hints {
        assert_eq!(world.outcome(*hint), &Outcome::Ignored(Reason::NoSuchDeal));
    }
    assert!(world.asked.len() < 15 + 300, "{} questions", world.asked.len());
}

#[test]
fn a_young_report_behind_three_hundred_old_ones_has_the_deal_asked_for_again() {
    let mut world = clicked();
    for _ in 0..300 {
        world.tell(updated("d1", T0));
    }
    world.now_s += 60 * MINUTE_S;
    let young = world.tell(moved("d1", QUALIFIED, T0 + 100));
    let absent = world.fetch(DEAL);
    world.tell(absent);
    assert!(matches!(world.outcome(young), Outcome::Waiting { .. }));
    world.crm.enter("d1", QUALIFIED, T0 + 100);
    world.answer_all();
    assert_eq!(world.told(), ["Lead queued"]);
}

#[test]
fn a_late_click_tells_nothing_of_a_contact_that_nobody_said_is_gone() {
    let mut world = World::new();
    world.crm.enter("d1", QUALIFIED, T0 + 100);
    world.hear(moved("d1", QUALIFIED, T0 + 100));
    assert_eq!(world.told(), ["Lead suppressed no_click"]);
    let there = world.crm.clone();
    world.crm.contacts.clear();
    world.tell(Fact::Click(click("m1", &[World::phone()], T0 + 50)));
    assert_eq!(world.told(), ["Lead waiting waiting_contact"], "whether it is there is asked first");
    world.answer_all();
    assert_eq!(world.told(), ["Lead suppressed no_phone"]);
    // One that is there is told.
    let mut world = World::new();
    world.crm = there;
    world.hear(moved("d1", QUALIFIED, T0 + 100));
    world.hear(Fact::Click(click("m1", &[World::phone()], T0 + 50)));
    assert_eq!(world.told(), ["Lead queued"]);
}
