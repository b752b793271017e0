//! People who were erased: nothing is learnt of them anew, and nothing waits for them.

use super::leaving::look_again;
use super::world::{
    QUALIFIED, T0, WON, World, click, contact, contact_changed, deal_key, link, moved, phone, updated, user,
};
use crate::{Action, Effect, Fact, Node, Outcome, Question, Reason, Sent, State, needs};

const ERASED: Outcome = Outcome::Ignored(Reason::Erased);

fn without(erased: &[Node]) -> World {
    let mut world = World::new();
    world.state.erased.extend(erased.iter().cloned());
    world
}

fn qualify(world: &mut World) {
    world.crm.enter("d1", QUALIFIED, T0 + 100);
    world.hear(moved("d1", QUALIFIED, T0 + 100));
}

fn asked_for_contacts(world: &World) -> usize {
    world.asked.iter().filter(|question| matches!(question, Question::Contact { .. })).count()
}

#[test]
fn no_click_and_no_link_of_theirs_is_kept() {
    for fact in [
        Fact::Click(click("m1", &[World::phone()], T0)),
        Fact::Click(click("m1", &[user("u1"), World::phone()], T0)),
        link(&[user("u1"), World::phone()], T0),
    ] {
        let mut world = without(&[World::phone()]);
        let seq = world.hear(fact);
        assert_eq!(world.outcome(seq), &ERASED);
        assert!(world.state.clicks.is_empty() && world.state.links.is_empty());
    }
}

#[test]
fn the_marks_of_all_that_a_fact_names_are_needed() {
    let named = [World::phone(), user("u1"), contact("c1")];
    let mut world = World::new();
    world.crm.enter("d1", QUALIFIED, T0);
    world.tell(updated("d1", T0));
    let deal = world.fetch("deal:kommo:acme/d1");
    world.tell(deal.clone());
    let read = world.fetch("contact:kommo:acme/c1");
    for (fact, marks) in [
        (Fact::Click(click("m1", &named[..2], T0)), &named[..2]),
        (link(&named[..2], T0), &named[..2]),
        (contact_changed("c1", T0), &named[2..]),
        (deal, &named[2..]),
        (read, &[contact("c1"), World::phone()]),
    ] {
        assert_eq!(needs(&fact).marks().cloned().collect::<Vec<_>>(), marks, "{fact:?}");
    }
}

#[test]
fn a_deal_of_theirs_is_known_and_told_to_nobody() {
    let mut world = without(&[contact("c1")]);
    qualify(&mut world);
    assert_eq!(world.told(), ["Lead suppressed erased"]);
    assert!(!world.only().is_open());
    let deal = &world.state.deals[&deal_key("d1")];
    assert_eq!(deal.contacts, [contact("c1")]);
    assert!(deal.stage.is_some());
    let changed = world.hear(contact_changed("c1", T0 + 200));
    assert_eq!(world.outcome(changed), &ERASED);
    look_again(&mut world, Action::Retry);
    assert_eq!(world.told(), ["Lead suppressed erased"]);
    assert_eq!(asked_for_contacts(&world), 0);
    assert!(world.state.contacts.is_empty());
}

/// What says whose deal it is stays only as long as something is still to be decided by it.
#[test]
fn a_reading_of_their_deal_is_forgotten_once_it_is_decided() {
    let mut world = World::without_catalogue();
    world.state.erased.insert(contact("c1"));
    world.crm.enter("d1", QUALIFIED, T0 + 100);
    world.tell(moved("d1", QUALIFIED, T0 + 100));
    let read = world.fetch("deal:kommo:acme/d1");
    let waits = world.tell(read);
    assert!(matches!(world.outcome(waits), Outcome::Waiting { .. }), "{:?}", world.outcome(waits));
    assert!(world.forgotten.is_empty());
    let names = world.fetch("catalogue:kommo:acme");
    world.tell(names);
    assert_eq!((world.outcome(waits), world.forgotten.as_slice()), (&Outcome::Used, &[waits][..]));
    // One of somebody else is kept as ever.
    world.crm.contact("c2", &[phone("905559998877")]);
    world.crm.enter("d2", QUALIFIED, T0 + 100).contacts = vec![contact("c2")];
    world.hear(moved("d2", QUALIFIED, T0 + 100));
    assert_eq!(world.forgotten, [waits]);
}

