//! `OrderCanceled` and `OrderReturned` go only after a sale that Meta has and that was undone.

use super::world::{LOST, NEW, T0, WON, World, click, moved};
use crate::{Fact, Reason, Rule, Sent, State, Trigger};

/// A world with a rule that takes a sale back when a deal is lost.
fn clicked() -> World {
    let mut world = World::new();
    world.hear(Fact::Click(click("m1", &[World::phone()], T0)));
    let lost = Rule {
        id: "lost".into(),
        trigger: Trigger::Lost,
        send: "OrderCanceled".into(),
        ..world.policy.rules[0].clone()
    };
    world.policy.rules.push(lost);
    world
}

fn enter(world: &mut World, status: &str, at_s: i64) {
    world.crm.enter("d1", status, at_s).price = Some("10".parse().unwrap());
    world.hear(moved("d1", status, at_s));
}

/// How the sale has ended, or what has left of it.
fn sold(world: &mut World, state: State, sent: Sent) {
    let all = world.state.conversions.values_mut().flatten();
    for one in all.filter(|one| one.event == "Purchase") {
        (one.state, one.stored, one.sent) = (state, Some(state), sent);
    }
}

fn cancelled(world: &World) -> (State, Option<Reason>) {
    let all = world.conversions();
    let one = all.iter().find(|one| one.event == "OrderCanceled").expect("it is counted");
    (one.state, one.reason)
}

const NOTHING: (State, Option<Reason>) = (State::Suppressed, Some(Reason::NothingToUndo));

#[test]
fn a_cancelled_order_is_told_only_after_its_purchase() {
    let mut world = clicked();
    enter(&mut world, NEW, T0 + 50);
    enter(&mut world, LOST, T0 + 100);
    assert_eq!(cancelled(&world), NOTHING, "it was never sold");

    let mut world = clicked();
    enter(&mut world, WON, T0 + 100);
    enter(&mut world, LOST, T0 + 200);
    assert_eq!(cancelled(&world), NOTHING, "the sale was withdrawn before it left");

    for state in [State::Accepted, State::Duplicate] {
        let mut world = clicked();
        enter(&mut world, WON, T0 + 100);
        sold(&mut world, state, Sent::NotTaken);
        enter(&mut world, LOST, T0 + 200);
        assert_eq!(cancelled(&world), (State::Queued, None), "{state:?}");
        let all = world.conversions();
        let one = all.iter().find(|one| one.event == "OrderCanceled").unwrap();
        assert_eq!(one.event_s, T0 + 200);
        assert!(world.body(one).contains(r#""event_name":"OrderCanceled""#));
        // It is won again before that leaves.
        enter(&mut world, WON, T0 + 300);
        assert_eq!(cancelled(&world), NOTHING);
    }
}

#[test]
fn while_the_sale_is_under_way_its_cancelling_waits() {
    let mut world = clicked();
    enter(&mut world, WON, T0 + 100);
    sold(&mut world, State::Queued, Sent::UnderWay);
    enter(&mut world, LOST, T0 + 200);
    assert_eq!(cancelled(&world), (State::Waiting, Some(Reason::WaitingSale)));
    let waiting =
        |world: &World| world.conversions().into_iter().find(|one| one.event == "OrderCanceled").unwrap();
    let before = waiting(&world);
    assert_eq!(world.expire(&before).reason, Some(Reason::WaitingSale), "still under way");
    sold(&mut world, State::Accepted, Sent::NotTaken);
    assert_eq!(world.expire(&before).state, State::Queued);
    sold(&mut world, State::Failed, Sent::NotTaken);
    assert_eq!(world.expire(&before).reason, Some(Reason::NothingToUndo));
}

#[test]
fn no_rule_no_cancelling() {
    let mut world = clicked();
    world.policy.rules.pop();
    enter(&mut world, WON, T0 + 100);
    sold(&mut world, State::Accepted, Sent::NotTaken);
    enter(&mut world, LOST, T0 + 200);
    assert_eq!(world.told(), ["Purchase accepted"]);
    assert!(world.only().undone);
}
