//! How an account is set up is read beside its questions.

use std::{future::ready, sync::Arc};

use serde_json::json;
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

/// Whoever has mended a webhook sees at the next change that it tells of that it is mended.
#[tokio::test]
async fn a_webhook_that_was_mended_is_seen_once_a_record_is_asked_for() {
    let world = World::new().await;
    let running = world.run();
    until("it is said", async || world.drifts() == [Drift::NoHook]).await;

    let all = [
        "add_lead",
        "update_lead",
        "delete_lead",
        "restore_lead",
        "status_lead",
        "add_contact",
        "update_contact",
        "delete_contact",
    ];
    let hook = json!({ "destination": "http://127.0.0.1:9/hooks/hook-key-of-the-tests", "settings": all });
    let made = reqwest::Client::new().post(format!("{}/api/v4/webhooks", world.running.url()));
    let made = made.bearer_auth(TOKEN).header("content-type", "application/json").body(hook.to_string());
    assert!(made.send().await.unwrap().status().is_success());
    let reads = || {
        let requests = world.sandbox.kommo_requests();
        requests
            .iter()
            .filter(|request| request.path.contains("/webhooks") && request.method == "GET")
            .count()
    };
    let before = reads();
    world.ask(world.about_deal(1)).await;
    until("it is no longer said", async || world.drifts().is_empty()).await;
    // From then on nobody looks at every record's turn.
    for id in 2..=5 {
        world.ask(world.about_deal(id)).await;
        world.until_answered().await;
    }
    assert_eq!(reads(), before + 1);
    running.stop().await;
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
