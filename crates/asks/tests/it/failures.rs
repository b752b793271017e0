//! What becomes of a question when the CRM does not answer it.

use std::time::Duration;

use kopru_core::QuestionKind;
use tokio::{net::TcpListener, sync::watch};

use crate::{
    fake::{self, Answer, Fake},
    world::{TOKEN, World, until},
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
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
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

/// The account answers like this for a while, then well.
async fn no_deal_is_lost(status: u16, body: &'static str) {
    let world = World::new().await;
    let (well, is_well) = watch::channel(false);
    let fake = Fake::new(move |asked| {
        let is_well = *is_well.borrow();
        let answer = match asked.path.as_str() {
            _ if !is_well => (status, body.to_owned()).into(),
            path if path.contains("/leads?") => fake::leads_of(path),
            _ => Answer::of(204),
        };
        std::future::ready(answer)
    })
    .await;
    for id in 1..=40 {
        world.ask(world.about_deal(id)).await;
    }
    let inquirer = world.run_with(&fake.url, world.workspace, TOKEN);
    let tries = async || {
        let open = world.open().await;
        open.iter().filter(|ask| ask.question.kind() == QuestionKind::Deal).map(|ask| ask.tries).min()
    };
    for round in 1..=3 {
        until("all of them were tried", async || tries().await >= Some(round)).await;
        world.advance(Duration::from_secs(5));
    }
    assert!(fake.requests() < 40, "{} requests", fake.requests());
    assert!(world.facts().await.is_empty(), "nothing is made of it");
    well.send_replace(true);
    until("all are answered", async || {
        world.advance(Duration::from_mins(5));
        world.deals().await.len() == 40
    })
    .await;
    assert!(world.deals().await.iter().all(|deal| deal.found.is_some()));
    inquirer.stop().await;
}

#[tokio::test]
async fn a_page_of_somebody_else_for_a_while_loses_no_deal() {
    no_deal_is_lost(200, "<html>").await;
}

#[tokio::test]
async fn an_empty_object_for_a_while_loses_no_deal() {
    no_deal_is_lost(200, "{}").await;
}

#[tokio::test]
async fn an_empty_body_for_a_while_loses_no_deal() {
    no_deal_is_lost(200, "").await;
}

#[tokio::test]
async fn a_refused_question_for_a_while_loses_no_deal() {
    no_deal_is_lost(400, "").await;
}

#[tokio::test]
async fn a_redirect_for_a_while_loses_no_deal() {
    no_deal_is_lost(302, "").await;
}

#[tokio::test]
async fn stopping_does_not_wait_for_an_answer() {
    let world = World::new().await;
    let fake = Fake::new(|_| std::future::pending::<Answer>()).await;
    world.ask(world.about_deal(1)).await;
    let inquirer = world.run_with(&fake.url, world.workspace, TOKEN);
    until("something is under way", async || fake.requests() > 0).await;
    inquirer.stop().await;
    assert!(world.open().await.iter().any(|ask| ask.question == world.about_deal(1)));
}
