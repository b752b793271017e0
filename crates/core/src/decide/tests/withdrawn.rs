//! A sale that is undone before it has left is not told; one that Meta has is marked.

use super::world::{
    LOST, NEW, QUALIFIED, T0, WON, World, click, contact, contact_changed, deal_key, moved, stage, updated,
};
use crate::{Conversion, DealHint, Fact, Reason, Sent, StageId, State};

fn clicked() -> World {
    let mut world = World::new();
    world.hear(Fact::Click(click("m1", &[World::phone()], T0)));
    world
}

/// Moves the deal, and lets Kopru hear of it.
fn enter(world: &mut World, status: &str, at_s: i64) {
    world.crm.enter("d1", status, at_s);
    world.hear(moved("d1", status, at_s));
}

fn price(world: &mut World, amount: &str, at_s: i64) {
    world.crm.price("d1", amount, at_s);
    world.hear(updated("d1", at_s));
}

fn sale(world: &World) -> Conversion {
    world.conversions().into_iter().find(|one| one.event == "Purchase").expect("a sale")
}

fn ended(world: &World) -> (State, Option<Reason>) {
    let sale = sale(world);
    (sale.state, sale.reason)
}

const WITHDRAWN: (State, Option<Reason>) = (State::Suppressed, Some(Reason::Withdrawn));
const QUEUED: (State, Option<Reason>) = (State::Queued, None);

#[test]
fn won_without_a_price_and_moved_back_is_never_sold() {
    let mut world = clicked();
    enter(&mut world, WON, T0 + 100);
    enter(&mut world, NEW, T0 + 200);
    assert_eq!(ended(&world), WITHDRAWN);
    price(&mut world, "5000", T0 + 90_000);
    assert_eq!(ended(&world), WITHDRAWN);
}

#[test]
fn won_then_lost_then_priced_is_nothing() {
    let mut world = clicked();
    enter(&mut world, WON, T0 + 100);
    enter(&mut world, LOST, T0 + 200);
    price(&mut world, "5000", T0 + 300);
    assert_eq!(ended(&world), WITHDRAWN);
}

#[test]
fn won_without_a_click_then_deleted_then_a_late_click_is_nothing() {
    let mut world = World::new();
    enter(&mut world, WON, T0 + 100);
    price(&mut world, "100", T0 + 110);
    assert_eq!(ended(&world), (State::Suppressed, Some(Reason::NoClick)));
    world.crm.deals.remove("d1");
    let deleted = DealHint {
        deleted: true,
        account: None,
        left: None,
        deal: deal_key("d1"),
        stage: None,
        moved: false,
        at_s: None,
    };
    world.hear(Fact::DealHint(deleted));
    world.hear(Fact::Click(click("m1", &[World::phone()], T0)));
    assert_eq!(ended(&world), WITHDRAWN);
    // It was put back.
    world.crm.enter("d1", WON, T0 + 100).price = Some("100".parse().unwrap());
    world.hear(updated("d1", T0 + 400));
    assert_eq!(ended(&world), QUEUED);
}

#[test]
fn a_deal_that_was_read_once_and_is_not_there_is_deleted_at_once_if_that_is_reported() {
    for is_reported in [true, false] {
        let mut world = World::new();
        enter(&mut world, WON, T0 + 100);
        price(&mut world, "100", T0 + 110);
        world.crm.deals.remove("d1");
        let Fact::DealHint(hint) = updated("d1", T0 + 120) else { panic!("no report of a deal") };
        let deleted = DealHint { stage: None, at_s: None, deleted: true, ..hint.clone() };
        world.now_s = T0 + 121;
        world.tell(Fact::DealHint(if is_reported { deleted } else { hint }));
        let gone = world.fetch("deal:kommo:acme/d1");
        world.tell(gone);
        world.tell(Fact::Click(click("m1", &[World::phone()], T0)));
        let waits = (State::Waiting, Some(Reason::WaitingDeal));
        assert_eq!(ended(&world), if is_reported { WITHDRAWN } else { waits });
        world.answer_all();
        assert_eq!(ended(&world), WITHDRAWN, "{is_reported}");
    }
}

