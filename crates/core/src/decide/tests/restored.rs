//! A store that was restored from a backup does not know what left in between.

use super::leaving::look_again;
use super::world::{QUALIFIED, T0, WON, World, click, contact_changed, moved, updated};
use crate::{
    Action, Conversion, Fact, Mode, Reason, Restored, RouteKind, Sent, State, Stop, make_body, may_repeat,
};

const DAY_S: i64 = 24 * 3600;
const HELD: &str = "Purchase waiting held_after_restore";

/// A backup of `T0`, restored at `T0 + 200`.
const RESTORED: Restored = Restored { backup_s: T0, restored_s: T0 + 200 };

/// A sale at a time, by a click, after a store was restored.
fn sold_at(at_s: i64, restored: Restored) -> World {
    let mut world = World::new();
    world.policy.restored = Some(restored);
    world.hear(Fact::Click(click("m1", &[World::phone()], T0 - DAY_S)));
    world.crm.enter("d1", WON, at_s).price = Some("100".parse().unwrap());
    world.hear(moved("d1", WON, at_s));
    world
}

/// Puts the one conversion into the queue, as a backup had it.
fn queue(world: &mut World, sent: Sent) -> Conversion {
    let one = world.state.conversions.values_mut().flatten().next().unwrap();
    (one.state, one.reason, one.deadline_ms, one.sent) = (State::Queued, None, None, sent);
    one.clone()
}

#[test]
fn what_may_have_left_before_the_store_was_restored_waits_for_a_word() {
    for (at_s, told) in [(T0 - 10, HELD), (T0 + 100, HELD), (T0 + 200, HELD), (T0 + 201, "Purchase queued")] {
        assert_eq!(sold_at(at_s, RESTORED).told(), [told], "{at_s}");
    }
    let mut world = sold_at(T0 + 100, RESTORED);
    assert_eq!(world.only().deadline_ms, Some((T0 + 100 + 7 * DAY_S - 3600) * 1000));
    // News change nothing about it.
    world.crm.price("d1", "200", T0 + 500);
    world.hear(updated("d1", T0 + 500));
    look_again(&mut world, Action::Resolve);
    assert_eq!(world.told(), [HELD]);
    let waiting = world.only();
    let ended = world.expire(&waiting);
    assert_eq!((ended.state, ended.reason), (State::Failed, Some(Reason::TooLate)));
}

#[test]
fn where_meta_recognises_a_double_nothing_is_held_as_long_as_it_does() {
    for (backup_s, event_s, told) in [
        (T0 - DAY_S, T0 - 3 * DAY_S, "Lead queued"),
        (T0 + 200 - 2 * DAY_S, T0 - 3 * DAY_S, "Lead waiting held_after_restore"),
        // It cannot have left before it happened.
        (T0 + 200 - 2 * DAY_S, T0 - 3600, "Lead queued"),
    ] {
        let mut world = World::new();
        world.policy.datasets[0].routes = vec![RouteKind::Lead];
        world.policy.restored = Some(Restored { backup_s, restored_s: T0 + 200 });
        world.crm.enter("d1", QUALIFIED, event_s);
        world.hear(moved("d1", QUALIFIED, event_s));
        assert_eq!(world.told(), [told], "{backup_s} {event_s}");
        // Whatever a clock says that is behind the restoring.
        world.now_s = T0 - 2 * DAY_S;
        look_again(&mut world, Action::Resolve);
        assert_eq!(world.told(), [told], "{backup_s} {event_s}");
        // And what waits longer than that.
        world.now_s = T0 + 3 * DAY_S;
        look_again(&mut world, Action::Resolve);
        assert_eq!(world.told(), ["Lead waiting held_after_restore"], "{backup_s} {event_s}");
    }
}

#[test]
fn what_was_queued_in_the_backup_does_not_leave() {
    for sent in [Sent::Never, Sent::NotTaken] {
        let mut world = sold_at(T0 + 100, RESTORED);
        let queued = queue(&mut world, sent);
        let stop = Stop::waiting(Reason::HeldAfterRestore, (T0 + 100 + 7 * DAY_S - 3600) * 1000);
        assert_eq!(make_body(&queued, &world.policy, world.now()), Err(stop));
    }
}

