//! Pace belongs to whom it concerns: an account, one of its paths, or all of a provider.

use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};
use store::Store;

use kopru_core::QuestionKind;
use testkit::{
    http::{Answer, Host},
    until,
};

use crate::{
    fake,
    world::{TOKEN, World},
};

#[tokio::test]
async fn a_path_that_is_refused_leaves_the_others() {
    let world = World::new().await;
    let fake = Host::new(|asked| async move {
        match asked.path.as_str() {
            path if path.contains("/events?") => Answer::of(403).header("retry-after", "300"),
            path if path.contains("/leads?") => fake::leads_of(path),
            _ => Answer::of(204),
        }
    })
    .await;
    world.ask(world.about_log(1)).await;
    let inquirer = world.run_with(&fake.url, world.workspace, TOKEN);
    let refused = |tries| {
        let world = &world;
        async move |id: u64| {
            let log = world.about_log(id);
            world.open().await.iter().any(|ask| ask.question == log && ask.tries >= tries)
        }
    };
    until("the log is refused", async || refused(1)(1).await).await;
    // More of them than are looked at together.
    for id in 1..=1_200 {
        world.ask(world.about_log(id)).await;
    }
    for id in 1..=3 {
        world.ask(world.about_deal(id)).await;
    }
    until("the deals are answered", async || world.deals().await.len() == 3).await;
    let open = world.open().await;
    assert!(open.iter().filter(|ask| ask.question.kind() == QuestionKind::StageLog).count() == 1_200);
    inquirer.stop().await;
}

#[tokio::test]
async fn companies_that_are_refused_leave_contacts_and_deals() {
    let world = World::new().await;
    let fake = Host::new(|asked| async move {
        match asked.path.as_str() {
            path if path.contains("/companies?") => Answer::of(403),
            path if path.contains("/leads?") => fake::leads_of(path),
            _ => Answer::of(204),
        }
    })
    .await;
    let company = world.about_contact("company-1");
    world.ask(company.clone()).await;
    let inquirer = world.run_with(&fake.url, world.workspace, TOKEN);
    until("companies are refused", async || {
        world.open().await.iter().any(|ask| ask.question == company && ask.tries >= 1)
    })
    .await;
    for id in 1..=3 {
        world.ask(world.about_deal(id)).await;
        world.ask(world.about_contact(id)).await;
    }
    until("all else is answered", async || {
        let open = world.open().await;
        world.deals().await.len() == 3
            && open
                .iter()
                .all(|ask| ask.question == company || ask.question.kind() == QuestionKind::Catalogue)
    })
    .await;
    inquirer.stop().await;
}

/// The times at which an account is asked that first answers with each of these, then well.
async fn asked_at(answers: Vec<Answer>) -> Vec<Instant> {
    let world = World::new().await;
    let times = Arc::new(Mutex::new(Vec::new()));
    let (answers, noted) = (Mutex::new(answers.into_iter()), Arc::clone(&times));
    let fake = Host::new(move |asked| {
        noted.lock().unwrap().push(Instant::now());
        let scripted = answers.lock().unwrap().next();
        let well = if asked.path.contains("/leads?") { fake::leads_of(&asked.path) } else { Answer::of(204) };
        std::future::ready(scripted.unwrap_or(well))
    })
    .await;
    world.ask(world.about_deal(1)).await;
    let inquirer = world.run_with(&fake.url, world.workspace, TOKEN);
    until("it is answered", async || {
        // Only the host's own wait counts here.
        world.advance(Duration::from_secs(1));
        world.deals().await.len() == 1
    })
    .await;
    inquirer.stop().await;
    times.lock().unwrap().clone()
}

#[tokio::test]
async fn a_gateway_that_does_not_say_how_long_gets_one_second_and_two() {
    let html = || Answer::new(429, "<html>Too many requests</html>");
    let times = asked_at(vec![html(), html()]).await;
    assert!(times[1] - times[0] >= Duration::from_secs(1));
    assert!(times[2] - times[1] >= Duration::from_secs(2));
}

#[tokio::test]
async fn a_wait_that_is_asked_for_is_kept() {
    let in_header = Answer::of(429).header("retry-after", "3");
    let in_body = Answer::new(429, r#"{"title":"Too Many Requests","retry_after":4}"#);
    let times = asked_at(vec![in_header, in_body]).await;
    assert!(times[1] - times[0] >= Duration::from_secs(3));
    assert!(times[2] - times[1] >= Duration::from_secs(4));
}

#[tokio::test]
async fn two_accounts_that_are_asked_to_wait_speak_for_all() {
    let world = World::new().await;
    let fake = Host::new(|asked| async move {
        match asked.bearer() {
            "one" | "two" => Answer::of(429).header("retry-after", "4"),
            _ if asked.path.contains("/leads?") => fake::leads_of(&asked.path),
            _ => Answer::of(204),
        }
    })
    .await;
    let mut refused = Vec::new();
    for token in ["one", "two"] {
        let workspace = world.store.workspace(token).await.unwrap();
        refused.push(world.run_with(&fake.url, workspace, token));
    }
    until("both were refused", async || fake.requests() >= 2).await;
    let begun = Instant::now();
    // The answers are on their way back.
    tokio::time::sleep(Duration::from_millis(500)).await;
    world.ask(world.about_deal(1)).await;
    let healthy = world.run_with(&fake.url, world.workspace, TOKEN);
    until("the third is answered", async || world.deals().await.len() == 1).await;
    assert!(begun.elapsed() >= Duration::from_secs(3), "{:?}", begun.elapsed());
    for one in refused.into_iter().chain([healthy]) {
        one.stop().await;
    }
}

#[tokio::test]
async fn many_accounts_that_ask_for_names_do_not_hold_up_a_deal() {
    let world = World::new().await;
    let fake = Host::new(|asked| async move {
        if asked.path.contains("/leads?") { fake::leads_of(&asked.path) } else { Answer::of(204) }
    })
    .await;
    let mut others = Vec::new();
    for number in 0..60 {
        let workspace = world.store.workspace(&format!("other-{number}")).await.unwrap();
        others.push(world.run_with(&fake.url, workspace, &format!("token-{number}")));
    }
    until("names are asked", async || fake.requests() > 3).await;
    let begun = Instant::now();
    world.ask(world.about_deal(1)).await;
    let inquirer = world.run_with(&fake.url, world.workspace, TOKEN);
    until("the deal is answered", async || world.deals().await.len() == 1).await;
    let waited = begun.elapsed();
    assert!(waited < Duration::from_secs(5), "sixty accounts would take ten: {waited:?}");
    for one in others.into_iter().chain([inquirer]) {
        one.stop().await;
    }
}
