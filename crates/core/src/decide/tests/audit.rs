//! The audit log tells what no webhook told of.

use super::world::{LOST, NEW, ORIGIN, QUALIFIED, T0, WON, World, click, deal_key, moved, stage, updated};
use crate::{AuditLog, AuditRow, Fact, Outcome, Question, Reason, RecordChange, RecordId, State};

fn clicked() -> World {
    let mut world = World::new();
    world.hear(Fact::Click(click("m1", &[World::phone()], T0)));
    world
}

fn log(rows: Vec<AuditRow>) -> Fact {
    Fact::AuditLog(AuditLog { origin: ORIGIN.into(), rows })
}

fn row(deal: &str, at_s: i64, change: RecordChange) -> AuditRow {
    AuditRow { record: RecordId::Deal(deal.into()), at_s, change }
}

fn went(deal: &str, left: &str, status: &str, at_s: i64) -> AuditRow {
    row(deal, at_s, RecordChange::Moved { left: Some(stage(left)), stage: stage(status) })
}

/// Event and time of everything that is told.
fn times(world: &World) -> Vec<(String, i64)> {
    world.conversions().iter().map(|one| (one.event.clone(), one.event_s - T0)).collect()
}

#[test]
fn webhooks_that_never_came_cost_nothing() {
    let mut world = clicked();
    world.crm.enter("d1", WON, T0 + 300).price = Some("10".parse().unwrap());
    let told = world.hear(log(vec![
        row("d1", T0 + 50, RecordChange::Made),
        went("d1", NEW, QUALIFIED, T0 + 100),
        went("d1", QUALIFIED, WON, T0 + 300),
    ]));
    assert_eq!(world.told(), ["Lead queued", "Purchase queued"]);
    assert_eq!(times(&world), [("Lead".to_owned(), 100), ("Purchase".to_owned(), 300)]);
    assert_eq!(world.outcome(told), &Outcome::Used);
    let logs = world.asked.iter().filter(|question| matches!(question, Question::StageLog { .. })).count();
    assert_eq!(logs, 0, "what the log says needs no confirmation");
}

#[test]
fn a_deal_is_told_in_the_stage_in_which_it_was_made() {
    // It was made there and stayed.
    let mut world = clicked();
    world.crm.enter("d1", QUALIFIED, T0 + 100).created_s = Some(T0 + 100);
    world.hear(log(vec![row("d1", T0 + 100, RecordChange::Made)]));
    assert_eq!(times(&world), [("Lead".to_owned(), 100)]);
    // It was made there and went on within the same second.
    let mut world = clicked();
    world.crm.enter("d1", WON, T0 + 100).created_s = Some(T0 + 100);
    world.crm.price("d1", "10", T0 + 100);
    world.hear(log(vec![row("d1", T0 + 100, RecordChange::Made), went("d1", QUALIFIED, WON, T0 + 100)]));
    assert_eq!(world.told(), ["Lead queued", "Purchase queued"]);
}

#[test]
fn a_deal_that_moved_before_it_was_read_is_told_with_the_time_of_its_move() {
    // No report of the move has come when the deal is read, or one has.
    for is_reported in [false, true] {
        let mut world = clicked();
        world.now_s = T0 + 104;
        world.crm.enter("d1", NEW, T0 + 100).created_s = Some(T0 + 100);
        world.tell(log(vec![row("d1", T0 + 100, RecordChange::Made)]));
        world.crm.enter("d1", QUALIFIED, T0 + 104);
        if is_reported {
            world.tell(moved("d1", QUALIFIED, T0 + 104));
        }
        world.answer_all();
        assert_eq!(times(&world), [("Lead".to_owned(), 104)]);
        // What the log tells later is the same move.
        world.hear(log(vec![went("d1", NEW, QUALIFIED, T0 + 104)]));
        assert_eq!(times(&world), [("Lead".to_owned(), 104)]);
    }
}

