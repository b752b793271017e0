//! A deal that is won anew after its win was undone: `repeat = "each_win"`.

use super::world::{LOST, NEW, QUALIFIED, T0, WON, World, click, moved};
use crate::{Conversion, Fact, Reason, Repeat, Sent, StageId, State, event_id};

fn clicked() -> World {
    let mut world = World::new();
    world.hear(Fact::Click(click("m1", &[World::phone()], T0)));
    world.policy.rules.remove(0);
    world.policy.rules[0].repeat = Repeat::EachWin;
    world
}

fn enter(world: &mut World, status: &str, at_s: i64) {
    world.crm.enter("d1", status, at_s).price = Some("10".parse().unwrap());
    world.hear(moved("d1", status, at_s));
}

/// Meta took the newest sale.
fn take(world: &mut World) {
    let all = world.state.conversions.values_mut().flatten();
    let newest = all.max_by_key(|one| one.occurrence).unwrap();
    (newest.state, newest.stored, newest.sent) = (State::Accepted, Some(State::Accepted), Sent::NotTaken);
}

/// Number, time, state and reason of each sale.
fn sales(world: &World) -> Vec<(u32, i64, State, Option<Reason>)> {
    let all = world.conversions();
    let mut sales: Vec<_> =
        all.iter().map(|one| (one.occurrence, one.event_s - T0, one.state, one.reason)).collect();
    sales.sort_unstable_by_key(|sale| sale.0);
    sales
}

const WITHDRAWN: Option<Reason> = Some(Reason::Withdrawn);
const UNDONE: Option<Reason> = Some(Reason::Undone);

#[test]
fn each_win_numbers_by_discovery_and_never_anew() {
    let mut world = clicked();
    for (at_s, status) in [(100, WON), (200, NEW), (300, WON), (400, LOST), (500, WON)] {
        enter(&mut world, status, T0 + at_s);
        if status == WON {
            take(&mut world);
        }
    }
    // Whatever is learnt shows that those before the last one were undone.
    let accepted = |number, at_s, reason| (number, at_s, State::Accepted, reason);
    assert_eq!(sales(&world), [accepted(1, 100, UNDONE), accepted(2, 300, UNDONE), accepted(3, 500, None)]);
    for (one, number) in world.conversions().iter().zip(1..) {
        assert_eq!(one.event_id, event_id(world.policy.workspace, &one.cause, "Purchase", number));
    }
    // Reports that come again, and readings that show nothing new, make none.
    enter(&mut world, WON, T0 + 500);
    assert_eq!(sales(&world).len(), 3);
}

#[test]
fn a_later_win_tells_the_later_price_and_the_first_sale_lacks_nothing() {
    let mut world = clicked();
    enter(&mut world, WON, T0 + 100);
    take(&mut world);
    enter(&mut world, NEW, T0 + 200);
    world.crm.enter("d1", WON, T0 + 300).price = Some("25".parse().unwrap());
    world.hear(moved("d1", WON, T0 + 300));
    take(&mut world);
    let told = |world: &World| -> Vec<_> {
        let told =
            |one: Conversion| (one.value.unwrap().to_string(), one.correction.map(|now| now.to_string()));
        world.conversions().into_iter().map(told).collect()
    };
    assert_eq!(told(&world), [("10".to_owned(), None), ("25".to_owned(), None)]);
    world.crm.price("d1", "30", T0 + 400);
    world.hear(super::world::updated("d1", T0 + 400));
    assert_eq!(told(&world), [("10".to_owned(), None), ("25".to_owned(), Some("30".to_owned()))]);
}

#[test]
fn once_is_once_however_often_a_deal_is_won() {
    let mut world = clicked();
    world.policy.rules[0].repeat = Repeat::Once;
    for (at_s, status) in [(100, WON), (200, NEW), (300, WON)] {
        enter(&mut world, status, T0 + at_s);
        take(&mut world);
    }
    assert_eq!(sales(&world), [(1, 100, State::Accepted, None)]);
}

#[test]
fn a_win_that_never_left_uses_up_no_occurrence() {
    let mut world = clicked();
    enter(&mut world, WON, T0 + 100);
    enter(&mut world, NEW, T0 + 200);
    assert_eq!(sales(&world), [(1, 100, State::Suppressed, WITHDRAWN)]);
    enter(&mut world, WON, T0 + 300);
    assert_eq!(sales(&world), [(1, 300, State::Queued, None)]);
    // Nor does one that somebody dropped: that was said of the win before.
    let dropped = world.only().stopped(crate::Stop::suppressed(Reason::Dropped));
    *world.state.conversions.values_mut().flatten().next().unwrap() = dropped;
    enter(&mut world, LOST, T0 + 400);
    enter(&mut world, WON, T0 + 500);
    assert_eq!(sales(&world), [(1, 500, State::Queued, None)]);
}