#[test]
fn a_report_without_a_time_that_tells_of_no_deletion_holds_nothing_up() {
    let mut world = clicked();
    world.now_s = T0 + 101;
    world.crm.enter("d1", WON, T0 + 100).price = Some("10".parse().unwrap());
    let Fact::DealHint(hint) = updated("d1", T0 + 100) else { panic!("no report of a deal") };
    world.tell(Fact::DealHint(DealHint { at_s: None, ..hint }));
    let read = world.fetch("deal:kommo:acme/d1");
    world.tell(read);
    world.answer_all();
    assert_eq!(ended(&world), QUEUED);
}

#[test]
fn an_open_stage_of_another_pipeline_keeps_the_sale() {
    let mut world = clicked();
    enter(&mut world, WON, T0 + 100);
    price(&mut world, "100", T0 + 110);
    let delivery = StageId { pipeline: "8".into(), status: "81".into() };
    let deal = world.crm.enter("d1", "81", T0 + 200);
    deal.stage = delivery.clone();
    let hint = DealHint {
        deleted: false,
        account: None,
        left: None,
        deal: deal_key("d1"),
        stage: Some(delivery),
        moved: true,
        at_s: Some(T0 + 200),
    };
    world.hear(Fact::DealHint(hint));
    assert_eq!(ended(&world), QUEUED);
    assert_eq!(sale(&world).event_s, T0 + 100);
}

#[test]
fn a_lead_stands_once_entered() {
    let mut world = clicked();
    enter(&mut world, QUALIFIED, T0 + 100);
    enter(&mut world, LOST, T0 + 200);
    assert_eq!(world.told(), ["Lead queued"]);
}

#[test]
fn won_again_carries_the_time_of_the_win_that_stands() {
    let mut world = clicked();
    enter(&mut world, WON, T0 + 100);
    enter(&mut world, NEW, T0 + 200);
    enter(&mut world, WON, T0 + 300);
    price(&mut world, "100", T0 + 310);
    assert_eq!(ended(&world), QUEUED);
    assert_eq!(sale(&world).event_s, T0 + 300);
}

#[test]
fn won_while_meta_is_down_and_moved_back_does_not_leave() {
    for sent in [Sent::Never, Sent::NotTaken, Sent::Unknown] {
        let mut world = clicked();
        enter(&mut world, WON, T0 + 100);
        price(&mut world, "100", T0 + 110);
        world.set_sent(sent);
        enter(&mut world, NEW, T0 + 200);
        assert_eq!(ended(&world), WITHDRAWN, "{sent:?}");
    }
}

#[test]
fn accepted_and_undone_is_marked_and_not_sent_again() {
    let mut world = clicked();
    enter(&mut world, WON, T0 + 100);
    price(&mut world, "100", T0 + 110);
    world.state.conversions.values_mut().flatten().for_each(|one| one.state = State::Accepted);
    enter(&mut world, LOST, T0 + 200);
    assert_eq!(sale(&world).state, State::Accepted);
    assert!(sale(&world).is_undone());
    enter(&mut world, WON, T0 + 300);
    assert_eq!((sale(&world).state, sale(&world).is_undone()), (State::Accepted, false));
}

#[test]
fn what_moves_within_one_second_undoes_nothing() {
    let mut world = clicked();
    enter(&mut world, QUALIFIED, T0 + 100);
    world.crm.enter("d1", WON, T0 + 100).price = Some("10".parse().unwrap());
    world.hear(moved("d1", WON, T0 + 100));
    assert_eq!(world.told(), ["Lead queued", "Purchase queued"]);
}

#[test]
fn a_phone_typed_after_the_first_reading_counts_without_a_report_of_the_contact() {
    let mut world = clicked();
    world.crm.contact("c1", &[]);
    enter(&mut world, QUALIFIED, T0 + 100);
    assert_eq!(world.told(), ["Lead suppressed no_phone"]);
    world.crm.contact("c1", &[World::phone()]);
    enter(&mut world, WON, T0 + 200);
    price(&mut world, "100", T0 + 210);
    assert_eq!(world.told(), ["Lead queued", "Purchase queued"]);
}

