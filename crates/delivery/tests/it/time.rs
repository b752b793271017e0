//! What only time can end, and clocks that are wrong.

use std::{future::ready, time::Duration};

use kopru_core::{Reason, State};
use sandbox::Fault;
use store::{Pause, PauseScope, QueueStore};
use testkit::{
    breathe,
    http::{Answer, Host},
    until,
};

use crate::world::{DATASET, World, error};

const DAY_MS: i64 = 86_400_000;
const SECONDS: Duration = Duration::from_secs(5);

#[tokio::test]
async fn nothing_is_too_late_by_a_clock_that_meta_contradicts() {
    let mut world = World::new().await;
    world.doubt_clock();
    world.put(DATASET, (0..3).map(|id| world.event(id))).await;
    world.turn_clock(8 * DAY_MS);
    let lane = world.run(DATASET);
    until_asked(&world, 1).await;
    // By Meta's own clock they are in time.
    let gone = async || world.count(State::Accepted).await == 3;
    world.advance_until("they go", Duration::from_secs(1), gone).await;
    lane.stop().await;
    assert!(world.clock.wrong_by_ms().is_some_and(|ahead_ms| ahead_ms > 7 * DAY_MS));
}

#[tokio::test]
async fn a_clock_that_is_behind_keeps_nothing_waiting() {
    let mut world = World::new().await;
    world.doubt_clock();
    world.turn_clock(-3 * DAY_MS);
    let lane = world.run(DATASET);
    world.clock.want();
    until("Meta was asked for the time", async || world.clock.wrong_by_ms().is_some()).await;
    let mut new = world.event("new");
    new.event_s = world.clock.best_ms() / 1000 - 60;
    world.put(DATASET, [new]).await;
    world.until_count(State::Accepted, 1).await;
    lane.stop().await;
}

#[tokio::test]
async fn meta_is_not_asked_for_the_time_again_and_again() {
    let mut world = World::new().await;
    world.doubt_clock();
    world.sandbox.fail_next(9, Fault::Html { status: 503 });
    let lane = world.run(DATASET);
    world.clock.want();
    until("Meta was asked for the time", async || world.requests() == 1).await;
    for _ in 0..5 {
        world.clock.want();
        world.advance(Duration::from_secs(2)).await;
        breathe().await;
    }
    assert_eq!(world.requests(), 1);
    world.advance(Duration::from_secs(30)).await;
    world.clock.want();
    until("it is asked again", async || world.requests() == 2).await;
    lane.stop().await;
}

#[tokio::test]
async fn what_is_too_late_ends_when_meta_has_confirmed_the_clock() {
    let mut world = World::new().await;
    world.doubt_clock();
    let mut old = world.event("old");
    old.event_s = world.now_s() - 8 * 86_400;
    world.put(DATASET, [old]).await;
    world.sandbox.fail_next(2, Fault::Html { status: 503 });
    let lane = world.run(DATASET);
    for asked in 1..=2 {
        until_asked(&world, asked).await;
        assert_eq!(world.count(State::Queued).await, 1, "a proxy is nobody who can confirm a clock");
    }
    until_asked(&world, 3).await;
    world.until_count(State::Failed, 1).await;
    lane.stop().await;
    assert_eq!(world.all().await[0].conversion.reason, Some(Reason::TooLate));
    assert_eq!(world.requests(), 3);
    assert!(world.sandbox.graph_requests().iter().all(|request| request.events == 0));
}

#[tokio::test]
async fn what_is_in_time_goes_and_confirms_the_clock() {
    let mut world = World::new().await;
    world.doubt_clock();
    let mut old = world.event("old");
    old.event_s = world.now_s() - 8 * 86_400;
    world.put(DATASET, [old, world.event("new")]).await;
    let lane = world.run(DATASET);
    world.until_count(State::Accepted, 1).await;
    world.until_count(State::Failed, 1).await;
    lane.stop().await;
    assert_eq!(world.requests(), 1);
}

