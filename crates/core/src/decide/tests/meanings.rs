//! A name in a rule that comes to another stage: what was meant stays what is meant.

use super::world::{ORIGIN, QUALIFIED, T0, WON, World, catalogue, deal_key, moved, policy};
use crate::{Catalogue, Fact, Rule, StageId, StageName, Trigger};

/// The third stage, which no rule means.
const TALKS: &str = "3";

fn with_talks() -> Catalogue {
    super::world::catalogue_with(&[(TALKS, "Talks")])
}

fn rule(pipeline: Option<&str>, trigger: Trigger) -> Rule {
    Rule { pipeline: pipeline.map(str::to_owned), trigger, ..policy().rules[0].clone() }
}

fn named(stage: &str) -> Trigger {
    Trigger::Named(stage.into())
}

/// A stage of the second pipeline.
fn second(status: &str, pipeline_name: &str, name: &str) -> StageName {
    StageName {
        stage: StageId { pipeline: "8".into(), status: status.into() },
        pipeline_name: pipeline_name.into(),
        stage_name: name.into(),
    }
}

/// The catalogue after it was read as each of these in turn, for this rule.
fn read(rule: &Rule, readings: impl IntoIterator<Item = Catalogue>) -> Catalogue {
    let mut world = World::without_catalogue();
    world.policy.rules = vec![rule.clone()];
    for reading in readings {
        world.tell(Fact::Catalogue(reading));
    }
    world.state.catalogues[ORIGIN].1.clone()
}

fn said(rule: &Rule, known: &Catalogue) -> String {
    rule.problem(known).map(|problem| problem.to_string()).unwrap_or_default()
}

fn fires_for(rule: &Rule, known: &Catalogue) -> Vec<String> {
    let stages = known.stages.iter().filter(|one| rule.matches(&one.stage, known));
    stages.map(|one| format!("{}/{}", one.stage.pipeline, one.stage.status)).collect()
}

type Change = fn(&mut Catalogue);

#[test]
fn a_name_that_comes_to_another_stage_is_said_and_fires_for_neither() {
    let swapped: Change = |names| {
        names.stages[1].stage_name = "Talks".into();
        names.stages[3].stage_name = "qualified".into();
    };
    let made_anew: Change = |names| names.stages[1].stage.status = "990".into();
    let only_elsewhere: Change = |names| {
        names.stages[1].stage_name = "Hot".into();
        names.stages.push(second("991", "Kurs", "Qualified"));
    };
    let pipeline_swapped: Change = |names| {
        names.stages.iter_mut().for_each(|one| one.pipeline_name = "Old".into());
        names.stages.push(second("991", "Satış", "Qualified"));
        names.stages.push(second(WON, "Satış", "Closed - won"));
    };
    let pipeline_anew: Change = |names| {
        names.stages.iter_mut().for_each(|one| one.stage.pipeline = "9".into());
    };
    for (pipeline, trigger, change, words) in [
        (
            None,
            named("Qualified"),
            swapped,
            "the stage \"Qualified\", by which 2 (Satış / Talks) was meant; today the name means another stage, 3 \
             (Satış / qualified): it fires for neither",
        ),
        (Some("Satış"), named("Qualified"), swapped, "by which 2 (Satış / Talks) was meant"),
        (
            None,
            named("Qualified"),
            made_anew,
            "by which 2 was meant, which is deleted; today the name means another stage, 990 (Satış / Qualified): it \
             does not fire",
        ),
        (
            None,
            named("Qualified"),
            only_elsewhere,
            "by which 2 (Satış / Hot) was meant; today the name means another stage, 991 (Kurs / Qualified)",
        ),
        (
            Some("Satış"),
            named("Qualified"),
            pipeline_swapped,
            "by which 2 (Old / Qualified) was meant; today the name means another stage, 991 (Satış / Qualified)",
        ),
        (
            Some("Satış"),
            Trigger::Won,
            pipeline_swapped,
            "the pipeline \"Satış\", by which 7 (Old) was meant; today the name means another pipeline, 8 (Satış)",
        ),
        (
            Some("Satış"),
            Trigger::Tag("VIP".into()),
            pipeline_swapped,
            "by which 7 (Old) was meant; today the name means another pipeline, 8 (Satış)",
        ),
        (
            Some("Satış"),
            Trigger::Won,
            pipeline_anew,
            "by which 7 was meant, which is deleted; today the name means another pipeline, 9 (Satış)",
        ),
    ] {
        let rule = rule(pipeline, trigger);
        let mut changed = with_talks();
        change(&mut changed);
        let known = read(&rule, [with_talks(), changed.clone()]);
        let problem = said(&rule, &known);
        assert!(problem.contains(words), "{problem}");
        assert!(fires_for(&rule, &known).is_empty(), "{problem}: {:?}", fires_for(&rule, &known));
        for one in &known.stages {
            assert!(!rule.matches_tag("VIP", &one.stage, &known), "{problem}");
        }
        // Whatever is read later; and once it is as it was, nothing is said.
        let known = read(&rule, [with_talks(), changed.clone(), changed.clone()]);
        assert_eq!(said(&rule, &known), problem);
        let known = read(&rule, [with_talks(), changed, with_talks()]);
        assert_eq!(said(&rule, &known), "");
    }
}

