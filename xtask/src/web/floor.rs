//! The floor of single events: a server that makes the same bytes durable in a bare file, in groups, and answers.

use std::{
    io::Write as _,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use axum::{Router, body::Bytes, extract::State, routing::post};
use tokio::{
    net::TcpListener,
    sync::{mpsc, oneshot},
};

use super::shop::{of_browser, request};
use crate::service::{Failure, load::Connection};

const CONNECTIONS: u64 = 128;
/// How many requests may share one flush.
const GROUP_MAX: usize = 256;

type Waiting = (Bytes, oneshot::Sender<()>);

/// Requests a second that are durable.
pub async fn measure(lasting: Duration) -> Result<f64, Failure> {
    let address = start().await?;
    let numbers = Arc::new(AtomicU64::new(0));
    let began = Instant::now();
    let tasks: Vec<_> = (0..CONNECTIONS)
        .map(|_| {
            let (mut connection, numbers) = (Connection::to(address), Arc::clone(&numbers));
            tokio::spawn(async move {
                let mut done = 0_u64;
                while began.elapsed() < lasting {
                    let number = numbers.fetch_add(1, Ordering::Relaxed);
                    let event = of_browser(number % 10_000, &format!("f-{number}"));
                    if connection.send(&request("bare", &[event])).await.0 == Some(200) {
                        done += 1;
                    }
                }
                done
            })
        })
        .collect();
    let mut done = 0;
    for task in tasks {
        done += task.await?;
    }
    Ok(done as f64 / began.elapsed().as_secs_f64())
}

async fn start() -> Result<SocketAddr, Failure> {
    let (send, mut receive) = mpsc::channel::<Waiting>(1024);
    let mut file = tempfile::tempfile_in("target")?;
    std::thread::spawn(move || {
        while let Some(first) = receive.blocking_recv() {
            let mut group = vec![first];
            while group.len() < GROUP_MAX
                && let Ok(next) = receive.try_recv()
            {
                group.push(next);
            }
            let bytes: Vec<u8> = group.iter().flat_map(|(bytes, _)| bytes.iter().copied()).collect();
            if file.write_all(&bytes).and_then(|()| file.sync_data()).is_err() {
                return;
            }
            for (_, done) in group {
                let _ = done.send(());
            }
        }
    });
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let router = Router::new().route("/v24.0/{dataset}/events", post(keep)).with_state(send);
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(address)
}

async fn keep(State(send): State<mpsc::Sender<Waiting>>, body: Bytes) -> &'static str {
    let (done, durable) = oneshot::channel();
    let _ = send.send((body, done)).await;
    let _ = durable.await;
    "{\"events_received\":1,\"messages\":[],\"fbtrace_id\":\"A\"}"
}
