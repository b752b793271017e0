//! Why no click of a person is known: what can be said for certain.

use super::world::{
    NEW, QUALIFIED, T0, World, click, contact, contact_changed, link, moved, phone, updated, user, written,
    written_as,
};
use crate::{Fact, IDENTIFIER_LINKS_MAX, JoinKey, MessageContent, Node, Outcome, Reason};

const WITHHELD: MessageContent = MessageContent::Withheld;

/// Qualifies a deal of the contact with the phone that was made at this time.
fn qualify_made(world: &mut World, created_s: i64) {
    world.crm.enter("d1", QUALIFIED, T0 + 1000).created_s = Some(created_s);
    world.hear(moved("d1", QUALIFIED, T0 + 1000));
}

fn qualify(world: &mut World) {
    qualify_made(world, T0 + 900);
}

#[test]
fn nothing_ever_came_from_the_account() {
    let mut world = World::new();
    world.state.heard.clear();
    qualify(&mut world);
    assert_eq!(world.told(), ["Lead suppressed chats_unheard"]);
    // That chats of another account come says nothing.
    world.state.heard.insert("waba-2".into(), T0);
    world.hear(updated("d1", T0 + 2000));
    assert_eq!(world.told(), ["Lead suppressed chats_unheard"]);
    world.hear(Fact::Click(click("m1", &[World::phone()], T0 + 500)));
    assert_eq!(world.told(), ["Lead queued"]);
}

#[test]
fn the_first_message_of_an_account_says_that_its_chats_come() {
    let mut world = World::new();
    world.state.heard.clear();
    world.hear(written(&[phone("905399999999")], T0));
    assert_eq!(world.state.heard, [("waba-1".to_owned(), world.now_s)].into());
    world.now_s += 60;
    world.hear(Fact::Click(click("m1", &[phone("905388888888")], T0)));
    assert_eq!(world.state.heard, [("waba-1".to_owned(), world.now_s - 60)].into(), "since the first one");
}

#[test]
fn a_deal_older_than_the_first_chat_that_came() {
    for (created_s, told) in
        [(T0 - 10_000, "Lead suppressed chat_before_us"), (T0 + 900, "Lead suppressed no_click")]
    {
        let mut world = World::new();
        qualify_made(&mut world, created_s);
        assert_eq!(world.told(), [told]);
    }
}

#[test]
fn a_first_message_that_was_read_and_names_no_ad() {
    let mut world = World::new();
    world.hear(written(&[World::phone()], T0 + 100));
    qualify(&mut world);
    assert_eq!(world.told(), ["Lead suppressed not_from_ad"]);
    // It is no first message any more when an older one turns up.
    world.hear(written_as(WITHHELD, &[World::phone()], T0 + 50));
    assert_eq!(world.told(), ["Lead suppressed click_withheld"]);
}

#[test]
fn a_message_after_the_event_says_nothing_about_it() {
    let mut world = World::new();
    world.hear(written(&[World::phone()], T0 + 100_000));
    world.hear(written_as(WITHHELD, &[World::phone()], T0 + 100_000));
    qualify(&mut world);
    assert_eq!(world.told(), ["Lead suppressed no_click"]);
}

#[test]
fn a_message_of_which_nothing_came_is_no_first_message_that_was_read() {
    let mut world = World::new();
    world.hear(written_as(MessageContent::Unsupported, &[World::phone()], T0 + 100));
    qualify(&mut world);
    assert_eq!(world.told(), ["Lead suppressed no_click"]);
}

#[test]
fn a_chat_whose_history_came_was_read_from_its_beginning() {
    let mut world = World::new();
    world.hear(written(&[World::phone()], T0 - 50_000));
    qualify_made(&mut world, T0 - 10_000);
    assert_eq!(world.told(), ["Lead suppressed not_from_ad"]);
}

#[test]
fn an_ad_chat_that_meta_withheld_says_so_and_is_counted_once() {
    let who = [World::phone(), user("u1")];
    let mut world = World::new();
    let seq = world.hear(written_as(WITHHELD, &who, T0 + 100));
    assert_eq!(world.outcome(seq), &Outcome::Ignored(Reason::ClickWithheld));
    let again = world.hear(written_as(WITHHELD, &who, T0 + 100));
    assert_eq!(world.outcome(again), &Outcome::Ignored(Reason::NothingNew));
    world.hear(written(&who, T0 + 200));
    qualify(&mut world);
    assert_eq!(world.told(), ["Lead suppressed click_withheld"]);
    // A click that is known counts all the same.
    world.hear(Fact::Click(click("m1", &[World::phone()], T0 + 300)));
    assert_eq!(world.told(), ["Lead queued"]);
}

