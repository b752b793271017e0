//! What a lane does when requests fail, and when Meta wants it to wait.

use std::time::Duration;

use kopru_core::State;
use sandbox::Fault;
use testkit::{
    http::{Answer, vacant_address},
    until,
};

use crate::{
    meta::Meta,
    world::{DATASET, TOKEN, World, error, page},
};

const STEP: Duration = Duration::from_mins(1);
const SECONDS: Duration = Duration::from_secs(5);

#[tokio::test]
async fn an_error_page_was_no_acceptance() {
    let world = World::new().await;
    world.sandbox.fail_next(2, page(502));
    world.put(DATASET, [world.event("a")]).await;
    let lane = world.run(DATASET);
    world.advance_until("it was accepted", STEP, async || world.count(State::Accepted).await == 1).await;
    lane.stop().await;
    let one = world.all().await.remove(0);
    assert_eq!((one.attempts, one.may_count_twice), (3, false));
    assert_eq!(world.accepted_ids(), ["a"]);
}

#[tokio::test]
async fn an_answer_that_was_lost_means_that_it_may_count_twice() {
    let world = World::new().await;
    world.sandbox.fail_next(1, Fault::CloseAfter);
    world.put(DATASET, [world.event("a"), world.event("b")]).await;
    let lane = world.run(DATASET);
    world.advance_until("both were accepted", STEP, async || world.count(State::Accepted).await == 2).await;
    lane.stop().await;
    assert_eq!(world.accepted_ids(), ["a", "b", "a", "b"], "the same ids again");
    for one in world.all().await {
        assert_eq!((one.attempts, one.may_count_twice), (2, true));
    }
}

#[tokio::test]
async fn a_success_without_proof_is_none() {
    let world = World::new().await;
    let short = r#"{"events_received":1,"messages":[]}"#.to_owned();
    world.sandbox.fail_next(1, Fault::Answer { status: 200, body: short });
    world.put(DATASET, [world.event("a"), world.event("b")]).await;
    let lane = world.run(DATASET);
    world.advance_until("both were accepted", STEP, async || world.count(State::Accepted).await == 2).await;
    lane.stop().await;
    assert!(world.all().await.iter().all(|one| one.may_count_twice && one.attempts == 2));
}

#[tokio::test]
async fn where_nobody_listens_nothing_left_and_nothing_is_lost() {
    let world = World::new().await;
    let address = vacant_address();
    let mut target = world.target(DATASET);
    target.graph_url = format!("http://{address}");
    world.put(DATASET, [world.event("a")]).await;
    let lane = world.run_to(&target);
    // More often than an unexplained refusal may come.
    world.advance_until("it was tried often", STEP, async || world.all().await[0].attempts > 12).await;
    let one = world.all().await.remove(0);
    assert_eq!(one.conversion.state, State::Queued);
    assert!(!one.may_count_twice);
    assert_eq!(one.reply.as_deref(), Some("no connection to Meta"));
    assert_eq!(world.pause().await, None);

    let running = world.sandbox.serve(address).await.unwrap();
    // One code that nobody knows is only the first of its kind.
    world.sandbox.fail_next(1, error(5));
    world.advance_until("it was accepted", STEP, async || world.count(State::Accepted).await == 1).await;
    lane.stop().await;
    assert!(!world.all().await[0].may_count_twice);
    running.shutdown().await;
}

#[tokio::test]
async fn a_wrong_token_pauses_until_it_is_mended() {
    let world = World::new().await;
    world.open_dataset(DATASET, "another token");
    world.put(DATASET, (0..5).map(|id| world.event(id))).await;
    let lane = world.run(DATASET);
    let pause = world.until_paused().await;
    assert!(pause.needs_you);
    assert!(pause.cause.starts_with("190"), "{}", pause.cause);
    assert_eq!(world.count(State::Queued).await, 5);

    // While it is paused nothing is sent, whatever rings.
    world.advance(Duration::from_mins(4)).await;
    world.put(DATASET, [world.event(5)]).await;
    assert_eq!(world.requests(), 1);

    world.advance_until("it was found still wrong", SECONDS, async || world.requests() == 2).await;
    until("the pause is longer", async || {
        world.pause().await.is_some_and(|now| now.until_ms > pause.until_ms)
    })
    .await;
    assert_eq!(world.sandbox.graph_requests()[1].events, 1, "one event finds out");

    world.open_dataset(DATASET, TOKEN);
    world.advance_until("all went", SECONDS, async || world.count(State::Accepted).await == 6).await;
    until("the pause is over", async || world.pause().await.is_none()).await;
    lane.stop().await;
    assert_eq!(world.accepted_ids(), ["0", "1", "2", "3", "4", "5"]);
    assert!(world.all().await.iter().all(|one| !one.may_count_twice));
}

#[tokio::test]
async fn a_throttle_is_a_pause_that_needs_nobody() {
    let world = World::new().await;
    world.sandbox.fail_next(1, error(80_004));
    world.put(DATASET, [world.event("a")]).await;
    let lane = world.run(DATASET);
    let pause = world.until_paused().await;
    assert!(!pause.needs_you);
    assert_eq!(world.count(State::Queued).await, 1);
    world.advance(Duration::from_secs(50)).await;
    assert_eq!(world.requests(), 1);
    world.advance_until("it went", SECONDS, async || world.count(State::Accepted).await == 1).await;
    until("the pause is over", async || world.pause().await.is_none()).await;
    lane.stop().await;
}

#[tokio::test]
async fn a_lane_whose_requests_fail_does_not_hammer() {
    let world = World::new().await;
    let meta = Meta::slow().await;
    (0..1_000).for_each(|_| meta.script(Answer::new(503, "<html>Service Unavailable</html>")));
    world.put(DATASET, (0..3000).map(|id| world.event(id))).await;
    let lane = world.run_to(&meta.target(&world, DATASET));
    until("three full requests are under way", async || meta.requests().len() == 3).await;
    meta.go_on();
    until("all have failed", async || !world.watched.is_under_way()).await;
    // Whatever comes in does not call for another request.
    for id in 3000..3020 {
        world.put(DATASET, [world.event(id)]).await;
    }
    lane.stop().await;
    assert_eq!(meta.requests().len(), 3);
}
