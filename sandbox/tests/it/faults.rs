//! Every fault, as a client meets it.

use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::time::{Duration, Instant};

use kopru_sandbox::{Fault, FaultRule, Options, Pipeline, SimulatedDataset, Token};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::{DATASET, TOKEN, World, changed, read, web_purchase};

const EVENTS: &str = "/v25.0/700100/events";
const OTHER: &str = "700200";

/// The status that a client sees with a whole answer; `None` if the connection breaks before its end.
async fn seen(world: &World, dataset: &str) -> Option<(u16, Value)> {
    let body = json!({ "data": [web_purchase(), web_purchase()], "access_token": "any" }).to_string();
    let path = world.url(&format!("/v25.0/{dataset}/events"));
    let response = world.client.post(path).header("content-type", "application/json").body(body).send().await;
    let response = response.ok()?;
    let status = response.status().as_u16();
    let body = response.bytes().await.ok()?;
    Some((status, serde_json::from_slice(&body).unwrap_or_default()))
}

async fn world(options: Options) -> World {
    let world = World::with(options).await;
    for id in [DATASET, OTHER] {
        world.sandbox.add_dataset(SimulatedDataset { id: id.to_owned(), ..SimulatedDataset::default() });
    }
    world.sandbox.add_token(Token::of("any"));
    world
}

async fn delete_faults(world: &World) {
    let request = world.client.delete(world.url("/sandbox/faults"));
    assert_eq!(read(request.send().await.unwrap()).await.0, 200);
}

/// A fault, the text for it if there is one, the status that is seen, and how many events are accepted.
fn all() -> Vec<(Fault, Option<&'static str>, Option<u16>, usize)> {
    let error = |code, subcode| Fault::Error { code, subcode, status: None };
    vec![
        (Fault::Answer { status: 418, body: "{}".to_owned() }, None, Some(418), 0),
        (Fault::Answer { status: 99, body: String::new() }, None, Some(500), 0),
        (Fault::Html { status: 502 }, Some("html:502"), Some(502), 0),
        (error(4, None), Some("error:4"), Some(400), 0),
        (error(190, Some(463)), Some("error:190/463"), Some(401), 0),
        (Fault::CloseBefore, Some("close-before"), None, 0),
        (Fault::CloseAfter, Some("close-after"), None, 2),
        (Fault::Reset, Some("reset"), None, 2),
        (Fault::latency(1), Some("latency:1"), Some(200), 2),
        (Fault::Short { received: 1 }, Some("short:1"), Some(200), 1),
        (Fault::Short { received: 0 }, Some("short:0"), Some(200), 0),
        (Fault::SlowRead { bytes_per_s: 10_000_000 }, Some("slow-read:10000000"), Some(200), 2),
    ]
}

#[tokio::test]
async fn by_the_handle_by_control_and_by_text() {
    let world = world(Options::default()).await;
    let mut accepted = 0;
    for (fault, text, status, taken) in all() {
        let rule = FaultRule { times: Some(1), ..FaultRule::always(fault.clone()) };
        let mut ways = vec![Value::Null, serde_json::to_value(&rule).unwrap()];
        ways.extend(text.map(|text| json!(format!("{text},times=1"))));
        for way in ways {
            if way.is_null() {
                world.sandbox.fail_next(1, fault.clone());
            } else {
                let (done, answer) = world.post_json("/sandbox/faults", &way).await;
                assert_eq!(done, 200, "{way}: {answer}");
            }
            assert_eq!(world.sandbox.faults(), std::slice::from_ref(&rule));
            let answer = seen(&world, DATASET).await;
            assert_eq!(answer.as_ref().map(|answer| answer.0), status, "{fault:?}: {answer:?}");
            accepted += taken;
            assert_eq!(world.sandbox.graph_events().len(), accepted, "{fault:?}");
            if status == Some(200) {
                assert_eq!(answer.unwrap().1["events_received"], taken, "{fault:?}");
            }
            let request = world.sandbox.graph_requests().pop().unwrap();
            assert_eq!(json!(request.fault), serde_json::to_value(&fault).unwrap()["fault"]);
            assert_eq!(world.sandbox.faults(), [], "it is spent");
        }
    }
    assert_eq!(seen(&world, DATASET).await.unwrap().0, 200);
}

/// A fault about events waits for a request that brings some.
#[tokio::test]
async fn short_waits_for_events() {
    let world = world(Options::default()).await;
    world.sandbox.fail_next(1, Fault::Short { received: 1 });
    let me = world.client.get(world.url("/v25.0/me?access_token=any")).send().await.unwrap();
    assert_eq!(me.status(), 200);
    assert_eq!(seen(&world, DATASET).await.unwrap().1["events_received"], 1);
    assert_eq!(seen(&world, DATASET).await.unwrap().1["events_received"], 2);
}

