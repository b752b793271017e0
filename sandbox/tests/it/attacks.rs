//! Clients that mean harm: what the sandbox holds and does for them has a bound.

use kopru_sandbox::{KommoIntegration, Options};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::{DATASET, TOKEN, World, changed, read, web_purchase};

/// One more level around a batch.
fn wrapped(batch: &Value) -> Value {
    let batch: String =
        form_urlencoded::Serializer::new(String::new()).append_pair("batch", &batch.to_string()).finish();
    json!([{ "method": "POST", "relative_url": "", "body": batch }])
}

#[tokio::test]
async fn a_batch_holds_no_batch() {
    let world = World::new().await;
    let mut batch = json!([{ "method": "GET", "relative_url": "me" }]);
    for _ in 0..30 {
        batch = wrapped(&batch);
    }
    let (status, answer) =
        world.post_json("/v25.0/", &json!({ "batch": batch, "access_token": TOKEN })).await;
    assert_eq!((status, answer[0]["code"].as_u64()), (200, Some(400)));
    assert!(answer[0]["body"].as_str().unwrap().contains("cannot hold another batch"), "{answer}");
}

#[tokio::test]
async fn long_words_leave_short_records() {
    let world = World::new().await;
    let method: Method = "A".repeat(30_000).parse().unwrap();
    for path in ["/v25.0/me", "/api/v4/leads"] {
        let url = world.url(&format!("{path}?{}", "x".repeat(20_000)));
        world.client.request(method.clone(), url).send().await.unwrap();
    }
    let graph = world.sandbox.graph_requests().pop().unwrap();
    let kommo = world.sandbox.kommo_requests().pop().unwrap();
    assert!(graph.method.len() < 30 && kommo.method.len() < 30 && kommo.path.len() < 2000);
    let event = changed(&web_purchase(), &json!({ "event_name": "n".repeat(100_000) }));
    assert_eq!(world.send(&[event]).await.0, 200);
    assert_eq!(world.sandbox.tallies(DATASET).keys().collect::<Vec<_>>(), ["…"]);
    let named = |n: u32| changed(&web_purchase(), &json!({ "event_name": format!("name {n}") }));
    assert_eq!(world.send(&(0..600).map(named).collect::<Vec<_>>()).await.0, 200);
    let tallies = world.sandbox.tallies(DATASET);
    assert_eq!((tallies.len(), tallies["…"].server), (500, 102), "names have a bound, counts do not");
}

#[tokio::test]
async fn json_of_many_small_values_is_not_read() {
    let world = World::new().await;
    let many = format!("[{}0]", "{\"\":0},".repeat(200_000));
    let (status, answer) = world.post("/sandbox/people", "application/json", many.clone()).await;
    assert_eq!(status, 400);
    assert!(answer["error"].as_str().unwrap().contains("more than 250000 values"), "{answer}");
    let one = format!("{{\"access_token\":\"{TOKEN}\",\"data\":[{{\"event_name\":{many}}}]}}");
    assert_eq!(world.post(&format!("/v25.0/{DATASET}/events"), "application/json", one).await.0, 400);
    let text = changed(&web_purchase(), &json!({ "note": ",\\\"[".repeat(200_000) }));
    assert_eq!(world.send(&[text]).await.0, 200, "what stands in a text is no value");
}

#[tokio::test]
async fn a_site_that_names_itself_has_no_control() {
    let world = World::new().await;
    for (host, status) in [
        ("attacker.example:80", 403),
        ("localhost.attacker.example", 403),
        ("127.0.0.1.attacker.example", 403),
        ("localhost", 200),
        ("Sandbox.localhost:8480", 200),
        ("127.0.0.1", 200),
        ("[::1]:8480", 200),
    ] {
        let request = world.client.get(world.url("/sandbox/clock")).header("host", host);
        assert_eq!(request.send().await.unwrap().status(), status, "{host}");
    }
}

