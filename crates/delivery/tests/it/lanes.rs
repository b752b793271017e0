//! What a lane does when all is well, and how it stops.

use std::time::Duration;

use delivery::Graph;
use kopru_core::{Reason, State};
use outgoing::Clients;
use store::{DecisionStore, Views};
use testkit::until;

use crate::world::{DATASET, OTHER, TOKEN, World, error, page};

#[tokio::test]
async fn what_has_gathered_leaves_in_one_request() {
    let world = World::new().await;
    world.put(DATASET, (0..10).map(|id| world.event(id))).await;
    let lane = world.run(DATASET);
    world.until_count(State::Accepted, 10).await;
    lane.stop().await;

    assert_eq!(world.requests(), 1);
    for one in world.all().await {
        assert_eq!((one.attempts, one.may_count_twice), (1, false));
        assert!(one.reply.unwrap().starts_with("accepted"));
        assert!(one.settled_ms.is_some());
    }
    assert!(world.store.ledger(world.workspace).await.unwrap().balanced);
}

#[tokio::test]
async fn a_new_event_leaves_at_once() {
    let world = World::new().await;
    let lane = world.run(DATASET);
    world.put(DATASET, [world.event("a")]).await;
    world.until_count(State::Accepted, 1).await;
    world.put(DATASET, [world.event("b")]).await;
    world.until_count(State::Accepted, 2).await;
    lane.stop().await;
    assert_eq!(world.requests(), 2);
}

#[tokio::test]
async fn what_is_too_old_fails_without_a_request() {
    let world = World::new().await;
    let mut old = world.event("old");
    // Seven days less the hour that the way may take.
    old.event_s = world.now_s() - 7 * 86_400 + 3_500;
    let mut just_in_time = world.event("just in time");
    just_in_time.event_s = world.now_s() - 7 * 86_400 + 3_700;
    world.put(DATASET, [old]).await;
    let lane = world.run(DATASET);
    world.until_count(State::Failed, 1).await;
    assert_eq!(world.requests(), 0);
    let failed = world.all().await.remove(0);
    assert_eq!(failed.conversion.reason, Some(Reason::TooLate));
    assert_eq!((failed.attempts, failed.reply), (0, None));

    world.put(DATASET, [just_in_time]).await;
    world.until_count(State::Accepted, 1).await;
    lane.stop().await;
}

#[tokio::test]
async fn a_paused_dataset_does_not_delay_another() {
    let world = World::new().await;
    world.open_dataset(OTHER, TOKEN);
    world.open_dataset(DATASET, "another token");
    world.put(DATASET, [world.event("stuck")]).await;
    let stuck = world.run(DATASET);
    world.until_paused().await;

    world.put(OTHER, [world.event("free")]).await;
    let free = world.run(OTHER);
    world.until_count(State::Accepted, 1).await;
    assert_eq!(world.accepted_ids(), ["free"]);
    assert_eq!(world.count(State::Queued).await, 1);
    stuck.stop().await;
    free.stop().await;
}

#[tokio::test]
async fn order_is_kept_when_an_earlier_event_has_to_go_again() {
    let world = World::new().await;
    world.sandbox.fail_next(1, page(503));
    world.put(DATASET, [world.event("first")]).await;
    let lane = world.run(DATASET);
    until("the first request failed", async || {
        world.all().await.iter().any(|one| one.reply.as_deref() == Some("HTTP 503, not an answer of Meta's"))
    })
    .await;
    world.put(DATASET, [world.event("second")]).await;
    let both = async || world.count(State::Accepted).await == 2;
    world.advance_until("both went", Duration::from_secs(1), both).await;
    lane.stop().await;
    assert_eq!(world.accepted_ids(), ["first", "second"]);
}

#[tokio::test]
async fn order_is_kept_when_the_queue_is_longer_than_a_batch() {
    let world = World::new().await;
    world.sandbox.fail_next(1, error(80_004));
    world.put(DATASET, (0..1003).map(|id| world.event(id))).await;
    let lane = world.run(DATASET);
    world.until_paused().await;
    let all = async || world.count(State::Accepted).await == 1003;
    world.advance_until("all went", Duration::from_secs(20), all).await;
    lane.stop().await;
    let in_order: Vec<String> = (0..1003).map(|id| id.to_string()).collect();
    assert!(world.accepted_ids() == in_order);
}

#[tokio::test]
async fn a_lane_ends_when_another_process_has_taken_over() {
    let mut world = World::new().await;
    let lane = world.run(DATASET);
    world.lease = world.store.lease(world.workspace).await.unwrap();
    // The lane's lease is old: it may not even open an attempt.
    world.put(DATASET, [world.event("a")]).await;
    lane.ended().await;
    assert_eq!(world.requests(), 0);
}

#[tokio::test]
async fn a_probe_reports_nothing_and_says_what_is_wrong() {
    let world = World::new().await;
    let clients = Clients::new().unwrap();
    let probe = async || Graph::new(&world.target(DATASET), &clients).unwrap().probe().await;
    assert!(probe().await.is_ok());
    world.open_dataset(DATASET, "another token");
    assert!(probe().await.unwrap_err().to_string().starts_with("190"));
    let elsewhere = Graph::new(&world.target("799999"), &clients).unwrap().probe().await;
    assert!(elsewhere.unwrap_err().to_string().starts_with("100/33"));
    for fault in [page(200), page(404), error(1)] {
        world.sandbox.fail_next(1, fault.clone());
        assert!(probe().await.is_err(), "{fault:?} proves nothing");
    }
    assert!(world.sandbox.graph_events().is_empty());
}

#[tokio::test]
async fn an_idle_lane_looks_once_a_minute() {
    let world = World::new().await;
    let lane = world.run(DATASET);
    until("it has looked", async || world.watched.claims() == 1).await;
    world.advance(Duration::from_secs(59)).await;
    assert_eq!(world.watched.claims(), 1);
    let again = async || world.watched.claims() == 2;
    world.advance_until("it has looked again", Duration::from_secs(1), again).await;
    lane.stop().await;
}

#[tokio::test]
async fn a_request_costs_two_looks_at_the_queue() {
    let world = World::new().await;
    let lane = world.run(DATASET);
    until("it has looked", async || world.watched.claims() == 1).await;
    for id in 0..10 {
        world.put(DATASET, [world.event(id)]).await;
        world.until_count(State::Accepted, id + 1).await;
    }
    lane.stop().await;
    // One that finds the event, one that finds nothing more.
    assert!(world.watched.claims() <= 1 + 10 * 2, "{} looks", world.watched.claims());
    assert_eq!(world.requests(), 10);
}
