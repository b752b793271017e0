//! `OrderCanceled` and `OrderReturned` go only after a sale that Meta has and that was undone.

use super::world::{LOST, NEW, ORIGIN, T0, WON, World, catalogue, click, moved, stage};
use crate::{
    AuditLog, AuditRow, DealHint, Fact, Reason, RecordChange, RecordId, Repeat, Rule, Sent, StageId,
    StageName, State, Trigger,
};

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
fn who_loses_and_wins_again_within_a_second_has_cancelled_nothing() {
    let reported = |left: &str, status: &str| match moved("d1", status, T0 + 300) {
        Fact::DealHint(hint) => Fact::DealHint(DealHint { left: Some(stage(left)), ..hint }),
        other => other,
    };
    let logged = |left: &str, status: &str| {
        let change = RecordChange::Moved { left: Some(stage(left)), stage: stage(status) };
        let row = AuditRow { record: RecordId::Deal("d1".into()), at_s: T0 + 300, change };
        Fact::AuditLog(AuditLog { origin: ORIGIN.into(), rows: vec![row] })
    };
    let (lost, won) = ((WON, LOST), (LOST, WON));
    for [first, second] in [[lost, won], [won, lost]] {
        for [one, other] in [[true, true], [true, false], [false, true], [false, false]] {
            let mut world = clicked();
            enter(&mut world, NEW, T0 + 50);
            enter(&mut world, WON, T0 + 100);
            sold(&mut world, State::Accepted, Sent::NotTaken);
            world.crm.enter("d1", LOST, T0 + 300);
            world.crm.enter("d1", WON, T0 + 300);
            for ((left, status), is_logged) in [(first, one), (second, other)] {
                world.hear(if is_logged { logged(left, status) } else { reported(left, status) });
            }
            // The log tells all of it, sooner or later.
            world.hear(logged(WON, LOST));
            world.hear(logged(LOST, WON));
            let what = format!("{first:?} {one}, {second:?} {other}");
            let left = world.told().into_iter().filter(|one| !one.ends_with("suppressed nothing_to_undo"));
            assert_eq!(left.collect::<Vec<_>>(), ["Purchase accepted"], "{what}");
        }
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
    assert_eq!(world.told(), ["Purchase accepted undone"]);
    assert!(world.only().is_undone());
}

/// What happens to a deal: where it goes, and a tag.
#[derive(Clone, Copy)]
enum Step {
    Own(&'static str, i64),
    Returns(&'static str, i64),
    Tag(i64),
}
use Step::{Own, Returns, Tag};

const RETURNED: &str = "900";

fn rule(id: &str, trigger: Trigger, send: &str) -> Rule {
    Rule { id: id.into(), trigger, send: send.into(), ..super::world::policy().rules[0].clone() }
}

/// A world with rules for a lost deal, for an open stage of the pipeline `Returns` and for a tag.
fn with_returns(repeat: Repeat) -> World {
    let mut world = clicked();
    world.policy.rules.remove(0);
    world.policy.rules[0].repeat = repeat;
    world.policy.rules.push(rule("returned", Trigger::Named("Returned".into()), "OrderReturned"));
    world.policy.rules.push(rule("tagged", Trigger::Tag("refund".into()), "OrderReturned"));
    let mut catalogue = catalogue();
    for (status, name) in [(RETURNED, "Returned"), (WON, "Closed - won")] {
        let stage = StageId { pipeline: "8".into(), status: status.into() };
        let (pipeline_name, stage_name) = ("Returns".into(), name.into());
        catalogue.stages.push(StageName { stage, pipeline_name, stage_name });
    }
    world.hear(Fact::Catalogue(catalogue));
    world
}

fn go(world: &mut World, step: Step) {
    let (pipeline, status, at_s) = match step {
        Own(status, at_s) => ("7", status, T0 + at_s),
        Returns(status, at_s) => ("8", status, T0 + at_s),
        Tag(at_s) => {
            let deal = world.crm.deals.get_mut("d1").unwrap();
            deal.named.tags.insert("refund".into(), true);
            deal.updated_s = T0 + at_s;
            world.hear(super::world::updated("d1", T0 + at_s));
            return;
        }
    };
    let stage = StageId { pipeline: pipeline.into(), status: status.into() };
    let left = world.crm.deals.get("d1").map(|row| row.stage.clone());
    let row = world.crm.enter("d1", status, at_s);
    (row.stage, row.price) = (stage.clone(), Some("10".parse().unwrap()));
    row.named.tags.entry("refund".into()).or_insert(false);
    let Fact::DealHint(hint) = moved("d1", status, at_s) else { unreachable!() };
    world.hear(Fact::DealHint(crate::DealHint { stage: Some(stage), left, ..hint }));
}

/// Meta takes all that is on its way.
fn take_all(world: &mut World) {
    let all = world.state.conversions.values_mut().flatten();
    for one in all.filter(|one| one.state == State::Queued) {
        (one.state, one.stored, one.sent) = (State::Accepted, Some(State::Accepted), Sent::NotTaken);
    }
}

/// Name, number, time and code of each event.
fn all_told(world: &World) -> Vec<String> {
    let all = world.conversions();
    let line = |one: &crate::Conversion| {
        let (state, reason) = (one.state.code(), one.reason.map_or("", Reason::code));
        format!("{} {} {} {state} {reason}", one.event, one.occurrence, one.event_s - T0)
            .trim_end()
            .to_owned()
    };
    all.iter().map(line).collect()
}

/// The rules, what happens, whether Meta takes each event at once, and what has become of all events.
type Story = (&'static str, Repeat, &'static [Step], bool, &'static [&'static str]);

const STORIES: &[Story] = &[
    (
        "each sale is taken back once",
        Repeat::EachWin,
        &[Own(WON, 100), Own(LOST, 200), Own(WON, 300), Own(LOST, 400), Own(WON, 500)],
        true,
        &[
            "Purchase 1 100 accepted undone",
            "OrderCanceled 1 200 accepted",
            "Purchase 2 300 accepted undone",
            "OrderCanceled 2 400 accepted",
            "Purchase 3 500 accepted",
        ],
    ),
    (
        "a sale that is told once is taken back once",
        Repeat::Once,
        &[Own(WON, 100), Own(LOST, 200), Own(WON, 300), Own(LOST, 400)],
        true,
        &["Purchase 1 100 accepted undone", "OrderCanceled 1 200 accepted"],
    ),
    (
        "a sale that stands again is not undone",
        Repeat::Once,
        &[Own(WON, 100), Own(LOST, 200), Own(WON, 300)],
        true,
        &["Purchase 1 100 accepted", "OrderCanceled 1 200 accepted"],
    ),
    (
        "what was lost before it was won takes nothing back",
        Repeat::Once,
        &[Own(LOST, 50), Own(WON, 100), Own(NEW, 200)],
        true,
        &["OrderCanceled 1 50 suppressed nothing_to_undo", "Purchase 1 100 accepted undone"],
    ),
    (
        "and has its own time when it is lost afterwards",
        Repeat::Once,
        &[Own(LOST, 50), Own(WON, 100), Own(LOST, 200)],
        true,
        &["Purchase 1 100 accepted undone", "OrderCanceled 1 200 accepted"],
    ),
    (
        "a sale that never left needs no taking back",
        Repeat::EachWin,
        &[Own(WON, 100), Own(LOST, 200), Own(WON, 300), Own(LOST, 400)],
        false,
        &["Purchase 1 300 suppressed withdrawn", "OrderCanceled 1 400 suppressed nothing_to_undo"],
    ),
    (
        "a stage of another pipeline that a rule names",
        Repeat::Once,
        &[Own(WON, 100), Returns(RETURNED, 200)],
        true,
        &["Purchase 1 100 accepted undone", "OrderReturned 1 200 accepted"],
    ),
    (
        "the end of a return is no sale",
        Repeat::EachWin,
        &[Own(WON, 100), Returns(RETURNED, 200), Returns(WON, 300)],
        true,
        &["Purchase 1 100 accepted undone", "OrderReturned 1 200 accepted"],
    ),
    (
        "sold again after a return",
        Repeat::EachWin,
        &[Own(WON, 100), Returns(RETURNED, 200), Own(WON, 300), Returns(RETURNED, 400)],
        true,
        &[
            "Purchase 1 100 accepted undone",
            "OrderReturned 1 200 accepted",
            "Purchase 2 300 accepted undone",
            "OrderReturned 2 400 accepted",
        ],
    ),
    (
        "a return before anything left",
        Repeat::Once,
        &[Own(WON, 100), Returns(RETURNED, 200)],
        false,
        &["Purchase 1 100 suppressed withdrawn", "OrderReturned 1 200 suppressed nothing_to_undo"],
    ),
    (
        "two rules take one sale back once",
        Repeat::EachWin,
        &[Own(WON, 100), Returns(RETURNED, 200), Own(LOST, 300)],
        true,
        &[
            "Purchase 1 100 accepted undone",
            "OrderReturned 1 200 accepted",
            "OrderCanceled 1 300 suppressed nothing_to_undo",
        ],
    ),
    (
        "a tag takes back as a stage does",
        Repeat::Once,
        &[Own(WON, 100), Tag(200)],
        true,
        &["Purchase 1 100 accepted undone", "OrderReturned 1 200 accepted"],
    ),
];

#[test]
fn every_sale_that_was_undone_is_taken_back_once() {
    for (name, repeat, steps, at_once, told) in STORIES {
        let mut world = with_returns(*repeat);
        for step in *steps {
            go(&mut world, *step);
            if *at_once {
                take_all(&mut world);
            }
        }
        if *at_once {
            // What is learnt later shows the same.
            let last_s = world.crm.deals["d1"].updated_s;
            world.hear(super::world::updated("d1", last_s));
        }
        assert_eq!(all_told(&world), *told, "{name}");
    }
}

#[test]
fn a_sale_followed_by_another_is_still_taken_back_when_meta_answers_late() {
    let mut world = with_returns(Repeat::EachWin);
    go(&mut world, Own(WON, 100));
    take_all(&mut world);
    go(&mut world, Own(LOST, 200));
    go(&mut world, Own(WON, 300));
    let told = ["Purchase 1 100 accepted undone", "OrderCanceled 1 200 queued", "Purchase 2 300 queued"];
    assert_eq!(all_told(&world), told);
}

#[test]
fn a_rule_that_is_gone_takes_nothing_back_any_more() {
    let mut world = with_returns(Repeat::Once);
    go(&mut world, Own(WON, 100));
    go(&mut world, Returns(RETURNED, 200));
    world.policy.rules.retain(|rule| rule.id != "returned");
    world.hear(super::world::updated("d1", T0 + 210));
    let told = ["Purchase 1 100 queued", "OrderReturned 1 200 suppressed nothing_to_undo"];
    assert_eq!(all_told(&world), told);
}
