//! What can be seen from outside.

use kopru_core::{Became, DealKey, Question, Reason, RuleProblem, StageId, State};
use serde_json::{Value, json};
use server::{DriftedRule, RestingAccount};
use sources::Drift;
use store::{AskStore, LostRecords, Pause, PauseScope, QueueStore};

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
async fn what_the_store_has_lost_is_said_for_some_days() {
    const DAY_MS: i64 = 24 * 3600 * 1000;
    let now_ms = jiff::Timestamp::now().as_millisecond();
    for (days, is_said) in [(0, true), (6, true), (8, false)] {
        let world = World::with(ADMIN_TOKEN, &["acme", "beta"]).await;
        let loss = LostRecords { records: 17, found_ms: now_ms - days * DAY_MS };
        world.health.has_lost(loss);
        let (status, said) = ready(&world).await;
        assert_eq!((status, said.starts_with("ready\nlost: 17 records")), (200, is_said), "{said}");
        let health: Value =
            serde_json::from_str(&world.get("/api/v1/health").await.text().await.unwrap()).unwrap();
        assert_eq!(health["lost"]["records"].as_u64(), is_said.then_some(17), "{health}");
        for (language, words) in [("en", "records that are missing: 17"), ("tr", "gelen kayıt: 17")] {
            let page = world.get(&format!("/?workspace=beta&lang={language}")).await.text().await.unwrap();
            assert_eq!(page.contains(words), is_said, "{page}");
        }
    }
}

#[tokio::test]
async fn a_rule_that_does_not_fire_as_it_was_meant_is_said_to_programs() {
    let world = World::with(ADMIN_TOKEN, &["acme", "beta"]).await;
    let problem = RuleProblem {
        rule: "lead".into(),
        is_of_pipeline: false,
        wanted: "Hot".into(),
        pipeline: None,
        became: Became::Renamed("Very hot".into()),
        has: vec!["Very hot".into()],
    };
    let (workspace, origin) = ("acme".to_owned(), "kommo:acme".to_owned());
    let drifted = DriftedRule { workspace, origin, problem: problem.clone() };
    let gauge = async |count: u32| {
        let wanted = format!("kopru_rules_drifted{{workspace=\"acme\"}} {count}\n");
        let told = world.get("/metrics").await.text().await.unwrap();
        assert!(told.contains(&wanted), "{told}");
    };
    world.health.rules("acme", vec![drifted]);
    world.health.keep_rules_of(&["acme".to_owned()]);
    let said = "ready\nrule that does not fire as it was meant: acme: \"lead\" with kommo:acme; the dashboard and `kopru \
                check` say why\n";
    assert_eq!(ready(&world).await, (200, said.into()));
    let health = world.get("/api/v1/health").await.text().await.unwrap();
    let health: Value = serde_json::from_str(&health).unwrap();
    let wanted = json!([{
        "workspace": "acme", "account": "kommo:acme", "code": "rule_renamed", "of": "lead",
        "what": problem.to_string(),
    }]);
    assert_eq!(health["drifted"], wanted);
    gauge(1).await;
    world.health.keep_rules_of(&["beta".to_owned()]);
    assert_eq!(ready(&world).await, (200, "ready\n".into()));
}

#[tokio::test]
async fn what_waits_for_a_word_needs_somebody() {
    let world = World::new().await;
    let held = |id| conversion(id, State::Waiting, Some(Reason::HeldAfterRestore));
    world.create([held("a"), conversion("b", State::Queued, None), held("c")]).await;
    for (language, words) in [("en", "wait for your decision: 2."), ("tr", "kararınızı bekleyen olay: 2.")]
    {
        let page = world.get(&format!("/?lang={language}")).await.text().await.unwrap();
        assert!(page.contains(words) && page.contains("(kopru events)"), "{page}");
    }
}

#[tokio::test]
async fn an_account_that_is_not_asked_is_said_everywhere_with_since_and_until() {
    let world = World::with(ADMIN_TOKEN, &["acme", "beta"]).await;
    let rests = |until_ms: i64| RestingAccount {
        workspace: "acme".into(),
        origin: "kommo:acme".into(),
        since_ms: SINCE_MS,
        until_ms,
        why: "asked too often (HTTP 429)".into(),
    };
    world.health.rests(rests(SINCE_MS + 1_000));
    world.health.rests(rests(SINCE_MS + 300_000));
    let said = "ready\nnot asked: acme: kommo:acme, since 2026-05-28T20:26:40Z, until 2026-05-28T20:31:40Z: asked \
                too often (HTTP 429)\n";
    assert_eq!(ready(&world).await, (200, said.into()));
    let health = world.get("/api/v1/health").await.text().await.unwrap();
    let health: Value = serde_json::from_str(&health).unwrap();
    let wanted = json!([{
        "workspace": "acme", "account": "kommo:acme", "since": "2026-05-28T20:26:40Z",
        "until": "2026-05-28T20:31:40Z", "why": "asked too often (HTTP 429)",
    }]);
    assert_eq!(health["not_asked"], wanted);
    for (language, words, why) in [
        (
            "en",
            "The CRM is not asked for a while, since it refused or did not answer",
            "asked too often (HTTP 429)",
        ),
        ("tr", "bir süredir soru sorulmuyor", "çok sık soruldu (HTTP 429)"),
    ] {
        let page = async |workspace: &str| {
            let path = format!("/?workspace={workspace}&lang={language}");
            world.get(&path).await.text().await.unwrap()
        };
        let acme = page("acme").await;
        assert!(acme.contains(words) && acme.contains("(kommo:acme, 2026-05-28 20:26)"), "{acme}");
        assert!(acme.contains(why) && acme.contains("2026-05-28 20:31"), "{acme}");
        assert!(!page("beta").await.contains(words));
    }
    world.health.is_asked("acme", "kommo:acme");
    assert_eq!(ready(&world).await, (200, "ready\n".into()));
}

