//! What one turn may hold, and how the rest is decided in the turns that follow.

use super::world::{QUALIFIED, T0, WON, World, click, contact, contact_changed, deal_key, moved, updated};
use crate::{
    Deal, DealRead, Effect, Fact, Incoming, Link, Outcome, Question, Reason, WAITING_PER_TURN_MAX,
    WaitingFact, decide, needs, sweep,
};

fn clicked() -> World {
    let mut world = World::new();
    world.hear(Fact::Click(click("m1", &[World::phone()], T0)));
    world
}

#[test]
fn a_fact_needs_no_more_than_its_decision_looks_at() {
    let hint = needs(&updated("d1", T0));
    assert_eq!(hint.rows, [deal_key("d1")]);
    assert!(hint.questions.is_empty() && hint.deals.is_empty() && hint.around.is_empty());

    let changed = needs(&contact_changed("c1", T0));
    assert_eq!(changed.contacts, [contact("c1")]);
    assert!(changed.questions.is_empty() && changed.around.is_empty() && changed.people.is_empty());

    let mut world = World::new();
    world.crm.enter("d1", WON, T0);
    let found = world.crm.deals.get("d1").cloned();
    let read = needs(&Fact::Deal(DealRead { deal: deal_key("d1"), found, answered_upto: 0 }));
    assert_eq!((read.deals, read.people), (vec![deal_key("d1")], vec![contact("c1")]));
    assert!(read.around.is_empty(), "not the other deals of its contact");

    let nobody = needs(&Fact::Link(Link { at_s: T0, ..Link::default() }));
    assert_eq!(nobody, crate::Needs::default());
}

#[test]
fn however_many_reports_wait_for_a_reading_each_of_them_ends() {
    for reports in [1, WAITING_PER_TURN_MAX, WAITING_PER_TURN_MAX + 1, 3 * WAITING_PER_TURN_MAX + 7] {
        let mut world = clicked();
        world.crm.enter("d1", QUALIFIED, T0 + 100);
        world.tell(moved("d1", QUALIFIED, T0 + 100));
        for _ in 1..reports {
            world.tell(updated("d1", T0 + 100));
        }
        let answer = world.fetch("deal:kommo:acme/d1");
        let answer = world.tell(answer);
        world.answer_all();
        assert_ne!(world.outcome(answer), &Outcome::Again);
        assert_eq!(world.told(), ["Lead queued"]);
        assert_eq!(world.count(&Outcome::Duplicate), reports - 1, "{reports} reports");
        assert_eq!(world.asked.iter().filter(|one| matches!(one, Question::Deal { .. })).count(), reports);
    }
}

#[test]
fn a_move_among_many_reports_of_a_stage_left_is_looked_up_in_the_log() {
    let mut world = clicked();
    world.crm.enter("d1", QUALIFIED, T0 + 100);
    for _ in 0..2 * WAITING_PER_TURN_MAX {
        world.tell(updated("d1", T0 + 100));
    }
    world.tell(moved("d1", QUALIFIED, T0 + 100));
    world.crm.enter("d1", WON, T0 + 200).price = Some("10".parse().unwrap());
    world.answer_all();
    assert_eq!(world.told(), ["Lead queued", "Purchase queued"]);
    assert_eq!(world.conversions()[0].event_s, T0 + 100);
}

/// The move into the stage in which the deal stands is true by reading, and the log is silent: the report
/// of it counts wherever it stands.
#[test]
fn a_move_behind_many_reports_counts_like_one_before_them() {
    for reports_before in [0, 2 * WAITING_PER_TURN_MAX] {
        let mut world = clicked();
        world.crm.enter("d1", QUALIFIED, T0 + 200);
        world.crm.log.clear();
        for _ in 0..reports_before {
            world.tell(updated("d1", T0 + 100));
        }
        world.tell(moved("d1", QUALIFIED, T0 + 100));
        world.answer_all();
        assert_eq!(world.told(), ["Lead queued"], "behind {reports_before}");
    }
}

#[test]
fn however_many_readings_wait_for_the_names_of_stages_each_is_released() {
    let mut world = World::without_catalogue();
    let deals = WAITING_PER_TURN_MAX + 50;
    for number in 0..deals {
        let deal = format!("d{number}");
        world.crm.enter(&deal, WON, T0 + 100).price = Some("10".parse().unwrap());
        world.tell(moved(&deal, WON, T0 + 100));
        let read = world.fetch(&format!("deal:kommo:acme/{deal}"));
        world.tell(read);
    }
    assert!(world.conversions().is_empty());
    world.answer_all();
    assert_eq!(world.conversions().len(), deals);
}