#[test]
fn consent_taken_back_before_the_sale_is_not_sent_without_a_report_of_the_contact() {
    let mut world = clicked();
    world.policy.consent = crate::Consent::Required;
    world.crm.contacts.get_mut("c1").unwrap().1 = Some(true);
    enter(&mut world, QUALIFIED, T0 + 100);
    world.crm.contacts.get_mut("c1").unwrap().1 = Some(false);
    world.crm.enter("d1", WON, T0 + 200).price = Some("10".parse().unwrap());
    world.hear(moved("d1", WON, T0 + 200));
    assert_eq!(ended(&world), (State::Suppressed, Some(Reason::ConsentRefused)));
}

#[test]
fn a_sale_waits_for_the_reading_of_its_contact_that_was_asked_after_it() {
    let mut world = clicked();
    enter(&mut world, QUALIFIED, T0 + 100);
    world.crm.enter("d1", WON, T0 + 200).price = Some("10".parse().unwrap());
    world.tell(moved("d1", WON, T0 + 200));
    let deal = world.fetch("deal:kommo:acme/d1");
    world.tell(deal);
    assert_eq!(ended(&world), (State::Waiting, Some(Reason::WaitingContact)));
    world.answer_all();
    assert_eq!(ended(&world), QUEUED);
}

#[test]
fn a_win_after_one_that_was_undone_is_told_with_what_its_contact_says_then() {
    for (before, after, expected) in [
        (Some(true), Some(false), (State::Suppressed, Some(Reason::ConsentRefused))),
        (Some(false), Some(true), QUEUED),
    ] {
        let mut world = clicked();
        world.crm.contacts.get_mut("c1").unwrap().1 = before;
        enter(&mut world, WON, T0 + 100);
        enter(&mut world, NEW, T0 + 200);
        world.crm.contacts.get_mut("c1").unwrap().1 = after;
        world.crm.enter("d1", WON, T0 + 300).price = Some("10".parse().unwrap());
        world.hear(moved("d1", WON, T0 + 300));
        assert_eq!(ended(&world), expected);
    }
}

#[test]
fn an_old_price_is_never_sent_for_a_newer_win() {
    let mut world = clicked();
    world.crm.enter("d1", QUALIFIED, T0 + 100).price = Some("10".parse().unwrap());
    world.hear(moved("d1", QUALIFIED, T0 + 100));
    // The history shows the win, the row does not yet.
    let before = world.crm.clone();
    world.crm.enter("d1", WON, T0 + 200).price = Some("99".parse().unwrap());
    let now = world.crm.deals.clone();
    world.crm.deals = before.deals;
    world.tell(moved("d1", WON, T0 + 200));
    let row = world.fetch("deal:kommo:acme/d1");
    world.tell(row);
    let log = world.open.keys().find(|key| key.starts_with("stage")).unwrap().clone();
    let log = world.fetch(&log);
    world.tell(log);
    assert_eq!(ended(&world), (State::Waiting, Some(Reason::WaitingDeal)));
    world.crm.deals = now;
    world.answer_all();
    assert_eq!(ended(&world), QUEUED);
    assert_eq!(sale(&world).value, Some("99".parse().unwrap()));
}

#[test]
fn a_row_that_never_catches_up_counts_after_a_while() {
    let mut world = clicked();
    world.crm.enter("d1", QUALIFIED, T0 + 100).price = Some("10".parse().unwrap());
    world.hear(moved("d1", QUALIFIED, T0 + 100));
    let before = world.crm.deals.clone();
    world.crm.enter("d1", WON, T0 + 200);
    world.crm.deals = before;
    world.hear(moved("d1", WON, T0 + 200));
    assert_eq!(ended(&world), QUEUED);
    assert_eq!(stage(WON), sale(&world).stage.unwrap());
}

#[test]
fn a_contact_linked_after_the_sale_brings_its_click() {
    let mut world = clicked();
    world.crm.enter("d1", WON, T0 + 100).price = Some("10".parse().unwrap());
    world.crm.deals.get_mut("d1").unwrap().contacts.clear();
    world.hear(moved("d1", WON, T0 + 100));
    assert_eq!(ended(&world), (State::Suppressed, Some(Reason::Nobody)));
    world.crm.deals.get_mut("d1").unwrap().contacts.push(contact("c1"));
    let Fact::ContactHint(hint) = contact_changed("c1", T0 + 200) else { unreachable!() };
    world.hear(Fact::ContactHint(crate::ContactHint { deals: vec![deal_key("d1")], ..hint }));
    assert_eq!(ended(&world), QUEUED);
}

