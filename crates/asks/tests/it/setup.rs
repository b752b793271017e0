//! How an account is set up is read beside its questions.

use std::{
    future::{pending, ready},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

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
async fn what_an_account_lacks_is_said_until_a_reading_finds_otherwise() {
    let world = World::new().await;
    let running = world.run();
    until("it is said", async || world.drifts() == [Drift::NoHook]).await;
    running.stop().await;
    assert_eq!(world.drifts(), [Drift::NoHook], "nobody has mended it");
    let running = world.run();
    world.ask(world.about_deal(1)).await;
    world.until_answered().await;
    assert_eq!(world.drifts(), [Drift::NoHook]);
    running.stop().await;
}

/// A set-up that gives no answer costs a question little.
#[tokio::test]
async fn a_set_up_that_never_answers_holds_up_no_question_for_long() {
    let world = World::new().await;
    let asked = Arc::new(AtomicBool::new(false));
    let host = Host::new({
        let asked = Arc::clone(&asked);
        move |request| {
            let asked = Arc::clone(&asked);
            async move {
                match request.path.split('?').next().unwrap_or_default() {
                    "/api/v4/webhooks" => {
                        asked.store(true, Ordering::Relaxed);
                        pending().await
                    }
                    "/api/v4/leads" => fake::leads_of(&request.path),
                    "/api/v4/leads/pipelines" => Answer::new(200, r#"{"_embedded":{"pipelines":[]}}"#),
                    "/api/v4/events" => Answer::of(204),
                    _ => Answer::new(200, r#"{"id":1,"currency":"TRY"}"#),
                }
            }
        }
    })
    .await;
    let kommo = Kommo { origin: world.origin(), ..Kommo::at(&host.url, TOKEN) };
    let running = world.run_upstream(Arc::new(kommo), world.workspace);
    until("the set-up is read", async || asked.load(Ordering::Relaxed)).await;
    let begun = std::time::Instant::now();
    world.ask(world.about_deal(1)).await;
    world.until_answered().await;
    assert!(begun.elapsed() < Duration::from_secs(8), "{:?}", begun.elapsed());
    running.stop().await;
}

/// What is refused for another reason than a missing right is said as what it is.
#[tokio::test]
async fn webhooks_that_cannot_be_read_are_not_said_to_be_hidden() {
    for (status, why) in [
        (401, "the access token is not accepted (HTTP 401)"),
        (404, "there is nothing at its address (HTTP 404)"),
    ] {
        let world = World::new().await;
        let host = Host::new(move |request| {
            ready(match request.path.split('?').next().unwrap_or_default() {
                "/api/v4/webhooks" => Answer::of(status),
                "/api/v4/leads" => fake::leads_of(&request.path),
                "/api/v4/leads/pipelines" => Answer::new(200, r#"{"_embedded":{"pipelines":[]}}"#),
                "/api/v4/events" => Answer::of(204),
                _ => Answer::new(200, r#"{"id":1,"currency":"TRY"}"#),
            })
        })
        .await;
        let kommo = Kommo { origin: world.origin(), ..Kommo::at(&host.url, TOKEN) };
        let running = world.run_upstream(Arc::new(kommo), world.workspace);
        until("it is said", async || world.drifts() == [Drift::HooksUnread(why)]).await;
        // Nothing else rests because of it.
        world.ask(world.about_deal(1)).await;
        world.until_answered().await;
        running.stop().await;
    }
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
