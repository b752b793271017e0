//! Waiting for a price, a contact, a time; and how waiting ends.

use super::world::{QUALIFIED, T0, WON, World, click, contact, contact_changed, moved, updated};
use crate::{Conversion, Fact, Reason, State, make_body};

const DAY_S: i64 = 24 * 3600;

fn clicked() -> World {
    let mut world = World::new();
    world.hear(Fact::Click(click("m1", &[World::phone()], T0)));
    world
}

fn won_without_price() -> World {
    let mut world = clicked();
    world.crm.enter("d1", WON, T0 + 100);
    world.hear(moved("d1", WON, T0 + 100));
    world
}

#[test]
fn a_sale_without_price_waits_and_goes_with_the_price_that_comes() {
    let mut world = won_without_price();
    assert_eq!(world.told(), ["Purchase waiting waiting_price"]);
    assert_eq!(world.only().deadline_ms, Some((T0 + 100 + 7 * DAY_S - 3600) * 1000));
    assert!(make_body(&world.only(), &world.policy, world.now()).is_err());

    world.crm.price("d1", "99.90", T0 + 500);
    world.hear(updated("d1", T0 + 500));
    let purchase = world.only();
    assert_eq!(world.told(), ["Purchase queued"]);
    assert_eq!(purchase.value, Some("99.90".parse().unwrap()));
    assert_eq!((purchase.event_s, purchase.deadline_ms), (T0 + 100, None), "it happened when it was won");
}

#[test]
fn zero_is_no_price() {
    let mut world = won_without_price();
    world.crm.price("d1", "0", T0 + 500);
    world.hear(updated("d1", T0 + 500));
    assert_eq!(world.told(), ["Purchase waiting waiting_price"]);
}

#[test]
fn a_price_that_never_comes_ends_as_no_price_and_stays_so() {
    let mut world = won_without_price();
    let waiting = world.only();
    let ended = world.expire(&waiting);
    assert_eq!(
        (ended.state, ended.reason, ended.deadline_ms),
        (State::Suppressed, Some(Reason::NoPrice), None)
    );
    assert!(!ended.is_open());
    let waiting = world.state.conversions.values_mut().flatten().next().unwrap();
    *waiting = ended;
    world.now_s = T0 + 8 * DAY_S;
    world.crm.price("d1", "99", world.now_s);
    world.hear(updated("d1", world.now_s));
    assert_eq!(world.told(), ["Purchase suppressed no_price"]);
}

#[test]
fn a_contact_that_is_never_read_ends_as_too_late() {
    let mut world = clicked();
    world.crm.enter("d1", QUALIFIED, T0 + 100);
    world.tell(moved("d1", QUALIFIED, T0 + 100));
    let read = world.fetch("deal:kommo:acme/d1");
    world.tell(read);
    assert_eq!(world.told(), ["Lead waiting waiting_contact"]);
    let waiting = world.only();
    let ended = world.expire(&waiting);
    assert_eq!((ended.state, ended.reason), (State::Failed, Some(Reason::TooLate)));
}

#[test]
fn all_contacts_are_read_before_one_of_them_decides() {
    let mut world = clicked();
    world.crm.contact("c2", &[]);
    world.crm.enter("d1", QUALIFIED, T0 + 100).contacts.push(contact("c2"));
    world.tell(moved("d1", QUALIFIED, T0 + 100));
    for key in ["deal:kommo:acme/d1", "contact:kommo:acme/c1"] {
        let answer = world.fetch(key);
        world.tell(answer);
    }
    assert_eq!(world.told(), ["Lead waiting waiting_contact"]);
    world.answer_all();
    assert_eq!(world.told(), ["Lead queued"]);
}

#[test]
fn an_event_in_the_future_waits_for_its_time() {
    let mut world = clicked();
    let future_s = world.now_s + 3 * DAY_S;
    world.crm.enter("d1", QUALIFIED, future_s);
    world.hear(moved("d1", QUALIFIED, future_s));
    let lead = world.only();
    assert_eq!((lead.state, lead.due_ms, lead.event_s), (State::Queued, Some(future_s * 1000), future_s));
}

#[test]
fn a_present_event_is_due_at_once() {
    let mut world = clicked();
    world.crm.enter("d1", QUALIFIED, T0 + 100);
    world.hear(moved("d1", QUALIFIED, T0 + 100));
    assert_eq!(world.only().due_ms, Some(world.now_s * 1000));
}

#[test]
fn an_event_that_meta_would_find_too_old_when_it_is_first_heard_of_is_of_before() {
    let last_s = T0 + 100 + 7 * DAY_S - 3600;
    for (now_s, told) in [(last_s, "Lead queued"), (last_s + 1, "Lead suppressed before_kopru")] {
        let mut world = clicked();
        world.now_s = now_s;
        world.crm.enter("d1", QUALIFIED, T0 + 100);
        world.hear(moved("d1", QUALIFIED, T0 + 100));
        assert_eq!(world.told(), [told]);
    }
}

#[test]
fn absurd_times_of_a_crm_do_no_harm() {
    for at_s in [i64::MIN, -1, 0, i64::MAX] {
        let mut world = clicked();
        world.crm.enter("d1", WON, at_s).price = Some("5".parse().unwrap());
        world.hear(moved("d1", WON, at_s));
        let purchase: Conversion = world.only();
        assert_eq!(purchase.event_s, at_s);
        assert_ne!(purchase.state, State::Waiting);
    }
}

#[test]
fn consent_withdrawn_without_a_report_counts_when_what_lacked_comes() {
    // A price that is typed later.
    let mut world = won_without_price();
    world.crm.contacts.get_mut("c1").unwrap().1 = Some(false);
    world.crm.price("d1", "99.90", T0 + 500);
    world.hear(updated("d1", T0 + 500));
    assert_eq!(world.told(), ["Purchase suppressed consent_refused"]);
    // A click that comes late.
    let mut world = World::new();
    world.crm.enter("d1", QUALIFIED, T0 + 100);
    world.hear(moved("d1", QUALIFIED, T0 + 100));
    assert_eq!(world.told(), ["Lead suppressed no_click"]);
    world.crm.contacts.get_mut("c1").unwrap().1 = Some(false);
    world.hear(Fact::Click(click("m1", &[World::phone()], T0)));
    assert_eq!(world.told(), ["Lead suppressed consent_refused"]);
}

#[test]
fn a_click_that_a_reading_of_its_contact_brings_needs_no_other_reading() {
    let mut world = clicked();
    world.crm.contact("c1", &[]);
    world.crm.enter("d1", QUALIFIED, T0 + 100);
    world.hear(moved("d1", QUALIFIED, T0 + 100));
    assert_eq!(world.told(), ["Lead suppressed no_phone"]);
    world.crm.contact("c1", &[World::phone()]);
    let asked = world.asked.len();
    world.hear(contact_changed("c1", T0 + 500));
    assert_eq!(world.told(), ["Lead queued"]);
    assert_eq!(world.asked.len(), asked + 1);
}
