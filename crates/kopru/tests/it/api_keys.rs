//! `kopru keys`, beside a running service and without one, and what the keys open.

use std::fs;

use serde_json::Value;

use crate::{
    cli::kopru,
    service::{ADMIN_TOKEN, Serving, Site},
};

/// Nobody answers there.
const NOBODY: &str = "http://127.0.0.1:9";

fn keys(site: &Site, words: &[&str]) -> (Option<i32>, String, String) {
    let file = site.folder.path().join("kopru.toml");
    kopru(&[&["keys"], words, &["--config", file.to_str().unwrap()]].concat())
}

fn listed(site: &Site) -> Vec<Value> {
    serde_json::from_str(&keys(site, &["list", "--json"]).1).unwrap()
}

/// Makes a key, which is alone on stdout.
fn make(site: &Site, words: &[&str]) -> (String, String) {
    let (code, printed, said) = keys(site, &[&["make"], words].concat());
    assert_eq!(code, Some(0), "{said}");
    let key = printed.strip_suffix('\n').unwrap().to_owned();
    assert!(key.starts_with("kopru_") && !key.contains(char::is_whitespace), "{printed}");
    assert!(!said.contains(&key), "{said}");
    (key, said)
}

async fn status(site: &Site, key: &str, path: &str) -> u16 {
    let request = site.client.get(format!("{}{path}", site.admin)).bearer_auth(key);
    request.send().await.unwrap().status().as_u16()
}

async fn started(site: &Site) -> Serving {
    let child = site.start();
    site.ready().await;
    child
}

