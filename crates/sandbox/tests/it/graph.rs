//! Requests of the Graph side as a whole: doors, encodings, limits, records and faults.

use std::time::{Duration, Instant};

use kopru_sandbox::{App, Dataset, Fault, Options};
use reqwest::header::AUTHORIZATION;
use serde_json::{Value, json};

use crate::{DATASET, TOKEN, World, changed, read, web_purchase, whatsapp_lead};

const FORM: &str = "application/x-www-form-urlencoded";

fn form(pairs: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

#[tokio::test]
async fn every_place_of_the_token_and_every_encoding() {
    let world = World::new().await;
    let path = format!("/v26.0/{DATASET}/events");
    let with_token = format!("{path}?access_token={TOKEN}");
    let event = web_purchase();
    let texts = json!([event.to_string()]).to_string();
    let list = json!([event]).to_string();
    let json_kind = "application/json; charset=utf-8";
    for (path, kind, body) in [
        (&with_token, json_kind, json!({ "data": [event] }).to_string()),
        (&with_token, json_kind, json!({ "data": [event.to_string()] }).to_string()),
        (&with_token, json_kind, json!({ "data": list }).to_string()),
        (&path, json_kind, json!({ "data": [event], "access_token": TOKEN }).to_string()),
        (&path, FORM, form(&[("access_token", TOKEN), ("data", &list)])),
        (&path, FORM, form(&[("access_token", TOKEN), ("data", &texts)])),
    ] {
        let (status, body) = world.post(path, kind, body).await;
        assert_eq!((status, &body["events_received"]), (200, &json!(1)), "{body}");
    }
    let request = world.client.post(world.url(&path)).header(AUTHORIZATION, format!("Bearer {TOKEN}"));
    let sent = request.header("content-type", json_kind).body(json!({ "data": [event] }).to_string()).send();
    let (status, body) = read(sent.await.unwrap()).await;
    assert_eq!(status, 200);
    assert_eq!(body["messages"], json!([]));
    let trace = body["fbtrace_id"].as_str().unwrap();
    assert!(trace.len() == 23 && trace.starts_with('A'), "{trace}");
    let accepted = world.sandbox.graph_events();
    assert_eq!(accepted.len(), 7, "copies are listed, not merged");
    assert!(accepted.iter().all(|one| one.event == event && one.dataset == DATASET));
}

#[tokio::test]
async fn tokens_objects_and_paths() {
    let world = World::new().await;
    world.sandbox.add_dataset(Dataset { id: "2".to_owned(), token: "two".to_owned(), ..Dataset::default() });
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
    let dataset = Dataset {
        id: DATASET.to_owned(),
        token: TOKEN.to_owned(),
        app_id: Some("app".to_owned()),
        ..Dataset::default()
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
async fn bodies_that_hold_no_events() {
    let world = World::new().await;
    let path = format!("/v25.0/{DATASET}/events?access_token={TOKEN}");
    let many: Vec<Value> = vec![web_purchase(); 1001];
    for (kind, body) in [
        ("application/json", "{}".to_owned().into_bytes()),
        ("application/json", b"{\"data\":[".to_vec()),
        ("application/json", vec![0xff, 0xfe, 0x00]),
        ("application/json", b"[]".to_vec()),
        ("application/json", b"{\"data\":{}}".to_vec()),
        ("application/json", b"{\"data\":\"nonsense\"}".to_vec()),
        ("application/json", b"{\"data\":[]}".to_vec()),
        ("application/json", format!("{{\"data\":{}1", "[".repeat(100_000)).into_bytes()),
        (FORM, vec![0xff, 0x00, b'%']),
        (FORM, Vec::new()),
        ("application/json", json!({ "data": many }).to_string().into_bytes()),
    ] {
        let (status, answer) = world.post(&path, kind, body).await;
        assert_eq!((status, &answer["error"]["code"]), (400, &json!(100)), "{answer}");
        assert!(answer["error"].get("error_subcode").is_none());
    }
    assert_eq!(world.sandbox.graph_requests().last().unwrap().events, 1001);
    assert_eq!(world.send(&many[..1000]).await.1["events_received"], 1000);
    let too_large = vec![b' '; 16 * 1024 * 1024 + 1];
    let (status, answer) = world.post(&path, "application/json", too_large).await;
    assert_eq!((status, &answer["error"]["code"]), (413, &json!(100)));
}

#[tokio::test]
async fn one_bad_event_refuses_the_request() {
    let world = World::new().await;
    let bad = changed(&whatsapp_lead(), &json!({ "user_data": { "ctwa_clid": "ARAmadeup" } }));
    let (status, body) = world.send(&[whatsapp_lead(), bad, whatsapp_lead()]).await;
    assert_eq!((status, &body["error"]["error_subcode"]), (400, &json!(2_804_087)));
    assert_eq!(world.sandbox.graph_events(), []);
    world.send(&[whatsapp_lead(), whatsapp_lead()]).await;
    let accepted = world.sandbox.graph_events();
    assert_eq!(accepted.iter().map(|one| one.request).collect::<Vec<_>>(), [2, 2]);
    let requests = world.sandbox.graph_requests();
    assert_eq!(
        (requests[0].status, requests[0].code, requests[0].subcode),
        (Some(400), Some(100), Some(2_804_087))
    );
    assert_eq!((requests[0].events, requests[0].accepted), (3, false));
    assert_eq!((requests[1].status, requests[1].code, requests[1].accepted), (Some(200), None, true));
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
async fn scripted_faults() {
    let world = World::new().await;
    let path = world.url(&format!("/v25.0/{DATASET}/events?access_token={TOKEN}"));
    let body = json!({ "data": [web_purchase()] }).to_string();
    let send =
        || world.client.post(&path).header("content-type", "application/json").body(body.clone()).send();

    world.sandbox.fail_next(2, Fault::Answer { status: 503, body: "<html>down</html>".to_owned() });
    world.sandbox.fail_next(1, Fault::CloseBefore);
    world.sandbox.fail_next(1, Fault::CloseAfter);
    for _ in 0..2 {
        let answer = send().await.unwrap();
        assert_eq!(answer.status(), 503);
        assert_eq!(answer.headers()["content-type"], "text/html; charset=utf-8");
        assert_eq!(answer.text().await.unwrap(), "<html>down</html>");
    }
    send().await.unwrap_err();
    assert_eq!(world.sandbox.graph_events().len(), 0);
    send().await.unwrap_err();
    assert_eq!(world.sandbox.graph_events().len(), 1, "accepted, and the client does not know");

    world.sandbox.fail_next(1, Fault::latency(80));
    let started = Instant::now();
    assert_eq!(send().await.unwrap().status(), 200);
    assert!(started.elapsed() >= Duration::from_millis(80));
    assert_eq!(send().await.unwrap().status(), 200);
    let statuses: Vec<_> = world.sandbox.graph_requests().iter().map(|request| request.status).collect();
    assert!(world.sandbox.graph_requests().iter().all(|request| request.events == 1));
    assert_eq!(statuses, [Some(503), Some(503), None, None, Some(200), Some(200)]);
    assert_eq!(world.sandbox.graph_events().len(), 3);
}

#[tokio::test]
async fn records_are_bounded_and_the_lost_are_counted() {
    let world = World::with(Options { keep: 3, ..Options::default() }).await;
    world.sandbox.add_dataset(Dataset {
        id: DATASET.to_owned(),
        token: TOKEN.to_owned(),
        ..Dataset::default()
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
