//! What the workspace has decided: modes, consent, names.

use super::world::{
    ORIGIN, QUALIFIED, T0, WON, World, catalogue, click, contact_changed, moved, stage, updated,
};
use crate::{
    Catalogue, Consent, ConsentAnswer, Fact, Mode, Repeat, Rule, TestRun, Trigger, make_body, preview,
};

fn qualify(world: &mut World) {
    world.hear(Fact::Click(click("m1", &[World::phone()], T0)));
    world.crm.enter("d1", QUALIFIED, T0 + 100);
    world.hear(moved("d1", QUALIFIED, T0 + 100));
}

#[test]
fn shadow_records_what_would_be_sent_and_off_only_that_nothing_is() {
    for (mode, told, with_body) in [
        (Mode::Shadow, "Lead suppressed shadow", true),
        (Mode::Off, "Lead suppressed dataset_off", true),
        // A test that is over.
        (Mode::Test, "Lead suppressed test_over", true),
    ] {
        let mut world = World::new();
        world.policy.datasets[0].mode = mode;
        world.policy.datasets[0].test = Some(TestRun { code: "TEST1".into(), since_s: Some(0) });
        qualify(&mut world);
        assert_eq!(world.told(), [told]);
        let lead = world.only();
        assert_eq!(lead.dataset.as_deref(), Some("set-1"));
        assert_eq!(preview(&lead, &world.policy, world.now()).is_some(), with_body);
        assert!(make_body(&lead, &world.policy, world.now()).is_err());
        assert!(!lead.is_open());
    }
}

#[test]
fn a_dataset_without_the_messaging_route_gets_nothing() {
    let mut world = World::new();
    world.policy.datasets[0].routes.clear();
    qualify(&mut world);
    assert_eq!(world.told(), ["Lead suppressed no_dataset"]);
}

#[test]
fn where_consent_is_required_silence_is_no_consent() {
    let mut world = World::new();
    world.policy.consent = Consent::Required;
    qualify(&mut world);
    assert_eq!(world.told(), ["Lead suppressed no_consent"]);
    world.crm.contacts.get_mut("c1").unwrap().1 = Some(true);
    world.hear(contact_changed("c1", T0 + 500));
    assert_eq!(world.told(), ["Lead queued"]);
}

#[test]
fn the_deal_can_give_consent_as_well() {
    let mut world = World::new();
    world.policy.consent = Consent::Required;
    qualify(&mut world);
    let deal = world.crm.deals.get_mut("d1").unwrap();
    (deal.consent, deal.updated_s) = (Some(ConsentAnswer::Yes), T0 + 500);
    world.hear(updated("d1", T0 + 500));
    assert_eq!(world.told(), ["Lead queued"]);
}

#[test]
fn a_refusal_counts_even_where_consent_is_kept_elsewhere_and_beside_a_yes() {
    for consent in [Consent::Elsewhere, Consent::Required] {
        let mut world = World::new();
        world.policy.consent = consent;
        world.crm.contacts.get_mut("c1").unwrap().1 = Some(false);
        world.crm.enter("d1", QUALIFIED, T0 + 100).consent = Some(ConsentAnswer::Yes);
        qualify(&mut world);
        assert_eq!(world.told(), ["Lead suppressed consent_refused"]);
    }
}

#[test]
fn a_sale_without_currency_is_refused_here_before_meta_does() {
    let mut world = World::without_catalogue();
    world.tell(Fact::Catalogue(Catalogue { currency: None, ..catalogue() }));
    world.hear(Fact::Click(click("m1", &[World::phone()], T0)));
    world.crm.enter("d1", WON, T0 + 100).price = Some("10".parse().unwrap());
    world.hear(moved("d1", WON, T0 + 100));
    assert_eq!(world.told(), ["Purchase failed would_be_refused"]);
    let detail = world.only().detail.unwrap();
    assert!(detail.starts_with("2804009") || detail.starts_with("2804010"), "{detail}");
}

#[test]
fn the_workspace_names_the_currency_where_the_crm_does_not() {
    let mut world = World::without_catalogue();
    world.policy.currency = Some("EUR".into());
    world.tell(Fact::Catalogue(Catalogue { currency: None, ..catalogue() }));
    world.hear(Fact::Click(click("m1", &[World::phone()], T0)));
    world.crm.enter("d1", WON, T0 + 100).price = Some("10".parse().unwrap());
    world.hear(moved("d1", WON, T0 + 100));
    assert_eq!(world.only().currency.as_deref(), Some("EUR"));
    assert_eq!(world.told(), ["Purchase queued"]);
}

fn rule(pipeline: Option<&str>, trigger: Trigger) -> Rule {
    Rule {
        id: "r".into(),
        pipeline: pipeline.map(str::to_owned),
        trigger,
        send: "Lead".into(),
        worth: None,
        repeat: Repeat::Once,
        since_s: None,
    }
}