/// Lets time pass, in steps so small that a request which is under way has no part in them, until Meta was
/// asked for the time so often.
async fn until_asked(world: &World, times: usize) {
    let asked = async || world.watched.without_attempt() == times;
    if times == 1 {
        until("Meta was asked for the time", asked).await;
    } else {
        world.advance_until("it was asked again", Duration::from_secs(1), asked).await;
    }
    assert_eq!(world.requests(), times);
}

fn scope() -> PauseScope {
    PauseScope::Dataset(DATASET.into())
}

fn pause(until_ms: i64, needs_you: bool) -> Pause {
    Pause {
        until_ms,
        needs_you,
        cause: "scripted".into(),
        code: "4".into(),
        since_ms: 0,
        dataset: DATASET.into(),
    }
}

#[tokio::test]
async fn a_pause_from_a_clock_that_was_ahead_does_not_bind() {
    for needs_you in [false, true] {
        let world = World::new().await;
        let stored = pause(world.clock.now_ms() + 3 * DAY_MS, needs_you);
        world.store.pause(world.lease, &scope(), Some(stored)).await.unwrap();
        world.put(DATASET, [world.event("a")]).await;
        let lane = world.run(DATASET);
        world.until_count(State::Accepted, 1).await;
        until("the pause is over", async || world.pause().await.is_none()).await;
        lane.stop().await;
    }
}

#[tokio::test]
async fn a_clock_that_is_set_back_does_not_prolong_a_rest() {
    let world = World::new().await;
    world.sandbox.fail_next(1, error(2));
    world.put(DATASET, [world.event("a")]).await;
    let lane = world.run(DATASET);
    until("the first request failed", async || world.all().await[0].reply.is_some()).await;
    world.turn_clock(-3 * DAY_MS);
    world.put(DATASET, [world.event("b")]).await;
    let goes = async || world.accepted_ids().contains(&"b".to_owned());
    world.advance_until("the next one goes", SECONDS, goes).await;
    lane.stop().await;
}

#[tokio::test]
async fn a_pause_does_not_outlive_the_queue() {
    for needs_you in [false, true] {
        let world = World::new().await;
        let stored = pause(world.clock.now_ms() + 60_000, needs_you);
        world.store.pause(world.lease, &scope(), Some(stored)).await.unwrap();
        let lane = world.run(DATASET);
        world.advance(Duration::from_secs(30)).await;
        assert!(world.pause().await.is_some());
        world.advance_until("the pause is over", SECONDS, async || world.pause().await.is_none()).await;
        lane.stop().await;
        assert_eq!(world.requests(), usize::from(needs_you), "what needed somebody is asked for");
    }
}

#[tokio::test]
async fn a_pause_without_a_queue_stays_while_the_token_is_wrong() {
    let world = World::new().await;
    world.open_dataset(DATASET, "another token");
    world.store.pause(world.lease, &scope(), Some(pause(0, true))).await.unwrap();
    let lane = world.run(DATASET);
    until("it is prolonged", async || world.pause().await.is_some_and(|pause| pause.until_ms > 0)).await;
    world.advance(Duration::from_mins(4)).await;
    assert_eq!(world.requests(), 1);
    lane.stop().await;
}

#[tokio::test]
async fn meta_is_left_alone_for_as_long_as_it_asks() {
    for (status, seconds, wait_s) in [(429, "90", 90), (503, "90", 90), (503, "7200", 3600)] {
        let world = World::new().await;
        let answer = Answer::new(status, "<html>").header("retry-after", seconds);
        let busy = Host::new(move |_| ready(answer.clone())).await;
        let mut target = world.target(DATASET);
        target.graph_url.clone_from(&busy.url);
        world.put(DATASET, [world.event("a")]).await;
        let lane = world.run_to(&target);
        world.until_paused().await;
        world.advance(Duration::from_secs(wait_s - 5)).await;
        assert_eq!(busy.requests(), 1);
        world.advance_until("it is asked again", SECONDS, async || busy.requests() == 2).await;
        lane.stop().await;
        assert_eq!(world.count(State::Queued).await, 1);
    }
}
