//! What a CRM shows may be older than what it has reported, and a deal may have moved unseen.

use super::world::{
    NEW, QUALIFIED, T0, WON, World, click, contact, contact_changed, deal_key, moved, updated,
};
use crate::{ContactHint, Conversion, DealHint, Fact, Reason, StageId, StageName, State};

fn clicked() -> World {
    let mut world = World::new();
    world.hear(Fact::Click(click("m1", &[World::phone()], T0)));
    world
}

/// Tells a fact whose first answer shows the CRM as it was before.
fn hear_lagging(world: &mut World, before: &super::crm::Crm, fact: Fact) {
    let now = std::mem::replace(&mut world.crm, before.clone());
    world.tell(fact);
    while let Some(key) = world.open.keys().next().cloned() {
        let answer = world.fetch(&key);
        world.crm = now.clone();
        world.tell(answer);
    }
    world.answer_all();
}

fn sale(world: &World) -> Conversion {
    world.conversions().into_iter().find(|one| one.event == "Purchase").expect("a sale")
}

fn won(world: &mut World, at_s: i64) {
    world.crm.enter("d1", WON, at_s);
    world.hear(moved("d1", WON, at_s));
}

#[test]
fn a_price_behind_a_lagging_row_is_found() {
    let mut world = clicked();
    won(&mut world, T0 + 100);
    let before = world.crm.clone();
    world.crm.price("d1", "99", T0 + 200);
    hear_lagging(&mut world, &before, updated("d1", T0 + 200));
    assert_eq!((sale(&world).state, sale(&world).value), (State::Queued, "99".parse().ok()));
}

#[test]
fn an_old_price_is_not_sent_while_a_report_tells_of_a_newer_one() {
    let mut world = clicked();
    world.crm.contacts.clear();
    won(&mut world, T0 + 100);
    world.crm.price("d1", "10", T0 + 110);
    world.hear(updated("d1", T0 + 110));
    world.tell(updated("d1", T0 + 200));
    let row = world.fetch("deal:kommo:acme/d1");
    world.tell(row);
    assert_eq!(sale(&world).reason, Some(Reason::WaitingDeal));
}

#[test]
fn a_report_from_the_future_costs_a_bounded_number_of_questions() {
    let mut world = clicked();
    won(&mut world, T0 + 100);
    world.crm.price("d1", "99", T0 + 110);
    let before = (world.asked.len(), world.now_s);
    world.hear(updated("d1", T0 + 1_000_000));
    assert_eq!(sale(&world).state, State::Queued);
    assert!(world.asked.len() - before.0 < 15 && world.now_s - before.1 < 150);
}

#[test]
fn a_contact_that_lags_is_read_again() {
    let mut world = clicked();
    world.crm.contact("c1", &[]);
    world.crm.contacts_changed_s.insert("c1".into(), T0);
    world.crm.enter("d1", QUALIFIED, T0 + 100);
    world.hear(moved("d1", QUALIFIED, T0 + 100));
    assert_eq!(world.told(), ["Lead suppressed no_phone"]);
    let before = world.crm.clone();
    world.crm.contact("c1", &[World::phone()]);
    world.crm.contacts_changed_s.insert("c1".into(), T0 + 200);
    hear_lagging(&mut world, &before, contact_changed("c1", T0 + 200));
    assert_eq!(world.told(), ["Lead queued"]);
}

#[test]
fn a_contact_that_its_deal_does_not_show_yet_is_found() {
    for is_known in [false, true] {
        let mut world = clicked();
        if is_known {
            world.crm.enter("d2", NEW, T0 + 50);
            world.hear(moved("d2", NEW, T0 + 50));
        }
        world.crm.enter("d1", QUALIFIED, T0 + 100).contacts.clear();
        world.hear(moved("d1", QUALIFIED, T0 + 100));
        assert_eq!(world.told(), ["Lead suppressed nobody"]);
        let before = world.crm.clone();
        // The deal itself does not count as changed.
        world.crm.deals.get_mut("d1").unwrap().contacts = vec![contact("c1")];
        let (contact, deals) = (contact("c1"), vec![deal_key("d1")]);
        let linked = Fact::ContactHint(ContactHint { account: None, contact, deals, at_s: Some(T0 + 200) });
        hear_lagging(&mut world, &before, linked);
        assert_eq!(world.told(), ["Lead queued"], "{is_known}");
    }
}