#[test]
fn what_meta_may_have_keeps_its_bytes_while_it_waits() {
    let mut world = sold_at(T0 + 100, RESTORED);
    let queued = queue(&mut world, Sent::Unknown);
    let stop = may_repeat(&queued, &world.policy, world.now()).unwrap_err();
    assert_eq!((stop.state, stop.reason), (State::Waiting, Reason::HeldAfterRestore));
    let changed = Conversion { stop: Some(Stop::waiting(Reason::ChangedMeanwhile, 0)), ..queued };
    assert_eq!(may_repeat(&changed, &world.policy, world.now()), Err(stop), "also after another decision");

    world.crm.price("d1", "200", T0 + 500);
    world.hear(updated("d1", T0 + 500));
    assert_eq!(world.told(), [HELD]);
    assert!(world.only().deadline_ms.is_some());
    world.hear(contact_changed("c1", T0 + 600));
    look_again(&mut world, Action::Retry);
    let sale = world.only();
    assert_eq!(world.told(), ["Purchase queued"]);
    assert_eq!((sale.value, sale.correction), (Some("100".parse().unwrap()), Some("200".parse().unwrap())));
    assert_eq!(may_repeat(&sale, &world.policy, world.now()), Ok(()));
}

#[test]
fn a_retry_lets_it_go_for_good_and_a_drop_ends_it() {
    let mut world = sold_at(T0 + 100, RESTORED);
    look_again(&mut world, Action::Retry);
    assert_eq!(world.told(), ["Purchase queued"]);
    assert!(world.only().released);
    assert_eq!(world.only().due_ms, Some(world.now_s * 1000));
    world.body(&world.only());
    world.crm.price("d1", "200", T0 + 500);
    world.hear(updated("d1", T0 + 500));
    assert_eq!(world.told(), ["Purchase queued"]);

    let mut world = sold_at(T0 + 100, RESTORED);
    look_again(&mut world, Action::Drop);
    assert_eq!(world.told(), ["Purchase suppressed dropped"]);
}

#[test]
fn what_is_still_queued_needs_no_second_retry() {
    for sent in [Sent::Never, Sent::NotTaken, Sent::Unknown] {
        let mut world = sold_at(T0 + 100, RESTORED);
        queue(&mut world, sent);
        look_again(&mut world, Action::Retry);
        let sale = world.only();
        assert_eq!((sale.state, sale.released), (State::Queued, true), "{sent:?}");
        look_again(&mut world, Action::Resolve);
        assert_eq!(world.told(), ["Purchase queued"], "{sent:?}");
    }
    // Of what is not held nobody has let anything go.
    let mut world = sold_at(T0 + 201, RESTORED);
    look_again(&mut world, Action::Retry);
    assert!(!world.only().released);
}

#[test]
fn a_retry_of_something_else_lets_nothing_go() {
    let mut world = sold_at(T0 + 100, RESTORED);
    world.crm.price("d1", "0", T0 + 500);
    world.hear(updated("d1", T0 + 500));
    assert_eq!(world.told(), ["Purchase waiting waiting_price"]);
    look_again(&mut world, Action::Retry);
    world.crm.price("d1", "100", T0 + 600);
    world.hear(updated("d1", T0 + 600));
    assert_eq!(world.told(), [HELD]);
}

#[test]
fn what_would_not_be_sent_anyway_says_why_instead() {
    let mut world = World::new();
    world.policy.restored = Some(RESTORED);
    world.crm.enter("d1", QUALIFIED, T0 + 100);
    world.hear(moved("d1", QUALIFIED, T0 + 100));
    assert_eq!(world.told(), ["Lead suppressed no_click"]);
    world.hear(Fact::Click(click("m1", &[World::phone()], T0)));
    assert_eq!(world.told(), ["Lead waiting held_after_restore"]);
    world.policy.datasets[0].mode = Mode::Shadow;
    look_again(&mut world, Action::Resolve);
    assert_eq!(world.told(), ["Lead suppressed shadow"]);
}

#[test]
fn a_record_of_before_was_let_go_by_nobody() {
    let mut record = serde_json::to_value(sold_at(T0 + 100, RESTORED).only()).unwrap();
    record.as_object_mut().unwrap().remove("released").unwrap();
    assert!(!serde_json::from_value::<Conversion>(record).unwrap().released);
}
