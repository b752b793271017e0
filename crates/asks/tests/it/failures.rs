//! What becomes of a question when the CRM does not answer it.

use std::time::Duration;

use kopru_core::QuestionKind;
use tokio::net::TcpListener;

use crate::{
    fake::{self, Fake},
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
    // One refusal is enough for all questions of a kind.
    let refused = world.sandbox.kommo_requests().len();
    assert!(refused <= 3, "{refused} requests");
    world.advance(Duration::from_secs(59));
    world.advance(Duration::from_secs(2));
    until("it is asked again", async || world.sandbox.kommo_requests().len() > refused).await;
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
    // One second, two, four, eight: each wait is needed.
    for (tried, wait_s) in [(1, 1), (2, 2), (3, 4), (4, 8)] {
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

#[tokio::test]
async fn a_row_that_cannot_be_read_holds_up_nobody_else() {
    let world = World::new().await;
    let fake = Fake::new(|path| async move {
        if !path.contains("/leads?") {
            return (204, String::new());
        }
        let row = |id: &&str| if *id == "13" { fake::odd_lead(id) } else { fake::lead(id) };
        fake::leads(&fake::ids(&path).iter().map(row).collect::<Vec<_>>())
    })
    .await;
    for id in 1..=40 {
        world.ask(world.about_deal(id)).await;
    }
    let inquirer = world.run_with(&fake.url, world.workspace, TOKEN);
    until("the others are answered", async || world.deals().await.len() == 39).await;
    until("the odd one is put off", async || {
        world.unanswered().await.is_some_and(|(_, error)| error == "an answer that is not understood")
    })
    .await;
    inquirer.stop().await;
    assert!(world.open().await.iter().any(|ask| ask.question == world.about_deal(13)));
    assert!(fake.requests() < 20, "{} requests", fake.requests());
}

#[tokio::test]
async fn an_id_that_the_crm_chokes_on_holds_up_nobody_else_and_is_given_up() {
    let world = World::new().await;
    let fake = Fake::new(|path| async move {
        let asked = fake::ids(&path);
        if !path.contains("/leads?") {
            return (204, String::new());
        }
        if asked.contains(&"13") {
            return (400, String::new());
        }
        fake::leads(&asked.iter().map(|id| fake::lead(id)).collect::<Vec<_>>())
    })
    .await;
    for id in 1..=20 {
        world.ask(world.about_deal(id)).await;
    }
    let inquirer = world.run_with(&fake.url, world.workspace, TOKEN);
    until("the others are answered", async || world.deals().await.len() == 19).await;
    for tries in 1..=5 {
        until("it was tried", async || {
            let open = world.open().await;
            open.iter().any(|ask| ask.question == world.about_deal(13) && ask.tries == tries)
        })
        .await;
        world.advance(Duration::from_mins(5));
    }
    until("it is given up", async || world.deals().await.len() == 20).await;
    inquirer.stop().await;
    let given_up = world.deals().await.into_iter().find(|read| read.deal == world.key(13)).unwrap();
    assert_eq!(given_up.found, None, "as if the CRM did not have it");
}

#[tokio::test]
async fn an_answer_without_end_holds_up_nobody_else() {
    let world = World::new().await;
    let fake = Fake::new(|path| async move {
        if !path.contains("/leads?") {
            return (204, String::new());
        }
        let (status, body) =
            fake::leads(&fake::ids(&path).iter().map(|id| fake::lead(id)).collect::<Vec<_>>());
        let endless = fake::ids(&path).contains(&"1");
        let next = format!(r#"{{"_links":{{"next":{{"href":"{path}"}}}},"#);
        (status, if endless { body.replacen('{', &next, 1) } else { body })
    })
    .await;
    for id in 1..=2 {
        world.ask(world.about_deal(id)).await;
    }
    let inquirer = world.run_with(&fake.url, world.workspace, TOKEN);
    until("the other is answered", async || world.deals().await.len() == 1).await;
    inquirer.stop().await;
    assert_eq!(world.deals().await[0].deal, world.key(2));
}

#[tokio::test]
async fn a_host_that_asks_for_rest_gets_it() {
    let world = World::new().await;
    let fake = Fake::new(|_| async { (429, String::new()) }).await;
    for id in 1..=3 {
        world.ask(world.about_deal(id)).await;
        world.ask(world.about_contact(id)).await;
    }
    let inquirer = world.run_with(&fake.url, world.workspace, TOKEN);
    until("it has said so", async || {
        world.unanswered().await.is_some_and(|(_, error)| error == "asked too often (HTTP 429)")
    })
    .await;
    // Time that passes for the questions does not pass for the host.
    world.advance(Duration::from_mins(10));
    inquirer.stop().await;
    assert_eq!(fake.requests(), 1);
}

#[tokio::test]
async fn stopping_does_not_wait_for_an_answer() {
    let world = World::new().await;
    let fake = Fake::new(|_| std::future::pending()).await;
    world.ask(world.about_deal(1)).await;
    let inquirer = world.run_with(&fake.url, world.workspace, TOKEN);
    until("something is under way", async || fake.requests() > 0).await;
    inquirer.stop().await;
    assert!(world.open().await.iter().any(|ask| ask.question == world.about_deal(1)));
}
