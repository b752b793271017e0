//! Questions: what is asked, what an answer covers, what waits for the names of stages.

use super::world::{
    NEW, QUALIFIED, T0, WON, World, catalogue, click, contact, deal_key, moved, stage, updated,
};
use crate::{Catalogue, Fact, Outcome, Question, Reason, StageName, Trigger};

#[test]
fn an_answer_covers_only_the_reports_that_it_knew_of() {
    let mut world = World::new();
    world.crm.enter("d1", NEW, T0 + 100);
    let first = world.tell(moved("d1", NEW, T0 + 100));
    let answer = world.fetch("deal:kommo:acme/d1");
    world.crm.enter("d1", QUALIFIED, T0 + 200);
    let second = world.tell(moved("d1", QUALIFIED, T0 + 200));
    world.tell(answer);
    assert_eq!(world.outcome(first), &Outcome::Used);
    assert!(matches!(world.outcome(second), Outcome::Waiting { .. }));
    assert!(world.open.contains_key("deal:kommo:acme/d1"), "asked again meanwhile: it stays open");
    world.answer_all();
    assert_eq!(world.told(), ["Lead suppressed no_click"]);
}

#[test]
fn without_the_names_of_stages_a_reading_waits_and_is_released() {
    let mut world = World::without_catalogue();
    world.tell(Fact::Click(click("m1", &[World::phone()], T0)));
    world.crm.enter("d1", QUALIFIED, T0 + 100);
    world.tell(moved("d1", QUALIFIED, T0 + 100));
    let answer = world.fetch("deal:kommo:acme/d1");
    let read = world.tell(answer);
    assert!(matches!(world.outcome(read), Outcome::Waiting { on, .. } if on == "catalogue:kommo:acme"));
    assert!(world.conversions().is_empty());
    world.answer_all();
    assert_eq!(world.told(), ["Lead queued"]);
}

#[test]
fn a_stage_that_is_newer_than_its_names_makes_them_be_read_again_once() {
    let mut world = World::new();
    world.crm.enter("d1", "55", T0 + 100);
    world.hear(moved("d1", "55", T0 + 100));
    let catalogues =
        |world: &World| world.asked.iter().filter(|one| matches!(one, Question::Catalogue { .. })).count();
    assert_eq!(
        catalogues(&world),
        1,
        "asked once, and decided without the name when the CRM does not know it either"
    );
    assert!(world.state.deals[&deal_key("d1")].has_entered(&stage("55")));
}

#[test]
fn a_reading_that_waited_for_names_does_not_undo_a_newer_one() {
    let mut world = World::new();
    world.policy.rules[0].trigger = Trigger::Named("Hot".into());
    world.hear(Fact::Click(click("m1", &[World::phone()], T0)));
    // Read while it stands in a stage that is new in the CRM ...
    world.crm.enter("d1", "55", T0 + 100);
    world.tell(moved("d1", "55", T0 + 100));
    let old = world.fetch("deal:kommo:acme/d1");
    let old = world.tell(old);
    // ... and read again, won and priced, before the new names have come.
    world.crm.enter("d1", WON, T0 + 200).price = Some("10".parse().unwrap());
    world.tell(moved("d1", WON, T0 + 200));
    let new = world.fetch("deal:kommo:acme/d1");
    world.tell(new);
    let mut names = catalogue();
    names.stages.push(StageName {
        stage: stage("55"),
        pipeline_name: "Satış".into(),
        stage_name: "Hot".into(),
    });
    world.open.remove("catalogue:kommo:acme").unwrap();
    world.tell(Fact::Catalogue(names));
    world.answer_all();

    let deal = &world.state.deals[&deal_key("d1")];
    assert_eq!((deal.stage.as_ref(), deal.price), (Some(&stage(WON)), Some("10".parse().unwrap())));
    assert_eq!(world.outcome(old), &Outcome::Ignored(Reason::NothingNew));
    assert_eq!(world.told(), ["Lead queued", "Purchase queued"], "and the stage it showed is not lost");
}

#[test]
fn the_same_names_again_are_nothing_new() {
    let mut world = World::new();
    let again = world.tell(Fact::Catalogue(catalogue()));
    assert_eq!(world.outcome(again), &Outcome::Ignored(Reason::NothingNew));
    let renamed = world.tell(Fact::Catalogue(Catalogue { currency: Some("EUR".into()), ..catalogue() }));
    assert_eq!(world.outcome(renamed), &Outcome::Used);
}

#[test]
fn a_contact_is_read_once_for_all_its_deals() {
    let mut world = World::new();
    for deal in ["d1", "d2", "d3"] {
        world.crm.enter(deal, NEW, T0 + 100);
        world.hear(updated(deal, T0 + 100));
    }
    let question = Question::Contact { origin: "kommo:acme".into(), id: "c1".into() };
    assert_eq!(question.key(), contact("c1").as_str(), "facts that wait for a contact wait under its node");
    assert_eq!(world.asked.iter().filter(|one| **one == question).count(), 1);
}
