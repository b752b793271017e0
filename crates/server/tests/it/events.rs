//! Finding events, trying them again, dropping them, and taking the configuration again.

use kopru_core::{Reason, State};
use processor::DryRun;
use reqwest::Response;
use serde_json::{Value, json};
use server::{Applied, AppliedWorkspace, ApplyAnswer};
use store::DecisionStore;

use crate::world::{ADMIN_TOKEN, World, conversion};

const NOW_S: i64 = 1_780_000_000;

/// Four events, a minute apart, the last of them now.
async fn world() -> World {
    let world = World::new().await;
    let all = [
        ("a", State::Suppressed, Some(Reason::NoClick)),
        ("b", State::Failed, Some(Reason::RefusedByMeta)),
        ("c", State::Queued, None),
        ("d", State::Waiting, Some(Reason::WaitingPrice)),
    ];
    let all = all.into_iter().zip(0..).map(|((id, state, reason), place)| {
        let mut one = conversion(id, state, reason);
        one.event_s = NOW_S - 180 + place * 60;
        one.deadline_ms = (state == State::Waiting).then_some(i64::MAX);
        one
    });
    world.create(all).await;
    world
}

async fn post(world: &World, path: &str, body: &Value) -> Response {
    let request = world.client.post(format!("http://{}{path}", world.admin.address));
    request.bearer_auth(ADMIN_TOKEN).body(body.to_string()).send().await.unwrap()
}

async fn answer(response: Response) -> (u16, Value) {
    let status = response.status().as_u16();
    (status, serde_json::from_str(&response.text().await.unwrap()).unwrap())
}

