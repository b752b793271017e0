//! API keys: how they are made and revoked, and how far each opens the admin listener.

use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};
use server::ApiKeys;
use sha2::{Digest, Sha256};
use store::{KeyScope, NewApiKey, Store};

use crate::{
    log,
    world::{ADMIN_TOKEN, World},
};

async fn ask(world: &World, token: &str, method: Method, path: &str, body: Option<&Value>) -> Response {
    let request = world.client.request(method, format!("http://{}{path}", world.admin.address));
    let request = request.bearer_auth(token);
    match body {
        Some(body) => request.header("content-type", "application/json").body(body.to_string()),
        None => request,
    }
    .send()
    .await
    .unwrap()
}

pub async fn post(world: &World, token: &str, path: &str, body: &Value) -> (StatusCode, Value) {
    let answer = ask(world, token, Method::POST, path, Some(body)).await;
    let status = answer.status();
    (status, serde_json::from_str(&answer.text().await.unwrap()).unwrap_or_default())
}

async fn get(world: &World, token: &str, path: &str) -> (StatusCode, Value) {
    let answer = ask(world, token, Method::GET, path, None).await;
    let status = answer.status();
    (status, serde_json::from_str(&answer.text().await.unwrap()).unwrap_or_default())
}

/// Makes a key of a workspace with these scopes.
async fn key(world: &World, workspace: &str, scopes: &[&str]) -> String {
    let consent = scopes.contains(&"events").then_some("sender");
    let body = json!({ "name": scopes.join("-"), "scopes": scopes, "consent": consent });
    let path = format!("/api/v1/keys?workspace={workspace}");
    let (status, made) = post(world, ADMIN_TOKEN, &path, &body).await;
    assert_eq!(status, 200, "{made}");
    made["key"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_key_is_shown_once_and_nowhere_else() {
    let log = log::captured();
    let world = World::new().await;
    let body = json!({
        "name": "web-shop", "scopes": ["read", "events"], "consent": "field:marketing", "strict": true,
    });
    let (status, made) = post(&world, ADMIN_TOKEN, "/api/v1/keys", &body).await;
    assert_eq!(status, 200);
    let token = made["key"].as_str().unwrap().to_owned();
    assert!(token.starts_with("kopru_") && token.len() == "kopru_".len() + 64, "256 random bits");
    let keys = ApiKeys::load(world.store.clone()).await.unwrap();
    let found = keys.find(&token).unwrap();
    assert_eq!((found.workspace, found.name.as_str(), found.strict), (world.workspace, "web-shop", true));
    for wrong in
        ["", "kopru_", &token[..token.len() - 1], &format!("{token} "), &token.to_uppercase(), ADMIN_TOKEN]
    {
        assert_eq!(keys.find(wrong), None, "{wrong}");
    }
    let wanted = json!({
        "name": "web-shop", "scopes": ["events", "read"], "consent": "field:marketing", "strict": true,
        "made": made["made"], "revoked": null,
    });
    assert!(made["made"].is_string());
    let (_, listed) = get(&world, ADMIN_TOKEN, "/api/v1/keys?workspace=acme").await;
    assert_eq!(listed, json!([wanted]));
    assert_eq!(get(&world, &token, "/api/v1/keys").await, (StatusCode::OK, listed), "who reads sees keys");
    let (status, revoked) =
        post(&world, ADMIN_TOKEN, "/api/v1/keys/revoke", &json!({ "name": "web-shop" })).await;
    assert!(status == 200 && revoked["revoked"].is_string() && revoked.get("key").is_none(), "{revoked}");
    let (_, listed) = get(&world, ADMIN_TOKEN, "/api/v1/keys").await;
    assert_eq!(listed, json!([revoked]));

    let said = log.text();
    assert!(said.contains("an API key was made") && said.contains("an API key was revoked"), "{said}");
    let secret = token.strip_prefix("kopru_").unwrap();
    assert!(!said.contains(secret));
    let folder = std::sync::Arc::clone(&world.folder);
    world.stopped().await;
    for file in std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path()) {
        let content = std::fs::read(&file).unwrap_or_default();
        assert!(!String::from_utf8_lossy(&content).contains(secret), "{}", file.display());
    }
}

#[tokio::test]
async fn a_scope_opens_what_it_says_and_no_more() {
    let world = World::with(ADMIN_TOKEN, &["acme", "other"]).await;
    let person = json!({ "contact": "31" });
    // What is asked for, and whether who reads and who manages may.
    let of_workspace = [
        (Method::GET, "/api/v1/ledger", true),
        (Method::GET, "/api/v1/conversions?limit=1", true),
        (Method::GET, "/api/v1/reports/ads", true),
        (Method::GET, "/api/v1/health", true),
        (Method::GET, "/api/v1/set-aside", true),
        (Method::GET, "/api/v1/refused", true),
        (Method::GET, "/api/v1/keys", true),
        (Method::HEAD, "/api/v1/ledger", true),
        (Method::POST, "/api/v1/set-aside/retry", false),
        (Method::POST, "/api/v1/conversions/retry", false),
        (Method::POST, "/api/v1/person", false),
        (Method::POST, "/api/v1/forget", false),
        (Method::POST, "/api/v1/keys", false),
        (Method::POST, "/api/v1/keys/revoke", false),
    ];
    let of_all = [
        (Method::GET, "/"),
        (Method::GET, "/metrics"),
        (Method::POST, "/logout"),
        (Method::POST, "/set-aside/retry"),
        (Method::POST, "/api/v1/apply"),
        (Method::POST, "/api/v1/forget-workspace"),
    ];
    let scopes: [(&[&str], bool, bool); 5] = [
        (&["events"], false, false),
        (&["read"], true, false),
        (&["manage"], true, true),
        (&["events", "read"], true, false),
        (&["events", "read", "manage"], true, true),
    ];
    for (scopes, reads, changes) in scopes {
        let token = key(&world, "acme", scopes).await;
        for (method, path, is_read) in &of_workspace {
            let body = (*method == Method::POST).then_some(&person);
            let answer = ask(&world, &token, method.clone(), path, body).await;
            let opens = if *is_read { reads } else { changes };
            let (status, said) = (answer.status(), answer.text().await.unwrap());
            assert_eq!(status == 403, !opens, "{scopes:?} {method} {path}: {said}");
            assert_ne!(status, 401);
            let names_scope = said.contains("wants the scope") && said.contains(scopes[0]);
            assert!(opens || *method == Method::HEAD || names_scope, "{said}");
        }
        for (method, path) in &of_all {
            let answer = ask(&world, &token, method.clone(), path, None).await;
            let (status, said) = (answer.status(), answer.text().await.unwrap());
            assert_eq!(status, 403, "{scopes:?} {method} {path}");
            assert!(said.contains("error") && !said.contains("<html"), "{said}");
        }
        let login = world.client.post(format!("http://{}/login", world.admin.address));
        let login = login.header("content-type", "application/x-www-form-urlencoded");
        let login = login.body(format!("token={token}")).send().await.unwrap();
        assert!(login.status() == 401 || login.status() == 429, "a key signs nobody in");
    }
}

#[tokio::test]
async fn a_key_opens_its_own_workspace_only() {
    let world = World::with(ADMIN_TOKEN, &["acme", "other"]).await;
    world.health.stopped("acme", "a loop of acme", 1);
    world.health.stopped("other", "a loop of other", 1);
    world.health.stopped("", "a loop of all", 1);
    let (mine, others) = (key(&world, "acme", &["read"]).await, key(&world, "other", &["manage"]).await);
    for (token, path, status) in [
        (&mine, "/api/v1/ledger", 200),
        (&mine, "/api/v1/ledger?workspace=acme", 200),
        (&mine, "/api/v1/ledger?workspace=", 200),
        (&mine, "/api/v1/ledger?workspace=other", 403),
        (&mine, "/api/v1/ledger?workspace=nobody", 403),
        (&mine, "/api/v1/ledger?workspace=acme&workspace=other", 403),
        (&mine, "/api/v1/ledger?%77orkspace=other", 403),
        (&mine, "/api/v1/conversions?workspace=other&limit=1", 403),
        (&mine, "/api/v1/conversions?limit=x", 400),
        (&others, "/api/v1/ledger", 200),
        (&others, "/api/v1/ledger?workspace=acme", 403),
        (&others, "/api/v1/keys?workspace=acme", 403),
    ] {
        let (found, said) = get(&world, token, path).await;
        assert_eq!(found.as_u16(), status, "{path}: {said}");
        let is_said = said["error"].as_str().is_some_and(|said| said.contains("opens no other workspace"));
        assert_eq!(is_said, status == 403, "{said}");
    }
    let names = async |token: &str| {
        let (_, keys) = get(&world, token, "/api/v1/keys").await;
        keys.as_array().unwrap().iter().map(|key| key["name"].to_string()).collect::<String>()
    };
    assert_eq!((names(&mine).await, names(&others).await), ("\"read\"".into(), "\"manage\"".into()));
    let (_, health) = get(&world, &mine, "/api/v1/health").await;
    let what: Vec<_> = health["stopped"].as_array().unwrap().iter().map(|one| &one["what"]).collect();
    assert_eq!(what, ["a loop of all", "a loop of acme"], "{health}");
    let (_, health) = get(&world, ADMIN_TOKEN, "/api/v1/health").await;
    assert_eq!(health["stopped"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn a_key_opens_nothing_once_its_workspace_is_gone() {
    let world = World::new().await;
    let gone = world.store.workspace("gone").await.unwrap();
    let token = "kopru_of_a_workspace_that_is_not_configured";
    let new = NewApiKey {
        name: "reports".into(),
        hash: Sha256::digest(token).into(),
        scopes: [KeyScope::Read].into(),
        consent: None,
        strict: false,
    };
    world.keys.make(gone, new, 1).await.unwrap();
    for path in ["/api/v1/ledger", "/api/v1/ledger?workspace=gone", "/api/v1/ledger?workspace=acme"] {
        let (status, said) = get(&world, token, path).await;
        assert_eq!(status, 403, "{path}");
        assert!(said["error"].as_str().unwrap().contains("is not in the configuration"), "{said}");
    }
    let erase = json!({ "workspace": "gone", "name_again": "gone" });
    assert_eq!(post(&world, ADMIN_TOKEN, "/api/v1/forget-workspace", &erase).await.0, 200);
    assert_eq!(get(&world, token, "/api/v1/ledger").await.0, 401);
    assert_eq!(world.keys.find(token), None);
}

#[tokio::test]
async fn a_key_gives_and_takes_no_more_than_it_has() {
    let world = World::new().await;
    let manage = key(&world, "acme", &["manage"]).await;
    let all = key(&world, "acme", &["events", "manage"]).await;
    for (by, scopes, status) in [
        (&manage, &["read"][..], 200),
        (&manage, &["manage", "read"], 200),
        (&manage, &["events"], 403),
        (&manage, &["events", "read"], 403),
        (&all, &["events"], 200),
        (&all, &["events", "read", "manage"], 200),
    ] {
        let name = format!("made-{}", scopes.join("-"));
        let consent = scopes.contains(&"events").then_some("sender");
        let body = json!({ "name": name, "scopes": scopes, "consent": consent });
        let (found, said) = post(&world, by, "/api/v1/keys", &body).await;
        assert_eq!(found.as_u16(), status, "{scopes:?} {said}");
        if status == 403 {
            assert!(said["error"].as_str().unwrap().contains("opens more than itself"), "{said}");
        }
    }
    for (by, name, status) in [
        (&manage, "made-events", 403),
        (&manage, "events-manage", 403),
        (&manage, "made-read", 200),
        (&all, "made-events", 200),
        (&all, "manage", 200),
    ] {
        let (found, said) = post(&world, by, "/api/v1/keys/revoke", &json!({ "name": name })).await;
        assert_eq!(found.as_u16(), status, "{name} {said}");
    }
    assert_eq!(get(&world, &manage, "/api/v1/ledger").await.0, 401, "revoked, it opens nothing at once");
    assert_eq!(get(&world, &all, "/api/v1/ledger").await.0, 200);
}

#[tokio::test]
async fn what_is_wrong_with_a_key_is_said() {
    let world = World::new().await;
    let long = "x".repeat(41);
    for (body, said) in [
        (json!({}), "name: give 1 to 40"),
        (json!({ "name": "", "scopes": ["read"] }), "name: give 1 to 40"),
        (json!({ "name": long, "scopes": ["read"] }), "name: give 1 to 40"),
        (json!({ "name": "Shop", "scopes": ["read"] }), "name: give 1 to 40"),
        (json!({ "name": "a b", "scopes": ["read"] }), "name: give 1 to 40"),
        (json!({ "name": "a" }), "scopes: give a list of"),
        (json!({ "name": "a", "scopes": [] }), "scopes: give a list of"),
        (json!({ "name": "a", "scopes": [1] }), "scopes: give a list of"),
        (json!({ "name": "a", "scopes": ["write"] }), "\"write\" is unknown; known are events, read, manage"),
        (json!({ "name": "a", "scopes": ["events"] }), "consent: give sender"),
        (json!({ "name": "a", "scopes": ["events"], "consent": "yes" }), "consent: give sender"),
        (json!({ "name": "a", "scopes": ["events"], "consent": "field:" }), "consent: give sender"),
        (json!({ "name": "a", "scopes": ["events"], "consent": true }), "consent: give sender"),
        (
            json!({ "name": "a", "scopes": ["read"], "consent": "sender" }),
            "consent: only a key with the scope",
        ),
        (json!({ "name": "a", "scopes": ["read"], "strict": true }), "strict: only a key with the scope"),
        (json!({ "name": "a", "scopes": ["read"], "strict": 1 }), "strict: give true or false"),
        (json!({ "name": "a", "scope": ["read"] }), "\"scope\" is unknown"),
    ] {
        let (status, answer) = post(&world, ADMIN_TOKEN, "/api/v1/keys", &body).await;
        assert_eq!(status, 400, "{body}");
        assert!(answer["error"].as_str().unwrap().contains(said), "{body}: {answer}");
    }
    key(&world, "acme", &["read"]).await;
    let again = json!({ "name": "read", "scopes": ["read"] });
    let (status, answer) = post(&world, ADMIN_TOKEN, "/api/v1/keys", &again).await;
    assert!(status == 409 && answer["error"].as_str().unwrap().contains("a key that holds"), "{answer}");
    let (status, answer) =
        post(&world, ADMIN_TOKEN, "/api/v1/keys/revoke", &json!({ "name": "nobody" })).await;
    assert_eq!((status.as_u16(), answer), (200, json!({ "name": "nobody", "revoked": null })));
    let (status, answer) = post(&world, ADMIN_TOKEN, "/api/v1/keys/revoke", &json!({ "key": "x" })).await;
    assert_eq!(status, 400, "{answer}");
    assert_eq!(post(&world, ADMIN_TOKEN, "/api/v1/keys?workspace=x", &again).await.0, 404);
}

#[tokio::test]
async fn wrong_keys_are_guesses_and_a_right_one_takes_none_back() {
    let world = World::new().await;
    let events = key(&world, "acme", &["events"]).await;
    let mut wrong = events.clone();
    wrong.replace_range(wrong.len() - 1.., if wrong.ends_with('0') { "1" } else { "0" });
    for _ in 0..5 {
        assert_eq!(get(&world, &events, "/api/v1/ledger").await.0, 403);
        assert_eq!(get(&world, &wrong, "/api/v1/ledger").await.0, 401);
    }
    for token in [&wrong, &events] {
        assert_eq!(get(&world, token, "/api/v1/ledger").await.0, 429, "a right one is not told apart");
    }
}

#[tokio::test]
async fn a_key_makes_none_of_another_consent_than_its_own() {
    let world = World::new().await;
    let made = |name: &str, scopes: &[&str], consent: &str| json!({ "name": name, "scopes": scopes, "consent": consent });
    let of_agency = made("agency", &["events", "manage"], "field:agreed");
    let (_, agency) = post(&world, ADMIN_TOKEN, "/api/v1/keys", &of_agency).await;
    let agency = agency["key"].as_str().unwrap();
    for (name, consent, wanted) in
        [("weaker", "sender", StatusCode::FORBIDDEN), ("same", "field:agreed", StatusCode::OK)]
    {
        let (status, answer) = post(&world, agency, "/api/v1/keys", &made(name, &["events"], consent)).await;
        assert_eq!(status, wanted, "{name}: {answer}");
    }
}
