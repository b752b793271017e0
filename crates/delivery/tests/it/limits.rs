//! How far a throttle, a hold and a limit reach.

use std::{sync::Arc, time::Duration};

use delivery::{Graph, Lane};
use kopru_core::{Route, State};
use outgoing::Clients;
use store::{DecisionStore, LaneKey, PauseScope, Store};
use testkit::{breathe, until};
use tokio::sync::watch;

use crate::{
    meta::Meta,
    world::{CHAT, DATASET, OTHER, TOKEN, World, apply, name_of},
};

const SECONDS: Duration = Duration::from_secs(5);

#[tokio::test]
async fn a_throttle_of_a_token_rests_whoever_has_it_and_nobody_else() {
    let world = World::new().await;
    let (meta, others) = (Meta::quick().await, Meta::quick().await);
    meta.refuse(17, None);
    world.put(DATASET, [world.event("a")]).await;
    let lane = world.run_to(&meta.target(&world, DATASET));
    world.until_paused().await;
    let scopes: Vec<_> = world.pauses().await.into_iter().map(|(scope, _)| scope).collect();
    assert_eq!(scopes, [PauseScope::Token(name_of(TOKEN))]);

    // The other dataset rests with the same token, and does not with another one.
    let same = world.run_to(&meta.target(&world, OTHER));
    world.put(OTHER, [world.event("b")]).await;
    world.advance(Duration::from_secs(50)).await;
    assert_eq!(meta.ids(), [["a"]]);
    same.stop().await;
    let mut another = others.target(&world, OTHER);
    another.token = "another token".into();
    let free = world.run_to(&another);
    until("the other token's has left", async || others.ids() == [["b"]]).await;
    assert_eq!(meta.ids(), [["a"]]);
    world.advance_until("it is over", SECONDS, async || world.count(State::Accepted).await == 2).await;
    until("the pause is over", async || world.pauses().await.is_empty()).await;
    lane.stop().await;
    free.stop().await;
}

#[tokio::test]
async fn another_workspace_with_the_same_token_learns_of_a_throttle_at_once() {
    let world = World::new().await;
    let meta = Meta::quick().await;
    meta.refuse(17, None);
    world.put(DATASET, [world.event("a")]).await;
    let lane = world.run_to(&meta.target(&world, DATASET));
    world.until_paused().await;

    let workspace = world.store.workspace("another").await.unwrap();
    let lease = world.store.lease(workspace).await.unwrap();
    let event = kopru_core::Conversion { dataset: Some(OTHER.into()), ..world.event("b") };
    apply(&world.store, lease, [kopru_core::Effect::Create(event)], world.clock.now_ms()).await;
    let graph = Graph::new(&meta.target(&world, OTHER), &Clients::new().unwrap()).unwrap();
    let key = LaneKey { dataset: OTHER.into(), route: CHAT };
    let (store, policy) = (Arc::clone(&world.watched), Arc::new(world.policy.clone()));
    let (clock, limits) = (world.clock.clone(), world.limits.clone());
    let (stop, stopping) = watch::channel(false);
    let theirs = tokio::spawn(Lane::new(store, lease, key, policy, graph, clock, limits).run(stopping));
    breathe().await;
    world.advance(Duration::from_secs(50)).await;
    assert_eq!(meta.ids(), [["a"]]);
    // The refused one once more, and theirs.
    world.advance_until("both have left", SECONDS, async || meta.requests().len() == 3).await;
    stop.send_replace(true);
    theirs.await.unwrap();
    lane.stop().await;
}

#[tokio::test]
async fn a_hold_of_one_lane_does_not_stop_the_datasets_other_one() {
    let world = World::new().await;
    let meta = Meta::quick().await;
    meta.refuse(100, Some(2_804_132));
    world.put(DATASET, [world.event("chat")]).await;
    let chats = world.run_to(&meta.target(&world, DATASET));
    let pause = world.until_paused().await;
    assert_eq!((pause.needs_you, pause.dataset.as_str()), (true, DATASET));
    let scopes: Vec<_> = world.pauses().await.into_iter().map(|(scope, _)| scope).collect();
    assert_eq!(scopes, [PauseScope::Lane(LaneKey { dataset: DATASET.into(), route: CHAT })]);

    world.put(DATASET, [world.lead("lead")]).await;
    let leads = world.run_by(Route::Lead, &meta.target(&world, DATASET));
    world.until_count(State::Accepted, 1).await;
    assert_eq!(meta.ids(), [["chat"], ["lead"]]);
    assert_eq!(world.count(State::Queued).await, 1);
    assert_eq!(world.pauses().await.len(), 1, "the success of another lane ends nothing of this one");
    chats.stop().await;
    leads.stop().await;
}

#[tokio::test]
async fn a_hold_of_the_dataset_stops_all_its_lanes_and_one_success_ends_it() {
    let world = World::new().await;
    let meta = Meta::quick().await;
    meta.refuse(100, Some(33));
    world.put(DATASET, [world.event("chat")]).await;
    let chats = world.run_to(&meta.target(&world, DATASET));
    world.until_paused().await;
    chats.stop().await;
    world.put(DATASET, [world.lead("lead")]).await;
    let leads = world.run_by(Route::Lead, &meta.target(&world, DATASET));
    world.advance(Duration::from_mins(4)).await;
    assert_eq!(meta.requests().len(), 1);
    let taken = async || world.count(State::Accepted).await == 1;
    world.advance_until("one has found out", Duration::from_secs(20), taken).await;
    until("the pause is over", async || world.pauses().await.is_empty()).await;
    leads.stop().await;
}

