//! What sites told, on its way to Meta.

use std::time::Duration;

use kopru_core::{
    Activity, Admitted, Carried, Effect, Mode, OnceKey, Reason, Restored, Revisit, Route, RouteKind, State,
    StoredEvent, revisit,
};
use store::{Decided, DecisionStore, FactStore, Store};

use crate::world::{DATASET, World};

const SECONDS: Duration = Duration::from_secs(2);
const DAY_S: i64 = 24 * 3600;

async fn world() -> World {
    let mut world = World::new().await;
    world.policy.datasets[0].routes.push(RouteKind::Website);
    world
}

/// A page view of so many seconds ago.
fn told(world: &World, event_id: &str, ago_s: i64) -> Activity {
    let event_s = world.now_s() - ago_s;
    let json = format!(
        r#"{{"event_name":"ViewContent","event_time":{event_s},"event_id":"{event_id}","action_source":"website","event_source_url":"https://shop.example/","user_data":{{"client_ip_address":"203.0.113.7","client_user_agent":"Mozilla/5.0 (X11; Linux x86_64)"}}}}"#
    );
    let event = StoredEvent {
        action_source: "website".into(),
        envelope: String::new(),
        json,
        added: Vec::new(),
        beside: String::new(),
    };
    Activity {
        origin: "graph:shop".into(),
        dataset: DATASET.into(),
        name: "ViewContent".into(),
        event_id: event_id.into(),
        event_s,
        value: None,
        currency: None,
        consent: None,
        once: Vec::new(),
        adds_to: Vec::new(),
        who: Vec::new(),
        event,
        carried: Carried::default(),
    }
}

async fn tell(world: &World, all: Vec<Activity>) {
    let join = world.store.join_key(world.workspace).await.unwrap();
    let admit = |mut one: Activity| {
        let key = join.once_event(&one.dataset, &one.name, &one.event_id);
        one.once = vec![OnceKey { key, is_order: false, until_s: i64::MAX }];
        Admitted {
            activity: one,
            state: State::Queued,
            reason: None,
            appending: kopru_core::Appending::default(),
        }
    };
    let all = all.into_iter().map(admit).collect();
    world.store.append_activities(world.workspace, world.clock.now_ms(), all).await.unwrap();
}

/// Does all steps of what somebody asks for.
async fn look_again(world: &World, action: kopru_core::Action) {
    let filter = Some(kopru_core::ConversionFilter::default());
    let plan = Revisit { action, filter, any_age_of_queued: false, ask_for: Vec::new(), rules: Vec::new() };
    world.store.revisit(world.workspace, plan).await.unwrap();
    loop {
        let now_ms = world.clock.now_ms();
        let mut work = world.store.take(world.lease, 1, now_ms).await.unwrap();
        let Some(step) = work.revisit.take() else { return };
        let effects: Vec<Effect> = revisit(&mut work.state, &world.policy, &step, now_ms);
        let decided = Decided { revisited: Some((step, effects)), now_ms, ..Decided::default() };
        world.store.apply(world.lease, decided).await.unwrap();
    }
}

#[tokio::test]
async fn of_those_that_may_have_left_before_a_restore_the_old_ones_wait_for_a_word() {
    let mut world = world().await;
    let all = [("old", 3 * DAY_S), ("older", 4 * DAY_S), ("young", 3_600)];
    tell(&world, all.map(|(id, ago_s)| told(&world, id, ago_s)).to_vec()).await;
    let now_s = world.now_s();
    world.policy.restored = Some(Restored { backup_s: now_s - 5 * DAY_S, restored_s: now_s });
    let lane = world.run_by(Route::Website, &world.target(DATASET));
    let settled = async || world.count(State::Waiting).await == 2 && world.count(State::Accepted).await == 1;
    world.advance_until("the young one has left", SECONDS, settled).await;
    let all = world.all().await;
    assert!(all.iter().filter(|one| one.conversion.reason == Some(Reason::HeldAfterRestore)).count() == 2);
    look_again(&world, kopru_core::Action::Resolve).await;
    assert_eq!(world.count(State::Waiting).await, 2, "without a word nothing goes");
    look_again(&world, kopru_core::Action::Retry).await;
    let taken = async || world.count(State::Accepted).await == 3;
    world.advance_until("all have left", SECONDS, taken).await;
    lane.stop().await;
}

#[tokio::test]
async fn a_dataset_that_goes_live_sends_nothing_of_before() {
    let mut world = world().await;
    let mut kept_back = told(&world, "before", 60);
    kept_back.event_s -= 1;
    let join = world.store.join_key(world.workspace).await.unwrap();
    let key = join.once_event(DATASET, "ViewContent", "before");
    kept_back.once = vec![OnceKey { key, is_order: false, until_s: i64::MAX }];
    let (state, reason) = (State::Suppressed, Some(Reason::Shadow));
    let shadow = Admitted { activity: kept_back, state, reason, appending: kopru_core::Appending::default() };
    let now_ms = world.clock.now_ms();
    world.store.append_activities(world.workspace, now_ms, vec![shadow]).await.unwrap();
    world.policy.datasets[0].earlier_modes = vec![(Mode::Shadow, world.now_s() - 30)];
    tell(&world, vec![told(&world, "since", 10), told(&world, "late", 45)]).await;
    for action in [kopru_core::Action::Resolve, kopru_core::Action::Retry] {
        look_again(&world, action).await;
    }
    let lane = world.run_by(Route::Website, &world.target(DATASET));
    let settled =
        async || world.count(State::Accepted).await == 1 && world.count(State::Suppressed).await == 2;
    world.advance_until("what is of now has left", SECONDS, settled).await;
    lane.stop().await;
    assert_eq!(world.requests(), 1);
    let all = world.all().await;
    let sent = all.iter().find(|one| one.conversion.state == State::Accepted).unwrap();
    assert_eq!(sent.conversion.event_id, "since");
}

#[tokio::test]
async fn what_is_dropped_does_not_leave_and_what_was_refused_is_tried_again() {
    let world = world().await;
    tell(&world, vec![told(&world, "a", 60), told(&world, "b", 60)]).await;
    look_again(&world, kopru_core::Action::Drop).await;
    let lane = world.run_by(Route::Website, &world.target(DATASET));
    tell(&world, vec![told(&world, "c", 60)]).await;
    let taken = async || world.count(State::Accepted).await == 1;
    world.advance_until("the last one has left", SECONDS, taken).await;
    assert_eq!(world.count(State::Suppressed).await, 2);
    look_again(&world, kopru_core::Action::Retry).await;
    let taken = async || world.count(State::Accepted).await == 3;
    world.advance_until("all have left", SECONDS, taken).await;
    lane.stop().await;
}
