//! A closing time that somebody typed says nothing of when a deal was won, as long as something else can.

use super::world::{NEW, ORIGIN, T0, WON, World, click, contact, moved, stage, updated};
use crate::{
    AuditLog, AuditRow, DealHint, DealNow, Fact, Named, Reason, RecordChange, RecordId, Repeat, State,
};

const DAY_S: i64 = 24 * 3600;
const DEAL: &str = "deal:kommo:acme/d1";
const LOG: &str = "stage-log:kommo:acme/d1@7:142";
/// When the deal was won.
const WON_S: i64 = T0 + 20 * DAY_S;

/// A deal that was read in New at `T0 + 100`, and is won at `WON_S` with this closing time.
fn won(closed_s: i64, repeat: Repeat) -> World {
    let mut world = World::new();
    world.policy.rules[1].repeat = repeat;
    world.hear(Fact::Click(click("m1", &[World::phone()], WON_S - 30 * DAY_S)));
    world.hear(Fact::Click(click("m2", &[World::phone()], WON_S - 60)));
    world.crm.enter("d1", NEW, T0 + 100).created_s = Some(T0 + 50);
    world.hear(moved("d1", NEW, T0 + 100));
    world.now_s = WON_S + 2;
    let deal = world.crm.enter("d1", WON, WON_S);
    (deal.closed_s, deal.price) = (Some(closed_s), Some("10".parse().unwrap()));
    world
}

/// A row of the audit log: the deal went from New to won.
fn told_by_log() -> Fact {
    let change = RecordChange::Moved { left: Some(stage(NEW)), stage: stage(WON) };
    let row = AuditRow { record: RecordId::Deal("d1".into()), at_s: WON_S, change };
    Fact::AuditLog(AuditLog { origin: ORIGIN.into(), rows: vec![row] })
}

fn sale(world: &World) -> (State, i64) {
    (world.only().state, world.only().event_s - WON_S)
}

/// Answers everything but the history of the deal, which cannot be read.
fn answer_without_log(world: &mut World) {
    while let Some(key) = world.open.keys().find(|key| *key != LOG).cloned() {
        let answer = world.fetch(&key);
        world.tell(answer);
    }
}

#[test]
fn a_typed_closing_time_never_decides_when_a_reported_or_logged_win_was() {
    for repeat in [Repeat::Once, Repeat::EachWin] {
        for typed_s in
            [-10 * DAY_S, -8 * DAY_S, -7 * DAY_S + 3600, -5 * DAY_S, -3 * DAY_S, 30 * DAY_S, 400 * DAY_S]
        {
            let says = format!("{repeat:?}, {typed_s}");
            // A report tells of the move; another change of the row came with it.
            for updated_s in [WON_S, WON_S + 1] {
                let mut world = won(WON_S + typed_s, repeat);
                world.crm.deals.get_mut("d1").unwrap().updated_s = updated_s;
                world.hear(moved("d1", WON, WON_S));
                assert_eq!(sale(&world), (State::Queued, 0), "reported, {says}");
            }
            // A report of something else, and the history tells of the move.
            let mut world = won(WON_S + typed_s, repeat);
            world.crm.deals.get_mut("d1").unwrap().updated_s = WON_S + 1;
            world.hear(updated("d1", WON_S + 1));
            assert_eq!(sale(&world), (State::Queued, 0), "by the history, {says}");
            // The log of the account tells of it before or after the row is read.
            let mut world = won(WON_S + typed_s, repeat);
            world.tell(updated("d1", WON_S));
            let row = world.fetch(DEAL);
            world.tell(row);
            assert!(world.told().iter().all(|told| told != "Purchase queued"), "{:?}, {says}", world.told());
            world.hear(told_by_log());
            assert_eq!(sale(&world), (State::Queued, 0), "by the log, {says}");
        }
    }
}

#[test]
fn a_history_that_lags_is_asked_again_before_a_closing_time_counts() {
    let mut world = won(WON_S - 3 * DAY_S, Repeat::Once);
    let logged = world.crm.log.remove(&("d1".into(), WON.into())).unwrap();
    world.tell(updated("d1", WON_S));
    for _ in 0..3 {
        let open: Vec<String> = world.open.keys().cloned().collect();
        for key in open {
            let answer = world.fetch(&key);
            world.tell(answer);
        }
        assert!(world.conversions().is_empty(), "{:?}", world.told());
    }
    world.crm.log.insert(("d1".into(), WON.into()), logged);
    world.answer_all();
    assert_eq!(sale(&world), (State::Queued, 0));
}

#[test]
fn where_nothing_tells_of_the_move_a_closing_time_counts_if_the_deal_can_have_been_won_then() {
    for (typed_s, event_s) in [
        (-3 * DAY_S, -3 * DAY_S),
        // Kopru saw it won: it is none of before.
        (-8 * DAY_S, 0),
        (-25 * DAY_S, 0),
        (400 * DAY_S, 0),
    ] {
        let mut world = won(WON_S + typed_s, Repeat::Once);
        world.tell(updated("d1", WON_S));
        answer_without_log(&mut world);
        assert!(world.conversions().is_empty(), "{:?}", world.told());
        world.wait_s(300);
        answer_without_log(&mut world);
        assert_eq!(sale(&world), (State::Queued, event_s), "{typed_s}");
    }
}

