//! Answers that are not Meta's, and what of an answer is kept.

use std::{
    future::ready,
    sync::{Arc, Mutex},
    time::Duration,
};

use delivery::Graph;
use kopru_core::State;
use outgoing::Clients;
use sandbox::Fault;
use testkit::{
    http::{Answer, Host, Request},
    until,
};

use crate::world::{DATASET, World};

const STEP: Duration = Duration::from_secs(30);

#[tokio::test]
async fn an_answer_that_is_not_metas_pauses_and_ends_nothing() {
    for (status, body) in [
        (302, ""),
        (403, "<html>blocked</html>"),
        (404, "<html>not here</html>"),
        (418, "short and stout"),
        (200, "<html>welcome to the hotel</html>"),
        (200, "{}"),
        (200, ""),
        (503, "<html>busy</html>"),
        (502, r#"{"error":{"code":502,"message":"upstream"}}"#),
    ] {
        let world = World::new().await;
        let case = format!("{status} {body}");
        world.sandbox.fail_next(u32::MAX, Fault::Answer { status, body: body.into() });
        world.put(DATASET, (0..12).map(|id| world.event(id))).await;
        let lane = world.run(DATASET);
        let paused = async || world.pause().await.is_some_and(|pause| pause.needs_you);
        world.advance_until("a person is asked for", STEP, paused).await;
        assert!(world.requests() <= 6, "{case}: {} requests", world.requests());
        // For twenty minutes.
        for _ in 0..40 {
            world.advance(STEP).await;
        }
        let all = world.all().await;
        assert!(all.iter().all(|one| one.conversion.state == State::Queued), "{case}");
        let pause = world.until_paused().await;
        assert!(
            pause.cause.contains(&status.to_string()) && pause.cause.contains("graph_url"),
            "{}",
            pause.cause
        );

        world.sandbox.clear_faults();
        world.advance_until("all went", STEP, async || world.count(State::Accepted).await == 12).await;
        until("the pause is over", async || world.pause().await.is_none()).await;
        lane.stop().await;
        let taken = (200..300).contains(&status);
        assert!(world.all().await.iter().all(|one| one.may_count_twice == taken), "{case}");
    }
}

#[tokio::test]
async fn one_event_that_a_firewall_dislikes_does_not_stop_the_others() {
    let world = World::new().await;
    let firewall = Host::new(async |request: Request| {
        let body = request.text();
        if body.contains("\"poison\"") {
            return Answer::new(403, "<html>blocked</html>");
        }
        let events = body.matches("event_id").count();
        Answer::new(200, format!(r#"{{"events_received":{events}}}"#))
    })
    .await;
    let mut target = world.target(DATASET);
    target.graph_url = firewall.url;
    let ids = (0..40).map(|id| if id == 3 { "poison".to_owned() } else { id.to_string() });
    world.put(DATASET, ids.map(|id| world.event(id))).await;
    let lane = world.run_to(&target);
    world.advance_until("all others went", STEP, async || world.count(State::Accepted).await == 39).await;
    world.put(DATASET, [world.event("later")]).await;
    world.advance_until("so did a later one", STEP, async || world.count(State::Accepted).await == 40).await;
    lane.stop().await;
    assert_eq!(world.count(State::Queued).await, 1);
}

#[tokio::test]
async fn an_answer_without_end_is_not_metas() {
    let endless = |status| Answer::new(status, vec![0; 1 << 16]).repeated(1 << 14);
    for answer in [endless(200), endless(200).header("content-encoding", "gzip"), endless(404)] {
        let world = World::new().await;
        let said = answer.clone();
        let stranger = Host::new(move |_| ready(said.clone())).await;
        let mut target = world.target(DATASET);
        target.graph_url = stranger.url;
        world.put(DATASET, [world.event("a")]).await;
        let lane = world.run_to(&target);
        let paused = async || world.pause().await.is_some_and(|pause| pause.needs_you);
        world.advance_until("a person is asked for", STEP, paused).await;
        lane.stop().await;
        assert_eq!(world.count(State::Queued).await, 1, "{answer:?}");
    }
}

#[tokio::test]
async fn a_token_that_meta_repeats_is_kept_and_shown_nowhere() {
    let token = "1234567890|AbCdEfGhIjKlMnOpQrStUvWxYz1";
    for echo in
        [token, "1234567890%7CAbCdEfGhIjKlMnOpQrStUvWxYz1", "AbCdEfGhIjKlMn", "ABCDEFGHIJKLMNOPQRSTUVWXYZ1"]
    {
        let world = World::new().await;
        let body = serde_json::json!({ "error": { "code": 190, "type": "OAuthException",
            "message": format!("Malformed access token {echo}") } });
        world.sandbox.fail_next(u32::MAX, Fault::Answer { status: 401, body: body.to_string() });
        let mut target = world.target(DATASET);
        token.clone_into(&mut target.token);
        world.put(DATASET, [world.event("a")]).await;
        let lane = world.run_to(&target);
        let pause = world.until_paused().await;
        lane.stop().await;
        let probed = Graph::new(&target, &Clients::new().unwrap()).unwrap().probe().await.unwrap_err();
        let kept = world.all().await.remove(0).reply.unwrap();
        assert_eq!(pause.code, "190");
        for text in [pause.cause, probed.to_string(), kept] {
            assert_eq!(text, "190: Malformed access token …");
        }
    }
}

#[tokio::test]
async fn the_log_has_a_line_for_a_pause_and_its_end_and_nothing_that_meta_wrote() {
    let (log, _guard) = Log::here();
    let world = World::new().await;
    for (code, title, status) in [(190, "Ayse Yilmaz must log in", 401), (98_765, "Ayse Yilmaz", 400)] {
        let error = serde_json::json!({ "error": { "code": code, "type": "OAuthException",
            "error_user_title": title, "message": title, "error_user_msg": title } });
        world.sandbox.fail_next(u32::MAX, Fault::Answer { status, body: error.to_string() });
        world.put(DATASET, (0..2).map(|id| world.event(format!("{code} {id}")))).await;
        let lane = world.run(DATASET);
        let paused = async || world.pause().await.is_some_and(|pause| pause.needs_you);
        world.advance_until("a person is asked for", STEP, paused).await;
        let before = world.requests();
        world.advance_until("it was found unchanged", STEP, async || world.requests() > before + 2).await;
        world.sandbox.clear_faults();
        world.advance_until("it is mended", STEP, async || world.count(State::Queued).await == 0).await;
        until("the pause is over", async || world.pause().await.is_none()).await;
        lane.stop().await;
    }
    let said = log.text();
    assert!(!said.contains("Yilmaz"), "{said}");
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(lines.len(), 4, "{said}");
    assert!(lines[0].contains("the access token is not valid"), "{said}");
    assert!(lines[2].contains("98765"), "{said}");
    for (line, word) in lines.iter().zip(["delivery paused", "goes on", "delivery paused", "goes on"]) {
        assert!(line.contains(word), "{said}");
    }
}

/// What is logged on this thread.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn here() -> (Self, tracing::subscriber::DefaultGuard) {
        let log = Self::default();
        let writer = log.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_ansi(false)
            .with_max_level(tracing::Level::INFO)
            .with_writer(move || writer.clone())
            .finish();
        (log, tracing::subscriber::set_default(subscriber))
    }

    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