/// An answer goes out byte for byte; one that looks like a page says that it is one.
#[tokio::test]
async fn scripted_answers() {
    let world = world(Options::default()).await;
    for (body, kind) in
        [("<html>down</html>", "text/html; charset=utf-8"), ("{", "application/json; charset=UTF-8")]
    {
        world.sandbox.fail_next(1, Fault::Answer { status: 503, body: body.to_owned() });
        let answer = world.client.post(world.url(EVENTS)).body("").send().await.unwrap();
        assert_eq!(answer.status(), 503);
        assert_eq!(answer.headers()["content-type"], kind);
        assert_eq!(answer.text().await.unwrap(), body);
        assert_eq!(world.sandbox.graph_requests().pop().unwrap().status, Some(503));
    }
}

#[tokio::test]
async fn of_one_dataset() {
    let world = world(Options::default()).await;
    for (fault, _, status, _) in all() {
        let rule = FaultRule { dataset: Some(OTHER.to_owned()), ..FaultRule::always(fault.clone()) };
        assert!(world.sandbox.add_fault(rule));
        assert_eq!(seen(&world, DATASET).await.unwrap().1["events_received"], 2, "{fault:?}");
        for _ in 0..2 {
            assert_eq!(seen(&world, OTHER).await.map(|answer| answer.0), status, "{fault:?}");
        }
        delete_faults(&world).await;
        assert_eq!(seen(&world, OTHER).await.unwrap().0, 200, "taken away");
    }
}

