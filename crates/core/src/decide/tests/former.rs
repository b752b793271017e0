//! What a contact had and has no longer: whose deals it still says something about.

use super::world::{
    NEW, QUALIFIED, T0, WON, World, click, contact, contact_changed, link, moved, phone, updated, user,
};
use crate::{Fact, IDENTIFIER_LINKS_MAX, Node, Reason, State};

const MADE_S: i64 = T0 + 1000;
const EDITED_S: i64 = T0 + 2000;

fn other() -> Node {
    phone("905559998877")
}

/// Somebody writes these identifiers into a contact, which is reported.
fn edit(world: &mut World, id: &str, who: &[Node], at_s: i64) {
    world.crm.contact(id, who);
    world.crm.contacts_changed_s.insert(id.into(), at_s);
    world.hear(contact_changed(id, at_s));
}

/// A deal of a contact that is made at a time and of which nothing is told yet.
fn make(world: &mut World, deal: &str, of: &str, at_s: i64) {
    let made = world.crm.enter(deal, NEW, at_s);
    made.contacts = vec![contact(of)];
    made.created_s = Some(at_s);
    world.hear(updated(deal, at_s));
}

fn qualify(world: &mut World, deal: &str, at_s: i64) {
    world.crm.enter(deal, QUALIFIED, at_s);
    world.hear(moved(deal, QUALIFIED, at_s));
}

/// A deal was made, and then its contact got another phone.
fn edited(who: &[Node]) -> World {
    let mut world = World::new();
    make(&mut world, "d1", "c1", MADE_S);
    edit(&mut world, "c1", who, EDITED_S);
    world
}

fn clicked(world: &mut World, message: &str, who: &Node, at_s: i64) {
    world.hear(Fact::Click(click(message, std::slice::from_ref(who), at_s)));
}

#[test]
fn a_deal_keeps_the_click_of_a_phone_that_its_contact_loses() {
    for (who, click_comes_late) in [(vec![other()], false), (vec![other()], true), (vec![], false)] {
        let mut world = World::new();
        if !click_comes_late {
            clicked(&mut world, "m1", &World::phone(), T0);
        }
        make(&mut world, "d1", "c1", MADE_S);
        edit(&mut world, "c1", &who, EDITED_S);
        qualify(&mut world, "d1", T0 + 3000);
        if click_comes_late {
            assert_eq!(world.told(), ["Lead suppressed no_click"]);
            clicked(&mut world, "m1", &World::phone(), T0);
        }
        assert_eq!(world.told(), ["Lead queued"]);
        assert_eq!(world.only().ad_id.as_deref(), Some("ad-m1"));
    }
}

#[test]
fn a_user_id_that_was_joined_with_the_lost_phone_still_brings_its_click() {
    let mut world = edited(&[other()]);
    world.hear(Fact::Click(click("m1", &[user("u1")], T0)));
    world.hear(link(&[World::phone(), user("u1")], T0 + 1));
    qualify(&mut world, "d1", T0 + 3000);
    assert_eq!(world.told(), ["Lead queued"]);
}

#[test]
fn a_deal_made_after_the_change_has_nothing_of_it() {
    let mut world = edited(&[other()]);
    clicked(&mut world, "m1", &World::phone(), T0);
    for made_s in [EDITED_S, EDITED_S + 1] {
        let deal = format!("d{made_s}");
        make(&mut world, &deal, "c1", made_s);
        qualify(&mut world, &deal, made_s + 100);
    }
    assert_eq!(world.told(), ["Lead suppressed no_click", "Lead suppressed no_click"]);
}

#[test]
fn a_click_of_what_the_contact_has_now_wins_over_one_of_what_it_had() {
    let mut world = edited(&[other()]);
    clicked(&mut world, "m2", &World::phone(), T0 + 500);
    clicked(&mut world, "m1", &other(), T0);
    qualify(&mut world, "d1", T0 + 3000);
    assert_eq!(world.only().ad_id.as_deref(), Some("ad-m1"));
}

#[test]
fn a_click_at_the_lost_phone_after_the_change_is_somebody_elses() {
    let mut world = edited(&[other()]);
    clicked(&mut world, "m1", &World::phone(), EDITED_S + 1);
    qualify(&mut world, "d1", T0 + 3000);
    assert_eq!(world.told(), ["Lead suppressed no_click"]);
}

#[test]
fn a_phone_that_another_contact_has_by_now_is_that_ones() {
    let mut world = edited(&[other()]);
    clicked(&mut world, "m1", &World::phone(), T0);
    qualify(&mut world, "d1", T0 + 3000);
    assert_eq!(world.told(), ["Lead queued"]);
    world.crm.contact("c2", &[World::phone()]);
    make(&mut world, "d2", "c2", T0 + 3100);
    qualify(&mut world, "d2", T0 + 3200);
    assert_eq!(world.told(), ["Lead suppressed no_click", "Lead queued"], "what has not left is corrected");
}

#[test]
fn a_phone_that_came_back_is_the_contacts_again() {
    let mut world = edited(&[other()]);
    edit(&mut world, "c1", &[World::phone()], EDITED_S + 100);
    clicked(&mut world, "m1", &World::phone(), EDITED_S + 200);
    qualify(&mut world, "d1", T0 + 3000);
    assert_eq!(world.told(), ["Lead queued"]);
    let known = &world.state.contacts[&contact("c1")];
    assert_eq!(known.former.iter().map(|former| &former.node).collect::<Vec<_>>(), [&other()]);
}

