//! The phone of a company: the last resort.

use super::world::{QUALIFIED, T0, World, click, contact, contact_changed, deal_key, moved, phone, updated};
use crate::{Cause, Fact, Node, Outcome, Question, Reason};

const COMPANY: &str = "company-7";

fn own() -> Node {
    phone("905559998877")
}

/// A world in which a deal that was qualified has these contacts and a company with the phone of the chat.
fn qualified(contacts: &[&str]) -> World {
    let mut world = World::new();
    world.crm.contact(COMPANY, &[World::phone()]);
    world.crm.contact("c1", &[own()]);
    let deal = world.crm.enter("d1", QUALIFIED, T0 + 1000);
    deal.contacts = contacts.iter().copied().chain([COMPANY]).map(contact).collect();
    world
}

fn asked_for_company(world: &World) -> usize {
    let is_company = |question: &&Question| question.kind() == crate::QuestionKind::Company;
    world.asked.iter().filter(is_company).count()
}

#[test]
fn the_phone_of_the_company_joins_where_nobody_else_does() {
    for contacts in [&[][..], &["c1"]] {
        for click_comes_first in [true, false] {
            let mut world = qualified(contacts);
            let clicked = Fact::Click(click("m1", &[World::phone()], T0));
            if click_comes_first {
                world.hear(clicked.clone());
            }
            world.hear(moved("d1", QUALIFIED, T0 + 1000));
            if !click_comes_first {
                assert_eq!(world.told(), ["Lead suppressed no_click"]);
                world.hear(clicked);
            }
            assert_eq!(world.told(), ["Lead queued"]);
            assert_eq!(asked_for_company(&world), 1);
        }
    }
}

#[test]
fn a_clerks_own_click_wins_over_the_companys() {
    let mut world = qualified(&["c1"]);
    world.hear(Fact::Click(click("m2", &[World::phone()], T0 + 500)));
    world.hear(moved("d1", QUALIFIED, T0 + 1000));
    assert_eq!(world.only().ad_id.as_deref(), Some("ad-m2"));
    // An older one, but their own.
    world.hear(Fact::Click(click("m1", &[own()], T0)));
    assert_eq!(world.only().ad_id.as_deref(), Some("ad-m1"));
}

#[test]
fn a_company_is_asked_for_only_where_nobody_else_brings_a_click() {
    let mut world = qualified(&["c1"]);
    world.hear(Fact::Click(click("m1", &[own()], T0)));
    world.hear(moved("d1", QUALIFIED, T0 + 1000));
    assert_eq!((world.told(), asked_for_company(&world)), (vec!["Lead queued".to_owned()], 0));
}

#[test]
fn nothing_waits_for_a_company_that_nobody_may_read() {
    let mut world = qualified(&["c1"]);
    world.tell(moved("d1", QUALIFIED, T0 + 1000));
    for question in ["deal:kommo:acme/d1", "contact:kommo:acme/c1"] {
        let answer = world.fetch(question);
        world.tell(answer);
    }
    assert!(world.open.contains_key("contact:kommo:acme/company-7"));
    assert_eq!(world.told(), ["Lead suppressed no_click"]);
    world.tell(Fact::Click(click("m1", &[own()], T0)));
    let answer = world.fetch("contact:kommo:acme/c1");
    world.tell(answer);
    assert_eq!(world.told(), ["Lead queued"]);
    assert!(world.open.contains_key("contact:kommo:acme/company-7"));
}

#[test]
fn a_company_linked_later_or_with_a_phone_typed_later_brings_its_click() {
    let mut world = qualified(&["c1"]);
    world.crm.contact(COMPANY, &[]);
    world.crm.deals.get_mut("d1").unwrap().contacts.pop();
    world.hear(Fact::Click(click("m1", &[World::phone()], T0)));
    world.hear(moved("d1", QUALIFIED, T0 + 1000));
    let deal = world.crm.deals.get_mut("d1").unwrap();
    deal.contacts.push(contact(COMPANY));
    deal.updated_s = T0 + 1500;
    world.hear(updated("d1", T0 + 1500));
    assert_eq!((world.told(), asked_for_company(&world)), (vec!["Lead suppressed no_click".to_owned()], 1));
    world.crm.contact(COMPANY, &[World::phone()]);
    let seq = world.hear(contact_changed(COMPANY, T0 + 1600));
    assert_eq!(world.outcome(seq), &Outcome::Used);
    assert_eq!(world.told(), ["Lead queued"]);
}

#[test]
fn a_company_that_was_erased_is_not_asked_for_and_its_people_are_told() {
    let mut world = qualified(&["c1"]);
    world.state.erased.insert(contact(COMPANY));
    world.hear(Fact::Click(click("m1", &[own()], T0)));
    world.hear(moved("d1", QUALIFIED, T0 + 1000));
    assert_eq!((world.told(), asked_for_company(&world)), (vec!["Lead queued".to_owned()], 0));

    let mut world = qualified(&[]);
    world.state.erased.insert(contact(COMPANY));
    world.hear(moved("d1", QUALIFIED, T0 + 1000));
    assert_eq!(world.told(), ["Lead suppressed erased"]);
    assert_eq!(world.only().reason, Some(Reason::Erased));
    assert!(world.state.conversions.contains_key(&Cause::Deal(deal_key("d1"))));
}
