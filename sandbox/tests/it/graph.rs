//! Requests of the Graph side as a whole: doors, limits and records.

use kopru_sandbox::{App, Options, SimulatedDataset};
use serde_json::{Value, json};

use crate::{DATASET, TOKEN, World, changed, read, web_purchase};

#[tokio::test]
async fn tokens_objects_and_paths() {
    let world = World::new().await;
    world.sandbox.add_dataset(SimulatedDataset {
        id: "2".to_owned(),
        token: "two".to_owned(),
        ..SimulatedDataset::default()
    });
    let body = |token: &str| json!({ "data": [web_purchase()], "access_token": token });
    let events = |id: &str| format!("/v25.0/{id}/events");
    for (path, body, expected) in [
        (
            events(DATASET),
            json!({ "data": [web_purchase()] }),
            (401, json!(104), Value::Null, "OAuthException"),
        ),
        (events(DATASET), body("nobody's"), (401, json!(190), Value::Null, "OAuthException")),
        (events(DATASET), body("two"), (400, json!(100), json!(33), "GraphMethodException")),
        (events("999"), body(TOKEN), (400, json!(100), json!(33), "GraphMethodException")),
        ("/25.0/1/events".to_owned(), body(TOKEN), (400, json!(2500), Value::Null, "OAuthException")),
        ("/v25.0/1/likes".to_owned(), body(TOKEN), (400, json!(2500), Value::Null, "OAuthException")),
        ("/".to_owned(), body(TOKEN), (400, json!(2500), Value::Null, "OAuthException")),
    ] {
        let (status, answer) = world.post_json(&path, &body).await;
        let error = &answer["error"];
        let got = (status, error["code"].clone(), error["error_subcode"].clone());
        assert_eq!(got, (expected.0, expected.1, expected.2), "{path}: {answer}");
        assert_eq!(error["type"], expected.3);
        assert!(error["message"].is_string() && error["fbtrace_id"].is_string());
        assert!(error.get("error_user_title").is_none());
    }
    let (status, answer) = read(world.client.get(world.url(&events(DATASET))).send().await.unwrap()).await;
    assert_eq!((status, &answer["error"]["error_subcode"]), (400, &json!(33)));
    assert!(answer["error"]["message"].as_str().unwrap().starts_with("Unsupported get request."));
    assert_eq!(world.sandbox.graph_events(), []);
    assert_eq!(world.sandbox.graph_requests().len(), 8);
}

#[tokio::test]
async fn appsecret_proof() {
    let world = World::new().await;
    let app = App { id: "app".to_owned(), secret: "app_secret_123".to_owned(), ..App::default() };
    world.sandbox.add_app(app.clone());
    let dataset = SimulatedDataset {
        id: DATASET.to_owned(),
        token: TOKEN.to_owned(),
        app_id: Some("app".to_owned()),
        ..SimulatedDataset::default()
    };
    world.sandbox.add_dataset(dataset);
    let path = format!("/v25.0/{DATASET}/events");
    let right = "5d17a594497dd1f6a19fed37d6bf596de6371fd6975657662bf45d7c19728531";
    let body =
        |proof: Value| json!({ "data": [web_purchase()], "access_token": TOKEN, "appsecret_proof": proof });
    let without = json!({ "data": [web_purchase()], "access_token": TOKEN });
    assert_eq!(world.post_json(&path, &body(json!(right))).await.0, 200);
    assert_eq!(world.post_json(&path, &without).await.0, 200);
    let (status, answer) = world.post_json(&path, &body(json!(right.to_uppercase()))).await;
    assert_eq!((status, &answer["error"]["code"]), (400, &json!(100)));
    assert_eq!(answer["error"]["message"], "Invalid appsecret_proof provided in the API argument");
    world.sandbox.add_app(App { require_proof: true, ..app });
    assert_eq!(world.post_json(&path, &without).await.0, 400);
    assert_eq!(world.post_json(&path, &body(json!(right))).await.0, 200);
}

#[tokio::test]
async fn the_envelope_is_recorded_without_secrets() {
    let world = World::new().await;
    let path = format!("/v25.0/{DATASET}/events?access_token={TOKEN}&appsecret_proof=ab");
    let body = json!({ "data": [web_purchase()], "test_event_code": "TEST1", "partner_agent": "kopru_0_1" });
    world.post_json(&path, &body).await;
    let request = &world.sandbox.graph_requests()[0];
    assert_eq!(
        Value::Object(request.envelope.clone()),
        json!({ "test_event_code": "TEST1", "partner_agent": "kopru_0_1" })
    );
    assert!(!serde_json::to_string(&request).unwrap().contains(TOKEN));
}

#[tokio::test]
async fn records_are_bounded_and_the_lost_are_counted() {
    let world = World::with(Options { keep: 3, ..Options::default() }).await;
    world.sandbox.add_dataset(SimulatedDataset {
        id: DATASET.to_owned(),
        token: TOKEN.to_owned(),
        ..SimulatedDataset::default()
    });
    let numbered = |n: i32| changed(&web_purchase(), &json!({ "event_id": n.to_string() }));
    world.send(&(0..5).map(numbered).collect::<Vec<_>>()).await;
    let ids: Vec<_> = world.sandbox.graph_events().iter().map(|one| one.event["event_id"].clone()).collect();
    assert_eq!(ids, ["2", "3", "4"]);
    assert_eq!(world.sandbox.left().events, 2);
}

#[tokio::test]
async fn listens_on_loopback_only_and_ends() {
    let world = World::new().await;
    assert!(world.sandbox.serve("0.0.0.0:0".parse().unwrap()).await.is_err());
    assert_eq!(world.send(&[web_purchase()]).await.0, 200);
    let addr = world.running.addr();
    world.running.shutdown().await;
    assert!(tokio::net::TcpStream::connect(addr).await.is_err());
}

/// Byte for byte, in the order in which Meta writes them.
#[tokio::test]
async fn bodies_are_exact() {
    let world = World::new().await;
    let path = world.url(&format!("/v25.0/{DATASET}/events?access_token={TOKEN}"));
    let nameless = changed(&web_purchase(), &json!({ "event_name": null }));
    for (event, expected) in [
        (web_purchase(), "{\"events_received\":1,\"messages\":[],\"fbtrace_id\":\"A\"}"),
        (
            nameless,
            "{\"error\":{\"message\":\"Invalid parameter\",\"type\":\"OAuthException\",\"code\":100,\
             \"error_subcode\":2804019,\"is_transient\":false,\
             \"error_user_title\":\"Server Side Api Parameter Error\",\
             \"error_user_msg\":\"The parameter $['data'][0]['event_name'] is required.\",\
             \"fbtrace_id\":\"A\"}}",
        ),
    ] {
        let request = world.client.post(&path).header("content-type", "application/json");
        let answer = request.body(json!({ "data": [event] }).to_string()).send().await.unwrap();
        assert_eq!(answer.headers()["content-type"], "application/json; charset=UTF-8");
        let trace = answer.headers()["x-fb-trace-id"].to_str().unwrap().to_owned();
        let body = answer.text().await.unwrap();
        assert_eq!(body.replace(&trace, "A"), expected);
    }
}