#[test]
fn a_contact_that_the_crm_no_longer_has_keeps_nothing() {
    let mut world = World::new();
    clicked(&mut world, "m1", &World::phone(), T0);
    make(&mut world, "d1", "c1", MADE_S);
    world.crm.contacts.remove("c1");
    world.hear(contact_changed("c1", EDITED_S));
    qualify(&mut world, "d1", T0 + 3000);
    assert_eq!(world.told(), ["Lead suppressed no_phone"]);
}

#[test]
fn what_was_erased_is_not_used_as_what_a_contact_had() {
    let mut world = edited(&[other()]);
    clicked(&mut world, "m1", &World::phone(), T0);
    world.state.erased.insert(World::phone());
    qualify(&mut world, "d1", T0 + 3000);
    assert_eq!(world.told(), ["Lead suppressed no_click"]);
}

#[test]
fn only_so_many_are_remembered_and_whoever_lost_a_reception_is_not_counted_among_its_people() {
    let mut world = World::new();
    clicked(&mut world, "m1", &World::phone(), T0);
    for card in 0..=IDENTIFIER_LINKS_MAX {
        let id = format!("c{card}x");
        world.crm.contact(&id, &[World::phone(), phone(&format!("90533000{card:04}"))]);
        make(&mut world, &format!("d{card}x"), &id, MADE_S);
    }
    qualify(&mut world, "d0x", T0 + 1500);
    assert_eq!(world.only().reason, Some(Reason::SharedIdentifier));
    edit(&mut world, "c1x", &[phone("905330000001")], EDITED_S);
    assert_eq!(world.only().state, State::Queued);
    for number in 0..20 {
        edit(&mut world, "c1x", &[phone(&format!("90544000{number:04}"))], EDITED_S + 10 + number);
    }
    assert_eq!(world.state.contacts[&contact("c1x")].former.len(), 8);
    assert!(world.state.former_of[&World::phone()].is_empty());
}

#[test]
fn whoever_is_meant_by_a_phone_is_meant_by_one_that_their_card_had() {
    let world = edited(&[other()]);
    for who in [World::phone(), other(), contact("c1")] {
        let meant = world.state.person_meant(std::slice::from_ref(&who));
        for one in [World::phone(), other(), contact("c1")] {
            assert!(meant.contains(&one), "{who:?} {one:?}");
        }
    }
}

#[test]
fn a_sale_that_waits_keeps_the_click_when_the_phone_is_edited() {
    let mut world = World::new();
    clicked(&mut world, "m1", &World::phone(), T0);
    make(&mut world, "d1", "c1", MADE_S);
    world.crm.enter("d1", WON, T0 + 1500);
    world.hear(moved("d1", WON, T0 + 1500));
    assert_eq!(world.told(), ["Purchase waiting waiting_price"]);
    edit(&mut world, "c1", &[other()], EDITED_S);
    assert_eq!(world.told(), ["Purchase waiting waiting_price"]);
    world.crm.price("d1", "100", T0 + 2500);
    world.hear(updated("d1", T0 + 2500));
    assert_eq!(world.told(), ["Purchase queued"]);
}

#[test]
fn a_deal_keeps_the_click_by_which_meta_has_taken_its_lead() {
    // Whatever its contact's next phone brings, from before or from since.
    for at_s in [T0 + 100, T0 + 3500] {
        let mut world = World::new();
        clicked(&mut world, "m1", &World::phone(), T0);
        make(&mut world, "d1", "c1", MADE_S);
        qualify(&mut world, "d1", MADE_S + 100);
        accept(&mut world);
        edit(&mut world, "c1", &[other()], MADE_S + 200);
        clicked(&mut world, "m2", &other(), at_s);
        win(&mut world, "d1", T0 + 4000);
        assert_eq!(ads(&world), ["ad-m1", "ad-m1"], "{at_s}");
    }
    // Who is still known by it has clicked again.
    let mut world = World::new();
    clicked(&mut world, "m1", &World::phone(), T0);
    make(&mut world, "d1", "c1", MADE_S);
    qualify(&mut world, "d1", MADE_S + 100);
    accept(&mut world);
    edit(&mut world, "c1", &[World::phone(), other()], MADE_S + 200);
    clicked(&mut world, "m2", &other(), T0 + 3500);
    win(&mut world, "d1", T0 + 4000);
    assert_eq!(ads(&world), ["ad-m1", "ad-m2"]);
}

/// Meta takes everything.
fn accept(world: &mut World) {
    let all = world.state.conversions.values_mut().flatten();
    all.for_each(|one| one.state = State::Accepted);
}

fn win(world: &mut World, deal: &str, at_s: i64) {
    world.crm.enter(deal, WON, at_s);
    world.crm.price(deal, "500", at_s);
    world.hear(moved(deal, WON, at_s));
}

/// The ads that events are credited to, in the order of the events.
fn ads(world: &World) -> Vec<String> {
    world.conversions().into_iter().filter_map(|one| one.ad_id).collect()
}