#[test]
fn where_not_all_that_wait_are_loaded_the_answer_goes_on() {
    let mut world = clicked();
    let question = "deal:kommo:acme/d1".to_owned();
    let fact = Some(updated("d1", T0));
    world.state.waiting.insert(question.clone(), vec![WaitingFact { seq: 3, received_ms: 0, fact }]);
    for (beyond, outcome) in [
        (None, Outcome::Ignored(Reason::NoSuchDeal)),
        (Some(50), Outcome::Ignored(Reason::NoSuchDeal)),
        (Some(3), Outcome::Again),
    ] {
        world.state.waiting_beyond = beyond.map(|last| (question.clone(), last)).into_iter().collect();
        let fact = Fact::Deal(DealRead { deal: deal_key("d1"), found: None, answered_upto: 50 });
        let incoming = Incoming { seq: 99, received_ms: T0 * 1000, fact };
        let decision = decide(&mut world.state, &world.policy, &incoming, T0 * 1000);
        assert_eq!(decision.outcome, outcome, "{beyond:?}");
        assert_eq!(decision.ends_turn(), outcome == Outcome::Again);
    }
}

#[test]
fn a_report_that_cannot_be_read_back_ends_as_that_and_its_neighbours_count() {
    let mut world = clicked();
    world.crm.enter("d1", QUALIFIED, T0 + 100);
    let lost = world.tell(updated("d1", T0 + 100));
    let read = world.tell(moved("d1", QUALIFIED, T0 + 100));
    world.state.waiting.get_mut("deal:kommo:acme/d1").unwrap()[0].fact = None;
    world.answer_all();
    assert_eq!(world.outcome(lost), &Outcome::Ignored(Reason::Unreadable));
    assert_eq!(world.outcome(read), &Outcome::Duplicate);
    assert_eq!(world.told(), ["Lead queued"]);
}

#[test]
fn an_answer_that_cannot_be_read_back_is_asked_for_again_once() {
    let mut world = clicked();
    let question = Question::Contact { origin: "kommo:acme".into(), id: "c1".into() };
    world.state.lost.push(question.clone());
    world.tell(Fact::Click(click("m2", &[World::phone()], T0)));
    world.tell(Fact::Click(click("m3", &[World::phone()], T0)));
    assert_eq!(world.asked, [question]);
}

#[test]
fn the_deals_of_a_crowded_contact_are_swept_for_whoever_reaches_it() {
    let mut world = World::new();
    for deal in ["d1", "d2"] {
        world.crm.enter(deal, QUALIFIED, T0 + 100);
        world.hear(moved(deal, QUALIFIED, T0 + 100));
    }
    assert_eq!(world.told(), ["Lead suppressed no_click", "Lead suppressed no_click"]);

    // Too many to be known to the fact: nothing but the contact is loaded.
    let deals_of = std::mem::take(&mut world.state.deals_of);
    world.state.crowded.insert(contact("c1"));
    let fact = Fact::Click(click("m1", &[World::phone()], T0));
    let incoming = Incoming { seq: 99, received_ms: T0 * 1000, fact };
    let decision = decide(&mut world.state, &world.policy, &incoming, world.now_s * 1000);
    assert!(decision.effects.contains(&Effect::Sweep { contact: contact("c1"), asked_by: 99 }));
    assert_eq!(world.told(), ["Lead suppressed no_click", "Lead suppressed no_click"]);

    world.state.deals_of = deals_of;
    let effects = sweep(&mut world.state, &world.policy, &[deal_key("d1")], world.now_s * 1000);
    assert!(matches!(effects.as_slice(), [Effect::Update(one)] if one.cause == deal_key("d1").into()));
    assert_eq!(world.told(), ["Lead queued", "Lead suppressed no_click"]);
    let nothing = sweep(&mut world.state, &world.policy, &[deal_key("d1")], world.now_s * 1000);
    assert_eq!(nothing, [], "twice is once");
    let unknown = Deal::new(deal_key("d9")).key;
    assert_eq!(sweep(&mut world.state, &world.policy, &[unknown], world.now_s * 1000), []);
}
