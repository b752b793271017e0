//! Events that programs import with a key.

use serde_json::Value;

use super::{NOBODY, killed, now_s, shop};
use crate::{
    cli::kopru,
    service::{ADMIN_TOKEN, Site},
};

/// Makes a key that is called by its scopes.
pub fn key(site: &Site, scopes: &str, more: &[&str]) -> String {
    let config = site.folder.path().join("kopru.toml").display().to_string();
    let name = scopes.replace(',', "-");
    let words = ["keys", "make", &name, "--scope", scopes, "--config", &config];
    let (code, key, said) = kopru(&[&words, more].concat());
    assert_eq!(code, Some(0), "{said}");
    key.trim().to_owned()
}

/// Imports as a program does.
pub async fn post(site: &Site, token: &str, query: &str, body: String) -> (u16, Value) {
    let request =
        site.client.post(format!("{}/api/v1/import?{query}", site.admin)).bearer_auth(token).body(body);
    let answer = request.send().await.unwrap();
    let status = answer.status().as_u16();
    (status, serde_json::from_str(&answer.text().await.unwrap()).unwrap_or_default())
}

#[tokio::test(flavor = "multi_thread")]
async fn programs_import_with_a_key() {
    let site = shop(NOBODY, "elsewhere");
    let service = site.start();
    site.ready().await;
    let events = key(&site, "events", &["--consent", "sender"]);
    let read = key(&site, "read", &[]);
    let event = serde_json::json!({"data": [
        {"event_name": "Purchase", "event_time": now_s() - 60, "event_id": "a", "action_source": "physical_store",
         "user_data": {"ph": "905317000001"}, "custom_data": {"value": 5, "currency": "TRY"}},
        {"event_name": "Purchase", "event_time": now_s() - 60, "action_source": "physical_store",
         "user_data": {"ph": "905317000001"}, "custom_data": {"value": 5, "currency": "TRY"}},
    ]});
    let body = event.to_string();
    let (status, said) = post(&site, &events, "origin=erp", body.clone()).await;
    assert_eq!((status, &said["taken"], &said["refused"][0]["index"]), (200, &1.into(), &1.into()), "{said}");
    assert_eq!(said["refused"][0]["path"], "event_id");
    assert_eq!(post(&site, ADMIN_TOKEN, "origin=erp", body.clone()).await.1["duplicates"], 1);
    for (token, query, body, wanted) in [
        (read.as_str(), "origin=erp", body.clone(), 403),
        ("wrong", "origin=erp", body.clone(), 401),
        (&events, "", body.clone(), 400),
        (&events, "origin=erp&consent=field:agreed", body.clone(), 400),
        (&events, "origin=erp&dataset=99", body.clone(), 400),
        (&events, "origin=erp&dry_run=perhaps", body.clone(), 400),
        (&events, "origin=erp", "no JSON".to_owned(), 400),
        (&events, "origin=erp", "{\"data\":[]}".to_owned(), 400),
        (&events, "origin=erp", " ".repeat(17 * 1024 * 1024), 413),
    ] {
        let (status, said) = post(&site, token, query, body).await;
        assert_eq!(status, wanted, "{query}: {said}");
    }
    killed(service);
}