#[test]
fn a_part_that_comes_twice_and_what_webhooks_told_are_nothing_new() {
    let mut world = clicked();
    world.crm.enter("d1", QUALIFIED, T0 + 100);
    world.hear(moved("d1", QUALIFIED, T0 + 100));
    world.crm.enter("d1", WON, T0 + 300).price = Some("10".parse().unwrap());
    world.hear(moved("d1", WON, T0 + 300));
    let before = (world.conversions(), world.asked.len());
    let rows = || vec![went("d1", NEW, QUALIFIED, T0 + 101), went("d1", QUALIFIED, WON, T0 + 300)];
    for _ in 0..2 {
        let again = world.hear(log(rows()));
        assert_eq!(world.outcome(again), &Outcome::Ignored(Reason::NothingNew));
    }
    assert_eq!((world.conversions(), world.asked.len()), before);
}

#[test]
fn a_sale_that_was_undone_while_nobody_listened_is_withdrawn() {
    let mut world = clicked();
    world.crm.enter("d1", WON, T0 + 100);
    world.hear(moved("d1", WON, T0 + 100));
    assert_eq!(world.told(), ["Purchase waiting waiting_price"]);
    world.crm.enter("d1", LOST, T0 + 200).price = Some("700".parse().unwrap());
    world.tell(Fact::Catalogue(super::world::catalogue_with(&[(LOST, "Lost")])));
    world.hear(log(vec![went("d1", WON, LOST, T0 + 200)]));
    assert_eq!(world.told(), ["Purchase suppressed withdrawn"]);
}

#[test]
fn a_sale_that_was_lost_and_won_again_within_a_second_stands() {
    let back = |first: &'static str, second: &'static str| [("first", first), ("second", second)];
    for order in [back("lost", "won"), back("won", "lost")] {
        let mut world = clicked();
        world.tell(Fact::Catalogue(super::world::catalogue_with(&[(LOST, "Lost")])));
        world.crm.enter("d1", NEW, T0 + 50);
        world.hear(moved("d1", NEW, T0 + 50));
        world.crm.enter("d1", WON, T0 + 100).price = Some("700".parse().unwrap());
        world.hear(log(vec![went("d1", NEW, WON, T0 + 100)]));
        world.state.conversions.values_mut().flatten().for_each(|one| one.state = State::Accepted);
        world.crm.enter("d1", LOST, T0 + 200);
        world.crm.enter("d1", WON, T0 + 200);
        for (_, one) in order {
            let (left, stage) = if one == "lost" { (WON, LOST) } else { (LOST, WON) };
            world.hear(log(vec![went("d1", left, stage, T0 + 200)]));
        }
        assert_eq!(world.told(), ["Purchase accepted"], "{order:?}");
        // And lost for good in the next second.
        world.crm.enter("d1", LOST, T0 + 201);
        world.hear(log(vec![went("d1", WON, LOST, T0 + 201)]));
        assert_eq!(world.told(), ["Purchase accepted undone"], "{order:?}");
        // Won and lost again within one.
        world.crm.enter("d1", WON, T0 + 300);
        world.crm.enter("d1", LOST, T0 + 300);
        world.hear(log(vec![went("d1", WON, LOST, T0 + 300), went("d1", LOST, WON, T0 + 300)]));
        assert_eq!(world.told(), ["Purchase accepted undone"], "{order:?}");
    }
}

#[test]
fn a_price_behind_a_lost_webhook_is_read() {
    let mut world = clicked();
    world.crm.enter("d1", WON, T0 + 100);
    world.hear(moved("d1", WON, T0 + 100));
    world.crm.price("d1", "250", T0 + 500);
    world.hear(log(vec![row("d1", T0 + 500, RecordChange::Other)]));
    assert_eq!(world.told(), ["Purchase queued"]);
    // Read since: nothing follows from it.
    let before = world.asked.len();
    world.hear(log(vec![row("d1", T0 + 500, RecordChange::Other)]));
    assert_eq!(world.asked.len(), before);
}

