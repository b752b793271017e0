//! Of two things wrong, the earlier check is the one that is told.

use kopru_sandbox::{App, Click, Options, SimulatedDataset, Tier, Token};
use serde_json::{Value, json};

use crate::{
    DATASET, PAGE, WABA, World, changed, instagram_cart, messenger_purchase, now, web_purchase, whatsapp_lead,
};

const DAY: i64 = 86_400;

/// What is wrong with an event, in the order of the checks: what is told of it, and how it comes about.
type Chain = Vec<(&'static str, Value)>;

/// The path that a refusal names, or its subcode, or its code.
fn told(body: &Value) -> String {
    let error = &body["error"];
    let message = error["error_user_msg"].as_str().unwrap_or_default();
    match (message.split_once("$['data'][0]"), error["error_subcode"].as_i64()) {
        (Some((_, named)), _) => named.split(' ').next().unwrap_or_default().to_owned(),
        (None, Some(subcode)) => (subcode % 1000).to_string(),
        (None, None) => format!("#{}", error["code"]),
    }
}

/// Every pair of the chain: the later wrong first put in, then the earlier, which is the one told.
async fn holds(world: &World, base: &Value, chain: &Chain) {
    assert_eq!(world.send(std::slice::from_ref(base)).await.0, 200, "{base}");
    for (place, (expected, earlier)) in chain.iter().enumerate() {
        for (other, later) in &chain[place..] {
            let event = changed(&changed(base, later), earlier);
            let (_, body) = world.send(std::slice::from_ref(&event)).await;
            assert_eq!(told(&body), *expected, "with {other}: {event} {body}");
        }
    }
}

fn fields() -> Chain {
    vec![
        ("['event_name']", json!({ "event_name": null })),
        ("['event_time']", json!({ "event_time": null })),
        ("['user_data']", json!({ "user_data": null })),
    ]
}

fn money() -> Chain {
    vec![
        ("10", json!({ "custom_data": { "currency": null } })),
        ("9", json!({ "custom_data": { "value": null } })),
        ("8", json!({ "custom_data": { "contents": [{ "quantity": 1 }] } })),
    ]
}

fn together(parts: impl IntoIterator<Item = Chain>) -> Chain {
    parts.into_iter().flatten().collect()
}

#[tokio::test]
async fn of_a_website() {
    let world = World::new().await;
    let mut base = web_purchase();
    base["user_data"] = json!({ "em": base["user_data"]["em"] });
    let identity = vec![
        ("36", json!({ "user_data": { "lead_id": "12" } })),
        ("50", json!({ "user_data": { "em": null, "client_user_agent": "Mozilla/5.0" } })),
    ];
    let source = vec![("['action_source']", json!({ "action_source": "billboard" }))];
    for time in
        [("3", json!({ "event_time": now() - 8 * DAY })), ("4", json!({ "event_time": now() * 1000 }))]
    {
        let chain = together([fields(), vec![time], source.clone(), identity.clone(), money()]);
        holds(&world, &base, &chain).await;
    }
}

#[tokio::test]
async fn of_an_app() {
    let world = World::new().await;
    let mut extinfo = vec!["x"; 16];
    let mut base = changed(
        &web_purchase(),
        &json!({ "action_source": "app", "app_data": { "extinfo": extinfo, "advertiser_tracking_enabled": 1 } }),
    );
    base["user_data"] = json!({ "madid": "38400000-8cf0-11bd-b23e-10b96e40000d" });
    extinfo[4] = "";
    let chain = vec![
        ("3", json!({ "event_time": now() - 8 * DAY })),
        ("43", json!({ "app_data": { "extinfo": extinfo } })),
        ("36", json!({ "user_data": { "lead_id": "12" } })),
        ("50", json!({ "user_data": { "madid": null } })),
    ];
    holds(&world, &base, &together([fields(), chain, money()])).await;
}

#[tokio::test]
async fn of_whatsapp() {
    let world = World::new().await;
    world.sandbox.add_click(Click {
        ctwa_clid: "ARAotherPage".to_owned(),
        waba_id: WABA.to_owned(),
        page_id: Some("999".to_owned()),
        ad_id: "1".to_owned(),
        ..Click::default()
    });
    let base = changed(
        &whatsapp_lead(),
        &json!({ "event_name": "Purchase", "custom_data": { "currency": "BRL", "value": 5 } }),
    );
    let user = |user_data: Value| json!({ "user_data": user_data });
    let chain = vec![
        ("3", json!({ "event_time": now() - 8 * DAY })),
        ("['action_source']", json!({ "action_source": "billboard" })),
        ("63", json!({ "messaging_channel": null })),
        ("66", json!({ "event_name": "Lead" })),
        ("64", user(json!({ "fbp": "fb.1.1.1" }))),
        ("71", user(json!({ "ctwa_clid": null }))),
        ("116", user(json!({ "whatsapp_business_account_id": null, "page_id": null }))),
        ("118", user(json!({ "whatsapp_business_account_id": "999" }))),
        ("72", user(json!({ "page_id": PAGE, "ctwa_clid": "ARAotherPage" }))),
        ("87", user(json!({ "ctwa_clid": "ARAmadeup" }))),
        ("36", user(json!({ "lead_id": "12" }))),
    ];
    holds(&world, &base, &together([fields(), chain, money()])).await;
}

#[tokio::test]
async fn of_messenger_and_instagram() {
    let world = World::new().await;
    world.sandbox.add_scoped_id("777", "999");
    let user = |user_data: Value| json!({ "user_data": user_data });
    let common = vec![
        ("3", json!({ "event_time": now() - 8 * DAY })),
        ("63", json!({ "messaging_channel": null })),
        ("66", json!({ "event_name": "Lead" })),
        ("64", json!({ "event_source_url": "https://shop.example.com" })),
    ];
    let messenger = vec![
        ("69", user(json!({ "page_id": null }))),
        ("71", user(json!({ "page_scoped_user_id": null }))),
        ("65", user(json!({ "page_id": "999" }))),
        ("73", user(json!({ "page_scoped_user_id": "777" }))),
    ];
    holds(&world, &messenger_purchase(), &together([fields(), common.clone(), messenger, money()])).await;
    let instagram = vec![
        ("75", user(json!({ "ig_sid": null }))),
        ("79", user(json!({ "ig_account_id": null }))),
        ("133", user(json!({ "ig_account_id": "999" }))),
        ("8", json!({ "custom_data": { "contents": [{ "quantity": 1 }] } })),
    ];
    holds(&world, &instagram_cart(), &together([fields(), common, instagram])).await;
}

/// The permission is looked at once the channel is known, before the event's name.
#[tokio::test]
async fn the_permission_comes_after_the_channel() {
    let world = World::new().await;
    world.sandbox.add_token(Token { permissions: Some(Vec::new()), ..Token::of("none") });
    for (changes, expected) in [
        (json!({ "messaging_channel": null }), "63"),
        (json!({ "event_name": "Lead" }), "#200"),
        (json!({ "user_data": { "ctwa_clid": null } }), "#200"),
    ] {
        let body = json!({ "data": [changed(&whatsapp_lead(), &changes)], "access_token": "none" });
        let (_, answer) = world.post_json(&format!("/v25.0/{DATASET}/events"), &body).await;
        assert_eq!(told(&answer), expected, "{answer}");
    }
}

/// Object, token, access, proof, limit, `data`, events.
#[tokio::test]
async fn of_a_request() {
    let world = World::with(Options { tier: Some(Tier::Limited), ..Options::default() }).await;
    let app = |id: &str| App { id: id.to_owned(), secret: "secret".to_owned(), ..App::default() };
    world.sandbox.add_app(App { require_proof: true, ..app("careful") });
    world.sandbox.add_app(app("busy"));
    let of = |value: &str, app: &str| Token { app_id: Some(app.to_owned()), ..Token::of(value) };
    world.sandbox.add_token(of("careful", "careful"));
    world.sandbox.add_token(of("busy", "busy"));
    world.sandbox.add_token(Token { objects: Some(Vec::new()), ..of("stranger", "careful") });
    world.sandbox.add_token(Token { refused_with: Some(460), ..of("old", "careful") });
    world.sandbox.add_token(Token::of("good"));
    world.sandbox.add_dataset(SimulatedDataset { id: DATASET.to_owned(), ..SimulatedDataset::default() });
    let known = format!("/v25.0/{DATASET}/events");
    let bad = json!({ "event_name": "Lead" });
    let send = async |path: &str, body: Value| {
        let (_, answer) = world.post_json(path, &body).await;
        let error = &answer["error"];
        (error["code"].as_i64().unwrap(), error["message"].as_str().unwrap().to_owned())
    };
    while send(&known, json!({ "access_token": "busy" })).await.0 != 17 {}
    for (path, body, code, says) in [
        ("/v27.0/999/events", json!({ "access_token": "x" }), 2500, "Unknown path"),
        ("/v25.0/999/events", json!({ "access_token": "x" }), 100, "Object with ID '999' does not exist"),
        (&known, json!({}), 104, "access token is required"),
        (&known, json!({ "access_token": "x" }), 190, "Cannot parse"),
        (&known, json!({ "access_token": "old" }), 190, "Error validating"),
        (&known, json!({ "access_token": "careful" }), 100, "require an appsecret_proof"),
        (
            &known,
            json!({ "access_token": "careful", "appsecret_proof": "ab" }),
            100,
            "Invalid appsecret_proof",
        ),
        (&known, json!({ "access_token": "busy", "appsecret_proof": "ab" }), 100, "Invalid appsecret_proof"),
        (&known, json!({ "access_token": "busy", "data": [bad] }), 17, "request limit"),
        (&known, json!({ "access_token": "good" }), 100, "data is required"),
        (&known, json!({ "access_token": "good", "data": [] }), 100, "non-empty"),
        (&known, json!({ "access_token": "good", "data": vec![&bad; 1001] }), 100, "at most 1000"),
        (&known, json!({ "access_token": "good", "data": [bad] }), 100, "Invalid parameter"),
    ] {
        let (got, message) = send(path, body).await;
        assert_eq!(got, code, "{message}");
        assert!(message.contains(says), "{message}");
    }
    let (code, message) = send(&known, json!({ "access_token": "stranger", "appsecret_proof": "ab" })).await;
    assert_eq!((code, message.contains("appsecret_proof")), (100, true), "{message}");
}

/// The first bad event is the one that is told, whatever is wrong with those after it.
#[tokio::test]
async fn of_a_batch() {
    let world = World::new().await;
    let good = web_purchase();
    let late_check = changed(&good, &json!({ "custom_data": { "contents": [{ "quantity": 1 }] } }));
    let early_check = changed(&good, &json!({ "event_name": null }));
    for (events, index, subcode) in [
        (vec![&good, &late_check, &early_check], 1, 2_804_008),
        (vec![&early_check, &late_check], 0, 2_804_019),
        (vec![&good, &good, &early_check, &late_check], 2, 2_804_019),
    ] {
        let events: Vec<Value> = events.into_iter().cloned().collect();
        let (status, body) = world.send(&events).await;
        assert_eq!((status, &body["error"]["error_subcode"]), (400, &json!(subcode)));
        let request = world.sandbox.graph_requests().pop().unwrap();
        assert_eq!((request.refused_index, request.accepted), (Some(index), false));
        assert_eq!(request.refused_event, Some(events[index].to_string()));
        assert_eq!((request.status, request.code, request.subcode), (Some(400), Some(100), Some(subcode)));
        assert_eq!(request.events, events.len());
        if subcode == 2_804_019 {
            let path = format!("$['data'][{index}]['event_name']");
            assert!(body["error"]["error_user_msg"].as_str().unwrap().contains(&path), "{body}");
        }
    }
    assert_eq!(world.sandbox.graph_events(), []);
    assert!(world.sandbox.tallies(DATASET).is_empty());
}