#[test]
fn a_deletion_that_is_not_shown_yet_stops_the_sale() {
    let mut world = clicked();
    won(&mut world, T0 + 100);
    let before = world.crm.clone();
    world.crm.deals.clear();
    let deleted = DealHint {
        deleted: true,
        account: None,
        left: None,
        deal: deal_key("d1"),
        stage: None,
        moved: false,
        at_s: None,
    };
    hear_lagging(&mut world, &before, Fact::DealHint(deleted));
    assert_eq!(sale(&world).reason, Some(Reason::Withdrawn));
}

#[test]
fn a_deal_that_was_won_again_unseen_is_a_sale_of_the_later_win() {
    let mut world = clicked();
    won(&mut world, T0 + 100);
    world.crm.enter("d1", NEW, T0 + 900);
    world.crm.enter("d1", WON, T0 + 1_000);
    world.crm.price("d1", "99", T0 + 1_100);
    world.hear(updated("d1", T0 + 1_100));
    assert_eq!((sale(&world).state, sale(&world).event_s), (State::Queued, T0 + 1_000));
}

#[test]
fn a_win_that_was_left_within_its_own_second_is_not_the_one_that_stands() {
    let mut world = clicked();
    won(&mut world, T0 + 100);
    world.crm.enter("d1", NEW, T0 + 100);
    world.hear(moved("d1", NEW, T0 + 100));
    world.crm.enter("d1", WON, T0 + 110).price = Some("99".parse().unwrap());
    world.hear(moved("d1", WON, T0 + 110));
    assert_eq!((sale(&world).state, sale(&world).event_s), (State::Queued, T0 + 110));
}

#[test]
fn a_deal_that_was_made_in_a_stage_and_changed_before_it_was_read_is_a_lead_since_it_was_made() {
    let mut world = clicked();
    world.crm.enter("d1", QUALIFIED, T0 + 100).created_s = Some(T0 + 100);
    world.crm.log.clear();
    world.crm.price("d1", "10", T0 + 150);
    world.hear(moved("d1", QUALIFIED, T0 + 100));
    assert_eq!(world.only().event_s, T0 + 100);
}

#[test]
fn a_stage_that_was_entered_twice_before_anybody_looked_is_told_with_the_first_time() {
    let mut world = clicked();
    world.crm.enter("d1", NEW, T0 + 50);
    world.hear(moved("d1", NEW, T0 + 50));
    world.crm.enter("d1", QUALIFIED, T0 + 300);
    world.crm.enter("d1", NEW, T0 + 400);
    world.crm.first.insert(("d1".into(), QUALIFIED.into()), T0 + 100);
    world.hear(moved("d1", QUALIFIED, T0 + 300));
    assert_eq!(world.only().event_s, T0 + 100);
}

#[test]
fn a_deal_that_was_read_before_its_report_came_is_a_lead_since_it_was_made() {
    let mut world = clicked();
    world.crm.enter("d1", QUALIFIED, T0 + 100).created_s = Some(T0 + 100);
    world.crm.log.clear();
    world.crm.price("d1", "10", T0 + 150);
    world.hear(updated("d1", T0 + 150));
    world.hear(moved("d1", QUALIFIED, T0 + 100));
    assert_eq!((world.only().event_s, world.only().state), (T0 + 100, State::Queued));
}

#[test]
fn a_row_of_the_second_of_the_win_may_be_older_than_the_win() {
    let mut world = clicked();
    world.crm.enter("d1", NEW, T0 + 100).price = Some("99".parse().unwrap());
    let before = world.crm.clone();
    world.crm.enter("d1", WON, T0 + 100);
    world.tell(moved("d1", NEW, T0 + 100));
    hear_lagging(&mut world, &before, moved("d1", WON, T0 + 100));
    assert_eq!((sale(&world).state, sale(&world).event_s), (State::Queued, T0 + 100));
}

