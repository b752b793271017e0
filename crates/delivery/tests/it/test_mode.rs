//! A dataset that is tested: its events are marked, for a day.

use std::time::Duration;

use delivery::Target;
use kopru_core::{Conversion, Mode, Reason, State, TestRun};
use sandbox::Fault;
use testkit::until;

use crate::world::{DATASET, World};

const SECONDS: Duration = Duration::from_secs(5);

/// A dataset in test mode, of whose day so many seconds are left.
async fn tested(left_s: i64) -> (World, Target) {
    let mut world = World::new().await;
    let since_s = Some(world.now_s() - TestRun::LASTS_S + left_s);
    let dataset = &mut world.policy.datasets[0];
    dataset.mode = Mode::Test;
    dataset.test = Some(TestRun { code: "TEST1".into(), since_s });
    let target = Target { test_event_code: Some("TEST1".into()), ..world.target(DATASET) };
    (world, target)
}

/// The codes of the events that Meta has, by their ids.
fn marks(world: &World) -> Vec<(String, String)> {
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let requests = world.sandbox.graph_requests();
    let code = |number| {
        let request = requests.iter().find(|request| request.n == number).unwrap();
        request.envelope.get("test_event_code").map(text).unwrap_or_default()
    };
    let events = world.sandbox.graph_events();
    events.iter().map(|one| (text(&one.event["event_id"]), code(one.request))).collect()
}

#[tokio::test]
async fn events_are_marked_until_the_test_is_over_and_recorded_from_then_on() {
    let (world, target) = tested(600).await;
    world.put(DATASET, [world.event("in time")]).await;
    let lane = world.run_to(&target);
    world.until_count(State::Accepted, 1).await;
    world.turn_clock(601_000);
    world.put(DATASET, [Conversion { event_s: world.now_s() - 700, ..world.event("over") }]).await;
    world.until_count(State::Suppressed, 1).await;
    lane.stop().await;
    assert_eq!(marks(&world), [("in time".to_owned(), "TEST1".to_owned())]);
    let all = world.all().await;
    assert!(all.iter().any(|one| one.conversion.reason == Some(Reason::TestOver)));
}

#[tokio::test]
async fn what_was_lost_while_tested_does_not_leave_once_the_dataset_is_live() {
    let (mut world, target) = tested(600).await;
    world.sandbox.fail_next(1, Fault::CloseAfter);
    world.put(DATASET, [world.event("a"), world.event("b")]).await;
    let lane = world.run_to(&target);
    until("it was lost", async || world.all().await[0].reply.is_some()).await;
    lane.stop().await;
    let dataset = &mut world.policy.datasets[0];
    (dataset.mode, dataset.test) = (Mode::Live, None);
    let switched_s = world.now_s();
    world.policy.datasets[0].earlier_modes = vec![(Mode::Test, switched_s)];
    let new = Conversion { event_s: switched_s, ..world.event("new") };
    world.put(DATASET, [new]).await;
    let lane = world.run(DATASET);
    let ended = async || world.count(State::Suppressed).await == 2 && world.count(State::Accepted).await == 1;
    world.advance_until("it has ended", SECONDS, ended).await;
    lane.stop().await;
    let marks = marks(&world);
    assert!(marks.contains(&("new".to_owned(), String::new())), "{marks:?}");
    assert!(marks.iter().all(|(id, code)| id == "new" || code == "TEST1"), "{marks:?}");
}
