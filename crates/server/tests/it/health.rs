//! What can be seen from outside.

use kopru_core::State;
use serde_json::{Value, json};

use crate::world::{ADMIN_TOKEN, KOMMO, World, conversion};

const SINCE_MS: i64 = 1_780_000_000_000;

async fn ready(world: &World) -> (u16, String) {
    let answer = world.client.get(world.door("/readyz")).send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

#[tokio::test]
async fn what_has_been_stopped_is_said_everywhere_and_stops_nothing_else() {
    let world = World::with(ADMIN_TOKEN, &["acme", "beta"]).await;
    assert_eq!(ready(&world).await, (200, "ready\n".into()));
    world.health.stopped("acme", "processor", SINCE_MS);
    world.health.stopped("acme", "lane 700100", SINCE_MS);
    world.health.stopped("acme", "processor", SINCE_MS + 1);
    let said = "ready\nstopped: acme: lane 700100, since 2026-05-28T20:26:40Z\n\
                stopped: acme: processor, since 2026-05-28T20:26:40Z\n";
    assert_eq!(ready(&world).await, (200, said.into()));
    let health = world.get("/api/v1/health").await.text().await.unwrap();
    let stopped = |what: &str| json!({ "workspace": "acme", "what": what, "since": "2026-05-28T20:26:40Z" });
    let health: Value = serde_json::from_str(&health).unwrap();
    assert_eq!(health["stopped"], json!([stopped("lane 700100"), stopped("processor")]));
    for (language, words) in [("en", "A part has stopped"), ("tr", "Bir bölüm")] {
        let page = async |workspace: &str| {
            let path = format!("/?workspace={workspace}&lang={language}");
            world.get(&path).await.text().await.unwrap()
        };
        let acme = page("acme").await;
        assert!(acme.contains(words) && acme.contains("processor (2026-05-28 20:26)"), "{acme}");
        assert!(!page("beta").await.contains(words));
    }
    assert_eq!(world.post_signed(KOMMO, "account[id]=1", None).await.status(), 200);
    world.health.running("acme", "processor");
    world.health.running("acme", "lane 700100");
    assert_eq!(ready(&world).await, (200, "ready\n".into()));
}

#[tokio::test]
async fn metrics_are_told_to_whoever_has_the_token() {
    let world = World::new().await;
    world.create([conversion("a", State::Queued, None)]).await;
    world.post_signed(KOMMO, "leads[add][0][id]=5", None).await;
    world.post_signed("nobody", "x", None).await;
    assert_eq!(world.get_as("/metrics", None).await.status(), 401);
    let answer = world.get("/metrics").await;
    assert_eq!(answer.status(), 200);
    assert!(answer.headers()["content-type"].to_str().unwrap().starts_with("text/plain; version=0.0.4"));
    let text = answer.text().await.unwrap();
    for line in [
        "kopru_facts{workspace=\"acme\",state=\"used\"} 1",
        "kopru_facts{workspace=\"acme\",state=\"pending\"} 1",
        "kopru_conversions{workspace=\"acme\",state=\"queued\"} 1",
        "kopru_conversions{workspace=\"acme\",state=\"accepted\"} 0",
        "kopru_door_refused_total{reason=\"unknown_key\"} ",
        "kopru_door_requests_total ",
        "kopru_undecided_oldest_seconds{workspace=\"acme\"} ",
        "kopru_due_oldest_seconds{workspace=\"acme\"} ",
    ] {
        assert!(text.lines().any(|said| said.starts_with(line)), "{line}\n{text}");
    }
}

#[tokio::test]
async fn a_mistake_in_the_set_up_is_said_once_and_without_secrets() {
    let log = crate::log::captured();
    let world = World::with(ADMIN_TOKEN, &["logged"]).await;
    for _ in 0..5 {
        let answer = world.post_signed(crate::world::WHATSAPP, "body-not-to-log", Some("sha256=00")).await;
        assert_eq!(answer.status(), 401);
        assert_eq!(world.post_signed("key-not-to-log", "x", None).await.status(), 404);
        assert_eq!(world.post_signed(KOMMO, "body-not-to-log=1", None).await.status(), 200);
    }
    let said = log.text();
    let lines =
        |words: &[&str]| said.lines().filter(|line| words.iter().all(|word| line.contains(word))).count();
    assert_eq!(lines(&["INFO", "workspace=\"logged\"", "whatsapp", "app_secret"]), 1, "{said}");
    assert_eq!(lines(&["WARN", "workspace=\"logged\"", "kommo", "not understood"]), 1, "{said}");
    assert!(lines(&["INFO", "does not know the key"]) >= 1, "{said}");
    for secret in ["not-to-log", crate::world::WHATSAPP, crate::world::KOMMO, crate::world::APP_SECRET] {
        assert!(!said.contains(secret), "{secret}: {said}");
    }
}
