//! The control paths do what the handle does.

use serde_json::{Value, json};

use crate::{World, read, web_purchase};

async fn get(world: &World, path: &str) -> (u16, Value) {
    let request = world.client.get(world.url(path)).header("authorization", "Bearer kommo-sandbox-token");
    read(request.send().await.unwrap()).await
}

#[tokio::test]
async fn everything_over_http() {
    let world = World::with(kopru_sandbox::Options::default()).await;
    let lead = |more: Value| crate::changed(&json!({ "id": 1, "at": 1_763_884_800 }), &more);
    for (path, body) in [
        ("datasets", json!({ "id": "1", "token": "t", "waba_id": "2" })),
        ("clicks", json!({ "ctwa_clid": "ARA", "waba_id": "2", "ad_id": "3" })),
        ("kommo/pipelines", json!({ "id": 10, "name": "Sales" })),
        ("kommo/contacts", json!({ "id": 4, "name": "Ana", "phones": ["1"] })),
        ("kommo/leads", lead(json!({ "pipeline_id": 10, "status_id": 20, "price": 5, "contact_ids": [4] }))),
        ("kommo/leads", json!({ "id": 1, "status_id": 142, "at": 1_763_884_900 })),
        ("kommo/leads", json!({ "id": 1, "price": null, "at": 1_763_885_000 })),
    ] {
        let (status, answer) = world.post_json(&format!("/sandbox/{path}"), &body).await;
        assert_eq!((status, answer), (200, json!({ "ok": true })), "{path}");
    }
    let (_, shown) = get(&world, "/api/v4/leads/1?with=contacts").await;
    assert_eq!((&shown["status_id"], &shown["closed_at"]), (&json!(142), &json!(1_763_884_900)));
    assert_eq!((&shown["price"], &shown["updated_at"]), (&Value::Null, &json!(1_763_885_000)));
    assert_eq!(shown["_embedded"]["contacts"][0]["id"], 4);
    let (_, log) = get(&world, "/api/v4/events").await;
    let types: Vec<_> =
        log["_embedded"]["events"].as_array().unwrap().iter().map(|row| row["type"].clone()).collect();
    let expected =
        ["contact_added", "sale_field_changed", "lead_status_changed", "entity_linked", "lead_added"];
    assert_eq!(types, expected);

    let sent = json!({ "data": [web_purchase()], "access_token": "t" });
    assert_eq!(world.post_json("/v25.0/1/events", &sent).await.0, 200);
    let (_, events) = get(&world, "/sandbox/events").await;
    assert_eq!(events["left"], 0);
    assert_eq!(events["events"][0]["event"], sent["data"][0]);
    assert_eq!(events["events"][0]["request"], 1);
    let (_, requests) = get(&world, "/sandbox/requests").await;
    assert_eq!(requests["graph"][0]["status"], 200);
    assert_eq!(requests["kommo"].as_array().unwrap().len(), 2);
}

/// A page of another origin may send text, with whatever parameter, but not JSON.
#[tokio::test]
async fn only_json_is_taken() {
    let world = World::with(kopru_sandbox::Options::default()).await;
    let body = r#"{"id":"1","token":"t"}"#;
    for (kind, expected) in [
        ("application/json", 200),
        ("Application/JSON; charset=utf-8", 200),
        ("text/plain", 415),
        ("text/plain; format=application/json", 415),
        ("application/x-www-form-urlencoded; json", 415),
        ("", 415),
    ] {
        assert_eq!(world.post("/sandbox/datasets", kind, body).await.0, expected, "{kind}");
    }
}

#[tokio::test]
async fn mistakes_are_told() {
    let world = World::with(kopru_sandbox::Options::default()).await;
    for (path, body, expected) in [
        ("/sandbox/datasets", json!({ "token": "t" }), 400),
        ("/sandbox/datasets", json!({ "id": "1", "token": "t", "wabaid": "2" }), 400),
        ("/sandbox/kommo/leads", json!({ "id": 1 }), 400),
        ("/sandbox/nothing", json!({}), 404),
    ] {
        let (status, answer) = world.post_json(path, &body).await;
        assert_eq!(status, expected, "{path}");
        assert!(answer["error"].is_string());
    }
}

/// The page lists each control path of the CRM, and what it shows as a body is one.
#[tokio::test]
async fn the_page_on_testing_lists_every_path_of_the_crm_with_a_body_that_is_understood() {
    let page = include_str!("../../../docs/test-your-integration.md");
    let code = include_str!("../../kommo/src/control.rs");
    let world = World::with(kopru_sandbox::Options::default()).await;
    for route in code.split("\"/sandbox/kommo/").skip(1).filter_map(|rest| rest.split('"').next()) {
        let row = page.lines().find(|line| line.starts_with(&format!("| `{route}` |")));
        let row = row.unwrap_or_else(|| panic!("{route} is not on the page"));
        let body = row.split('|').nth(2).unwrap();
        for shown in body.split('`').filter(|part| part.starts_with('{')) {
            let body: Value = serde_json::from_str(shown).unwrap();
            let (_, answer) = world.post_json(&format!("/sandbox/kommo/{route}"), &body).await;
            assert!(!answer.to_string().contains(" field"), "{route} {body}: {answer}");
        }
    }
}
