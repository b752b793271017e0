//! A Meta that answers at once: it counts events and looks whether one comes twice.

use std::{
    collections::HashSet,
    hash::{BuildHasher as _, RandomState},
    io,
    net::SocketAddr,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use crate::service::load::content_length;

/// Longest request that is read, bytes.
const REQUEST_BYTES_MAX: usize = 16 * 1024 * 1024;

/// What has arrived.
#[derive(Default)]
pub struct Arrived {
    events: AtomicU64,
    enriched: AtomicU64,
    twice: AtomicU64,
    ids: Mutex<HashSet<u64>>,
    hash: RandomState,
}

impl Arrived {
    /// How many events.
    pub fn events(&self) -> u64 {
        self.events.load(Ordering::Relaxed)
    }

    /// How many of them carried a hashed e-mail address.
    pub fn enriched(&self) -> u64 {
        self.enriched.load(Ordering::Relaxed)
    }

    /// How many had come before.
    pub fn twice(&self) -> u64 {
        self.twice.load(Ordering::Relaxed)
    }

    /// Counts the events of a body; returns how many there are.
    fn take(&self, body: &str) -> u64 {
        let mut ids = self.ids.lock().unwrap_or_else(PoisonError::into_inner);
        let mut events = 0;
        for piece in body.split("\"event_id\":\"").skip(1) {
            events += 1;
            let id = piece.split('"').next().unwrap_or_default();
            if !ids.insert(self.hash.hash_one(id)) {
                self.twice.fetch_add(1, Ordering::Relaxed);
            }
        }
        drop(ids);
        self.enriched.fetch_add(body.matches("\"em\":[").count() as u64, Ordering::Relaxed);
        self.events.fetch_add(events, Ordering::Relaxed);
        events
    }
}

/// Starts it; where it is and what arrives.
pub async fn start() -> io::Result<(SocketAddr, Arc<Arrived>)> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let arrived = Arc::new(Arrived::default());
    let counting = Arc::clone(&arrived);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream, Arc::clone(&counting)));
        }
    });
    Ok((address, arrived))
}

async fn serve(mut stream: TcpStream, arrived: Arc<Arrived>) {
    let mut read = Vec::with_capacity(64 * 1024);
    loop {
        let head = read.windows(4).position(|four| four == b"\r\n\r\n").map(|end| end + 4);
        if let Some(head) = head {
            let length = content_length(&String::from_utf8_lossy(&read[..head])).unwrap_or(0);
            while read.len() < head + length {
                if !matches!(stream.read_buf(&mut read).await, Ok(1..)) {
                    return;
                }
            }
            let events = arrived.take(&String::from_utf8_lossy(&read[head..head + length]));
            read.drain(..head + length);
            let body = format!("{{\"events_received\":{events},\"messages\":[],\"fbtrace_id\":\"A\"}}");
            let answer = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
                body.len()
            );
            if stream.write_all(answer.as_bytes()).await.is_err() {
                return;
            }
            continue;
        }
        if read.len() > REQUEST_BYTES_MAX || !matches!(stream.read_buf(&mut read).await, Ok(1..)) {
            return;
        }
    }
}
