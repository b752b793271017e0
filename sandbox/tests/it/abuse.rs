//! Broken clients: it answers or closes, and stays up.

use kopru_sandbox::Options;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::{World, changed, web_purchase};

const HEAD: &str = "POST /v25.0/700100/events HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n";

async fn said(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    // A reset is one way to close.
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8_lossy(&answer).into_owned()
}

/// Time stands still but for waiting, so the thirty seconds of patience are over at once.
#[tokio::test(start_paused = true)]
async fn slow_heads_are_closed_and_slow_bodies_are_told() {
    let world = World::new().await;
    for (sent, expected) in [
        ("POST /v25.0/1/ev", ""),
        (&format!("{HEAD}Content-Length: 1000\r\n\r\n{{\"data\":["), "HTTP/1.1 408"),
        (&format!("{HEAD}Transfer-Encoding: chunked\r\n\r\n5\r\n{{\"dat"), "HTTP/1.1 408"),
    ] {
        let mut stream = TcpStream::connect(world.running.addr()).await.unwrap();
        stream.write_all(sent.as_bytes()).await.unwrap();
        let answer = said(&mut stream).await;
        assert!(answer.starts_with(expected) && answer.is_empty() == expected.is_empty(), "{sent}: {answer}");
    }
}

#[tokio::test]
async fn any_bytes_get_an_answer_or_an_end() {
    let world = World::new().await;
    let mut seed = 7_u64;
    let mut byte = || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 56) as u8
    };
    let long = format!("GET /{} HTTP/1.1\r\n\r\n", "x".repeat(100_000));
    let many = format!("GET / HTTP/1.1\r\n{}\r\n", "a: b\r\n".repeat(20_000));
    let mut cases: Vec<Vec<u8>> = vec![
        long.into_bytes(),
        many.into_bytes(),
        format!("{HEAD}Content-Length: -1\r\n\r\n").into_bytes(),
        format!("{HEAD}Content-Length: 99999999999999999999\r\n\r\n").into_bytes(),
        format!("{HEAD}Transfer-Encoding: chunked\r\n\r\nzz\r\n").into_bytes(),
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec(),
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".to_vec(),
    ];
    cases.extend((0..200).map(|length| (0..length * 7).map(|_| byte()).collect()));
    for case in cases {
        let mut stream = TcpStream::connect(world.running.addr()).await.unwrap();
        let _ = stream.write_all(&case).await;
        let _ = stream.shutdown().await;
        said(&mut stream).await;
    }
    assert_eq!(world.send(&[web_purchase()]).await.0, 200);
}

#[tokio::test]
async fn records_are_bounded_in_bytes_too() {
    let world = World::with(Options { keep_bytes: 100_000, keep_ids: 10, ..Options::default() }).await;
    world.sandbox.add_dataset(kopru_sandbox::SimulatedDataset {
        id: crate::DATASET.to_owned(),
        token: crate::TOKEN.to_owned(),
        ..kopru_sandbox::SimulatedDataset::default()
    });
    for n in 0..20 {
        let note = "x".repeat(9_000);
        let event = changed(&web_purchase(), &serde_json::json!({ "event_id": n.to_string(), "note": note }));
        assert_eq!(world.send(&[event]).await.0, 200);
    }
    let kept = world.sandbox.graph_events();
    assert_eq!(kept.last().unwrap().event["event_id"], "19", "the newest stay");
    let left = world.sandbox.left();
    assert_eq!(kept.len() as u64 + left.events, 20);
    assert!(left.events >= 9, "{left:?}");
    assert!(left.dedup_keys >= 10, "{left:?}");
    assert_eq!(world.sandbox.tallies(crate::DATASET)["Purchase"].server, 20, "counts outlive records");
}
