//! Which stages a deal entered, and which events that means.

use super::world::{LOST, NEW, QUALIFIED, T0, WON, World, click, deal_key, moved, stage, updated};
use crate::{DealHint, Fact, Outcome, Question, Reason};

/// A world in which the person of deal `d1` clicked on an ad.
fn clicked() -> World {
    let mut world = World::new();
    world.hear(Fact::Click(click("m1", &[World::phone()], T0)));
    world
}

#[test]
fn a_report_is_never_believed_but_makes_the_deal_be_read() {
    let mut world = clicked();
    world.crm.enter("d1", NEW, T0 + 100);
    let hint = world.tell(moved("d1", WON, T0 + 200));
    assert_eq!(world.asked, [Question::Deal { deal: deal_key("d1") }]);
    assert!(matches!(world.outcome(hint), Outcome::Waiting { reason: Reason::AskingCrm, .. }));
    assert!(world.conversions().is_empty());
    world.answer_all();
    assert_eq!(world.outcome(hint), &Outcome::Ignored(Reason::NotInLog));
    assert!(world.conversions().is_empty());
}

#[test]
fn qualified_is_a_lead_and_won_a_purchase_with_price_and_currency() {
    let mut world = clicked();
    world.crm.enter("d1", QUALIFIED, T0 + 100);
    world.hear(moved("d1", QUALIFIED, T0 + 100));
    world.crm.enter("d1", WON, T0 + 200).price = Some("1500.50".parse().unwrap());
    world.hear(moved("d1", WON, T0 + 200));
    assert_eq!(world.told(), ["Lead queued", "Purchase queued"]);
    let [lead, purchase] = world.conversions().try_into().unwrap();
    assert_eq!((lead.name.as_str(), lead.value, lead.currency), ("LeadSubmitted", None, None));
    assert_eq!(purchase.value, Some("1500.50".parse().unwrap()));
    assert!(
        world
            .body(&purchase)
            .contains(r#""custom_data":{"currency":"TRY","value":1500.5,"lead_stage":"won"}"#)
    );
}

#[test]
fn a_deal_that_raced_to_won_before_it_was_read_loses_nothing() {
    let mut world = clicked();
    world.crm.enter("d1", QUALIFIED, T0 + 100);
    let first = world.tell(moved("d1", QUALIFIED, T0 + 100));
    world.crm.enter("d1", WON, T0 + 101).price = Some("10".parse().unwrap());
    let second = world.tell(moved("d1", WON, T0 + 101));
    world.answer_all();
    assert!(world.asked.contains(&Question::StageLog { deal: deal_key("d1"), stage: stage(QUALIFIED) }));
    assert!(!world.asked.contains(&Question::StageLog { deal: deal_key("d1"), stage: stage(WON) }));
    assert_eq!(world.told(), ["Lead queued", "Purchase queued"]);
    assert_eq!(world.conversions()[0].event_s, T0 + 100);
    assert_eq!((world.outcome(first), world.outcome(second)), (&Outcome::Used, &Outcome::Used));
}

#[test]
fn a_stage_that_the_log_does_not_show_was_never_entered() {
    let mut world = clicked();
    world.crm.enter("d1", NEW, T0 + 100);
    let forged = world.hear(moved("d1", QUALIFIED, T0 + 50));
    assert_eq!(world.outcome(forged), &Outcome::Ignored(Reason::NotInLog));
    assert!(world.conversions().is_empty());
}

#[test]
fn a_webhook_that_comes_twice_and_as_two_reports_is_one_event() {
    let mut world = clicked();
    world.crm.enter("d1", QUALIFIED, T0 + 100);
    let status = moved("d1", QUALIFIED, T0 + 100);
    let update = Fact::DealHint(DealHint {
        deleted: false,
        account: None,
        left: None,
        deal: deal_key("d1"),
        stage: Some(stage(QUALIFIED)),
        moved: false,
        at_s: Some(T0 + 100),
    });
    world.tell(status.clone());
    world.tell(update.clone());
    world.answer_all();
    let before = world.asked.len();
    world.hear(status);
    world.hear(update);
    assert_eq!(world.told(), ["Lead queued"]);
    assert!(world.asked.len() <= before + 2, "a repetition costs at most one reading each");
    assert!(world.count(&Outcome::Duplicate) >= 3);

    let late = world.tell(updated("d1", T0 + 99));
    assert_eq!(world.outcome(late), &Outcome::Duplicate, "older than the reading");
    assert!(world.open.is_empty());
}

#[test]
fn entering_won_again_is_no_second_purchase() {
    let mut world = clicked();
    for (status, at_s) in [(WON, T0 + 100), (QUALIFIED, T0 + 200), (WON, T0 + 300)] {
        world.crm.enter("d1", status, at_s).price = Some("10".parse().unwrap());
        world.hear(moved("d1", status, at_s));
    }
    assert_eq!(world.told(), ["Lead queued", "Purchase queued"]);
    // Nothing has left yet, so the win that stands counts.
    assert_eq!(world.conversions()[1].event_s, T0 + 300);
}

#[test]
fn a_deal_found_in_a_stage_without_a_report_is_looked_up_in_the_log() {
    let mut world = clicked();
    world.crm.enter("d1", QUALIFIED, T0 + 100).updated_s = T0 + 900;
    world.hear(updated("d1", T0 + 900));
    assert_eq!(world.told(), ["Lead queued"]);
    assert_eq!(world.only().event_s, T0 + 100);
}

#[test]
fn a_time_that_cannot_be_true_is_looked_up_in_the_log() {
    // Each forged report comes before the true one is heard.
    for forged_s in [Some(T0 + 50), Some(T0 + 5000), None] {
        let mut world = clicked();
        world.crm.enter("d1", NEW, T0 + 60);
        world.hear(updated("d1", T0 + 60));
        world.crm.enter("d1", QUALIFIED, T0 + 100);
        let Fact::DealHint(mut hint) = moved("d1", QUALIFIED, T0) else { unreachable!() };
        hint.at_s = forged_s;
        world.hear(Fact::DealHint(hint));
        assert_eq!(world.told(), ["Lead queued"]);
        assert_eq!(world.only().event_s, T0 + 100, "{forged_s:?}");
    }
}

#[test]
fn a_deal_that_is_gone_ends_its_reports() {
    let mut world = clicked();
    let hint = world.hear(moved("d9", WON, T0 + 100));
    assert_eq!(world.outcome(hint), &Outcome::Ignored(Reason::NoSuchDeal));
    assert!(world.conversions().is_empty());
}

#[test]
fn two_deals_of_one_person_are_two_events() {
    let mut world = clicked();
    for deal in ["d1", "d2"] {
        world.crm.enter(deal, QUALIFIED, T0 + 100);
        world.hear(moved(deal, QUALIFIED, T0 + 100));
    }
    let [one, two] = world.conversions().try_into().unwrap();
    assert_ne!(one.event_id, two.event_id);
}

#[test]
fn two_rules_for_one_event_make_it_once() {
    let mut world = clicked();
    let mut twin = world.policy.rules[0].clone();
    twin.id = "twin".into();
    world.policy.rules.push(twin);
    world.crm.enter("d1", QUALIFIED, T0 + 100);
    world.hear(moved("d1", QUALIFIED, T0 + 100));
    assert_eq!(world.told(), ["Lead queued"]);
}

#[test]
fn an_audit_log_that_lags_is_asked_again_before_a_report_is_given_up() {
    let mut world = clicked();
    world.crm.enter("d1", QUALIFIED, T0 + 100);
    let late = world.crm.log.remove(&("d1".into(), QUALIFIED.into()));
    world.crm.enter("d1", WON, T0 + 101);
    let hint = world.tell(moved("d1", QUALIFIED, T0 + 100));
    let question = Question::StageLog { deal: deal_key("d1"), stage: stage(QUALIFIED) };
    while !world.open.contains_key(&question.key()) {
        let key = world.open.keys().next().cloned().unwrap();
        let answer = world.fetch(&key);
        world.tell(answer);
    }
    let empty = world.fetch(&question.key());
    world.tell(empty);
    assert!(matches!(world.outcome(hint), Outcome::Waiting { .. }));
    assert!(world.open.contains_key(&question.key()), "it is asked again");
    world.crm.log.insert(("d1".into(), QUALIFIED.into()), late.unwrap());
    world.answer_all();
    assert_eq!(world.outcome(hint), &Outcome::Used);
    assert_eq!(world.conversions()[0].event_s, T0 + 100);
}

#[test]
fn a_deal_that_stands_in_the_stage_is_believed_even_if_the_log_is_empty() {
    let mut world = clicked();
    world.crm.enter("d1", QUALIFIED, T0 + 100);
    world.crm.log.clear();
    // The report's time is after the deal's last change: not to be believed.
    world.hear(moved("d1", QUALIFIED, T0 + 900));
    assert_eq!(world.told(), ["Lead queued"]);
    assert_eq!(world.only().event_s, T0 + 100);
}

#[test]
fn a_forged_time_is_not_believed_when_the_deal_is_read_for_the_first_time() {
    let mut world = clicked();
    world.crm.enter("d1", QUALIFIED, T0 + 100).updated_s = T0 + 500;
    world.hear(moved("d1", QUALIFIED, T0 + 50));
    assert_eq!(world.only().event_s, T0 + 100, "the audit log says when");
}

#[test]
fn a_deal_that_was_known_elsewhere_has_moved_even_if_nobody_says_so() {
    let mut world = clicked();
    world.crm.enter("d1", NEW, T0 + 100);
    world.hear(moved("d1", NEW, T0 + 100));
    world.crm.enter("d1", QUALIFIED, T0 + 200);
    world.crm.log.clear();
    world.hear(updated("d1", T0 + 200));
    assert_eq!(world.told(), ["Lead queued"]);
    assert_eq!(world.only().event_s, T0 + 200);
}

#[test]
fn a_deal_seen_for_the_first_time_by_a_mere_change_has_not_moved() {
    let mut world = clicked();
    world.crm.enter("d1", QUALIFIED, T0 + 100);
    world.crm.log.clear();
    world.hear(updated("d1", T0 + 100));
    assert!(world.conversions().is_empty());
}

/// The same report, which also says where the deal was before.
fn left(status: &str, report: Fact) -> Fact {
    let Fact::DealHint(hint) = report else { panic!("no report of a deal") };
    Fact::DealHint(DealHint { left: Some(stage(status)), ..hint })
}

#[test]
fn a_stage_that_was_left_before_anybody_looked_is_told_with_its_time() {
    let mut world = clicked();
    world.crm.enter("d1", NEW, T0 + 100);
    world.hear(moved("d1", NEW, T0 + 100));
    // The report of this move never comes.
    world.crm.enter("d1", QUALIFIED, T0 + 200);
    world.crm.enter("d1", WON, T0 + 300).price = Some("10".parse().unwrap());
    world.hear(left(QUALIFIED, moved("d1", WON, T0 + 300)));
    assert_eq!(world.told(), ["Lead queued", "Purchase queued"]);
    assert_eq!(world.conversions()[0].event_s, T0 + 200);
}

#[test]
fn a_stage_that_was_entered_again_after_lost_reports_is_told_with_its_first_time() {
    let mut world = clicked();
    world.crm.enter("d1", NEW, T0 + 100);
    world.hear(moved("d1", NEW, T0 + 100));
    // The reports of the first entry, and of the one into the stage between them, never come.
    world.crm.enter("d1", LOST, T0 + 300);
    world.crm.enter("d1", QUALIFIED, T0 + 400);
    world.crm.first.insert(("d1".into(), QUALIFIED.into()), T0 + 200);
    world.hear(left(LOST, moved("d1", QUALIFIED, T0 + 400)));
    assert_eq!(world.told(), ["Lead queued"]);
    assert_eq!(world.only().event_s, T0 + 200);
}

#[test]
fn a_deal_that_left_and_came_back_before_anybody_looked_is_told_with_the_time_at_which_it_was_made() {
    let mut world = clicked();
    world.crm.enter("d1", QUALIFIED, T0 + 100).created_s = Some(T0 + 100);
    world.crm.enter("d1", LOST, T0 + 100);
    world.crm.enter("d1", QUALIFIED, T0 + 102);
    world.tell(moved("d1", QUALIFIED, T0 + 100));
    world.tell(left(QUALIFIED, moved("d1", LOST, T0 + 100)));
    world.tell(left(LOST, moved("d1", QUALIFIED, T0 + 102)));
    world.answer_all();
    assert_eq!(world.told(), ["Lead queued"]);
    assert_eq!(world.only().event_s, T0 + 100);
}

#[test]
fn the_first_sight_of_a_deal_takes_the_stage_that_it_left() {
    let mut world = clicked();
    world.crm.enter("d1", QUALIFIED, T0 + 200);
    world.crm.enter("d1", WON, T0 + 300).price = Some("10".parse().unwrap());
    world.hear(left(QUALIFIED, moved("d1", WON, T0 + 300)));
    assert_eq!(world.told(), ["Lead queued", "Purchase queued"]);
}

#[test]
fn a_deal_that_was_made_in_a_stage_has_entered_it_though_the_log_shows_only_that_it_left() {
    let mut world = clicked();
    let made = T0 + 100;
    world.crm.enter("d1", QUALIFIED, made).created_s = Some(made);
    world.crm.log.clear();
    world.crm.left.insert(("d1".into(), QUALIFIED.into()), T0 + 101);
    world.tell(moved("d1", QUALIFIED, made));
    world.crm.enter("d1", WON, T0 + 101).price = Some("10".parse().unwrap());
    world.hear(left(QUALIFIED, moved("d1", WON, T0 + 101)));
    assert_eq!(world.told(), ["Lead queued", "Purchase queued"]);
    assert_eq!(world.conversions()[0].event_s, made);
}

#[test]
fn a_stage_that_was_entered_left_and_entered_again_before_anybody_looked_has_the_time_of_the_first() {
    let mut world = clicked();
    world.crm.first.insert(("d1".into(), QUALIFIED.into()), T0 + 100);
    world.crm.enter("d1", NEW, T0 + 103);
    world.crm.enter("d1", QUALIFIED, T0 + 106);
    world.tell(moved("d1", QUALIFIED, T0 + 100));
    world.tell(left(QUALIFIED, moved("d1", NEW, T0 + 103)));
    world.tell(moved("d1", QUALIFIED, T0 + 106));
    world.answer_all();
    assert_eq!(world.told(), ["Lead queued"]);
    assert_eq!(world.only().event_s, T0 + 100);
}

#[test]
fn a_stage_that_is_known_to_have_been_left_before_has_the_time_of_its_first_entry() {
    let mut world = clicked();
    world.crm.enter("d1", NEW, T0 + 103);
    world.hear(moved("d1", NEW, T0 + 103));
    // It was in the stage before, of which a report comes late.
    world.crm.first.insert(("d1".into(), QUALIFIED.into()), T0 + 100);
    world.crm.enter("d1", QUALIFIED, T0 + 106);
    world.tell(left(QUALIFIED, moved("d1", NEW, T0 + 103)));
    world.tell(left(NEW, moved("d1", QUALIFIED, T0 + 106)));
    world.answer_all();
    assert_eq!(world.told(), ["Lead queued"]);
    assert_eq!(world.only().event_s, T0 + 100);
}

#[test]
fn reports_that_name_no_stage_lose_none() {
    let mut world = clicked();
    world.crm.enter("d1", NEW, T0 + 100);
    world.hear(updated("d1", T0 + 100));
    world.crm.enter("d1", QUALIFIED, T0 + 200);
    world.crm.enter("d1", WON, T0 + 300).price = Some("10".parse().unwrap());
    world.hear(updated("d1", T0 + 300));
    assert_eq!(world.told(), ["Lead queued", "Purchase queued"]);
    assert_eq!(world.conversions()[0].event_s, T0 + 200);
}

#[test]
fn a_move_that_was_seen_asks_the_log_nothing() {
    let mut world = clicked();
    world.crm.enter("d1", NEW, T0 + 100);
    world.hear(moved("d1", NEW, T0 + 100));
    world.crm.enter("d1", WON, T0 + 300).price = Some("10".parse().unwrap());
    let before = world.asked.len();
    world.hear(left(NEW, moved("d1", WON, T0 + 300)));
    assert!(world.asked[before..].iter().all(|question| !matches!(question, Question::StageLog { .. })));
}

#[test]
fn a_deal_made_in_a_stage_of_which_no_report_tells_is_told_however_often_it_is_changed() {
    let mut world = clicked();
    let made_s = T0 + 100;
    world.crm.enter("d1", QUALIFIED, made_s).created_s = Some(made_s);
    world.crm.log.clear();
    for changed_s in [made_s + 5, made_s + 45, made_s + 85] {
        world.now_s = changed_s;
        world.crm.deals.get_mut("d1").unwrap().updated_s = changed_s;
        world.tell(updated("d1", changed_s));
        for key in world.open.keys().cloned().collect::<Vec<_>>() {
            let answer = world.fetch(&key);
            world.tell(answer);
        }
    }
    world.answer_all();
    assert_eq!(world.told(), ["Lead queued"]);
    assert_eq!(world.only().event_s, made_s);
    assert!(world.now_s < made_s + 110, "told at {}", world.now_s - made_s);
    // Nothing has changed it since: it was made there, and nobody need ask.
    let mut world = clicked();
    world.crm.enter("d1", QUALIFIED, made_s).created_s = Some(made_s);
    world.crm.log.clear();
    world.hear(updated("d1", made_s));
    assert_eq!(world.told(), ["Lead queued"]);
    assert_eq!(world.only().event_s, made_s);
    assert_eq!(world.asked.iter().filter(|one| matches!(one, Question::StageLog { .. })).count(), 0);
}

#[test]
fn a_deal_that_is_back_where_it_was_made_has_the_time_of_its_making_though_the_log_has_not_answered() {
    let mut world = clicked();
    let made_s = T0 + 100;
    world.crm.enter("d1", QUALIFIED, made_s).created_s = Some(made_s);
    world.crm.enter("d1", WON, made_s + 3);
    world.tell(moved("d1", QUALIFIED, made_s));
    world.tell(left(QUALIFIED, moved("d1", WON, made_s + 3)));
    let answer = world.fetch("deal:kommo:acme/d1");
    world.tell(answer);
    world.crm.enter("d1", QUALIFIED, made_s + 8);
    world.crm.first.insert(("d1".into(), QUALIFIED.into()), made_s);
    world.tell(left(WON, moved("d1", QUALIFIED, made_s + 8)));
    let answer = world.fetch("deal:kommo:acme/d1");
    world.tell(answer);
    world.answer_all();
    let lead = world.conversions().into_iter().find(|one| one.event == "Lead").unwrap();
    assert_eq!(lead.event_s, made_s);
}

#[test]
fn a_report_waits_for_the_stage_that_a_rule_waits_for() {
    let mut world = clicked();
    world.crm.enter("d1", NEW, T0 + 50);
    world.hear(updated("d1", T0 + 50));
    world.crm.enter("d1", LOST, T0 + 300);
    let seq = world.tell(left(QUALIFIED, moved("d1", LOST, T0 + 300)));
    while let Some(key) = world.open.keys().find(|key| !key.starts_with("stage-log:")).cloned() {
        let answer = world.fetch(&key);
        world.tell(answer);
    }
    let on = Question::StageLog { deal: deal_key("d1"), stage: stage(QUALIFIED) }.key();
    assert_eq!(world.outcome(seq), &Outcome::Waiting { on, reason: Reason::AskingCrm });
}
