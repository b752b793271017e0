//! Requests side by side.

use std::time::Duration;

use kopru_core::{Cause, Conversion, DealKey, Route, State};
use sandbox::Fault;
use testkit::{breathe, until};

use crate::{
    meta::Meta,
    world::{CHAT, DATASET, World},
};

/// A little more than a request waits beside another one.
const A_MOMENT: Duration = Duration::from_millis(250);
const SECONDS: Duration = Duration::from_secs(5);

fn of_deal(event: Conversion, deal: &str) -> Conversion {
    Conversion { cause: Cause::Deal(DealKey { origin: "kommo:acme".into(), id: deal.into() }), ..event }
}

#[tokio::test]
async fn eight_requests_are_under_way_at_a_slow_meta_and_no_more() {
    let world = World::new().await;
    let meta = Meta::slow().await;
    let lane = world.run_to(&meta.target(&world, DATASET));
    for id in 0..8 {
        world.put(DATASET, [world.event(id)]).await;
        world.advance_anyway(A_MOMENT).await;
        until("it has left", async || meta.requests().len() == id + 1).await;
    }
    for id in 8..20 {
        world.put(DATASET, [world.event(id)]).await;
        world.advance_anyway(A_MOMENT).await;
    }
    assert_eq!(meta.requests().len(), 8);

    // One answer makes room for one request, with all that has gathered.
    meta.answer(1);
    until("one more has left", async || meta.requests().len() == 9).await;
    assert_eq!(meta.requests()[8].len(), 12);
    meta.go_on();
    world.until_count(State::Accepted, 20).await;
    lane.stop().await;
    assert_eq!((meta.requests().len(), meta.most()), (9, 8));
}

#[tokio::test]
async fn a_slow_sandbox_does_not_hold_up_what_comes_after() {
    let world = World::new().await;
    world.sandbox.fail_next(u32::MAX, Fault::latency(1_000));
    let lane = world.run(DATASET);
    for id in 0..12 {
        world.put(DATASET, [world.event(id)]).await;
        world.advance_anyway(A_MOMENT).await;
        breathe().await;
    }
    until("some are under way together", async || world.watched.most() > 3).await;
    world.until_count(State::Accepted, 12).await;
    lane.stop().await;
    assert!(world.watched.most() <= 8);
    let mut ids = world.accepted_ids();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), world.accepted_ids().len(), "nothing twice");
}

#[tokio::test]
async fn full_batches_leave_beside_each_other_at_once() {
    let world = World::new().await;
    let meta = Meta::slow().await;
    world.put(DATASET, (0..3_500).map(|id| world.event(id))).await;
    let lane = world.run_to(&meta.target(&world, DATASET));
    until("three have left", async || meta.requests().len() == 3).await;
    breathe().await;
    assert_eq!(meta.requests().len(), 3, "what is not full waits a moment");
    let left = async || meta.requests().len() == 4;
    world.advance_anyway_until("the rest has left", A_MOMENT, left).await;
    let sizes: Vec<usize> = meta.requests().iter().map(Vec::len).collect();
    assert_eq!(sizes, [1_000, 1_000, 1_000, 500]);
    meta.go_on();
    world.until_count(State::Accepted, 3_500).await;
    lane.stop().await;
    assert_eq!(meta.requests().len(), 4);
}

#[tokio::test]
async fn what_is_not_full_waits_a_moment_beside_another_request_and_not_without() {
    let world = World::new().await;
    let meta = Meta::slow().await;
    let lane = world.run_to(&meta.target(&world, DATASET));
    world.put(DATASET, [world.event("a")]).await;
    until("it has left", async || meta.requests().len() == 1).await;
    for id in ["b", "c"] {
        world.put(DATASET, [world.event(id)]).await;
        breathe().await;
    }
    assert_eq!(meta.requests().len(), 1);
    world.advance_anyway(A_MOMENT).await;
    until("both have left", async || meta.requests().len() == 2).await;
    meta.answer(2);
    world.until_count(State::Accepted, 3).await;
    world.put(DATASET, [world.event("d")]).await;
    until("nothing is under way", async || meta.requests().len() == 3).await;
    meta.go_on();
    world.until_count(State::Accepted, 4).await;
    lane.stop().await;
    assert_eq!(meta.ids()[1], ["b", "c"]);
}

#[tokio::test]
async fn a_later_event_of_a_cause_waits_while_an_earlier_one_is_under_way() {
    let world = World::new().await;
    let meta = Meta::slow().await;
    world.put(DATASET, [of_deal(world.event("first"), "1")]).await;
    let lane = world.run_to(&meta.target(&world, DATASET));
    until("the first has left", async || meta.requests().len() == 1).await;
    world.put(DATASET, [of_deal(world.event("second"), "1"), of_deal(world.event("other"), "2")]).await;
    world.advance_anyway(A_MOMENT).await;
    until("the other has left", async || meta.requests().len() == 2).await;
    world.advance_anyway(SECONDS).await;
    assert_eq!(meta.ids(), [["first"], ["other"]]);
    meta.go_on();
    world.until_count(State::Accepted, 3).await;
    lane.stop().await;
    assert_eq!(meta.ids(), [["first"], ["other"], ["second"]]);
}

