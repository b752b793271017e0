//! How an account is set up is read beside its questions.

use std::{future::ready, sync::Arc};

use sources::{Drift, Kommo};
use testkit::{
    http::{Answer, Host},
    until,
};

use crate::{
    fake,
    world::{TOKEN, World},
};

#[tokio::test]
async fn what_an_account_lacks_is_said_once_it_is_read_and_not_when_nobody_asks() {
    let world = World::new().await;
    let running = world.run();
    until("it is said", async || world.drifts() == [Drift::NoHook]).await;
    running.stop().await;
    assert_eq!(world.drifts(), []);
}

/// What is forbidden is asked again later and later; what is allowed goes on at once.
#[tokio::test]
async fn a_forbidden_history_is_said_and_its_questions_say_why_they_wait() {
    let world = World::new().await;
    let host = Host::new(|request| {
        ready(match request.path.split('?').next().unwrap_or_default() {
            "/api/v4/events" | "/api/v4/webhooks" => {
                Answer::new(403, r#"{"title":"Forbidden","status":403}"#)
            }
            "/api/v4/leads" => fake::leads_of(&request.path),
            "/api/v4/leads/pipelines" => Answer::new(200, r#"{"_embedded":{"pipelines":[]}}"#),
            _ => Answer::new(200, r#"{"id":1,"currency":"TRY"}"#),
        })
    })
    .await;
    let kommo = Kommo { origin: world.origin(), ..Kommo::at(&host.url, TOKEN) };
    world.ask(world.about_log(1)).await;
    let running = world.run_upstream(Arc::new(kommo), world.workspace);
    let all = [Drift::HistoryHidden, Drift::HooksHidden];
    until("both are said", async || world.drifts() == all).await;
    world.ask(world.about_deal(2)).await;

    until("the deal is read", async || world.open().await.len() == 1).await;
    let (_, why) = world.unanswered().await.unwrap();
    assert!(why.contains("its history (audit log) is for administrators only"), "{why}");
    running.stop().await;
}