#[tokio::test]
async fn what_an_account_lacks_is_said_in_both_languages_with_what_mends_it() {
    let world = World::with(ADMIN_TOKEN, &["acme", "beta"]).await;
    let lacks = Drift::HookLacks(vec!["add_contact".into(), "update_contact".into()]);
    for (drift, english, turkish, mends) in [
        (Drift::HookOff, "has switched off the webhook", "webhook", "kopru check --fix"),
        (Drift::NoHook, "has no webhook", "bir webhook yok", "kopru check --fix"),
        (
            lacks,
            "(kommo:acme): add_contact, update_contact.",
            "bildirmiyor (kommo:acme): add_contact",
            "--fix",
        ),
        (Drift::HooksHidden, "does not show its webhooks", "bilinmiyor", "CRM"),
        (Drift::HistoryHidden, "to administrators only", "yalnızca yöneticilere", "token"),
        (Drift::HistoryUnread, "no answer that Kopru understands", "anlayacağı bir yanıt", "Kopru"),
        (Drift::NoField("Offer".into()), "the CRM does not have (kommo:acme): Offer.", "CRM&#39;de yok", ""),
        (Drift::FieldsHidden, "does not show the fields", "alanlarını", "token"),
    ] {
        world.health.drifts("acme", "kommo:acme", vec![drift.clone()]);
        for (language, words) in [("en", english), ("tr", turkish)] {
            let page = async |workspace: &str| {
                let path = format!("/?workspace={workspace}&lang={language}");
                world.get(&path).await.text().await.unwrap().replace('\'', "&#39;").replace("&#x27;", "&#39;")
            };
            let acme = page("acme").await;
            let mends = if (language, mends) == ("tr", "token") { "erişim belirteci" } else { mends };
            assert!(acme.contains(words) && acme.contains(mends), "{drift:?}: {acme}");
            assert!(!page("beta").await.contains(words), "{drift:?}");
        }
        let health: Value =
            serde_json::from_str(&world.get("/api/v1/health").await.text().await.unwrap()).unwrap();
        let wanted = json!([{
            "workspace": "acme", "account": "kommo:acme", "code": drift.code(), "of": drift.of(),
            "what": drift.to_string(),
        }]);
        assert_eq!(health["drifted"], wanted);
    }
    world.health.drifts("acme", "kommo:acme", Vec::new());
    assert!(world.health.drifted().is_empty());
}

/// A hidden history is said once, with what mends it; what else is not answered is still said.
#[tokio::test]
async fn a_hidden_history_is_said_once_and_other_refusals_beside_it() {
    let world = World::with(ADMIN_TOKEN, &["acme"]).await;
    let deal = |id: &str| DealKey { origin: "kommo:acme".into(), id: id.into() };
    let stage = StageId { pipeline: "1".into(), status: "2".into() };
    for (question, why) in [
        (Question::StageLog { deal: deal("1"), stage: stage.clone() }, Drift::HISTORY_HIDDEN),
        (Question::StageLog { deal: deal("2"), stage }, Drift::HISTORY_HIDDEN),
        (Question::Contact { origin: "kommo:acme".into(), id: "3".into() }, "access is refused (HTTP 403)"),
    ] {
        world.store.ask(world.workspace, question.clone(), 0).await.unwrap();
        world.store.postpone(world.workspace, vec![(question, 0)], why).await.unwrap();
    }
    let page = async |language: &str| world.get(&format!("/?lang={language}")).await.text().await.unwrap();
    let said = page("en").await;
    assert!(said.contains(&format!("{}. Questions that wait for it: 2.", Drift::HISTORY_HIDDEN)), "{said}");

    world.health.drifts("acme", "kommo:acme", vec![Drift::HistoryHidden]);
    let said = page("en").await;
    assert!(
        said.contains("The CRM shows its history to administrators only (kommo:acme). A change"),
        "{said}"
    );
    assert!(!said.contains(Drift::HISTORY_HIDDEN) && !said.contains("does not answer"), "{said}");
    let other = "The CRM gives no answer that can be used (kommo:acme): access is refused (HTTP 403). \
                 Questions that wait for it: 1.";
    assert!(said.contains(other), "{said}");
    let said = page("tr").await;
    assert!(said.contains("CRM, geçmişini yalnızca yöneticilere gösteriyor (kommo:acme). Webhook"), "{said}");
    assert!(said.contains("bir yanıt vermiyor (kommo:acme): erişim reddediliyor (HTTP 403)."), "{said}");
}

#[tokio::test]
async fn what_meta_says_with_a_full_stop_gets_no_second_one() {
    let world = World::new().await;
    for (cause, said) in [("Session has expired.", "Session has expired. "), ("no answer", "no answer. ")] {
        let pause = Pause {
            until_ms: 1,
            needs_you: true,
            cause: cause.into(),
            code: "190".into(),
            since_ms: 0,
            dataset: "700100".into(),
        };
        let scope = PauseScope::Dataset("700100".into());
        world.store.pause(world.lease, &scope, Some(pause)).await.unwrap();
        let page = world.get("/?lang=en").await.text().await.unwrap();
        assert!(page.contains(&format!("700100. {said}Events kept")), "{page}");
    }
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
