//! Who is the same person.

use super::world::{
    QUALIFIED, T0, World, click, contact, contact_changed, link, moved, phone, updated, user,
};
use crate::{Fact, IDENTIFIER_CARDS_MAX, IDENTIFIER_LINKS_MAX, JoinKey, Node, Outcome, Reason};

fn qualify(world: &mut World) {
    world.crm.enter("d1", QUALIFIED, T0 + 1000);
    world.hear(moved("d1", QUALIFIED, T0 + 1000));
}

#[test]
fn the_phone_joins_deal_and_click_whichever_comes_first() {
    let clicked = |world: &mut World| {
        world.hear(Fact::Click(click("m1", &[World::phone()], T0)));
    };
    for stories in [[clicked, qualify], [qualify, clicked]] {
        let mut world = World::new();
        for story in stories {
            story(&mut world);
        }
        assert_eq!(world.told(), ["Lead queued"]);
    }
}

#[test]
fn a_user_id_joins_over_the_phone_with_which_it_was_seen() {
    let mut world = World::new();
    world.hear(Fact::Click(click("m1", &[user("u1")], T0)));
    qualify(&mut world);
    assert_eq!(world.told(), ["Lead suppressed no_click"]);
    let seq = world.hear(link(&[World::phone(), user("u1")], T0 + 2000));
    assert_eq!(world.outcome(seq), &Outcome::Used);
    assert_eq!(world.told(), ["Lead queued"]);
}

#[test]
fn a_message_that_joins_nobody_says_so() {
    let mut world = World::new();
    let alone = world.hear(link(&[World::phone()], T0));
    assert_eq!(world.outcome(alone), &Outcome::Ignored(Reason::NotFromAd));
    world.hear(link(&[World::phone(), user("u1")], T0));
    let known = world.hear(link(&[World::phone(), user("u1")], T0));
    assert_eq!(world.outcome(known), &Outcome::Ignored(Reason::NothingNew));
}

#[test]
fn a_contact_added_to_the_deal_later_brings_its_click() {
    let mut world = World::new();
    world.hear(Fact::Click(click("m1", &[World::phone()], T0)));
    world.crm.enter("d1", QUALIFIED, T0 + 1000).contacts.clear();
    world.hear(moved("d1", QUALIFIED, T0 + 1000));
    assert_eq!(world.told(), ["Lead suppressed nobody"]);
    let deal = world.crm.deals.get_mut("d1").unwrap();
    deal.contacts.push(contact("c1"));
    deal.updated_s = T0 + 1500;
    world.hear(updated("d1", T0 + 1500));
    assert_eq!(world.told(), ["Lead queued"]);
}

/// Gives the reception's phone to so many other contacts, each with a deal of its own.
fn share_phone(world: &mut World, others: usize) {
    for other in 0..others {
        let (deal, who) = (format!("d{other}x"), format!("c{other}x"));
        world.crm.contact(&who, &[World::phone(), user(&who)]);
        world.crm.enter(&deal, super::world::NEW, T0).contacts = vec![contact(&who)];
        world.hear(updated(&deal, T0));
    }
}

#[test]
fn a_phone_that_too_many_share_joins_nobody() {
    for (others, told) in [
        (IDENTIFIER_LINKS_MAX - 1, "Lead queued"),
        (IDENTIFIER_LINKS_MAX, "Lead suppressed shared_identifier"),
    ] {
        let mut world = World::new();
        world.hear(Fact::Click(click("m1", &[World::phone()], T0)));
        share_phone(&mut world, others);
        qualify(&mut world);
        assert_eq!(world.told(), [told], "{others} others");
    }
}

#[test]
fn cards_with_the_same_identifiers_are_one_person_however_many() {
    for (cards, told) in [
        (IDENTIFIER_CARDS_MAX - 1, "Lead queued"),
        (IDENTIFIER_CARDS_MAX, "Lead suppressed shared_identifier"),
    ] {
        let mut world = World::new();
        world.hear(Fact::Click(click("m1", &[World::phone()], T0)));
        for card in 0..cards {
            let (deal, who) = (format!("d{card}x"), format!("c{card}x"));
            world.crm.contact(&who, &[World::phone()]);
            world.crm.enter(&deal, super::world::NEW, T0).contacts = vec![contact(&who)];
            world.hear(updated(&deal, T0));
        }
        qualify(&mut world);
        assert_eq!(world.told(), [told], "{cards} other cards");
    }
}

#[test]
fn an_id_from_before_a_change_still_joins_over_the_phone() {
    let mut world = World::new();
    world.hear(Fact::Click(click("m1", &[user("old")], T0)));
    world.hear(link(&[user("new"), user("old")], T0 + 1));
    world.hear(link(&[World::phone(), user("new")], T0 + 2));
    qualify(&mut world);
    assert_eq!(world.told(), ["Lead queued"]);
}

#[test]
fn a_phone_that_fewer_share_joins_again_for_everybody_who_still_has_it() {
    let mut world = World::new();
    world.hear(Fact::Click(click("m1", &[World::phone()], T0)));
    share_phone(&mut world, IDENTIFIER_LINKS_MAX);
    qualify(&mut world);
    assert_eq!(world.told(), ["Lead suppressed shared_identifier"]);
    world.crm.contact("c0x", &[]);
    world.hear(contact_changed("c0x", T0 + 2000));
    assert_eq!(world.told(), ["Lead queued"]);
}

#[test]
fn a_contact_that_no_deal_has_is_not_read() {
    let mut world = World::new();
    let seq = world.tell(contact_changed("c9", T0));
    assert_eq!(world.outcome(seq), &Outcome::Ignored(Reason::NoDealYet));
    assert!(world.open.is_empty());
}

#[test]
fn a_contact_that_changes_while_it_is_read_for_the_first_time_is_read_again() {
    let mut world = World::new();
    world.hear(Fact::Click(click("m1", &[World::phone()], T0)));
    world.crm.contact("c1", &[]);
    world.crm.enter("d1", QUALIFIED, T0 + 1000);
    world.tell(moved("d1", QUALIFIED, T0 + 1000));
    let read = world.fetch("deal:kommo:acme/d1");
    world.tell(read);
    // The answer is on its way when somebody writes the phone into the contact.
    let too_early = world.fetch("contact:kommo:acme/c1");
    world.crm.contact("c1", &[phone("905321112233")]);
    world.tell(contact_changed("c1", T0 + 1001));
    world.tell(too_early);
    world.answer_all();
    assert_eq!(world.told(), ["Lead queued"]);
}

#[test]
fn links_under_a_form_of_an_earlier_version_go_on_to_join() {
    let key = JoinKey::new(&[7; 32]);
    let first_version = |digits: &str| vec![Node::keyed("phone", &key.token("phone", digits))];
    let now = |digits: &str| key.phones(digits);
    for (old, new) in [("22997123456", "2290197123456"), ("22547123456", "2250747123456")] {
        for (clicked_as, carded_as) in [(old, new), (new, old), (old, old), (new, new)] {
            // The click came before the version changed, or the contact was read before.
            for (click_names, card_names) in [
                (first_version(clicked_as), now(carded_as)),
                (now(clicked_as), first_version(carded_as)),
                (now(clicked_as), now(carded_as)),
            ] {
                let mut world = World::new();
                world.crm.contact("c1", &card_names);
                world.hear(Fact::Click(click("m1", &click_names, T0)));
                qualify(&mut world);
                assert_eq!(world.told(), ["Lead queued"], "{clicked_as} {carded_as}");
            }
        }
    }
}
