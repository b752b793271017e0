//! How a lane stops.

use std::time::Duration;

use kopru_core::State;
use sandbox::Fault;
use store::DecisionStore;
use testkit::{breathe, until};

use crate::{
    watched::Call,
    world::{DATASET, Ran, World},
};

#[tokio::test]
async fn stopping_finishes_the_request_under_way() {
    let world = World::new().await;
    world.sandbox.fail_next(1, Fault::latency(500));
    world.put(DATASET, [world.event("a")]).await;
    let lane = world.run(DATASET);
    until("the request has arrived", async || world.requests() == 1).await;
    lane.stop().await;
    assert_eq!(world.count(State::Accepted).await, 1);
    // Nothing was left open that the next holder would take for lost.
    world.store.lease(world.workspace).await.unwrap();
    assert!(!world.all().await[0].may_count_twice);
}

#[tokio::test]
async fn stopping_does_not_wait_for_a_whole_split() {
    let world = World::new().await;
    world.sandbox.fail_next(1000, Fault::latency(1_500));
    world.put(DATASET, (0..63).map(|id| world.event(id)).chain([world.bad_event("bad")])).await;
    let lane = world.run(DATASET);
    until("the first request has arrived", async || world.requests() == 1).await;
    lane.stop().await;
    assert_eq!(world.requests(), 1);
    assert_eq!(world.count(State::Queued).await, 64);
}

#[tokio::test]
async fn a_meta_that_hangs_does_not_hold_a_stop_and_its_events_are_marked() {
    for fault in [Fault::TimeoutBefore, Fault::TimeoutAfter] {
        let world = World::new().await;
        world.sandbox.fail_next(1, fault);
        world.put(DATASET, [world.event("a")]).await;
        let lane = world.run(DATASET);
        until("the request has arrived", async || world.requests() == 1).await;
        lane.tell();
        breathe().await;
        world.advance_anyway(Duration::from_secs(4)).await;
        assert!(!lane.has_ended(), "the answer may still come");
        ends(&world, &lane).await;
        assert_eq!(world.count(State::Queued).await, 1);
        world.store.lease(world.workspace).await.unwrap();
        assert!(world.all().await[0].may_count_twice, "nobody knows whether Meta has it");
    }
}

#[tokio::test]
async fn a_store_that_fails_does_not_hold_a_stop() {
    let world = World::new().await;
    world.watched.fail(|call| matches!(call, Call::Settle(_)).then(|| store::Error::full("no room")));
    world.put(DATASET, [world.event("a")]).await;
    let lane = world.run(DATASET);
    until("it was sent", async || world.accepted_ids() == ["a"]).await;
    lane.tell();
    breathe().await;
    ends(&world, &lane).await;
    world.store.lease(world.workspace).await.unwrap();
    assert!(world.all().await[0].may_count_twice);
}

/// Lets time pass until the lane ends, but less than an answer may take.
async fn ends(world: &World, lane: &Ran) {
    for _ in 0..20 {
        world.advance_anyway(Duration::from_secs(1)).await;
        if lane.has_ended() {
            break;
        }
    }
    assert!(lane.has_ended());
}
