//! What fires a rule and makes no event is said all the same.

use super::world::{NEW, QUALIFIED, T0, WON, World, click, moved};
use crate::{AmountFrom, Fact, Reason, Rule, Worth};

fn clicked() -> World {
    let mut world = World::new();
    world.hear(Fact::Click(click("m1", &[World::phone()], T0)));
    world
}

fn enter(world: &mut World, status: &str, at_s: i64) {
    world.crm.enter("d1", status, at_s).price = Some("120".parse().unwrap());
    world.hear(moved("d1", status, at_s));
}

/// Rule, reason, amount and currency of all that made no event.
fn unmade(world: &World) -> Vec<String> {
    let all = world.state.deals.values().flat_map(|deal| &deal.unmade);
    let shown = all.map(|(rule, one)| {
        let amount = one.amount.map(|amount| format!(" {amount} {}", one.currency.as_deref().unwrap_or("?")));
        format!("{rule} {} {}{}", one.event, one.why.code(), amount.unwrap_or_default())
    });
    shown.collect()
}

#[test]
fn what_was_before_the_rule_counted_is_said() {
    let mut world = clicked();
    world.policy.rules[1].since_s = Some(T0 + 500);
    enter(&mut world, WON, T0 + 100);
    assert!(world.conversions().is_empty());
    assert_eq!(unmade(&world), ["won Purchase before_rule 120 TRY"]);
    enter(&mut world, NEW, T0 + 550);
    enter(&mut world, WON, T0 + 600);
    assert_eq!(world.told(), ["Purchase queued"]);
    assert_eq!(unmade(&world), [""; 0], "the deal has made its event");
}

#[test]
fn what_another_rule_has_told_is_said_once() {
    let mut world = clicked();
    let estimate = Worth { from: AmountFrom::Fixed("5".parse().unwrap()), ..Worth::price() };
    let again = Rule { id: "hot".into(), worth: Some(estimate), ..world.policy.rules[0].clone() };
    world.policy.rules.push(again);
    enter(&mut world, QUALIFIED, T0 + 100);
    enter(&mut world, NEW, T0 + 200);
    enter(&mut world, QUALIFIED, T0 + 300);
    assert_eq!(world.told(), ["Lead queued"]);
    assert_eq!(unmade(&world), ["hot Lead told_already"], "an estimate is no money");
}

#[test]
fn a_rule_that_has_made_its_event_is_not_counted_twice() {
    let mut world = clicked();
    enter(&mut world, QUALIFIED, T0 + 100);
    // It means something else now, and counts from later on.
    world.policy.rules[0].since_s = Some(T0 + 500);
    enter(&mut world, NEW, T0 + 200);
    enter(&mut world, QUALIFIED, T0 + 300);
    assert_eq!(world.told(), ["Lead queued"]);
    assert_eq!(unmade(&world), [""; 0]);
}

#[test]
fn reasons_of_what_made_no_event_have_codes() {
    for why in [Reason::BeforeRule, Reason::ToldAlready, Reason::TagOfUnknownTime] {
        assert!(!why.reopens(), "{why:?} is no reason of a conversion");
    }
}