/// Half of the answer comes, and then the connection is reset, not closed.
#[tokio::test]
async fn a_reset_is_one() {
    let world = World::new().await;
    world.sandbox.fail_next(1, Fault::Reset);
    let body = json!({ "data": [web_purchase()], "access_token": TOKEN }).to_string();
    let mut stream = TcpStream::connect(world.running.addr()).await.unwrap();
    let head = format!(
        "POST {EVENTS} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all((head + &body).as_bytes()).await.unwrap();
    let mut got = Vec::new();
    let end = stream.read_to_end(&mut got).await;
    assert_eq!(end.unwrap_err().kind(), ErrorKind::ConnectionReset);
    let text = String::from_utf8(got).unwrap();
    let (head, half) = text.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    let length = head.to_ascii_lowercase();
    let length = length.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
    assert_eq!(half.len(), length.parse::<usize>().unwrap() / 2);
    assert_eq!(world.sandbox.graph_events().len(), 1);
}

#[tokio::test]
async fn slow_reading_takes_its_time_and_holds_up_nobody() {
    let world = World::new().await;
    let slowly = |bytes_per_s| world.sandbox.fail_next(1, Fault::SlowRead { bytes_per_s });
    let padded = changed(&web_purchase(), &json!({ "custom_data": { "note": "x".repeat(20_000) } }));
    slowly(100_000);
    let started = Instant::now();
    assert_eq!(world.send(std::slice::from_ref(&padded)).await.0, 200);
    assert!(started.elapsed() >= Duration::from_millis(200), "20,000 bytes at 100,000 a second");

    slowly(1);
    let events = [padded];
    let mut endless = std::pin::pin!(world.send(&events));
    // Its fault is taken before any other request is sent.
    while !world.sandbox.faults().is_empty() {
        let pause = tokio::time::timeout(Duration::from_millis(5), &mut endless);
        assert!(pause.await.is_err(), "it is still being read");
    }
    for _ in 0..3 {
        assert_eq!(world.send(&[web_purchase()]).await.0, 200);
    }
    assert!(tokio::time::timeout(Duration::from_millis(5), &mut endless).await.is_err());
    assert_eq!(world.sandbox.graph_events().len(), 4);
}

#[tokio::test]
async fn answers_that_never_come() {
    let world = world(Options::default()).await;
    for (dataset, fault) in [(DATASET, Fault::TimeoutBefore), (OTHER, Fault::TimeoutAfter)] {
        let rule =
            FaultRule { dataset: Some(dataset.to_owned()), times: Some(1), ..FaultRule::always(fault) };
        assert!(world.sandbox.add_fault(rule));
    }
    let second = Duration::from_secs(1);
    let (before, after, others) = tokio::join!(
        tokio::time::timeout(second, seen(&world, DATASET)),
        tokio::time::timeout(second, seen(&world, OTHER)),
        async {
            while !world.sandbox.faults().is_empty() {
                tokio::task::yield_now().await;
            }
            (seen(&world, DATASET).await, seen(&world, OTHER).await)
        },
    );
    assert!(before.is_err() && after.is_err(), "nothing came within a second");
    assert_eq!(others.0.unwrap().0, 200);
    assert_eq!(others.1.unwrap().0, 200);
    let of = |id: &str| world.sandbox.graph_events().iter().filter(|event| event.dataset == id).count();
    assert_eq!((of(DATASET), of(OTHER)), (2, 4), "only timeout_after processed its events");
    let silent = world.sandbox.graph_requests().iter().filter(|one| one.status.is_none()).count();
    assert_eq!(silent, 2);
}

#[tokio::test]
async fn latency_is_at_least_what_was_asked_for() {
    let world = world(Options::default()).await;
    world.sandbox.fail_next(2, Fault::Latency { ms: 60, jitter_ms: 40 });
    for _ in 0..2 {
        let started = Instant::now();
        assert_eq!(seen(&world, DATASET).await.unwrap().0, 200);
        assert!(started.elapsed() >= Duration::from_millis(60));
    }
}

#[tokio::test]
async fn an_outage_ends() {
    let world = world(Options::default()).await;
    assert_eq!(world.post_json("/sandbox/faults", &json!("outage:1")).await.0, 200);
    let mut down = 0;
    loop {
        let (status, _) = seen(&world, DATASET).await.unwrap();
        if status == 200 {
            break;
        }
        assert_eq!(status, 503);
        down += 1;
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(down > 0);
    assert_eq!(world.sandbox.faults(), []);
}

#[tokio::test]
async fn chance_can_be_repeated() {
    let mut runs = BTreeSet::new();
    for seed in [7, 7, 8] {
        let world = world(Options { seed, ..Options::default() }).await;
        for text in ["html:502,rate=0.3", "error:4,rate=0.5"] {
            assert!(world.sandbox.add_fault(text.parse().unwrap()));
        }
        let mut statuses = Vec::new();
        for _ in 0..40 {
            statuses.push(seen(&world, DATASET).await.unwrap().0);
        }
        for status in [200, 400, 502] {
            assert!(statuses.contains(&status), "{statuses:?}");
        }
        runs.insert(statuses);
    }
    assert_eq!(runs.len(), 2, "the same seed, the same run");
}

#[tokio::test]
async fn rules_are_checked_and_bounded() {
    let world = world(Options::default()).await;
    for (rule, says) in [
        (json!({ "fault": "quake" }), "quake"),
        (json!({ "fault": "reset", "time": 3 }), "time"),
        (json!({ "fault": "reset", "rate": 2 }), "from 0 to 1"),
        (json!({ "fault": "reset", "seconds": -1 }), "seconds"),
        (json!({ "fault": "latency" }), "ms"),
        (json!("reset,often"), "key=value"),
        (json!(["reset"]), ""),
    ] {
        let (status, answer) = world.post_json("/sandbox/faults", &rule).await;
        assert_eq!(status, 400, "{rule}");
        assert!(answer["error"].as_str().unwrap().contains(says), "{rule}: {answer}");
    }
    assert_eq!(world.sandbox.faults(), []);
    for _ in 0..1000 {
        assert!(world.sandbox.add_fault("reset,times=1".parse().unwrap()));
    }
    let (status, answer) = world.post_json("/sandbox/faults", &json!("reset")).await;
    assert_eq!(status, 400);
    assert!(answer["error"].as_str().unwrap().contains("DELETE /sandbox/faults"), "{answer}");
    let (_, listed) = read(world.client.get(world.url("/sandbox/faults")).send().await.unwrap()).await;
    assert_eq!(listed["faults"].as_array().unwrap().len(), 1000);
    assert_eq!(listed["faults"][0]["fault"], "reset");
    delete_faults(&world).await;
    assert_eq!(world.sandbox.faults(), []);
}

#[tokio::test]
async fn kommo_reads_slowly_and_fails_as_asked_for() {
    let world = World::with(Options::default()).await;
    world.sandbox.put_pipeline(Pipeline { id: 1, name: "Sales".to_owned(), statuses: Vec::new() });
    let post = || {
        let request = world.client.post(world.url("/api/v4/leads")).bearer_auth("kommo-sandbox-token");
        request.header("content-type", "application/json").body(r#"[{"name":"A deal"}]"#).send()
    };
    for (fault, expected) in
        [("slow-read:100,side=kommo,times=1", 200), ("error:429,side=kommo,times=1", 429)]
    {
        assert!(world.sandbox.add_fault(fault.parse().unwrap()));
        let started = Instant::now();
        assert_eq!(post().await.unwrap().status(), expected, "{fault}");
        let slow = started.elapsed() >= Duration::from_millis(190);
        assert!(slow || expected != 200, "19 bytes at 100 a second take 190 ms");
    }
    assert!(world.sandbox.add_fault("close-after,side=kommo,times=1".parse().unwrap()));
    assert!(post().await.is_err(), "the deal is made, and nobody is told");
    assert_eq!(world.sandbox.kommo_requests().last().unwrap().status, 200);
}
