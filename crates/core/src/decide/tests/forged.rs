//! Whoever knows the address of the webhooks can post reports, again and again.

use super::world::{QUALIFIED, T0, WON, World, click, contact_changed, deal_key, moved, updated};
use crate::{Fact, Question};

fn clicked() -> World {
    let mut world = World::new();
    world.hear(Fact::Click(click("m1", &[World::phone()], T0)));
    world
}

/// Answers what is open once, without asking what is asked again for more.
fn answer_once(world: &mut World) {
    let open: Vec<String> = world.open.keys().cloned().collect();
    for key in open {
        let fact = world.fetch(&key);
        world.tell(fact);
    }
}

#[test]
fn reports_of_the_future_hold_a_sale_for_no_longer_than_a_crm_lags() {
    let mut world = clicked();
    world.crm.enter("d1", WON, T0 + 3_000).price = Some("10".parse().unwrap());
    world.tell(moved("d1", WON, T0 + 3_000));
    answer_once(&mut world);
    answer_once(&mut world);
    let begun_s = world.now_s;
    let mut told_after = None;
    for minute in 1..=180 {
        world.now_s = world.now_s.max(begun_s + minute * 60);
        let forged_s = world.now_s + if minute % 2 == 0 { 86_400 } else { 0 };
        world.tell(updated("d1", forged_s));
        answer_once(&mut world);
        let is_queued = world.told() == ["Purchase queued"];
        if is_queued {
            told_after.get_or_insert(world.now_s - begun_s);
        }
        assert!(is_queued || told_after.is_none(), "it is held once more after {minute} minutes");
    }
    assert!(told_after.is_some_and(|after_s| after_s <= 300), "{told_after:?}");
    let waiting = world.state.waiting.values().flatten().count();
    assert!(waiting <= 8, "{waiting} reports wait");
    let questions = world.asked.iter().filter(|asked| matches!(asked, Question::Deal { .. })).count();
    assert!(questions < 600, "{questions} questions for 180 reports");
}

#[test]
fn reports_of_the_future_keep_no_contact_unread() {
    let mut world = clicked();
    world.crm.enter("d1", QUALIFIED, T0 + 3_000);
    world.crm.contacts_changed_s.insert("c1".into(), T0);
    world.tell(moved("d1", QUALIFIED, T0 + 3_000));
    let begun_s = world.now_s;
    for minute in 0..=10 {
        world.now_s = world.now_s.max(begun_s + minute * 60);
        world.tell(contact_changed("c1", world.now_s + 86_400));
        answer_once(&mut world);
    }
    assert_eq!(world.told(), ["Lead queued"]);
    assert!(world.state.deals.contains_key(&deal_key("d1")));
}
