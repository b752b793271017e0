//! What `--strict-docs` refuses, and that without it Meta's leniency is kept.

use kopru_sandbox::{Options, SimulatedDataset, Token};
use serde_json::{Value, json};

use crate::{DATASET, World, changed, now, web_purchase};

const HASH: &str = "62a14e44f765419d10fea99367361a727c12365e2520f32218d505ed9aa0f62f";

async fn world(strict_docs: bool) -> World {
    let world = World::with(Options { strict_docs, ..Options::default() }).await;
    world.sandbox.add_dataset(SimulatedDataset { id: DATASET.to_owned(), ..SimulatedDataset::default() });
    world.sandbox.add_token(Token::of("any"));
    world
}

fn app() -> Value {
    let mut extinfo = vec!["x"; 16];
    extinfo[0] = "i2";
    json!({
        "event_name": "fb_mobile_purchase", "event_time": now() - 60, "action_source": "app",
        "user_data": { "madid": "38400000-8cf0-11bd-b23e-10b96e40000d" },
        "app_data": {
            "advertiser_tracking_enabled": false, "application_tracking_enabled": 0, "extinfo": extinfo,
        },
    })
}

fn stage() -> Value {
    json!({
        "event_name": "Qualified", "event_time": now() - 60, "action_source": "system_generated",
        "user_data": { "lead_id": 525_645_896_321_548_u64 },
        "custom_data": { "event_source": "crm", "lead_event_source": "ExampleCRM" },
    })
}

/// What is refused, and the key that is named or the subcode.
fn strict_only() -> Vec<(Value, &'static str)> {
    let web = |changes: Value| changed(&web_purchase(), &changes);
    let user = |user_data: Value| web(json!({ "user_data": user_data }));
    let mut no_tag = app();
    no_tag["app_data"]["extinfo"][0] = json!("x");
    vec![
        (web(json!({ "action_source": null })), "['action_source'] is required"),
        (web(json!({ "event_source_url": null })), "['event_source_url'] is required"),
        (user(json!({ "client_user_agent": null })), "['user_data']['client_user_agent'] is required"),
        (user(json!({ "em": "ana@example.com" })), "['user_data']['em'] must be a SHA-256"),
        (user(json!({ "em": [HASH, "ana@example.com"] })), "['user_data']['em'] must be a SHA-256"),
        (user(json!({ "ph": HASH.to_uppercase() })), "['user_data']['ph'] must be a SHA-256"),
        (user(json!({ "fn": &HASH[..32] })), "['user_data']['fn'] must be a SHA-256"),
        (web(json!({ "custom_data": { "value": -1 } })), "2804016"),
        (web(json!({ "custom_data": { "value": "-0.5" } })), "2804016"),
        (web(json!({ "custom_data": { "contents": [{ "id": "sku1" }] } })), "2804008"),
        (web(json!({ "data_processing_options": ["OTHER"] })), "['data_processing_options'] must"),
        (
            web(json!({ "data_processing_options": ["LDU"], "data_processing_options_country": 2 })),
            "['data_processing_options_country'] must",
        ),
        (
            changed(&app(), &json!({ "app_data": { "advertiser_tracking_enabled": null } })),
            "['app_data']['advertiser_tracking_enabled'] is required",
        ),
        (
            changed(&app(), &json!({ "app_data": { "application_tracking_enabled": null } })),
            "['app_data']['application_tracking_enabled'] is required",
        ),
        (no_tag, "2804043"),
        (
            changed(&stage(), &json!({ "custom_data": { "lead_event_source": null } })),
            "['custom_data']['lead_event_source'] is required",
        ),
    ]
}

#[tokio::test]
async fn documented_and_not_enforced() {
    let (lenient, strict) = (world(false).await, world(true).await);
    let path = format!("/v25.0/{DATASET}/events");
    for (event, told) in strict_only() {
        let body = json!({ "data": [event], "access_token": "any" });
        let (status, answer) = lenient.post_json(&path, &body).await;
        assert_eq!(status, 200, "Meta takes it: {event} {answer}");
        let (status, answer) = strict.post_json(&path, &body).await;
        let error = &answer["error"];
        assert_eq!((status, &error["code"]), (400, &json!(100)), "{told}: {answer}");
        let said = format!("{} {}", error["error_subcode"], error["error_user_msg"].as_str().unwrap());
        assert!(said.contains(told), "{told}: {said}");
        assert_eq!(said.contains("$['data'][0]"), said.starts_with("2804019"), "{said}");
    }
    assert_eq!(strict.sandbox.graph_events(), []);
}

/// Nothing that the documentation allows is refused for being strict, the Parameter Builder's appendix
/// on every value that may have one included.
#[tokio::test]
async fn what_the_documentation_allows() {
    let world = world(true).await;
    let long = format!("{HASH}.AQQCAQMC");
    let user = |user_data: Value| changed(&web_purchase(), &json!({ "user_data": user_data }));
    for event in [
        web_purchase(),
        app(),
        stage(),
        changed(&stage(), &json!({ "custom_data": null })),
        user(json!({ "em": format!("{HASH}.AQ"), "ph": [long, HASH], "ct": [], "external_id": "plain" })),
        user(json!({
            "client_ip_address": "2001:db8::1.AQQAAQMC", "fbc": "fb.1.1763884000000.IwAR2abcDEF.AQQCAQMC",
            "fbp": "fb.1.1763880000000.1116446470.BA",
        })),
        changed(
            &web_purchase(),
            &json!({
                "event_source_url": "https://shop.example.com/thanks.AQQCAQMC",
                "referrer_url": "https://shop.example.com/.AQQAAQMC",
            }),
        ),
        changed(&web_purchase(), &json!({ "data_processing_options": [] })),
        changed(
            &web_purchase(),
            &json!({
                "data_processing_options": ["LDU"], "data_processing_options_country": 1,
                "data_processing_options_state": 1013,
            }),
        ),
        changed(&web_purchase(), &json!({ "event_name": "My own event", "unknown": { "a": 1 } })),
        changed(&web_purchase(), &json!({ "action_source": "phone_call", "event_source_url": null })),
    ] {
        let body = json!({ "data": [event], "access_token": "any" });
        let (status, answer) = world.post_json(&format!("/v25.0/{DATASET}/events"), &body).await;
        assert_eq!(status, 200, "{event}: {answer}");
    }
}