#[tokio::test]
async fn what_was_held_does_not_lead_after_the_pause() {
    let world = World::new().await;
    let meta = Meta::quick().await;
    meta.refuse(190, None);
    world.put(DATASET, ["a", "b"].map(|id| world.event(id))).await;
    let lane = world.run_to(&meta.target(&world, DATASET));
    world.until_paused().await;
    world.put(DATASET, [world.event("fresh")]).await;
    let all = async || world.count(State::Accepted).await == 3;
    world.advance_until("all went", Duration::from_secs(20), all).await;
    lane.stop().await;
    assert_eq!(meta.ids(), [vec!["a", "b"], vec!["fresh"], vec!["a", "b"]]);
}

#[tokio::test]
async fn where_only_what_was_held_is_left_it_finds_out_itself() {
    let world = World::new().await;
    let meta = Meta::quick().await;
    meta.refuse(190, None);
    world.put(DATASET, ["a", "b"].map(|id| world.event(id))).await;
    let lane = world.run_to(&meta.target(&world, DATASET));
    world.until_paused().await;
    let all = async || world.count(State::Accepted).await == 2;
    world.advance_until("both went", Duration::from_secs(20), all).await;
    lane.stop().await;
    assert_eq!(meta.ids(), [vec!["a", "b"], vec!["a"], vec!["b"]]);
}

#[tokio::test]
async fn whoever_starts_anew_sends_at_once_what_was_held() {
    let mut world = World::new().await;
    let meta = Meta::quick().await;
    meta.refuse(190, None);
    let later = kopru_core::Conversion { event_s: world.now_s() + 200, ..world.event("of the future") };
    let later = kopru_core::Conversion { due_ms: Some(later.event_s * 1000), ..later };
    world.put(DATASET, [world.event("a"), world.event("b"), later]).await;
    let lane = world.run_to(&meta.target(&world, DATASET));
    world.until_paused().await;
    lane.stop().await;
    world.lease = world.store.lease(world.workspace).await.unwrap();
    let lane = world.run_to(&meta.target(&world, DATASET));
    world.until_count(State::Accepted, 2).await;
    breathe().await;
    assert_eq!(meta.ids(), [vec!["a", "b"], vec!["a"], vec!["b"]]);
    let left = async || world.count(State::Accepted).await == 3;
    world.advance_until("what was to come has come", Duration::from_secs(20), left).await;
    lane.stop().await;
}

const APP: (&str, &str) = ("x-app-usage", r#"{"call_count":95,"total_time":20}"#);
const BUSINESS: (&str, &str) = (
    "x-business-use-case-usage",
    r#"{"1":[{"type":"conversions_api","call_count":95,"estimated_time_to_regain_access":0}]}"#,
);
const LITTLE: &str = r#"{"call_count":20}"#;

#[tokio::test]
async fn a_lane_that_has_used_95_percent_of_a_limit_goes_slower_one_request_at_a_time() {
    let world = World::new().await;
    let meta = Meta::slow().await;
    meta.answer(1);
    meta.says(APP.0, APP.1);
    let lane = world.run_to(&meta.target(&world, DATASET));
    world.put(DATASET, [world.event("a")]).await;
    world.until_count(State::Accepted, 1).await;
    world.put(DATASET, [world.event("b")]).await;
    world.advance(Duration::from_secs(20)).await;
    assert_eq!(meta.requests().len(), 1);
    let left = async || meta.requests().len() == 2;
    world.advance_anyway_until("it has left", Duration::from_secs(1), left).await;
    // Nothing leaves beside it, however long it takes.
    world.put(DATASET, [world.event("c")]).await;
    world.advance_anyway(Duration::from_secs(25)).await;
    assert_eq!(meta.requests().len(), 2);
    meta.says(APP.0, LITTLE);
    meta.go_on();
    world.until_count(State::Accepted, 3).await;
    // There is room again.
    world.put(DATASET, [world.event("d")]).await;
    world.until_count(State::Accepted, 4).await;
    lane.stop().await;
}

#[tokio::test]
async fn the_limit_of_an_app_slows_its_other_datasets_and_that_of_a_business_does_not() {
    for ((name, value), slows_others) in [(APP, true), (BUSINESS, false)] {
        let world = World::new().await;
        let meta = Meta::quick().await;
        let other = world.run_to(&meta.target(&world, OTHER));
        world.put(OTHER, [world.event("before")]).await;
        world.until_count(State::Accepted, 1).await;
        meta.says(name, value);
        let lane = world.run_to(&meta.target(&world, DATASET));
        world.put(DATASET, [world.event("a")]).await;
        world.until_count(State::Accepted, 2).await;
        world.put(DATASET, [world.event("b")]).await;
        world.put(OTHER, [world.event("after")]).await;
        if slows_others {
            world.advance(Duration::from_secs(20)).await;
            assert_eq!(meta.requests().len(), 2);
        } else {
            until("the other dataset's has left", async || meta.requests().len() == 3).await;
            world.advance(Duration::from_secs(20)).await;
            assert_eq!(meta.requests().len(), 3);
        }
        world.advance_until("all went", SECONDS, async || world.count(State::Accepted).await == 4).await;
        lane.stop().await;
        other.stop().await;
    }
}