#[test]
fn rules_name_stages_by_id_or_by_name_as_people_type_it() {
    let mut names = catalogue();
    names.stages[1].stage_name = "İLGİLİ Müşteri".into();
    for typed in ["2", "ilgili müşteri", " İlgili Müşteri ", "ILGILI MÜŞTERİ", "ılgılı müşterı"]
    {
        assert!(rule(None, Trigger::Named(typed.into())).matches(&stage(QUALIFIED), &names), "{typed}");
    }
    for (pipeline, fits) in
        [(Some("7"), true), (Some("SATIŞ"), true), (Some("Satis"), false), (Some("8"), false)]
    {
        let rule = rule(pipeline, Trigger::Won);
        assert_eq!(rule.matches(&stage(WON), &names), fits, "{pipeline:?}");
    }
    assert!(!rule(None, Trigger::Lost).matches(&stage(WON), &names));
}

#[test]
fn a_rule_that_can_never_fire_says_what_there_is_instead() {
    let mut names = catalogue();
    let mut other = names.stages[1].clone();
    (other.pipeline_name, other.stage.pipeline, other.stage_name) = ("Kurs".into(), "8".into(), "Hot".into());
    names.stages.push(other);
    assert_eq!(rule(None, Trigger::Named("Hot".into())).problem(&names), None);
    let problem = |pipeline, stage: &str| {
        rule(pipeline, Trigger::Named(stage.into())).problem(&names).unwrap().to_string()
    };
    assert!(problem(Some("Retail"), "Hot").ends_with("it has: Satış, Kurs"));
    let elsewhere = problem(Some("Satış"), "Hot");
    assert!(elsewhere.contains("the pipeline \"Satış\" does not have"), "{elsewhere}");
    assert!(elsewhere.ends_with("it has: New, Qualified, Closed - won"), "{elsewhere}");
    assert!(problem(None, "Warm").contains("the CRM does not have"));
}

#[test]
fn a_rule_whose_stage_was_renamed_made_anew_or_deleted_says_so() {
    let problem = |wanted: &str, pipeline: Option<&str>, change: &dyn Fn(&mut Catalogue)| {
        let mut world = World::new();
        world.tell(Fact::Catalogue(catalogue()));
        let mut changed = catalogue();
        change(&mut changed);
        // What changes later does not make it forgotten.
        world.tell(Fact::Catalogue(changed.clone()));
        changed.stages[0].stage_name = "Newest".into();
        world.tell(Fact::Catalogue(changed));
        let known = &world.state.catalogues[ORIGIN].1;
        rule(pipeline, Trigger::Named(wanted.into()))
            .problem(known)
            .map(|problem| problem.to_string())
            .unwrap_or_default()
    };
    let renamed: &dyn Fn(&mut Catalogue) = &|names| names.stages[1].stage_name = "Hot".into();
    let made_anew: &dyn Fn(&mut Catalogue) = &|names| names.stages[1].stage.status = "990".into();
    let deleted: &dyn Fn(&mut Catalogue) = &|names| drop(names.stages.remove(1));
    let pipeline: &dyn Fn(&mut Catalogue) =
        &|names| names.stages.iter_mut().for_each(|known| known.pipeline_name = "Shop".into());
    for (wanted, of, change, said) in [
        (
            "Qualified",
            None,
            renamed,
            "the stage \"Qualified\", which the CRM calls \"Hot\" now; it has: Newest, Hot",
        ),
        (QUALIFIED, None, renamed, ""),
        (
            "Qualified",
            None,
            made_anew,
            "by which 2 was meant, which is deleted; today the name means another stage, 990 (Satış / Qualified)",
        ),
        (QUALIFIED, None, made_anew, "which the CRM has made anew: \"Qualified\" has the id 990 now"),
        (
            "Qualified",
            Some("Satış"),
            deleted,
            "the stage \"Qualified\", which the CRM does not have any more",
        ),
        ("Qualified", Some("Satış"), pipeline, "the pipeline \"Satış\", which the CRM calls \"Shop\" now"),
        ("Hot", None, deleted, "which the CRM does not have; it has"),
    ] {
        let problem = problem(wanted, of, change);
        assert!(problem.contains(said) && problem.is_empty() == said.is_empty(), "{wanted}: {problem}");
    }
}

#[test]
fn former_names_of_stages_are_bounded_and_the_newest_stay() {
    let mut known = catalogue();
    for n in 0..300 {
        let mut next = Catalogue { former: Vec::new(), ..known.clone() };
        next.stages[1].stage_name = format!("Name {n}");
        known = next.after(&known);
    }
    assert_eq!(known.former.len(), 200);
    assert_eq!(known.former[0].stage_name, "Name 298");
    // One that has its name again is no former one.
    let mut back = Catalogue { former: Vec::new(), ..known.clone() };
    back.stages[1].stage_name = "Name 298".into();
    assert_eq!(back.after(&known).former[0].stage_name, "Name 299");
}