/// The report of the move back comes last, when the deal has been won once more.
#[test]
fn a_move_back_that_is_reported_late_does_not_undo_the_win_after_it() {
    let mut world = clicked();
    won(&mut world, T0 + 100);
    world.crm.enter("d1", NEW, T0 + 110);
    world.crm.enter("d1", WON, T0 + 120).price = Some("99".parse().unwrap());
    world.hear(moved("d1", WON, T0 + 120));
    world.hear(moved("d1", NEW, T0 + 110));
    assert_eq!((sale(&world).state, sale(&world).event_s), (State::Queued, T0 + 120));
}

#[test]
fn a_deal_that_was_made_in_a_stage_and_came_back_is_a_lead_since_it_was_made() {
    let mut world = clicked();
    world.crm.enter("d1", NEW, T0 + 100).created_s = Some(T0 + 90);
    world.crm.left.insert(("d1".into(), QUALIFIED.into()), T0 + 100);
    world.crm.log.insert(("d1".into(), QUALIFIED.into()), T0 + 400);
    world.hear(moved("d1", QUALIFIED, T0 + 90));
    assert_eq!(world.only().event_s, T0 + 90);
}

#[test]
fn very_many_reports_that_are_ahead_of_the_row_wait_for_the_next_one() {
    let mut world = clicked();
    world.crm.enter("d1", NEW, T0 + 100);
    for place in 0..2 * crate::WAITING_PER_TURN_MAX {
        world.tell(moved("d1", &format!("9{place}"), T0 + 500));
    }
    let row = world.fetch("deal:kommo:acme/d1");
    // It ends, though it has answered none of them.
    world.tell(row);
    assert!(world.open.contains_key("deal:kommo:acme/d1"), "it is asked again");
}

#[test]
fn a_move_that_the_log_knows_is_not_ahead_of_a_row_of_its_second() {
    let mut world = clicked();
    world.crm.enter("d1", WON, T0 + 100).price = Some("50".parse().unwrap());
    // It went on to delivery within the second, and the report of that comes later.
    let delivery = StageId { pipeline: "8".into(), status: "890".into() };
    let deal = world.crm.deals.get_mut("d1").unwrap();
    (deal.stage, deal.closed_s) = (delivery.clone(), None);
    let mut names = super::world::catalogue();
    let pipeline_name = "Delivery".to_owned();
    names.stages.push(StageName { stage: delivery, pipeline_name, stage_name: "Packed".into() });
    world.tell(Fact::Catalogue(names));
    world.tell(moved("d1", WON, T0 + 101));
    let mut answer = |prefix: &str| {
        let key = world
            .open
            .keys()
            .find(|key| key.starts_with(prefix))
            .unwrap_or_else(|| panic!("{prefix} is asked: {:?}", world.open.keys()))
            .clone();
        let fact = world.fetch(&key);
        world.tell(fact);
    };
    answer("deal:");
    answer("stage-log:kommo:acme/d1@7");
    answer("deal:");
    assert!(!world.state.deals[&deal_key("d1")].lagging);
    assert!(world.open.keys().all(|key| !key.starts_with("deal:")), "it is not asked for once more");
}

#[test]
fn a_price_of_the_next_second_behind_a_row_that_lags_is_read() {
    let mut world = World::new();
    world.hear(Fact::Click(click("m1", &[World::phone()], T0)));
    world.crm.enter("d1", WON, T0 + 100).created_s = Some(T0 + 100);
    world.now_s = T0 + 102;
    world.tell(moved("d1", WON, T0 + 100));
    world.tell(updated("d1", T0 + 101));
    let answer = world.fetch("deal:kommo:acme/d1");
    world.tell(answer);
    // The row shows it later.
    world.crm.price("d1", "10", T0 + 101);
    world.answer_all();
    assert_eq!(world.told(), ["Purchase queued"]);
}