fn killed(mut child: Serving) {
    child.kill().unwrap();
    child.wait().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_made_listed_and_revoked_whether_the_service_runs_or_not() {
    let site = Site::new(NOBODY);
    let (code, _, said) = keys(&site, &["list"]);
    assert_eq!((code, said.lines().count()), (Some(1), 1), "there is no store yet: {said}");
    let child = started(&site).await;
    let (code, printed, _) = keys(&site, &["list"]);
    assert_eq!((code, printed.as_str()), (Some(1), "there is no key\n"));

    let (shop, said) =
        make(&site, &["web-shop", "--scope", "events", "--consent", "field:agreed", "--strict"]);
    for part in [
        "not shown again",
        &format!("base URL {} in place of", site.doors),
        "no dataset of acme takes events yet",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert!(said.contains("access token this key") && !said.contains("/api/v1"), "{said}");
    let (page, said) = make(&site, &["reports", "--scope", "read,manage"]);
    assert!(said.contains(&format!("{}/api/v1/ of acme alone", site.admin)), "{said}");
    assert!(!said.contains("base URL") && !said.contains("no service runs"), "{said}");
    assert_eq!(status(&site, &page, "/api/v1/ledger").await, 200, "a running service takes it at once");
    assert_eq!(status(&site, &page, "/metrics").await, 403);
    assert_eq!(status(&site, &shop, "/api/v1/ledger").await, 403);

    let (code, table, _) = keys(&site, &["list"]);
    let lines: Vec<Vec<&str>> = table.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!((code, lines.len()), (Some(0), 3), "{table}");
    assert_eq!(lines[0], ["name", "scopes", "consent", "strict", "made", "revoked"]);
    assert_eq!(lines[1][..4], ["web-shop", "events", "field:agreed", "strict"]);
    assert_eq!(lines[2][..2], ["reports", "read,manage"]);
    killed(child);

    // Without a service the store is opened, and the next one takes what was made.
    let (code, printed, _) = keys(&site, &["revoke", "reports"]);
    assert_eq!((code, printed.as_str()), (Some(0), "reports is revoked\n"));
    let (code, printed, _) = keys(&site, &["revoke", "reports"]);
    assert_eq!((code, printed.starts_with("no key named reports holds")), (Some(1), true), "{printed}");
    let (again, said) = make(&site, &["reports", "--scope", "read"]);
    assert!(said.contains("no service runs"), "{said}");
    let of: Vec<_> =
        listed(&site).iter().map(|key| (key["name"].clone(), key["revoked"].is_null())).collect();
    let wanted = [("web-shop", true), ("reports", false), ("reports", true)];
    assert_eq!(of, wanted.map(|(name, holds)| (name.into(), holds)));
    let (code, made, _) = keys(&site, &["make", "json", "--scope", "manage", "--json"]);
    let made: Value = serde_json::from_str(&made).unwrap();
    assert_eq!((code, made["scopes"][0].as_str()), (Some(0), Some("manage")));

    let child = started(&site).await;
    assert_eq!(status(&site, &page, "/api/v1/ledger").await, 401);
    assert_eq!(status(&site, &again, "/api/v1/ledger").await, 200);
    let request = site.client.post(format!("{}/api/v1/keys/revoke", site.admin));
    let request = request.bearer_auth(made["key"].as_str().unwrap()).body(r#"{"name":"reports"}"#);
    assert_eq!(request.send().await.unwrap().status(), 200);
    assert_eq!(status(&site, &again, "/api/v1/ledger").await, 401, "at once");
    assert_eq!(status(&site, ADMIN_TOKEN, "/metrics").await, 200);

    // The log has everything that could be logged, and the files are those of a store that is in use.
    let tokens = [&shop, &page, &again].map(|key| key.strip_prefix("kopru_").unwrap());
    site.assert_nowhere(&tokens);
    killed(child);
    site.assert_nowhere(&tokens);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_key_is_made_before_the_service_has_ever_run() {
    let site = Site::new(NOBODY);
    let (code, _, said) = keys(&site, &["revoke", "shop"]);
    assert!(code == Some(1) && said.contains("there is no store"), "{said}");
    let (reads, said) = make(&site, &["reports", "--scope", "read"]);
    assert!(said.contains("made the store ") && said.contains("no service runs"), "{said}");
    let (_, said) = make(&site, &["shop", "--scope", "read"]);
    assert!(!said.contains("made the store "), "{said}");
    let child = started(&site).await;
    assert_eq!(status(&site, &reads, "/api/v1/ledger").await, 200);
    killed(child);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_a_key_is_wrong_use() {
    let site = Site::new(NOBODY);
    let child = started(&site).await;
    make(&site, &["taken", "--scope", "read"]);
    for (words, said) in [
        (&["make"][..], "required"),
        (&["make", "a"], "--scope"),
        (&["make", "a", "--scope", "write"], "invalid value 'write'"),
        (&["make", "", "--scope", "read"], "value is required"),
        (&["make", "A shop", "--scope", "read"], "kopru: NAME: give 1 to 40 lower-case letters"),
        (&["make", "a", "--scope", "events"], "kopru: --consent: give sender"),
        (&["make", "a", "--scope", "events", "--consent", "yes"], "kopru: --consent: give sender"),
        (&["make", "a", "--scope", "events", "--consent", "field:"], "kopru: --consent: give sender"),
        (
            &["make", "a", "--scope", "read", "--consent", "sender"],
            "kopru: --consent: only a key with the scope",
        ),
        (&["make", "a", "--scope", "read", "--strict"], "kopru: --strict: only a key with the scope"),
        (&["make", "taken", "--scope", "read"], "kopru: NAME: \"taken\" is the name of a key that holds"),
        (&["make", "a", "--scope", "read", "--workspace", "nobody"], "kopru: --workspace: no such workspace"),
        (&["revoke"], "required"),
        (&["revoke", "A"], "kopru: NAME: give 1 to 40"),
    ] {
        let (code, printed, message) = keys(&site, words);
        assert_eq!((code, printed.as_str()), (Some(2), ""), "{words:?}: {message}");
        assert!(message.contains(said), "{words:?}: {message}");
    }
    assert_eq!(listed(&site).len(), 1);
    killed(child);
    assert!(!fs::read_to_string(site.log_file()).unwrap().contains("panicked"));
}