#[test]
fn a_win_that_may_have_left_uses_up_its_occurrence_and_is_not_told_again() {
    for sent in [Sent::UnderWay, Sent::Unknown] {
        let mut world = clicked();
        enter(&mut world, WON, T0 + 100);
        world.set_sent(sent);
        enter(&mut world, NEW, T0 + 200);
        enter(&mut world, WON, T0 + 300);
        let all = sales(&world);
        assert_eq!(all.len(), 2, "{sent:?}: {all:?}");
        assert_eq!(all[1], (2, 300, State::Queued, None));
        // The attempt has told nobody: the first win is undone all the same.
        for one in world.state.conversions.values_mut().flatten().filter(|one| one.occurrence == 1) {
            (one.sent, one.state, one.stop) = (Sent::NotTaken, State::Queued, None);
        }
        world.hear(super::world::updated("d1", T0 + 310));
        assert_eq!(sales(&world), [(1, 100, State::Suppressed, WITHDRAWN), (2, 300, State::Queued, None)]);
    }
}

#[test]
fn won_in_another_pipeline_while_the_sale_stands_is_the_same_sale() {
    let mut world = clicked();
    enter(&mut world, WON, T0 + 100);
    take(&mut world);
    let won = StageId { pipeline: "8".into(), status: WON.into() };
    world.crm.enter("d1", WON, T0 + 300).stage = won.clone();
    let Fact::DealHint(hint) = moved("d1", WON, T0 + 300) else { unreachable!() };
    world.hear(Fact::DealHint(crate::DealHint { stage: Some(won), ..hint }));
    assert_eq!(sales(&world), [(1, 100, State::Accepted, None)]);
}

#[test]
fn an_undoing_that_is_found_later_shows_that_the_deal_was_won_anew() {
    let mut world = clicked();
    enter(&mut world, WON, T0 + 100);
    take(&mut world);
    // Nobody heard that it was moved back; the CRM's history shows it afterwards.
    let deal = world.state.deals.values_mut().next().unwrap();
    deal.entries.push(crate::Entry::new(super::world::stage(WON), T0 + 300));
    deal.updated_s = T0 + 300;
    world.crm.enter("d1", WON, T0 + 300);
    assert_eq!(sales(&world).len(), 1);
    world.crm.log.insert(("d1".into(), QUALIFIED.into()), T0 + 200);
    let Fact::DealHint(hint) = moved("d1", QUALIFIED, T0 + 200) else { unreachable!() };
    world.hear(Fact::DealHint(hint));
    assert_eq!(sales(&world), [(1, 100, State::Accepted, UNDONE), (2, 300, State::Queued, None)]);
}

#[test]
fn numbers_go_on_when_nothing_of_the_events_before_is_kept() {
    let mut world = clicked();
    enter(&mut world, WON, T0 + 100);
    take(&mut world);
    world.state.conversions.clear();
    enter(&mut world, LOST, T0 + 200);
    enter(&mut world, WON, T0 + 300);
    let sale: Conversion = world.only();
    assert_eq!((sale.occurrence, sale.event_s), (2, T0 + 300));
}

#[test]
fn another_closing_time_of_a_win_is_no_second_win() {
    let mut world = clicked();
    enter(&mut world, WON, T0 + 100);
    take(&mut world);
    let deal = world.crm.deals.get_mut("d1").unwrap();
    (deal.closed_s, deal.updated_s) = (Some(T0 + 3_700), T0 + 3_700);
    world.now_s = T0 + 9_000;
    world.hear(super::world::updated("d1", T0 + 3_700));
    assert_eq!(sales(&world).len(), 1);
    // So it is where the log has its own time.
    let stages = (StageId { pipeline: "7".into(), status: NEW.into() }, super::world::stage(WON));
    let change = crate::RecordChange::Moved { left: Some(stages.0), stage: stages.1 };
    let row = crate::AuditRow { record: crate::RecordId::Deal("d1".into()), at_s: T0 + 8_000, change };
    let origin = super::world::ORIGIN.to_owned();
    world.hear(Fact::AuditLog(crate::AuditLog { origin, rows: vec![row] }));
    assert_eq!(sales(&world).len(), 1);
}