#[test]
fn a_deletion_and_a_return_behind_lost_webhooks_count() {
    let mut world = clicked();
    world.crm.enter("d1", WON, T0 + 100);
    world.hear(moved("d1", WON, T0 + 100));
    let kept = world.crm.deals.remove("d1").unwrap();
    world.hear(log(vec![row("d1", T0 + 200, RecordChange::Deleted)]));
    assert_eq!(world.told(), ["Purchase suppressed withdrawn"]);
    world.crm.deals.insert("d1".into(), kept);
    world.crm.price("d1", "5", T0 + 300);
    world.hear(log(vec![row("d1", T0 + 300, RecordChange::Restored)]));
    assert_eq!(world.told(), ["Purchase queued"]);
}

#[test]
fn a_phone_typed_behind_a_lost_webhook_joins() {
    let mut world = clicked();
    world.crm.contact("c1", &[]);
    world.crm.enter("d1", QUALIFIED, T0 + 100);
    world.hear(moved("d1", QUALIFIED, T0 + 100));
    assert_eq!(world.told(), ["Lead suppressed no_phone"]);
    world.crm.contact("c1", &[World::phone()]);
    let other =
        AuditRow { record: RecordId::Contact("c9".into()), at_s: T0 + 200, change: RecordChange::Other };
    world.hear(log(vec![AuditRow { record: RecordId::Contact("c1".into()), ..other.clone() }, other]));
    assert_eq!(world.told(), ["Lead queued"]);
    assert!(!world.asked.contains(&Question::Contact { origin: ORIGIN.into(), id: "c9".into() }));
}

#[test]
fn what_concerns_nobody_is_not_asked_about() {
    let mut world = clicked();
    let before = world.asked.len();
    let other_stage = went("d7", NEW, NEW, T0 + 100);
    world.hear(log(vec![
        other_stage,
        row("d8", T0 + 100, RecordChange::Other),
        row("d9", T0, RecordChange::Deleted),
    ]));
    assert_eq!(world.asked.len(), before);
    assert!(world.state.deals.is_empty());
}

#[test]
fn an_entry_waits_until_the_deal_is_read() {
    let mut world = clicked();
    world.crm.enter("d1", WON, T0 + 100).price = Some("10".parse().unwrap());
    world.tell(log(vec![went("d1", NEW, WON, T0 + 100)]));
    assert_eq!(world.told(), ["Purchase waiting waiting_deal"]);
    world.answer_all();
    assert_eq!(world.told(), ["Purchase queued"]);
}

#[test]
fn a_stage_without_a_name_makes_the_names_be_read_first() {
    let mut world = World::without_catalogue();
    world.hear(Fact::Click(click("m1", &[World::phone()], T0)));
    world.crm.enter("d1", QUALIFIED, T0 + 100);
    let waits = world.tell(log(vec![went("d1", NEW, QUALIFIED, T0 + 100)]));
    assert!(matches!(world.outcome(waits), Outcome::Waiting { .. }));
    world.answer_all();
    assert_eq!((world.told(), world.outcome(waits)), (vec!["Lead queued".to_owned()], &Outcome::Used));
}

#[test]
fn a_rule_takes_nothing_from_before_its_start() {
    let mut world = clicked();
    for rule in &mut world.policy.rules {
        rule.since_s = Some(T0 + 200);
    }
    world.crm.enter("d1", WON, T0 + 300).price = Some("10".parse().unwrap());
    world.hear(log(vec![went("d1", NEW, QUALIFIED, T0 + 100), went("d1", QUALIFIED, WON, T0 + 300)]));
    assert_eq!(world.told(), ["Purchase queued"]);
}

#[test]
fn a_second_win_within_the_time_of_one_move_is_another_one() {
    let mut world = clicked();
    world.crm.enter("d1", WON, T0 + 160).price = Some("10".parse().unwrap());
    world.hear(log(vec![
        went("d1", NEW, WON, T0 + 100),
        went("d1", WON, NEW, T0 + 130),
        went("d1", NEW, WON, T0 + 160),
    ]));
    assert_eq!(times(&world), [("Purchase".to_owned(), 160)]);
    assert_eq!(world.state.deals[&deal_key("d1")].entries.len(), 3);
    world.hear(updated("d1", T0 + 161));
    assert_eq!(times(&world), [("Purchase".to_owned(), 160)]);
}

