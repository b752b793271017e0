//! What a lane does when Meta refuses events.

use std::time::Duration;
use store::Views;

use kopru_core::{Reason, State};
use testkit::until;

use crate::{
    meta::Meta,
    world::{DATASET, World, error},
};

#[tokio::test]
async fn one_bad_event_does_not_sink_a_batch() {
    let world = World::new().await;
    let events: Vec<_> =
        (0..100).map(|id| if id == 37 { world.bad_event(id) } else { world.event(id) }).collect();
    world.put(DATASET, events).await;
    let lane = world.run(DATASET);
    world.until_count(State::Accepted, 99).await;
    world.until_count(State::Failed, 1).await;
    lane.stop().await;

    let all = world.all().await;
    let failed = all.iter().find(|one| one.conversion.state == State::Failed).unwrap();
    assert_eq!(failed.conversion.event_id, "37");
    assert_eq!(failed.conversion.reason, Some(Reason::RefusedByMeta));
    assert!(failed.reply.as_ref().unwrap().starts_with("100/2804087"), "{failed:?}");
    let mut ids: Vec<u32> = world.accepted_ids().iter().map(|id| id.parse().unwrap()).collect();
    assert!(ids.is_sorted(), "order is kept: {ids:?}");
    ids.dedup();
    assert_eq!(ids.len(), 99, "each of the others once");
    assert!(world.requests() <= 64, "{} requests", world.requests());
    assert!(all.iter().all(|one| !one.may_count_twice));
    assert_eq!(world.pause().await, None);
}

#[tokio::test]
async fn an_event_that_meta_names_costs_one_request_more() {
    let world = World::new().await;
    world.put(DATASET, (0..20).map(|id| world.event(id))).await;
    world.put_nameless(DATASET, [20]).await;
    world.put(DATASET, (21..50).map(|id| world.event(id))).await;
    let lane = world.run(DATASET);
    world.until_count(State::Accepted, 49).await;
    lane.stop().await;
    assert_eq!(world.requests(), 2);
    assert_eq!(world.all().await[20].conversion.reason, Some(Reason::RefusedByMeta));
}

/// Three equal refusals, and one more that was to find out.
const LOST_AT_MOST: usize = 4;

#[tokio::test]
async fn equal_refusals_without_a_success_are_the_connections_fault() {
    let world = World::new().await;
    world.put(DATASET, (0..30).map(|id| world.bad_event(id))).await;
    let lane = world.run(DATASET);
    let pause = world.until_paused().await;
    assert!(pause.needs_you);
    assert!(pause.cause.contains("2804087"), "{}", pause.cause);
    assert_eq!(world.count(State::Failed).await, LOST_AT_MOST);
    assert_eq!(world.count(State::Queued).await, 30 - LOST_AT_MOST);

    // Each pause ends with one event that finds out whether it is over.
    let one_more = async || world.count(State::Failed).await == LOST_AT_MOST + 1;
    world.advance_until("one event found out", Duration::from_secs(20), one_more).await;
    until("it is paused anew", async || world.pause().await.is_some_and(|now| now.until_ms > pause.until_ms))
        .await;
    assert_eq!(world.pause().await.unwrap().since_ms, pause.since_ms);
    lane.stop().await;
}

#[tokio::test]
async fn batches_that_are_refused_side_by_side_cost_no_more_events() {
    let world = World::new().await;
    let meta = Meta::slow().await;
    (0..1_000).for_each(|_| meta.refuse(100, Some(2_804_087)));
    world.put(DATASET, (0..3_000).map(|id| world.event(id))).await;
    let lane = world.run_to(&meta.target(&world, DATASET));
    until("three are under way together", async || meta.requests().len() == 3).await;
    meta.go_on();
    world.until_paused().await;
    until("nothing is under way", async || !world.watched.is_under_way()).await;
    lane.stop().await;
    assert_eq!(meta.most(), 3);
    assert!(world.store.ledger(world.workspace).await.unwrap().balanced);
    assert_eq!(world.count(State::Failed).await, LOST_AT_MOST);
}

#[tokio::test]
async fn the_same_holds_where_meta_names_the_event() {
    let world = World::new().await;
    world.put_nameless(DATASET, 0..100).await;
    let lane = world.run(DATASET);
    let pause = world.until_paused().await;
    lane.stop().await;
    assert!(pause.needs_you);
    assert_eq!(world.count(State::Failed).await, LOST_AT_MOST);
}

#[tokio::test]
async fn a_few_bad_events_side_by_side_are_only_that() {
    let world = World::new().await;
    world.put(DATASET, (0..3).map(|id| world.bad_event(id))).await;
    world.put_nameless(DATASET, 3..6).await;
    world.put(DATASET, (6..20).map(|id| world.event(id))).await;
    let lane = world.run(DATASET);
    world.until_count(State::Accepted, 14).await;
    lane.stop().await;
    assert_eq!(world.count(State::Failed).await, 6);
    assert_eq!(world.pause().await, None);
}

const STEP: Duration = Duration::from_mins(1);

#[tokio::test]
async fn an_unknown_code_is_tried_ten_times() {
    let world = World::new().await;
    world.sandbox.fail_next(100, error(5));
    world.put(DATASET, [world.event("a")]).await;
    let lane = world.run(DATASET);
    world.advance_until("it is given up", STEP, async || world.count(State::Failed).await == 1).await;
    lane.stop().await;
    let failed = world.all().await.remove(0);
    assert_eq!(failed.conversion.reason, Some(Reason::TriedTooOften));
    assert_eq!(failed.attempts, 10);
    assert_eq!(failed.reply.as_deref(), Some("5: scripted"));
    assert_eq!(world.requests(), 10);
}

#[tokio::test]
async fn an_unknown_code_does_not_sink_a_batch() {
    let world = World::new().await;
    world.sandbox.fail_next(10, error(5));
    world.put(DATASET, (0..8).map(|id| world.event(id))).await;
    let lane = world.run(DATASET);
    world
        .advance_until("all went through in parts", STEP, async || world.count(State::Accepted).await == 8)
        .await;
    lane.stop().await;
    assert_eq!(world.requests(), 12);
}

#[tokio::test]
async fn an_unknown_code_for_everything_ends_one_event_and_no_second_one() {
    let world = World::new().await;
    world.sandbox.fail_next(10_000, error(5));
    world.put(DATASET, (0..16).map(|id| world.event(id))).await;
    let lane = world.run(DATASET);
    world
        .advance_until("a person is called", STEP, async || {
            world.pause().await.is_some_and(|pause| pause.needs_you)
        })
        .await;
    assert_eq!(world.count(State::Failed).await, 1);

    // However often it is found unchanged, and whoever starts anew.
    let before = world.requests();
    let found = async || world.requests() > before + 12;
    world.advance_until("it was found unchanged", STEP, found).await;
    lane.stop().await;
    assert_eq!(world.count(State::Failed).await, 1);
    let lane = world.run(DATASET);
    let before = world.requests();
    world.advance_until("it was found unchanged", STEP, async || world.requests() > before + 2).await;
    assert_eq!(world.count(State::Failed).await, 1);

    // The events are well: they go when Meta takes them.
    world.sandbox.clear_faults();
    world.advance_until("all others went", STEP, async || world.count(State::Accepted).await == 15).await;
    until("the pause is over", async || world.pause().await.is_none()).await;
    lane.stop().await;
}