#[test]
fn a_report_counts_before_a_closing_time_where_no_history_can_be_read() {
    let mut world = World::new();
    world.hear(Fact::Click(click("m1", &[World::phone()], WON_S - 60)));
    world.now_s = WON_S + 10;
    // Nobody knows the deal, and it was changed since it was moved.
    world.crm.deals.insert(
        "d1".into(),
        DealNow {
            created_s: Some(T0),
            stage: stage(WON),
            price: Some("10".parse().unwrap()),
            contacts: vec![contact("c1")],
            updated_s: WON_S + 5,
            closed_s: Some(WON_S - 8 * DAY_S),
            consent: None,
            named: Named::default(),
        },
    );
    world.tell(moved("d1", WON, WON_S));
    answer_without_log(&mut world);
    world.wait_s(300);
    answer_without_log(&mut world);
    assert_eq!(sale(&world), (State::Queued, 0));
}

#[test]
fn what_the_log_says_later_mends_a_sale_that_counted_as_of_before() {
    for typed_s in [-8 * DAY_S, -1_000] {
        let mut world = World::new();
        world.hear(Fact::Click(click("m1", &[World::phone()], WON_S - 60)));
        world.now_s = WON_S + 10;
        // First seen where it is won, and nothing tells when that was.
        world.crm.enter("d1", WON, WON_S + 5).price = Some("10".parse().unwrap());
        let deal = world.crm.deals.get_mut("d1").unwrap();
        (deal.created_s, deal.closed_s) = (Some(T0), Some(WON_S + 5 + typed_s));
        world.tell(updated("d1", WON_S + 5));
        answer_without_log(&mut world);
        world.wait_s(300);
        answer_without_log(&mut world);
        let before = if typed_s < -DAY_S { Reason::BeforeKopru } else { Reason::NoClick };
        assert_eq!(world.only().reason, Some(before));
        // The log tells of what was before it as well.
        let row = |at_s, status| {
            let change = RecordChange::Moved { left: None, stage: stage(status) };
            AuditRow { record: RecordId::Deal("d1".into()), at_s, change }
        };
        let rows = vec![row(WON_S - DAY_S, NEW), row(WON_S, WON)];
        world.tell(Fact::AuditLog(AuditLog { origin: ORIGIN.into(), rows }));
        answer_without_log(&mut world);
        assert_eq!(sale(&world), (State::Queued, 0), "{typed_s}");
    }
}

/// Nothing else tells of a deal that was never moved.
#[test]
fn a_deal_that_was_made_as_won_was_won_when_it_was_closed() {
    for is_reported in [true, false] {
        let mut world = World::new();
        world.now_s = WON_S + 10;
        let deal = world.crm.enter("d1", WON, WON_S);
        (deal.created_s, deal.closed_s) = (Some(WON_S), Some(WON_S - 30 * DAY_S));
        world.crm.log.clear();
        world.hear(if is_reported { moved("d1", WON, WON_S) } else { updated("d1", WON_S) });
        assert_eq!(world.only().reason, Some(Reason::BeforeKopru), "{is_reported}");
    }
}

#[test]
fn a_closing_time_that_is_typed_later_moves_no_sale_and_asks_once() {
    let mut world = won(WON_S, Repeat::Once);
    world.hear(moved("d1", WON, WON_S));
    for (typed_s, changed_s) in [(5 * DAY_S, 1_000), (5 * DAY_S, 2_000)] {
        let deal = world.crm.deals.get_mut("d1").unwrap();
        (deal.closed_s, deal.updated_s) = (Some(WON_S + typed_s), WON_S + changed_s);
        world.now_s = world.now_s.max(WON_S + changed_s + 1);
        world.hear(updated("d1", WON_S + changed_s));
        assert_eq!(sale(&world), (State::Queued, 0));
    }
    let asked = world.asked.iter().filter(|asked| asked.key() == LOG).count();
    assert_eq!(asked, 1);
    assert_eq!(world.asked.iter().filter(|asked| asked.key() == DEAL).count(), 4);
}

#[test]
fn a_deal_that_was_won_within_the_second_in_which_it_was_made_was_won_then() {
    for is_reported in [true, false] {
        let mut world = World::new();
        world.hear(Fact::Click(click("m1", &[World::phone()], WON_S - 60)));
        world.now_s = WON_S + 10;
        let deal = world.crm.enter("d1", WON, WON_S);
        (deal.created_s, deal.closed_s) = (Some(WON_S), Some(WON_S - 8 * DAY_S));
        deal.price = Some("10".parse().unwrap());
        let Fact::DealHint(hint) = moved("d1", WON, WON_S) else { panic!("no report of a deal") };
        let hint = DealHint { left: Some(stage(NEW)), ..hint };
        world.hear(if is_reported { Fact::DealHint(hint) } else { updated("d1", WON_S) });
        assert_eq!(sale(&world), (State::Queued, 0), "{is_reported}");
    }
}