#[test]
fn a_row_of_the_same_second_as_the_win_may_be_older_than_it() {
    let mut world = clicked();
    world.crm.enter("d1", QUALIFIED, T0 + 100).price = Some("10".parse().unwrap());
    world.hear(moved("d1", QUALIFIED, T0 + 100));
    // A price was typed in the second of the win, and the row shows no more than that.
    world.crm.price("d1", "99", T0 + 200);
    let before = world.crm.deals.clone();
    world.crm.enter("d1", WON, T0 + 200);
    let now = std::mem::replace(&mut world.crm.deals, before);
    world.tell(moved("d1", WON, T0 + 200));
    for question in ["deal", "stage"] {
        let key = world.open.keys().find(|key| key.starts_with(question)).unwrap().clone();
        let answer = world.fetch(&key);
        world.tell(answer);
    }
    assert_eq!(ended(&world), (State::Waiting, Some(Reason::WaitingDeal)));
    world.crm.deals = now;
    world.answer_all();
    assert_eq!(ended(&world), QUEUED);
}

/// Won in the other pipeline.
fn win_elsewhere(world: &mut World, at_s: i64) {
    let won = StageId { pipeline: "8".into(), status: WON.into() };
    world.crm.enter("d1", WON, at_s).stage = won.clone();
    let deal = deal_key("d1");
    world.hear(Fact::DealHint(DealHint {
        deleted: false,
        account: None,
        deal,
        stage: Some(won),
        left: None,
        moved: true,
        at_s: Some(at_s),
    }));
}

#[test]
fn won_in_another_pipeline_as_well_the_first_win_counts_as_long_as_it_stands() {
    for (undone, sold_s) in [(false, T0 + 100), (true, T0 + 300)] {
        let mut world = clicked();
        enter(&mut world, WON, T0 + 100);
        if undone {
            enter(&mut world, LOST, T0 + 200);
        }
        win_elsewhere(&mut world, T0 + 300);
        price(&mut world, "100", T0 + 310);
        assert_eq!((ended(&world), sale(&world).event_s), (QUEUED, sold_s), "{undone}");
    }
}

#[test]
fn a_win_in_another_pipeline_stands_when_the_first_one_is_undone() {
    let mut world = clicked();
    enter(&mut world, WON, T0 + 100);
    win_elsewhere(&mut world, T0 + 200);
    enter(&mut world, NEW, T0 + 300);
    price(&mut world, "100", T0 + 310);
    assert_eq!((ended(&world), sale(&world).event_s), (QUEUED, T0 + 200));
}

#[test]
fn a_deal_that_is_deleted_waits_for_no_newer_row() {
    let mut world = clicked();
    world.crm.enter("d1", NEW, T0 + 100);
    world.hear(moved("d1", NEW, T0 + 100));
    let before = world.crm.deals.clone();
    world.crm.enter("d1", QUALIFIED, T0 + 200);
    world.crm.deals = before;
    world.tell(moved("d1", QUALIFIED, T0 + 200));
    for question in ["deal", "stage"] {
        let key = world.open.keys().find(|key| key.starts_with(question)).unwrap().clone();
        let answer = world.fetch(&key);
        world.tell(answer);
    }
    assert_eq!(world.told(), ["Lead waiting waiting_deal"]);
    world.crm.deals.clear();
    world.answer_all();
    assert_eq!(world.told(), ["Lead queued"]);
}

#[test]
fn a_report_of_a_contact_asks_for_no_deal_that_nobody_has_heard_of() {
    let mut world = clicked();
    let Fact::ContactHint(hint) = contact_changed("c1", T0) else { unreachable!() };
    let deals = (0..250).map(|id| deal_key(&format!("old{id}"))).collect();
    world.hear(Fact::ContactHint(crate::ContactHint { deals, ..hint }));
    assert!(world.asked.is_empty());
}