#[tokio::test]
async fn a_long_list_of_events_comes_in_pieces_and_whole() {
    let world = World::new().await;
    for n in 0..40_u32 {
        let more = json!({ "event_id": n.to_string(), "note": "x".repeat(30_000) });
        assert_eq!(world.send(&[changed(&web_purchase(), &more)]).await.0, 200);
    }
    let list = async |query: &str| {
        let answer = world.client.get(world.url(&format!("/sandbox/events{query}"))).send().await.unwrap();
        let (status, body) = read(answer).await;
        assert_eq!(
            (status, body["count"].as_u64(), body["left"].as_u64()),
            (200, Some(40), Some(0)),
            "{query}"
        );
        body["events"]
            .as_array()
            .unwrap()
            .iter()
            .map(|event| event["n"].as_u64().unwrap())
            .collect::<Vec<_>>()
    };
    assert_eq!(list("").await, (1..=40).collect::<Vec<_>>());
    assert_eq!(list("?after=38").await, [39, 40]);
    assert_eq!(list("?limit=1").await, [40]);
    assert_eq!(list("?after=39&limit=9").await, [40]);
    assert_eq!(list("?limit=0").await, [0; 0]);
    assert_eq!(list("?dataset=1").await, [0; 0]);
    assert_eq!(list(&format!("?dataset={DATASET}&limit=2")).await, [39, 40]);
}

#[tokio::test]
async fn what_is_put_in_has_to_fit() {
    let world = World::with(Options { keep_bytes: 100_000, ..Options::default() }).await;
    let app = |id: u32| json!({ "id": id.to_string(), "secret": "x".repeat(30_000) });
    for _ in 0..10 {
        assert_eq!(world.post_json("/sandbox/apps", &app(1)).await.0, 200, "it is the same one again");
    }
    let mut answers = Vec::new();
    for id in 2..6 {
        answers.push(world.post_json("/sandbox/apps", &app(id)).await);
    }
    let (status, answer) = answers.pop().unwrap();
    assert_eq!(status, 400);
    assert!(answer["error"].as_str().unwrap().contains("no more fits"), "{answer}");
    let integration = KommoIntegration::default();
    assert_eq!(world.post_json("/sandbox/kommo/integration", &json!(integration)).await.0, 200);
    let note = json!([{ "note_type": "common", "params": { "text": "x".repeat(60_000) } }]);
    let write = world.client.post(world.url("/api/v4/leads/1/notes")).bearer_auth("kommo-sandbox-token");
    let (status, answer) = read(write.body(note.to_string()).send().await.unwrap()).await;
    assert_eq!(status, 400);
    assert!(answer["detail"].as_str().unwrap().contains("no more fits"), "{answer}");
}

#[tokio::test]
async fn lists_within_a_request_have_a_bound() {
    let world = World::new().await;
    let tags: Vec<Value> = (0..2000).map(|id| json!({ "id": id })).collect();
    let lead = json!([{ "name": "x", "tags_to_add": tags, "custom_fields_values": tags }]);
    let write = world.client.post(world.url("/api/v4/contacts")).bearer_auth("kommo-sandbox-token");
    let (status, answer) = read(write.body(lead.to_string()).send().await.unwrap()).await;
    let errors = answer["validation-errors"][0]["errors"].as_array().unwrap();
    assert_eq!((status, errors.len()), (400, 2), "{answer}");
    assert!(errors.iter().all(|error| error["code"] == "TooMany"), "{answer}");
}

/// Time stands still but for waiting, so the thirty seconds of patience are over at once.
#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_read_is_let_go() {
    let world = World::new().await;
    let body = "x".repeat(32 * 1024 * 1024);
    world.sandbox.fail_next(1, kopru_sandbox::Fault::Answer { status: 200, body: body.clone() });
    let mut stream = TcpStream::connect(world.running.addr()).await.unwrap();
    stream.write_all(b"GET /v25.0/me HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    tokio::time::sleep(std::time::Duration::from_mins(1)).await;
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    assert!(answer.len() < body.len(), "{} bytes", answer.len());
}