#[tokio::test]
async fn parts_of_a_split_are_nobody_elses_and_keep_their_order() {
    let world = World::new().await;
    let meta = Meta::slow().await;
    // Eight deals; Meta refuses the whole request once.
    let events = |round: &str, deals: std::ops::Range<u32>| -> Vec<Conversion> {
        deals.map(|deal| of_deal(world.event(format!("{round}{deal}")), &deal.to_string())).collect()
    };
    world.put(DATASET, events("a", 0..8)).await;
    let lane = world.run_to(&meta.target(&world, DATASET));
    until("it has left", async || meta.requests().len() == 1).await;
    meta.refuse(100, Some(2_804_087));
    meta.answer(1);
    until("the first half has left", async || meta.requests().len() == 2).await;
    // While one half is under way, nobody takes the other one, nor what follows it.
    world.put(DATASET, events("b", 4..8).into_iter().chain([of_deal(world.event("free"), "9")])).await;
    world.advance_anyway(A_MOMENT).await;
    until("what is free has left", async || meta.requests().len() == 3).await;
    world.advance_anyway(SECONDS).await;
    assert_eq!(meta.ids()[1], ["a0", "a1", "a2", "a3"]);
    assert_eq!(meta.ids()[2], ["free"]);
    meta.go_on();
    world.until_count(State::Accepted, 13).await;
    lane.stop().await;
    assert_eq!(meta.ids()[3], ["a4", "a5", "a6", "a7"]);
    assert_eq!(meta.ids()[4], ["b4", "b5", "b6", "b7"]);
}

#[tokio::test]
async fn a_later_event_waits_a_minute_at_most_for_an_earlier_one_that_was_put_off() {
    let world = World::new().await;
    let meta = Meta::quick().await;
    meta.refuse(100, Some(2_804_132));
    world.put(DATASET, [of_deal(world.lead("earlier"), "1")]).await;
    let stuck = world.run_by(Route::Lead, &meta.target(&world, DATASET));
    world.until_paused().await;
    world.put(DATASET, [of_deal(world.event("later"), "1")]).await;
    let lane = world.run_by(CHAT, &meta.target(&world, DATASET));
    world.advance(Duration::from_secs(50)).await;
    assert_eq!(meta.ids(), [["earlier"]]);
    world.advance(Duration::from_secs(12)).await;
    let left = async || meta.requests().len() == 2;
    world.advance_until("it has overtaken", Duration::from_millis(500), left).await;
    lane.stop().await;
    stuck.stop().await;
    assert_eq!(meta.ids(), [["earlier"], ["later"]]);
}

#[tokio::test]
async fn what_fails_together_has_failed_once() {
    let world = World::new().await;
    let meta = Meta::slow().await;
    let lane = world.run_to(&meta.target(&world, DATASET));
    for id in 0..8 {
        world.put(DATASET, [world.event(id)]).await;
        world.advance_anyway(A_MOMENT).await;
        until("it has left", async || meta.requests().len() == id + 1).await;
    }
    for _ in 0..8 {
        meta.script(testkit::http::Answer::new(503, "<html>busy</html>"));
    }
    meta.answer(8);
    until("all have failed", async || !world.watched.is_under_way()).await;
    breathe().await;
    assert_eq!(world.pause().await, None, "nobody is called for one moment's failure");
    assert_eq!(meta.requests().len(), 8);
    // Then one at a time, until something is taken.
    world.put(DATASET, [world.event("more")]).await;
    for _ in 0..30 {
        world.advance_anyway(Duration::from_millis(500)).await;
        breathe().await;
    }
    assert_eq!(meta.requests().len(), 9);
    assert_eq!(world.pause().await, None);
    meta.go_on();
    world.advance_until("all went", SECONDS, async || world.count(State::Accepted).await == 9).await;
    lane.stop().await;
}

#[tokio::test]
async fn a_stop_waits_for_all_that_is_under_way() {
    let world = World::new().await;
    let meta = Meta::slow().await;
    let lane = world.run_to(&meta.target(&world, DATASET));
    for id in 0..3 {
        world.put(DATASET, [world.event(id)]).await;
        world.advance_anyway(A_MOMENT).await;
        until("it has left", async || meta.requests().len() == id + 1).await;
    }
    lane.tell();
    breathe().await;
    assert!(!lane.has_ended());
    meta.go_on();
    lane.ended().await;
    assert_eq!(world.count(State::Accepted).await, 3);
}

#[tokio::test]
async fn a_panic_ends_the_lane_after_the_others_were_answered() {
    let world = World::new().await;
    let meta = Meta::slow().await;
    let lane = world.run_to(&meta.target(&world, DATASET));
    world.put(DATASET, [world.event("well")]).await;
    until("it has left", async || meta.requests().len() == 1).await;
    world.watched.before_open(async { std::panic::resume_unwind(Box::new("scripted")) });
    world.put(DATASET, [world.event("unlucky")]).await;
    world.advance_anyway(A_MOMENT).await;
    meta.go_on();
    let panic = lane.panicked().await;
    assert_eq!(panic.downcast_ref::<&str>(), Some(&"scripted"));
    assert_eq!(world.count(State::Accepted).await, 1);
    // Whoever starts anew goes on.
    let lane = world.run_to(&meta.target(&world, DATASET));
    world.until_count(State::Accepted, 2).await;
    lane.stop().await;
    assert!(world.all().await.iter().all(|one| !one.may_count_twice));
}
