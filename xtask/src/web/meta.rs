//! A Meta that answers at once, or after a while, or not: it counts events and looks whether one comes twice.

use std::{
    collections::HashSet,
    hash::{BuildHasher as _, RandomState},
    io,
    net::SocketAddr,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use memchr::{memchr, memmem};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use crate::service::load::content_length;

/// What stands before an event's id.
const EVENT_ID: &[u8] = b"\"event_id\":\"";
/// Longest request that is read, bytes.
const REQUEST_BYTES_MAX: usize = 16 * 1024 * 1024;

/// What a proxy says in the place of Meta.
const AWAY: &[u8] =
    b"HTTP/1.1 503 Service Unavailable\r\ncontent-type: text/html\r\ncontent-length: 4\r\n\r\naway";

/// What has arrived.
#[derive(Default)]
pub struct Arrived {
    events: AtomicU64,
    enriched: AtomicU64,
    twice: AtomicU64,
    ids: Mutex<HashSet<u64>>,
    hash: RandomState,
    /// Whether it is away: whoever asks gets the page of a proxy.
    is_away: AtomicBool,
    /// How long an answer takes, milliseconds.
    takes_ms: AtomicU64,
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

    /// Goes away, or comes back.
    pub fn is_away(&self, is_away: bool) {
        self.is_away.store(is_away, Ordering::Relaxed);
    }

    /// How long its answers take from now on.
    pub fn takes(&self, time: Duration) {
        self.takes_ms.store(u64::try_from(time.as_millis()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    /// Counts the events of a body; returns how many there are.
    fn take(&self, body: &[u8]) -> u64 {
        let mut ids = self.ids.lock().unwrap_or_else(PoisonError::into_inner);
        let mut events = 0;
        for place in memmem::find_iter(body, EVENT_ID) {
            events += 1;
            let id = &body[place + EVENT_ID.len()..];
            let id = &id[..memchr(b'"', id).unwrap_or(id.len())];
            if !ids.insert(self.hash.hash_one(id)) {
                self.twice.fetch_add(1, Ordering::Relaxed);
            }
        }
        drop(ids);
        self.enriched.fetch_add(memmem::find_iter(body, b"\"em\":[").count() as u64, Ordering::Relaxed);
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
            if arrived.is_away.load(Ordering::Relaxed) {
                read.drain(..head + length);
                if stream.write_all(AWAY).await.is_err() {
                    return;
                }
                continue;
            }
            let takes = Duration::from_millis(arrived.takes_ms.load(Ordering::Relaxed));
            if !takes.is_zero() {
                tokio::time::sleep(takes).await;
            }
            let events = arrived.take(&read[head..head + length]);
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