#[test]
fn an_entry_that_is_too_late_ends_though_its_deal_is_not_read_yet() {
    let mut world = clicked();
    world.now_s = T0 + 9 * 86_400;
    world.tell(log(vec![went("d1", NEW, QUALIFIED, T0 + 100)]));
    let lead = world.only();
    assert_ne!(lead.state, crate::State::Waiting, "{:?}", lead.reason);
    // One that was in time waits, and not for ever.
    let mut world = clicked();
    world.tell(log(vec![went("d1", NEW, QUALIFIED, T0 + 100)]));
    let waiting = world.only();
    assert_eq!(world.told(), ["Lead waiting waiting_deal"]);
    world.now_s = T0 + 9 * 86_400;
    assert_ne!(world.expire(&waiting).state, crate::State::Waiting);
}

#[test]
fn a_deal_that_the_log_tells_of_before_its_row_is_there_is_asked_for_again() {
    let mut world = clicked();
    world.now_s = T0 + 101;
    world.tell(log(vec![row("d1", T0 + 100, RecordChange::Made), went("d1", NEW, WON, T0 + 100)]));
    // The CRM does not show it yet.
    let answer = world.fetch("deal:kommo:acme/d1");
    world.tell(answer);
    world.crm.enter("d1", WON, T0 + 100).price = Some("10".parse().unwrap());
    world.answer_all();
    assert_eq!(world.told(), ["Purchase queued"]);
}

#[test]
fn an_old_price_is_not_told_when_the_log_knows_of_a_newer_one() {
    let mut world = clicked();
    world.crm.enter("d1", WON, T0 + 100).price = Some("10".parse().unwrap());
    world.hear(moved("d1", WON, T0 + 100));
    world.now_s = T0 + 501;
    world.tell(log(vec![row("d1", T0 + 500, RecordChange::Priced)]));
    assert_eq!(world.told(), ["Purchase waiting waiting_deal"]);
    // The row lags behind it.
    let old = world.fetch("deal:kommo:acme/d1");
    world.tell(old);
    assert_eq!(world.told(), ["Purchase waiting waiting_deal"]);
    world.crm.price("d1", "25", T0 + 500);
    world.answer_all();
    assert_eq!(world.told(), ["Purchase queued"]);
    assert_eq!(world.only().value, Some("25".parse().unwrap()));
}

#[test]
fn a_win_that_stands_elsewhere_is_the_sale_once_the_log_shows_that_the_first_was_undone() {
    let mut world = clicked();
    let other = |status: &str| crate::StageId { pipeline: "8".into(), status: status.into() };
    let mut names = super::world::catalogue();
    for status in [WON, NEW] {
        names.stages.push(crate::StageName {
            stage: other(status),
            pipeline_name: "Second".into(),
            stage_name: status.into(),
        });
    }
    world.tell(Fact::Catalogue(names));
    let to = |at_s, stage| row("d1", at_s, RecordChange::Moved { left: None, stage });
    world.crm.enter("d1", NEW, T0 + 400).price = Some("10".parse().unwrap());
    world.crm.log.clear();
    world.hear(log(vec![to(T0 + 100, stage(WON)), to(T0 + 200, other(WON)), to(T0 + 400, stage(NEW))]));
    assert_eq!(times(&world), [("Purchase".to_owned(), 200)]);
    assert_eq!(world.told(), ["Purchase queued"]);
}

#[test]
fn a_reading_that_waited_for_names_does_not_bring_a_deleted_deal_back() {
    let mut world = World::without_catalogue();
    world.hear(Fact::Click(click("m1", &[World::phone()], T0)));
    world.crm.enter("d1", WON, T0 + 100).price = Some("10".parse().unwrap());
    world.tell(moved("d1", WON, T0 + 100));
    let reading = world.fetch("deal:kommo:acme/d1");
    world.tell(reading);
    world.crm.deals.clear();
    world.now_s = T0 + 9_000;
    world.tell(updated("d1", T0 + 200));
    while let Some(key) = world.open.keys().find(|key| key.starts_with("deal:")).cloned() {
        let gone = world.fetch(&key);
        world.tell(gone);
    }
    world.answer_all();
    assert!(world.told().iter().all(|told| !told.ends_with("queued")), "{:?}", world.told());
}