#[test]
fn two_who_claim_a_number_with_the_same_right_cannot_be_told_apart() {
    let mut world = World::new();
    world.hear(Fact::Click(click("m1", &[World::phone(), user("u1")], T0 + 100)));
    world.hear(link(&[World::phone(), user("u2")], T0 + 100));
    qualify(&mut world);
    assert_eq!(world.told(), ["Lead suppressed several_people"]);
    // They turn out to be one.
    world.hear(link(&[user("u1"), user("u2")], T0 + 200));
    assert_eq!(world.told(), ["Lead queued"]);
}

#[test]
fn a_receptions_phone_is_named_as_the_reason() {
    let share = |world: &mut World| {
        for other in 0..IDENTIFIER_LINKS_MAX {
            let (deal, who) = (format!("d{other}x"), format!("c{other}x"));
            world.crm.contact(&who, &[World::phone(), user(&who)]);
            world.crm.enter(&deal, NEW, T0).contacts = vec![contact(&who)];
            world.hear(updated(&deal, T0));
        }
    };
    let mut world = World::new();
    share(&mut world);
    qualify(&mut world);
    assert_eq!(world.told(), ["Lead suppressed shared_identifier"], "it has nothing else");

    for (clicked, told) in [(true, "Lead suppressed shared_identifier"), (false, "Lead suppressed no_click")]
    {
        let mut world = World::new();
        world.crm.contact("c1", &[World::phone(), phone("905377777777")]);
        if clicked {
            world.hear(Fact::Click(click("m1", &[World::phone()], T0)));
        }
        share(&mut world);
        qualify(&mut world);
        assert_eq!(world.told(), [told], "clicked by the shared one: {clicked}");
    }
}

#[test]
fn nobody_and_nobody_who_can_be_met_are_said_until_somebody_is_known() {
    let mail = JoinKey::new(&[7; 32]).email("ayse@example.com");
    let none: &[Node] = &[];
    for (contacts, who, told) in [
        (&[][..], none, "nobody"),
        (&["c1"], none, "no_phone"),
        (&["c1"], std::slice::from_ref(&mail), "no_phone"),
        (&["c1"], &[mail.clone(), user("u1")], "no_click"),
        (&["c1"], &[World::phone()], "no_click"),
    ] {
        let mut world = World::new();
        world.crm.contact("c1", who);
        world.crm.enter("d1", QUALIFIED, T0 + 1000).contacts =
            contacts.iter().map(|id| contact(id)).collect();
        world.hear(moved("d1", QUALIFIED, T0 + 1000));
        assert_eq!(world.told(), [format!("Lead suppressed {told}")], "{contacts:?} {who:?}");
        world.crm.contact("c1", &[World::phone()]);
        let deal = world.crm.enter("d1", QUALIFIED, T0 + 1000);
        deal.contacts = vec![contact("c1")];
        deal.updated_s = T0 + 2000;
        world.hear(Fact::Click(click("m1", &[World::phone()], T0)));
        world.hear(updated("d1", T0 + 2000));
        world.hear(contact_changed("c1", T0 + 2000));
        assert_eq!(world.told(), ["Lead queued"], "{contacts:?} {who:?}");
    }
}

#[test]
fn a_contact_that_was_deleted_has_no_phone_and_one_who_lost_theirs_had_one() {
    for (who, told) in [(None, "no_phone"), (Some(&[][..]), "no_click")] {
        let mut world = World::new();
        world.crm.enter("d1", NEW, T0).created_s = Some(T0);
        world.hear(updated("d1", T0));
        match who {
            None => drop(world.crm.contacts.remove("c1")),
            Some(who) => world.crm.contact("c1", who),
        }
        world.hear(contact_changed("c1", T0 + 500));
        world.crm.enter("d1", QUALIFIED, T0 + 1000).created_s = Some(T0);
        world.hear(moved("d1", QUALIFIED, T0 + 1000));
        assert_eq!(world.told(), [format!("Lead suppressed {told}")], "{who:?}");
    }
}
