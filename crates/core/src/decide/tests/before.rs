//! What had happened before Kopru saw it, longer ago than Meta takes.

use super::leaving::retry;
use super::world::{QUALIFIED, T0, WON, World, click, moved};
use crate::{Fact, Reason, State};

const DAY_S: i64 = 24 * 3600;
/// The last moment at which what happens at `T0 + 100` may leave.
const LAST_S: i64 = T0 + 100 + 7 * DAY_S - 3600;

/// A world that hears at a time of what happened at `T0 + 100`.
fn hears(status: &str, now_s: i64) -> World {
    let mut world = World::new();
    world.now_s = now_s;
    world.crm.enter("d1", status, T0 + 100);
    world.hear(moved("d1", status, T0 + 100));
    world
}

#[test]
fn it_is_neither_a_loss_nor_a_question_of_clicks_and_prices() {
    for status in [QUALIFIED, WON] {
        let mut world = hears(status, LAST_S + 1);
        assert_eq!((world.only().state, world.only().reason), (State::Suppressed, Some(Reason::BeforeKopru)));
        assert!(!world.only().is_open());
        world.hear(Fact::Click(click("m1", &[World::phone()], T0)));
        assert_eq!(world.only().reason, Some(Reason::BeforeKopru));
        retry(&mut world);
        assert_eq!(world.only().reason, Some(Reason::BeforeKopru));
    }
}

#[test]
fn what_was_heard_of_in_time_and_waited_too_long_is_too_late() {
    let mut world = World::new();
    world.hear(Fact::Click(click("m1", &[World::phone()], T0)));
    world.now_s = LAST_S;
    world.crm.enter("d1", QUALIFIED, T0 + 100);
    world.tell(moved("d1", QUALIFIED, T0 + 100));
    world.now_s += DAY_S;
    world.answer_all();
    assert_eq!(world.told(), ["Lead failed too_late"]);
}

#[test]
fn a_clock_that_was_ahead_when_it_was_heard_of_does_not_count() {
    let mut world = World::new();
    world.hear(Fact::Click(click("m1", &[World::phone()], T0)));
    (world.now_s, world.clock_confirmed) = (LAST_S + DAY_S, false);
    world.crm.enter("d1", QUALIFIED, T0 + 100);
    world.hear(moved("d1", QUALIFIED, T0 + 100));
    assert_eq!(world.told(), ["Lead waiting waiting_clock"]);
    (world.now_s, world.clock_confirmed) = (T0 + 3600, true);
    let waiting = world.only();
    let queued = world.expire(&waiting);
    assert_eq!((queued.state, queued.received_ms), (State::Queued, world.now_s * 1000));
    // It was in time by then, so that later it is a loss.
    world.now_s = LAST_S + DAY_S;
    *world.state.conversions.values_mut().flatten().next().unwrap() = queued;
    retry(&mut world);
    world.hear(Fact::Click(click("m2", &[World::phone()], T0 + 1)));
    assert_eq!(world.told(), ["Lead failed too_late"]);
}
