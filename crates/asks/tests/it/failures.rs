//! What becomes of a question when the CRM does not answer it.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use kopru_core::{Question, QuestionKind};
use testkit::{
    http::{Answer, Host, vacant_address},
    until,
};

use crate::{
    fake,
    world::{TOKEN, World},
};

#[tokio::test]
async fn a_wrong_token_puts_questions_off_until_it_is_mended() {
    let world = World::new().await;
    for id in 1..=150 {
        world.ask(world.about_deal(id)).await;
    }
    let inquirer = world.run_with(&world.running.url(), world.workspace, "wrong");
    until("all are put off", async || {
        world.unanswered().await == Some((151, "the access token is not accepted (HTTP 401)".into()))
    })
    .await;
    // One refusal is enough for all questions, whatever the clock does.
    world.advance(Duration::from_secs(61));
    assert_eq!(world.sandbox.kommo_requests().len(), 1);
    until("it is asked again", async || world.sandbox.kommo_requests().len() > 1).await;
    assert!(world.deals().await.is_empty());
    inquirer.stop().await;

    let inquirer = world.run();
    world.advance(Duration::from_secs(61));
    world.until_answered().await;
    inquirer.stop().await;
    assert_eq!(world.deals().await.len(), 150);
    assert_eq!(world.unanswered().await, None);
}

#[tokio::test]
async fn a_host_that_is_down_is_asked_less_and_less_often() {
    let world = World::new().await;
    let address = vacant_address();
    world.ask(world.about_deal(1)).await;
    let inquirer = world.run_with(&format!("http://{address}"), world.workspace, TOKEN);
    let tries = async || {
        let open = world.open().await;
        open.iter().find(|ask| ask.question.kind() == QuestionKind::Deal).map_or(0, |ask| ask.tries)
    };
    until("it failed", async || tries().await == 1).await;
    assert_eq!(world.unanswered().await.unwrap().1, "no connection");
    // One second, two, four: each wait is needed.
    for (tried, wait_s) in [(1, 1), (2, 2), (3, 4)] {
        assert_eq!(tries().await, tried);
        world.advance(Duration::from_secs(wait_s));
        until("it was tried again", async || tries().await == tried + 1).await;
    }
    let running = world.sandbox.serve(address).await.unwrap();
    world.advance(Duration::from_mins(5));
    world.until_answered().await;
    inquirer.stop().await;
    running.shutdown().await;
}

/// Whoever looks sees who is not asked, since when, until when and why, until there is an answer.
#[tokio::test]
async fn an_account_that_is_told_to_wait_says_so_until_it_is_answered() {
    let world = World::new().await;
    let refuses = Arc::new(AtomicBool::new(true));
    let fake = Host::new({
        let refuses = Arc::clone(&refuses);
        move |asked| {
            let refuses = refuses.load(Ordering::Relaxed);
            async move {
                match asked.path.as_str() {
                    _ if refuses => Answer::of(429).header("retry-after", "2"),
                    path if path.contains("/leads?") => fake::leads_of(path),
                    _ => Answer::of(204),
                }
            }
        }
    })
    .await;
    world.ask(world.about_deal(1)).await;
    let before_ms = world.clock.now_ms();
    let inquirer = world.run_with(&fake.url, world.workspace, TOKEN);
    until("it rests", async || world.resting().is_some()).await;
    let first = world.resting().unwrap();
    assert_eq!((first.why, first.provider.as_deref()), ("asked too often (HTTP 429)", None));
    assert!(first.since_ms >= before_ms && first.until_ms - first.since_ms >= 1_990, "{first:?}");
    // Again, and it has not been answered in between.
    until("it rests on", async || world.resting().is_some_and(|rest| rest.until_ms > first.until_ms)).await;
    let again = world.resting().unwrap();
    assert!((again.since_ms - first.since_ms).abs() < 50, "{again:?}");
    refuses.store(false, Ordering::Relaxed);
    until("it is answered", async || world.resting().is_none()).await;
    inquirer.stop().await;
    assert_eq!(world.deals().await.len(), 1);

    // A loop that ends says nothing of its account any more.
    refuses.store(true, Ordering::Relaxed);
    world.ask(world.about_deal(2)).await;
    let inquirer = world.run_with(&fake.url, world.workspace, TOKEN);
    until("it rests", async || world.resting().is_some()).await;
    inquirer.stop().await;
    assert_eq!(world.resting(), None);
}

/// An answer of several calls goes on behind the call that came too soon: what is answered is not asked again.
#[tokio::test]
async fn a_call_that_is_too_soon_in_the_middle_of_an_answer_is_made_once_more() {
    let world = World::new().await;
    let calls: Arc<Mutex<Vec<String>>> = Arc::default();
    let fake = Host::new({
        let calls = Arc::clone(&calls);
        move |asked| {
            let path = asked.path.split('?').next().unwrap_or_default().to_owned();
            calls.lock().unwrap().push(path.clone());
            let is_first = calls.lock().unwrap().iter().filter(|one| **one == path).count() == 1;
            async move {
                match path.as_str() {
                    "/api/v4/leads/pipelines" => Answer::new(200, fake::PIPELINES),
                    "/api/v4/account" if is_first => Answer::of(429),
                    "/api/v4/account" => Answer::new(200, r#"{"id":1,"subdomain":"acme","currency":"TRY"}"#),
                    _ => Answer::of(204),
                }
            }
        }
    })
    .await;
    world.ask(Question::Catalogue { origin: world.origin() }).await;
    let inquirer = world.run_with(&fake.url, world.workspace, TOKEN);
    world.until_answered().await;
    inquirer.stop().await;
    assert_eq!(world.catalogues().await[0].currency.as_deref(), Some("TRY"));
    let calls = calls.lock().unwrap();
    let count = |path: &str| calls.iter().filter(|one| *one == path).count();
    assert_eq!((count("/api/v4/leads/pipelines"), count("/api/v4/account")), (1, 2), "{calls:?}");
}

#[tokio::test]
async fn stopping_does_not_wait_for_an_answer() {
    let world = World::new().await;
    let fake = Host::new(|_| std::future::pending::<Answer>()).await;
    world.ask(world.about_deal(1)).await;
    let inquirer = world.run_with(&fake.url, world.workspace, TOKEN);
    until("something is under way", async || fake.requests() > 0).await;
    inquirer.stop().await;
    assert!(world.open().await.iter().any(|ask| ask.question == world.about_deal(1)));
}
