//! A clock with which nobody agrees ends nothing.

use super::world::{QUALIFIED, T0, WON, World, click, deal_key, moved, updated};
use crate::{Fact, Reason, State};

const DAY_S: i64 = 24 * 3600;

/// A deal that became qualified eight days ago, by a clock that may be wrong.
fn too_late_by_the_clock(confirmed: bool) -> World {
    let mut world = World::new();
    world.hear(Fact::Click(click("m1", &[World::phone()], T0)));
    world.now_s = T0 + 8 * DAY_S;
    world.clock_confirmed = confirmed;
    world.crm.enter("d1", QUALIFIED, T0 + 100);
    world.hear(moved("d1", QUALIFIED, T0 + 100));
    world
}

#[test]
fn nothing_is_too_late_before_the_clock_is_confirmed() {
    assert_eq!(too_late_by_the_clock(true).told(), ["Lead suppressed before_kopru"]);
    let world = too_late_by_the_clock(false);
    assert_eq!(world.told(), ["Lead waiting waiting_clock"]);
    let deadline_ms = world.only().deadline_ms.unwrap();
    assert!(deadline_ms < T0 * 1000, "it is looked at with the first clock, whatever that shows");
}

#[test]
fn what_waited_for_the_clock_is_decided_by_the_clock_that_is_confirmed() {
    for (now_s, told) in [
        (T0 + 8 * DAY_S, "Lead suppressed before_kopru"),
        (T0 + 3600, "Lead queued"),
        // Not even begun: the clock was far behind when it was confirmed.
        (T0 - DAY_S, "Lead queued"),
    ] {
        let mut world = too_late_by_the_clock(false);
        (world.now_s, world.clock_confirmed) = (now_s, true);
        let waiting = world.only();
        let ended = world.expire(&waiting);
        *world.state.conversions.values_mut().flatten().next().unwrap() = ended;
        assert_eq!(world.told(), [told], "{now_s}");
        assert_eq!(world.only().event_s, T0 + 100);
    }
}

#[test]
fn what_waited_for_the_clock_and_lost_its_deal_is_of_before() {
    let mut world = too_late_by_the_clock(false);
    let waiting = world.only();
    world.state.deals.remove(&deal_key("d1"));
    world.clock_confirmed = true;
    let ended = world.expire(&waiting);
    assert_eq!((ended.state, ended.reason), (State::Suppressed, Some(Reason::BeforeKopru)));
}

#[test]
fn what_waits_for_the_clock_goes_as_soon_as_anything_makes_kopru_look() {
    let mut world = World::new();
    world.hear(Fact::Click(click("m1", &[World::phone()], T0)));
    (world.now_s, world.clock_confirmed) = (T0 + 8 * DAY_S, false);
    world.crm.enter("d1", WON, T0 + 100);
    world.hear(moved("d1", WON, T0 + 100));
    assert_eq!(world.told(), ["Purchase waiting waiting_clock"]);
    (world.now_s, world.clock_confirmed) = (T0 + 3600, true);
    world.crm.price("d1", "10", T0 + 500);
    world.hear(updated("d1", T0 + 500));
    assert_eq!(world.told(), ["Purchase queued"]);
    assert_eq!(world.only().deadline_ms, None);
}
