//! How many webhooks a second are acknowledged, and how long each waits: `cargo bench -p
//! kopru-server`.
//!
//! Single-event WhatsApp webhooks, signed, over 64 connections that the load generator keeps open.
//! Server and generator share the machine. Measured in turns in one run, so that the ratio holds
//! even where the machine drifts:
//! - *floor*: the same server reads the body and answers, without looking at it;
//! - *no store*: signature and parsing as well, and the facts are dropped;
//! - *durable*: the real door; the answer comes after the commit is on the disk (SQLite).

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::cast_precision_loss, missing_docs)]

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use axum::{
    Router,
    body::Bytes,
    http::{HeaderMap, Method, StatusCode},
    routing::post,
};
use kopru_core::{Consent, JoinKey, Wanted, WorkspaceId};
use sandbox::hooks::{Referral, WhatsappEntry, WhatsappMessage, sign, whatsapp};
use server::{ApiKeys, DoorParts, Doors, Health, Hook, OpenDoors, Proxies, listen};
use sources::{Directory, Received, Request, Source, Tenant, Whatsapp};
use store::{Clock, DataKey, Sqlite, Store, Views};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::watch,
};

/// As in the binary.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

const CONNECTIONS: usize = 64;
const REQUESTS: usize = 30_000;
const ROUNDS: usize = 5;
const SECRET: &str = "bench-secret";
const KEY: &str = "bench-hook-key-0123456789";

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(measure());
}

async fn measure() {
    let requests: Arc<Vec<Vec<u8>>> = Arc::new((0..REQUESTS).map(request).collect());
    let (_stop, stopping) = watch::channel(false);
    let floor = serve(floor(), &stopping).await;
    let parsed = serve(without_store(), &stopping).await;
    let folder = tempfile::tempdir_in(".").unwrap();
    let store = Arc::new(Sqlite::open(folder.path(), &DataKey::generate().unwrap()).unwrap());
    let workspace = store.workspace("bench").await.unwrap();
    let hook = Hook {
        workspace,
        workspace_name: "bench".into(),
        kind: "whatsapp",
        source: source(),
        directory: directory(workspace),
    };
    let doors = Doors::new(DoorParts {
        keys: ApiKeys::load(store.clone()).await.unwrap(),
        store: store.clone(),
        open: OpenDoors { hooks: vec![(KEY.to_owned(), hook)], ..OpenDoors::default() },
        proxies: Arc::default(),
        health: Arc::new(Health::default()),
        clock: Clock::system(),
    });
    let durable = serve(doors.router(), &stopping).await;

    let cases = [("floor", floor), ("no store", parsed), ("durable", durable)];
    let mut figures: Vec<Vec<(f64, Duration)>> = vec![Vec::new(); cases.len()];
    for _ in 0..ROUNDS {
        for ((_, address), figures) in cases.iter().zip(&mut figures) {
            figures.push(load(*address, &requests).await);
        }
    }
    println!("{CONNECTIONS} connections, {REQUESTS} requests a round, median of {ROUNDS} rounds");
    println!("{:<10} {:>12} {:>10} {:>10}", "", "requests/s", "p99 ms", "of floor");
    let mut floor_rate = 0.0;
    for ((name, _), figures) in cases.iter().zip(&mut figures) {
        figures.sort_by(|a, b| a.0.total_cmp(&b.0));
        let rate = figures[figures.len() / 2].0;
        figures.sort_by_key(|figure| figure.1);
        let p99 = figures[figures.len() / 2].1;
        if *name == "floor" {
            floor_rate = rate;
        }
        println!("{name:<10} {rate:>12.0} {:>10.2} {:>10.2}", p99.as_secs_f64() * 1e3, rate / floor_rate);
    }
    let ledger = store.ledger(workspace).await.unwrap();
    assert_eq!(
        ledger.facts.received,
        (REQUESTS * ROUNDS) as i64,
        "every acknowledged webhook is in the store"
    );
}