#[test]
fn a_name_that_is_gone_for_a_while_keeps_its_meaning() {
    let rule = rule(None, named("Qualified"));
    let mut renamed = with_talks();
    renamed.stages[1].stage_name = "Hot".into();
    let mut other = renamed.clone();
    other.stages[3].stage_name = "Qualified".into();
    let known = read(&rule, [with_talks(), renamed, other]);
    assert!(said(&rule, &known).contains("by which 2 (Satış / Hot) was meant"), "{}", said(&rule, &known));
}

#[test]
fn a_rule_about_all_pipelines_takes_a_new_one_and_says_which_is_lost() {
    let rule = rule(None, named("Qualified"));
    let mut two = with_talks();
    two.stages.push(second("991", "Kurs", "Qualified"));
    let known = read(&rule, [with_talks(), two.clone()]);
    assert_eq!(
        (said(&rule, &known), fires_for(&rule, &known)),
        (String::new(), vec!["7/2".into(), "8/991".into()])
    );
    // A pipeline that is deleted takes along what was meant in it.
    let known = read(&rule, [two.clone(), with_talks()]);
    assert_eq!((said(&rule, &known), fires_for(&rule, &known)), (String::new(), vec!["7/2".into()]));

    let mut renamed = two.clone();
    renamed.stages[4].stage_name = "Hot".into();
    let known = read(&rule, [two.clone(), renamed.clone()]);
    let problem = said(&rule, &known);
    assert!(problem.contains("by which 991 (Kurs / Hot) was meant as well: it does not fire"), "{problem}");
    assert_eq!(fires_for(&rule, &known), ["7/2"]);
    renamed.stages[4].stage.status = "992".into();
    let known = read(&rule, [two, renamed]);
    let problem = said(&rule, &known);
    assert!(problem.contains("by which 991 was meant as well, which is deleted"), "{problem}");
}

#[test]
fn another_stage_of_the_same_name_in_the_same_pipeline_is_said() {
    let rule = rule(None, named("Qualified"));
    let mut two = with_talks();
    two.stages[3].stage_name = "Qualified".into();
    let known = read(&rule, [with_talks(), two.clone()]);
    let problem = said(&rule, &known);
    assert!(problem.contains("another stage, 3 (Satış / Qualified), has that name as well"), "{problem}");
    assert_eq!(fires_for(&rule, &known), ["7/2"]);
    // Where it was so from the beginning, both are meant.
    let known = read(&rule, [two]);
    assert_eq!((said(&rule, &known), fires_for(&rule, &known).len()), (String::new(), 2));
}

#[test]
fn an_id_means_what_it_says_whatever_has_which_name() {
    let rule = rule(None, named(QUALIFIED));
    let mut swapped = with_talks();
    swapped.stages[1].stage_name = "Talks".into();
    swapped.stages[3].stage_name = "Qualified".into();
    let known = read(&rule, [with_talks(), swapped]);
    assert_eq!((said(&rule, &known), fires_for(&rule, &known)), (String::new(), vec!["7/2".into()]));
}

/// The rule gets other words: what it meant before is forgotten.
#[test]
fn a_rule_that_is_written_anew_means_what_has_the_name_then() {
    let mut world = World::new();
    world.policy.rules = vec![rule(None, named("Qualified"))];
    world.tell(Fact::Catalogue(catalogue()));
    let mut anew = catalogue();
    anew.stages[1].stage.status = "990".into();
    world.policy.rules = vec![rule(None, named("990"))];
    world.tell(Fact::Catalogue(anew.clone()));
    world.policy.rules = vec![rule(None, named("Qualified"))];
    world.tell(Fact::Catalogue(anew));
    let known = &world.state.catalogues[ORIGIN].1;
    assert_eq!(fires_for(&world.policy.rules[0], known), ["7/990"]);
    assert_eq!(known.meanings.len(), 1);
}

/// Nothing is told of a stage that nobody meant, and nothing of what is left out is told by the audit log.
#[test]
fn a_deal_that_enters_the_stage_that_has_the_name_now_is_told_only_once_somebody_says_so() {
    let mut world = World::new();
    world.tell(Fact::Catalogue(with_talks()));
    let mut swapped = with_talks();
    swapped.stages[1].stage_name = "Talks".into();
    swapped.stages[3].stage_name = "Qualified".into();
    world.tell(Fact::Catalogue(swapped));
    for (deal, status) in [("d1", TALKS), ("d2", QUALIFIED)] {
        world.crm.enter(deal, status, T0 + 100);
        world.hear(moved(deal, status, T0 + 100));
        assert!(world.state.deals.contains_key(&deal_key(deal)), "{deal} is known");
    }
    assert_eq!(world.told(), Vec::<String>::new());
}