async fn ids(world: &World, query: &str) -> String {
    let (status, listed) = answer(world.get(&format!("/api/v1/conversions?{query}")).await).await;
    assert_eq!(status, 200, "{query}: {listed}");
    listed.as_array().unwrap().iter().map(|one| one["event_id"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_filter_takes_what_it_says() {
    let world = world().await;
    for (query, wanted) in [
        ("", "dcba"),
        ("state=failed", "b"),
        ("state=failed&state=queued", "cb"),
        ("reason=no_click&reason=refused_by_meta", "ba"),
        ("event=Purchase&rule=sale&dataset=700100", "dcba"),
        ("event=Lead", ""),
        ("deal=55b", "b"),
        ("deal=kommo:acme/55b", "b"),
        ("deal=kommo:other/55b", ""),
        ("event_id=a&event_id=c&event_id=zzz", "ca"),
        ("event_id=a&event_id=c&after=c", "a"),
        ("since=2026-05-28T20:24:40Z", "dcb"),
        ("since=2026-05-28&until=2026-05-28T23:24:40%2B03:00", "a"),
        ("until=2026-05-28", ""),
        ("state=&since=&limit=2", "dc"),
    ] {
        assert_eq!(ids(&world, query).await, wanted, "{query}");
    }
    let all = world.get("/api/v1/conversions?state=accepted").await;
    assert!(!all.headers().contains_key("kopru-looked-back-to"), "all was looked at");
}

#[tokio::test]
async fn a_filter_that_cannot_be_meant_is_told_what_could() {
    let world = world().await;
    for (query, says) in [
        ("state=fialed", "known are queued, waiting, accepted"),
        ("reason=refused", "refused_by_meta"),
        ("since=yesterday", "write for example 2026-05-28"),
        ("sate=failed", "\"sate\" is unknown; there is: state, reason"),
        ("deal=1&deal=2", "deal: give one"),
    ] {
        let (status, said) = answer(world.get(&format!("/api/v1/conversions?{query}")).await).await;
        assert_eq!(status, 400, "{query}");
        assert!(said["error"].as_str().unwrap().contains(says), "{said}");
    }
    for (body, says) in [
        (json!({}), "state, reason, event, dataset, rule, deal, event_id, since, until"),
        (json!({ "dry_run": true }), "\"all\": true"),
        (json!({ "all": "yes" }), "true or false"),
        (json!({ "state": 7 }), "a text"),
        (json!({ "states": "failed" }), "\"states\" is unknown"),
        (json!(["failed"]), "a JSON object"),
        (json!({ "event_id": vec!["x"; 257] }), "at most 256"),
    ] {
        for path in ["/api/v1/conversions/retry", "/api/v1/conversions/drop"] {
            let (status, said) = answer(post(&world, path, &body).await).await;
            assert_eq!(status, 400, "{body}");
            assert!(said["error"].as_str().unwrap().contains(says), "{said}");
        }
    }
    let (status, _) = answer(post(&world, "/api/v1/conversions/retry?workspace=x", &json!({})).await).await;
    assert_eq!(status, 404);
}

/// Steps of a revisit that the next turn would do.
async fn steps(world: &World) -> usize {
    usize::from(world.store.take(world.lease, 1, 0).await.unwrap().revisit.is_some())
}

#[tokio::test]
async fn a_drop_is_counted_and_then_begun() {
    let world = world().await;
    let body = json!({ "all": true, "dry_run": true });
    let (status, said) = answer(post(&world, "/api/v1/conversions/drop", &body).await).await;
    let wanted = json!({
        "matched": 4,
        "new": 0,
        "would": { "queued": 0, "waiting": 0, "suppressed": 2, "failed": 0, "unchanged": 2 },
        "left": { "accepted": 0, "under_way": 0, "not_permitted": {} },
        "value": {},
        "of_new": { "would": { "queued": 0, "waiting": 0, "suppressed": 0, "failed": 0 }, "value": {} },
        "done": true,
        "dry_run": true,
    });
    assert_eq!((status, said), (200, wanted));
    assert_eq!(steps(&world).await, 0, "nothing has begun");

    let (_, said) =
        answer(post(&world, "/api/v1/conversions/drop", &json!({ "event_id": "zzz" })).await).await;
    assert_eq!((&said["matched"], steps(&world).await), (&json!(0), 0), "there is nothing to do");

    let (_, said) =
        answer(post(&world, "/api/v1/conversions/drop", &json!({ "state": ["queued"] })).await).await;
    assert_eq!((&said["would"]["suppressed"], &said["dry_run"]), (&json!(1), &json!(false)));
    assert_eq!(steps(&world).await, 1);
    assert_eq!(ids(&world, "state=queued").await, "c", "the decisions do it");
}

#[tokio::test]
async fn a_retry_says_what_it_leaves_alone_and_what_it_sends() {
    let world = world().await;
    let body = json!({ "state": "queued", "dry_run": true });
    let (_, said) = answer(post(&world, "/api/v1/conversions/retry", &body).await).await;
    assert_eq!((&said["would"]["queued"], &said["value"]), (&json!(1), &json!({ "TRY": "4999.9" })));
    // Nothing is known of the deals of this store any more: there is no click.
    let body = json!({ "state": ["failed", "waiting"], "dry_run": true });
    let (_, said) = answer(post(&world, "/api/v1/conversions/retry", &body).await).await;
    assert_eq!((&said["matched"], &said["would"]["suppressed"]), (&json!(2), &json!(2)));
}

#[tokio::test]
async fn a_configuration_is_taken_by_whoever_has_it() {
    let mut world = World::new().await;
    let request = world.client.post(format!("http://{}/api/v1/apply", world.admin.address));
    let asked = request.bearer_auth(ADMIN_TOKEN).body(r#"{"since":"2026-05-28","dry_run":true}"#);
    let asked = tokio::spawn(async move { answer(asked.send().await.unwrap()).await });
    let request = world.applies.recv().await.unwrap();
    assert!(request.dry_run && request.file.is_none());
    let since_s = request.since.unwrap().seconds(&jiff::tz::TimeZone::UTC);
    let run = DryRun { matched: 3, unchanged: 3, is_done: true, ..DryRun::default() };
    let rules = vec![kopru_core::CatchUp { rule: "sale".into(), since_s }];
    let workspaces = vec![AppliedWorkspace { name: "acme".into(), rules, run: Some(run), logs: None }];
    let applied = Applied { count_at_start: vec!["store.path"], workspaces };
    assert!(request.answer.send(ApplyAnswer::Applied(applied)).is_ok());
    let (status, mut said) = asked.await.unwrap();
    assert_eq!(said["workspaces"][0]["looked_at_again"].take()["matched"], 3);
    let wanted = json!({
        "dry_run": true,
        "count_at_start": ["store.path"],
        "workspaces": [{
            "workspace": "acme",
            "rules": [{ "rule": "sale", "since": "2026-05-28T00:00:00Z" }],
            "looked_at_again": null,
            "logs_read_again": null,
        }],
    });
    assert_eq!((status, said), (200, wanted));

    for (body, says) in [
        (json!({ "since": "9000-01-01" }), "in the future"),
        (json!({ "since": "soon" }), "not a time"),
        (json!({ "dry": true }), "file, since, dry_run"),
    ] {
        let (status, said) = answer(post(&world, "/api/v1/apply", &body).await).await;
        assert_eq!(status, 400, "{body}");
        assert!(said["error"].as_str().unwrap().contains(says), "{said}");
    }
    // Whoever has it is gone.
    world.applies.close();
    assert_eq!(post(&world, "/api/v1/apply", &json!({})).await.status(), 503);
}