async fn serve(router: Router, stopping: &watch::Receiver<bool>) -> std::net::SocketAddr {
    let address = "127.0.0.1:0".parse().unwrap();
    listen(address, router, Arc::<Proxies>::default(), stopping.clone()).await.unwrap().address
}

/// Sends every request once over all connections; requests a second, and the 99th percentile.
async fn load(address: std::net::SocketAddr, requests: &Arc<Vec<Vec<u8>>>) -> (f64, Duration) {
    let next = Arc::new(AtomicUsize::new(0));
    let started = Instant::now();
    let clients: Vec<_> = (0..CONNECTIONS)
        .map(|_| tokio::spawn(client(address, Arc::clone(requests), Arc::clone(&next))))
        .collect();
    let mut waits = Vec::with_capacity(requests.len());
    for client in clients {
        waits.extend(client.await.unwrap());
    }
    let took = started.elapsed();
    waits.sort_unstable();
    (waits.len() as f64 / took.as_secs_f64(), waits[waits.len() * 99 / 100])
}

async fn client(
    address: std::net::SocketAddr,
    requests: Arc<Vec<Vec<u8>>>,
    next: Arc<AtomicUsize>,
) -> Vec<Duration> {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.set_nodelay(true).unwrap();
    let mut waits = Vec::new();
    let mut answer = vec![0; 1024];
    while let Some(request) = requests.get(next.fetch_add(1, Ordering::Relaxed)) {
        let sent = Instant::now();
        stream.write_all(request).await.unwrap();
        let mut length = 0;
        while !answer[..length].ends_with(b"\r\n\r\n") {
            let read = stream.read(&mut answer[length..]).await.unwrap();
            assert!(read > 0, "the server closed the connection");
            length += read;
        }
        assert!(answer.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&answer[..length]));
        waits.push(sent.elapsed());
    }
    waits
}

fn request(number: usize) -> Vec<u8> {
    let body = whatsapp(&[WhatsappEntry::of(
        "100200300400500",
        WhatsappMessage {
            from: Some(format!("9050000{number:05}")),
            name: "Customer".to_owned(),
            id: format!("wamid.{number}"),
            timestamp: 1_795_000_000,
            referral: Some(Referral::ad("120200000000000001", &format!("ARAclick{number}"))),
            ..WhatsappMessage::default()
        },
    )]);
    format!(
        "POST /hooks/{KEY} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
         x-hub-signature-256: {}\r\ncontent-length: {}\r\n\r\n{body}",
        sign(SECRET, body.as_bytes()),
        body.len()
    )
    .into_bytes()
}

fn source() -> Arc<dyn Source> {
    Arc::new(Whatsapp { verify_token: None, app_secret: SECRET.to_owned() })
}

fn directory(workspace: WorkspaceId) -> Directory {
    Directory::Workspace(Tenant {
        workspace,
        join: JoinKey::new(&[7; 32]),
        country: Some("TR".into()),
        consent: Consent::Elsewhere,
        wanted: Wanted::default(),
    })
}

fn floor() -> Router {
    Router::new().route("/hooks/{key}", post(|_body: Bytes| async { StatusCode::OK }))
}

fn without_store() -> Router {
    let (source, directory) = (source(), Arc::new(directory(WorkspaceId(1))));
    let answer = move |method: Method, headers: HeaderMap, body: Bytes| {
        let (source, directory) = (Arc::clone(&source), Arc::clone(&directory));
        async move {
            let request = Request {
                method: &method,
                uri: "",
                rest: "",
                query: "",
                headers: &headers,
                peer: [127, 0, 0, 1].into(),
                body: &body,
                received_ms: 0,
            };
            let received = source.receive(&request, &directory);
            assert!(matches!(received, Received::Taken { facts, .. } if facts.len() == 1));
            StatusCode::OK
        }
    };
    Router::new().route("/hooks/{key}", post(answer))
}