#[test]
fn a_deal_made_as_won_that_was_moved_on_within_its_second_is_not_sold_until_it_is_won_again() {
    let made_s = T0 + 100;
    // Back in the same pipeline: the second win is another one, however soon it comes.
    let mut world = clicked();
    world.crm.enter("d1", WON, made_s).created_s = Some(made_s);
    world.crm.enter("d1", NEW, made_s);
    world.crm.enter("d1", WON, made_s + 1).price = Some("10".parse().unwrap());
    world.crm.log.clear();
    world.hear(log(vec![went("d1", WON, NEW, made_s), went("d1", NEW, WON, made_s + 1)]));
    assert_eq!(world.told(), ["Purchase queued"]);
    // Nothing was won since.
    let mut world = clicked();
    world.crm.enter("d1", WON, made_s).created_s = Some(made_s);
    world.crm.enter("d1", LOST, made_s).price = Some("10".parse().unwrap());
    world.crm.log.clear();
    world.hear(log(vec![row("d1", made_s, RecordChange::Made), went("d1", WON, LOST, made_s)]));
    assert_eq!(world.told(), ["Purchase suppressed withdrawn"]);
}

#[test]
fn which_of_two_moves_of_one_second_came_first_is_learnt_from_the_log() {
    let mut world = clicked();
    world.crm.enter("d1", WON, T0 + 100).created_s = Some(T0 + 100);
    world.crm.enter("d1", LOST, T0 + 100).price = Some("10".parse().unwrap());
    world.tell(moved("d1", WON, T0 + 100));
    world.hear(moved("d1", LOST, T0 + 100));
    world.crm.enter("d1", WON, T0 + 500);
    world.hear(log(vec![went("d1", WON, LOST, T0 + 100), went("d1", LOST, WON, T0 + 500)]));
    assert_eq!(times(&world), [("Purchase".to_owned(), 500)]);
}

#[test]
fn a_deal_made_as_won_that_was_first_known_by_where_it_went_is_the_sale_of_its_next_win() {
    let made_s = T0 + 100;
    let other = crate::StageId { pipeline: "8".into(), status: WON.into() };
    let mut world = clicked();
    let mut names = super::world::catalogue();
    names.stages.push(crate::StageName {
        stage: other.clone(),
        pipeline_name: "Second".into(),
        stage_name: "Closed - won".into(),
    });
    world.tell(Fact::Catalogue(names));
    world.crm.enter("d1", WON, made_s).created_s = Some(made_s);
    world.crm.enter("d1", QUALIFIED, made_s);
    world.crm.price("d1", "10", made_s + 400);
    world.crm.log.remove(&("d1".into(), WON.into()));
    world.hear(updated("d1", made_s + 400));
    assert_eq!(times(&world), [("Lead".to_owned(), 100)]);
    world.hear(log(vec![row("d1", made_s, RecordChange::Made), went("d1", WON, QUALIFIED, made_s)]));
    let deal = world.crm.deals.get_mut("d1").unwrap();
    (deal.stage, deal.updated_s, deal.closed_s) = (other, made_s + 9000, Some(made_s + 9000));
    world.hear(updated("d1", made_s + 9000));
    assert_eq!(times(&world), [("Lead".to_owned(), 100), ("Purchase".to_owned(), 9100)]);
}

#[test]
fn a_deal_that_the_log_first_shows_leaving_a_stage_was_in_it() {
    let made_s = T0 + 100;
    let mut world = clicked();
    world.crm.enter("d1", QUALIFIED, made_s).created_s = Some(made_s);
    world.crm.enter("d1", NEW, made_s + 50);
    world.crm.log.remove(&("d1".into(), QUALIFIED.into()));
    world.crm.left.insert(("d1".into(), QUALIFIED.into()), made_s + 50);
    world.hear(log(vec![went("d1", QUALIFIED, NEW, made_s + 50)]));
    assert_eq!(times(&world), [("Lead".to_owned(), 100)]);
}