/// Also when the CRM has them under a new contact, so that only the phone is known.
#[test]
fn a_contact_that_is_read_all_the_same_leaves_nothing_and_nobody_waiting() {
    for erased in [contact("c1"), World::phone()] {
        let mut world = World::new();
        world.crm.enter("d1", QUALIFIED, T0 + 100);
        world.tell(moved("d1", QUALIFIED, T0 + 100));
        let read = world.fetch("deal:kommo:acme/d1");
        world.tell(read);
        let hint = world.tell(contact_changed("c1", T0 + 200));
        assert_eq!(world.told(), ["Lead waiting waiting_contact"]);
        let read = world.fetch("contact:kommo:acme/c1");
        let marks = std::collections::HashSet::from([erased]);
        world.state.erased.clone_from(&marks);
        let answer = world.tell(read);
        assert_eq!((world.outcome(answer), world.outcome(hint)), (&ERASED, &ERASED));
        assert_eq!(world.told(), ["Lead suppressed erased"]);
        assert!(world.state.contacts.is_empty() && world.state.links.is_empty());
        assert_eq!(world.state.erased, marks, "nobody else is marked");
        // Nor does the next event of the deal wait.
        world.crm.enter("d1", WON, T0 + 300).price = Some("10".parse().unwrap());
        world.hear(moved("d1", WON, T0 + 300));
        assert_eq!(world.told(), ["Lead suppressed erased", "Purchase suppressed erased"]);
    }
}

#[test]
fn a_contact_that_is_gone_from_the_crm_is_not_asked_for_again() {
    let mut world = World::new();
    world.crm.contacts.clear();
    world.crm.enter("d1", QUALIFIED, T0 + 100);
    world.tell(moved("d1", QUALIFIED, T0 + 100));
    let read = world.fetch("deal:kommo:acme/d1");
    world.tell(read);
    let absent = world.fetch("contact:kommo:acme/c1");
    world.state.erased.insert(contact("c1"));
    world.tell(absent);
    assert!(world.open.is_empty());
    assert_eq!(world.told(), ["Lead suppressed erased"]);
}

#[test]
fn what_has_not_been_told_when_they_are_erased_stays_untold() {
    for (sent, told) in [
        (Sent::Never, "Lead suppressed erased"),
        (Sent::NotTaken, "Lead suppressed erased"),
        (Sent::Unknown, "Lead suppressed erased"),
        (Sent::UnderWay, "Lead queued"),
    ] {
        let mut world = World::new();
        world.hear(Fact::Click(click("m1", &[World::phone()], T0)));
        qualify(&mut world);
        world.set_sent(sent);
        world.state.erased.insert(contact("c1"));
        look_again(&mut world, Action::Resolve);
        assert_eq!(world.told(), [told], "{sent:?}");
        let stop = world.only().stop.map(|stop| stop.reason);
        assert_eq!(stop, sent.is_under_way().then_some(Reason::Erased));
    }
}

#[test]
fn what_meta_has_taken_stays_as_it_is() {
    let mut world = World::new();
    world.hear(Fact::Click(click("m1", &[World::phone()], T0)));
    qualify(&mut world);
    world.state.conversions.values_mut().flatten().for_each(|one| one.state = State::Accepted);
    world.state.erased.insert(contact("c1"));
    assert_eq!(look_again(&mut world, Action::Resolve), Vec::<Effect>::new());
}

#[test]
fn one_contact_of_a_deal_who_was_erased_counts_for_the_deal() {
    let mut world = without(&[contact("c2")]);
    world.hear(Fact::Click(click("m1", &[World::phone()], T0)));
    world.crm.contact("c2", &[phone("905559998877")]);
    world.crm.enter("d1", QUALIFIED, T0 + 100).contacts.push(contact("c2"));
    world.hear(moved("d1", QUALIFIED, T0 + 100));
    assert_eq!(world.told(), ["Lead suppressed erased"]);
    assert_eq!(asked_for_contacts(&world), 1, "the other one is read");
}
