//! A dataset in test mode: its events are marked, and everybody says until when.

use std::fs;

use serde_json::{Value, json};

use crate::{
    cli::kopru,
    service::Site,
    world::{DATASET, upstream},
};

#[tokio::test(flavor = "multi_thread")]
async fn what_a_tested_dataset_sends_is_marked_and_its_day_goes_on_over_a_restart() {
    let sandbox = upstream();
    let running = sandbox.serve("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let site = Site::new(&running.url());
    let file = site.folder.path().join("kopru.toml");
    let text = fs::read_to_string(&file).unwrap();
    let tested = "mode = \"test\"\ntest_event_code = \"TEST1\"\nroutes = [\"website\"]";
    fs::write(&file, text.replace("routes = [\"messaging\"]", tested)).unwrap();
    let config = ["--config", file.to_str().unwrap()];
    let until = || {
        let (_, printed, _) = kopru(&[&["check", "--offline"][..], &config].concat());
        let words = format!("acme: dataset {DATASET}: events are sent with the test code TEST1 until ");
        printed.lines().find_map(|line| Some(line.split_once(&words)?.1.to_owned()))
    };
    assert_eq!(until(), None, "no service has begun it");

    let mut child = site.start();
    site.ready().await;
    let make = ["keys", "make", "web-shop", "--scope", "events", "--consent", "sender"];
    let (_, key, said) = kopru(&[&make[..], &config].concat());
    assert!(key.starts_with("kopru_"), "{said}");
    let event = json!({
        "event_name": "Lead", "event_id": "l-1", "event_time": jiff::Timestamp::now().as_second(),
        "action_source": "website", "event_source_url": "https://shop.example.com/",
        "user_data": { "external_id": ["visitor-1"], "client_user_agent": "Mozilla/5.0 (X11; Linux x86_64)" },
    });
    let request = site.client.post(format!("{}/v26.0/{DATASET}/events", site.doors)).bearer_auth(key.trim());
    let request = request.header("content-type", "application/json");
    let answer = request.body(json!({ "data": [event] }).to_string()).send().await.unwrap();
    assert_eq!(answer.status(), 200, "{}", answer.text().await.unwrap());
    site.until("Meta has it", async || sandbox.graph_events().len() == 1).await;
    let carried = sandbox.graph_requests().into_iter().find(|request| request.accepted).unwrap();
    assert_eq!(carried.envelope["test_event_code"], "TEST1");
    let health: Value = site.get("/api/v1/health").await;
    let testing = &health["testing"][0];
    assert_eq!((&testing["code"], &testing["over"]), (&json!("TEST1"), &json!(false)), "{health}");
    let begun = until();
    assert!(begun.is_some());

    child.kill().unwrap();
    child.wait().unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    let mut child = site.start();
    site.ready().await;
    assert_eq!(site.get("/api/v1/health").await["testing"][0]["until"], testing["until"]);
    assert_eq!(until(), begun);
    child.kill().unwrap();
    child.wait().unwrap();
}
