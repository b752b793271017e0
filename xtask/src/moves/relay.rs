//! Takes webhooks at once and hands them on slowly: those of many changes leave Kommo one after the other.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use testkit::http::{Answer, Host};
use tokio::sync::mpsc;

use crate::service::load::{Connection, post};

/// Stands between Kommo and the door.
pub struct Relay {
    /// Where Kommo sends them.
    pub url: String,
    /// Milliseconds between two that are handed on.
    between_ms: Arc<AtomicU64>,
    /// How many wait.
    waiting: Arc<AtomicU64>,
}

impl Relay {
    pub async fn to(doors: SocketAddr, key: &'static str) -> Self {
        let (taken, mut to_send) = mpsc::unbounded_channel::<String>();
        let (between_ms, waiting) = (Arc::<AtomicU64>::default(), Arc::<AtomicU64>::default());
        let takes = Arc::clone(&waiting);
        let host = Host::new(move |request| {
            takes.fetch_add(1, Ordering::Relaxed);
            // Whoever would have sent it ends with this program.
            let _ = taken.send(request.text());
            async { Answer::of(200) }
        })
        .await;
        let relay =
            Self { url: host.url, between_ms: Arc::clone(&between_ms), waiting: Arc::clone(&waiting) };
        tokio::spawn(async move {
            let mut door = Connection::to(doors);
            while let Some(body) = to_send.recv().await {
                let request = post(key, "application/x-www-form-urlencoded", "", &body);
                // One that is never acknowledged is lost, as it may be in life: the audit log tells of it.
                let _ = door.must_send(&request).await;
                waiting.fetch_sub(1, Ordering::Relaxed);
                tokio::time::sleep(Duration::from_millis(between_ms.load(Ordering::Relaxed))).await;
            }
        });
        relay
    }

    /// From now on they are so far apart.
    pub fn spread(&self, between: Duration) {
        self.between_ms.store(u64::try_from(between.as_millis()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    pub fn is_empty(&self) -> bool {
        self.waiting.load(Ordering::Relaxed) == 0
    }
}
