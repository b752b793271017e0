//! A tag of a deal fires a rule once, at the time when it came.

use super::world::{NEW, T0, WON, World, click, moved, updated};
use crate::{Action, CatchUp, Fact, Repeat, Revisit, RevisitStep, Rule, Trigger, revisit};

/// A world with a rule that makes a Lead of the tag `hot`.
fn clicked() -> World {
    let mut world = World::new();
    world.hear(Fact::Click(click("m1", &[World::phone()], T0)));
    world.policy.rules[0] = Rule {
        id: "hot".into(),
        pipeline: Some("Satış".into()),
        trigger: Trigger::Tag("hot".into()),
        send: "Lead".into(),
        worth: None,
        repeat: Repeat::Once,
        since_s: None,
    };
    world
}

/// Puts the tag on the deal, or takes it off, and lets Kopru hear that the deal changed.
fn tag(world: &mut World, is_there: bool, at_s: i64) {
    let deal = world.crm.deals.get_mut("d1").unwrap();
    deal.named.tags.insert("hot".into(), is_there);
    deal.updated_s = at_s;
    world.hear(updated("d1", at_s));
}

fn known_without_the_tag(world: &mut World) {
    world.crm.enter("d1", NEW, T0 + 100).named.tags.insert("hot".into(), false);
    world.hear(moved("d1", NEW, T0 + 100));
}

#[test]
fn a_tag_fires_once() {
    let mut world = clicked();
    known_without_the_tag(&mut world);
    assert!(world.conversions().is_empty());
    tag(&mut world, true, T0 + 200);
    assert_eq!(world.told(), ["Lead queued"]);
    assert_eq!((world.only().event_s, world.only().stage), (T0 + 200, None));
    assert!(world.body(&world.only()).contains(r#""lead_stage":"hot""#));
    tag(&mut world, false, T0 + 300);
    tag(&mut world, true, T0 + 400);
    assert_eq!((world.told(), world.only().event_s), (vec!["Lead queued".to_owned()], T0 + 200));
}

#[test]
fn of_a_tag_that_a_deal_has_at_first_sight_only_a_young_deal_says_when_it_came() {
    for (created_s, told) in [(Some(T0 + 50), 1), (Some(T0 - 90_000), 0), (None, 0)] {
        let mut world = clicked();
        let deal = world.crm.enter("d1", NEW, T0 + 100);
        deal.created_s = created_s;
        deal.named.tags.insert("hot".into(), true);
        world.hear(moved("d1", NEW, T0 + 100));
        assert_eq!(world.conversions().len(), told, "{created_s:?}");
        assert_eq!(world.conversions().first().map(|one| one.event_s), (told == 1).then_some(T0 + 100));
    }
}

#[test]
fn a_tag_of_which_nobody_knew_that_it_counts_has_no_time() {
    let mut world = clicked();
    world.crm.enter("d1", NEW, T0 + 100);
    world.hear(moved("d1", NEW, T0 + 100));
    // The rule is new: the reading before did not look for the tag.
    tag(&mut world, true, T0 + 200);
    assert!(world.conversions().is_empty());
    tag(&mut world, false, T0 + 300);
    tag(&mut world, true, T0 + 400);
    assert_eq!(world.only().event_s, T0 + 400);
}

#[test]
fn a_tag_counts_in_the_pipeline_of_the_rule_only() {
    let mut world = clicked();
    world.policy.rules[0].pipeline = Some("Teslimat".into());
    known_without_the_tag(&mut world);
    tag(&mut world, true, T0 + 200);
    assert!(world.conversions().is_empty());
}

#[test]
fn a_tag_stands_whatever_becomes_of_the_deal() {
    let mut world = clicked();
    known_without_the_tag(&mut world);
    tag(&mut world, true, T0 + 200);
    world.crm.enter("d1", super::world::LOST, T0 + 300);
    world.hear(moved("d1", super::world::LOST, T0 + 300));
    assert_eq!(world.told(), ["Lead queued"]);
}

#[test]
fn a_reading_that_is_overtaken_says_nothing_of_tags() {
    let mut world = clicked();
    known_without_the_tag(&mut world);
    world.tell(updated("d1", T0 + 200));
    let old = world.fetch("deal:kommo:acme/d1");
    tag(&mut world, true, T0 + 300);
    world.tell(old);
    world.answer_all();
    assert_eq!(world.only().event_s, T0 + 300);
    assert_eq!(world.state.deals.values().next().unwrap().named.tags.get("hot"), Some(&true));
}

#[test]
fn a_rule_of_a_tag_is_caught_up() {
    let mut world = clicked();
    known_without_the_tag(&mut world);
    world.policy.rules[0].since_s = Some(T0 + 250);
    tag(&mut world, true, T0 + 200);
    assert!(world.conversions().is_empty(), "it was before the rule counted");
    world.policy.rules[0].since_s = Some(T0);
    let plan = Revisit {
        action: Action::Resolve,
        filter: None,
        any_age_of_queued: false,
        ask_for: Vec::new(),
        rules: vec![CatchUp { rule: "hot".into(), since_s: T0 }],
    };
    let deals = world.state.deals.keys().cloned().collect();
    let step = RevisitStep { number: 1, revisit: plan, conversions: Vec::new(), deals, next: None };
    let now = world.now();
    revisit(&mut world.state, &world.policy, &step, now);
    assert_eq!(world.told(), ["Lead queued"]);
    assert_eq!(world.only().event_s, T0 + 200);
    assert!(world.state.deals.values().all(|deal| deal.unmade.is_empty()), "it is made now");
}

#[test]
fn a_stage_and_a_tag_of_one_event_make_it_once() {
    let mut world = clicked();
    world.policy.rules[1].send = "Lead".into();
    world.policy.rules[1].worth = None;
    world.crm.enter("d1", WON, T0 + 50).named.tags.insert("hot".into(), false);
    world.hear(moved("d1", WON, T0 + 50));
    tag(&mut world, true, T0 + 200);
    assert_eq!(world.told(), ["Lead queued"]);
    assert_eq!(world.only().rule, "won");
}
