//! How many events a second the sandbox takes: `cargo bench -p kopru-sandbox --bench discard`.
//!
//! Web purchases of about 900 bytes with hashed keys, in requests of 1,000, each event with an id of its
//! own, over four connections. Server and load generator share the machine. Measured in turns in one run:
//! - *floor*: a server of the same make reads the body, parses it with `serde_json` and answers;
//! - *discard*: every check and deduplication, and counts and event ids are kept;
//! - *keep*: the events as well, with diagnostics and matching.
//!
//! The bench ends by comparing the sandbox's counts with what was sent.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::cast_precision_loss, missing_docs)]

use std::net::SocketAddr;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use axum::body::Bytes;
use axum::{Router, routing::post};
use kopru_sandbox::{Options, Running, Sandbox, SimulatedDataset};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const CONNECTIONS: usize = 4;
const REQUESTS: usize = 50;
const EVENTS: usize = 1000;
const ROUNDS: usize = 5;
const ID: &str = "purchase-0000000000";
const DIGITS: usize = 10;

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(measure());
}

async fn measure() {
    let (discarding, discard) = world(Options { discard: true, ..Options::default() }).await;
    let (_keeping, keep) = world(Options::default()).await;
    let cases = [("floor", floor().await), ("discard", discard.addr()), ("keep", keep.addr())];
    let mut figures = vec![Vec::new(); cases.len()];
    for round in 0..ROUNDS {
        for ((_, address), figures) in cases.iter().zip(&mut figures) {
            figures.push(load(*address, round).await);
        }
    }
    let sent = CONNECTIONS * REQUESTS * EVENTS;
    println!("{sent} events of {} bytes a round, {ROUNDS} rounds, medians", body().len() / EVENTS);
    let mut first = None;
    for ((name, _), figures) in cases.iter().zip(&mut figures) {
        figures.sort_unstable();
        let rate = sent as f64 / figures[ROUNDS / 2].as_secs_f64();
        let of_floor = rate / *first.get_or_insert(rate);
        println!("{name:8} {rate:>9.0} events/s   {of_floor:.2} of the floor");
    }
    let tally = &discarding.tallies("1")["Purchase"];
    assert_eq!(tally.server, (sent * ROUNDS) as u64, "everything sent was counted");
    assert!(tally.copies.is_empty(), "and nothing twice");
    println!("counted {} events, none twice", tally.server);
}

async fn world(options: Options) -> (Sandbox, Running) {
    let sandbox = Sandbox::new(options);
    let (id, token) = ("1".to_owned(), "token".to_owned());
    sandbox.add_dataset(SimulatedDataset { id, token, ..SimulatedDataset::default() });
    let running = sandbox.serve("127.0.0.1:0".parse().unwrap()).await.unwrap();
    (sandbox, running)
}

async fn floor() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let answer = |body: Bytes| async move {
        let body: Value = serde_json::from_slice(&body).unwrap();
        format!("{{\"events_received\":{}}}", body["data"].as_array().unwrap().len())
    };
    let router = Router::new()
        .route("/v26.0/1/events", post(answer))
        .layer(axum::extract::DefaultBodyLimit::max(16 * 1024 * 1024));
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

fn body() -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let hash = "62a14e44f765419d10fea99367361a727c12365e2520f32218d505ed9aa0f62f";
    let event = json!({
        "event_name": "Purchase", "event_time": now, "event_id": ID, "action_source": "website",
        "event_source_url": "https://shop.example.com/thanks?utm_source=ads",
        "user_data": {
            "em": [hash], "ph": [hash], "fn": [hash], "ln": [hash], "ct": [hash], "country": [hash],
            "client_ip_address": "2001:db8::1", "client_user_agent": "Mozilla/5.0 (X11; Linux x86_64)",
            "fbc": "fb.1.1763884000000.IwAR2abcDEF", "fbp": "fb.1.1763880000000.1116446470",
        },
        "custom_data": {
            "currency": "EUR", "value": 49.9, "order_id": "1001",
            "contents": [{ "id": "sku1", "quantity": 1, "item_price": 49.9 }],
        },
    });
    json!({ "access_token": "token", "data": vec![event; EVENTS] }).to_string()
}

/// A request, and where the digits of its event ids are.
fn request() -> (Vec<u8>, Vec<usize>) {
    let body = body();
    let head = format!(
        "POST /v26.0/1/events HTTP/1.1\r\nHost: sandbox\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\n\r\n",
        body.len()
    );
    let whole = head + &body;
    let places = whole.match_indices(ID).map(|(at, id)| at + id.len() - DIGITS).collect();
    (whole.into_bytes(), places)
}

async fn load(address: SocketAddr, round: usize) -> Duration {
    let prepared = request();
    let mut streams = Vec::new();
    for _ in 0..CONNECTIONS {
        streams.push(TcpStream::connect(address).await.unwrap());
    }
    let started = Instant::now();
    let senders: Vec<_> = streams
        .into_iter()
        .enumerate()
        .map(|(connection, stream)| {
            let first = (round * CONNECTIONS + connection) * REQUESTS * EVENTS;
            tokio::spawn(send(stream, prepared.clone(), first))
        })
        .collect();
    for sender in senders {
        sender.await.unwrap();
    }
    started.elapsed()
}

async fn send(mut stream: TcpStream, (mut request, places): (Vec<u8>, Vec<usize>), mut id: usize) {
    let mut answer = vec![0; 4096];
    for _ in 0..REQUESTS {
        for place in &places {
            request[*place..place + DIGITS].copy_from_slice(format!("{id:010}").as_bytes());
            id += 1;
        }
        stream.write_all(&request).await.unwrap();
        let read = stream.read(&mut answer).await.unwrap();
        let text = std::str::from_utf8(&answer[..read]).unwrap();
        assert!(text.contains("\"events_received\":1000"), "{text}");
    }
}
