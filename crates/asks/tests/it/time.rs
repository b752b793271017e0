//! How long a question is asked, and whose clock says so.

use std::time::{Duration, SystemTime};

use store::Clock;
use testkit::{
    http::{Answer, Host},
    until,
};

use crate::world::{TOKEN, World};

const WEEK: Duration = Duration::from_hours(7 * 24);
const ALMOST_A_WEEK: Duration = Duration::from_mins(7 * 24 * 60 - 1);

/// A deal that is asked for nothing, and how it stands after so long.
async fn after(world: &World, age: Duration) -> bool {
    let fake = Host::new(|_| async { Answer::new(200, "<html>") }).await;
    world.ask(world.about_deal(1)).await;
    let about = world.about_deal(1);
    let tries = async || world.open().await.iter().find(|ask| ask.question == about).map(|ask| ask.tries);
    let before = tries().await;
    world.advance(age);
    let inquirer = world.run_with(&fake.url, world.workspace, TOKEN);
    until("it is tried", async || tries().await != before).await;
    inquirer.stop().await;
    tries().await.is_some()
}

#[tokio::test]
async fn a_question_is_asked_for_as_long_as_its_answer_is_of_use() {
    let world = World::new().await;
    assert!(after(&world, ALMOST_A_WEEK).await, "six days and more");
    assert!(world.facts().await.is_empty(), "nothing was invented");
}

#[tokio::test]
async fn a_question_ends_after_a_week_without_an_answer() {
    let world = World::new().await;
    assert!(!after(&world, WEEK + Duration::from_mins(1)).await);
    assert!(world.facts().await.is_empty(), "nothing was invented");
}

#[tokio::test]
async fn a_question_ends_only_by_a_clock_that_an_upstream_confirms() {
    let mut world = World::new().await;
    let shown = world.clock.clone();
    world.clock = Clock::new(move || shown.now_ms());
    assert!(after(&world, WEEK + Duration::from_mins(1)).await, "nobody has confirmed the clock");
    world.clock.hear(world.clock.now_ms());
    assert!(!after(&world, Duration::from_mins(1)).await);
}

#[tokio::test]
async fn every_answer_tells_the_time() {
    let mut world = World::new().await;
    world.clock = Clock::system();
    let fake = Host::new(|_| async {
        // Also one that is no answer.
        Answer::of(500).header("date", &httpdate::fmt_http_date(SystemTime::now()))
    })
    .await;
    assert!(!world.clock.is_confirmed());
    let inquirer = world.run_with(&fake.url, world.workspace, TOKEN);
    until("the clock is confirmed", async || world.clock.is_confirmed()).await;
    inquirer.stop().await;
}
