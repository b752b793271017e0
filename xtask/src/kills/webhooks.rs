//! Webhooks that are sent until they were acknowledged, as Meta and Kommo do, only sooner.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::sync::{Mutex, mpsc};

use super::http::{self, Request};

/// How many are sent at a time, so that one may overtake another.
const SENDERS: usize = 4;
const BETWEEN_TRIES: Duration = Duration::from_millis(60);

/// A webhook that waits to be sent.
pub struct Webhook {
    pub path: String,
    pub head: String,
    pub body: String,
}

/// What became of them.
#[derive(Default)]
pub struct Sent {
    pub acknowledged: AtomicU64,
    /// Tries that ended without an acknowledgement.
    pub failed: AtomicU64,
}

/// Sends until nobody can add webhooks any more and all of them were acknowledged.
pub async fn send_all(doors: SocketAddr, webhooks: mpsc::UnboundedReceiver<Webhook>, sent: Arc<Sent>) {
    let webhooks = Arc::new(Mutex::new(webhooks));
    let senders: Vec<_> = (0..SENDERS)
        .map(|_| {
            let (webhooks, sent) = (Arc::clone(&webhooks), Arc::clone(&sent));
            tokio::spawn(async move {
                loop {
                    let next = webhooks.lock().await.recv().await;
                    let Some(webhook) = next else { return };
                    send(doors, &webhook, &sent).await;
                }
            })
        })
        .collect();
    for sender in senders {
        let _ = sender.await;
    }
}

async fn send(doors: SocketAddr, webhook: &Webhook, sent: &Sent) {
    let Webhook { path, head, body } = webhook;
    let from = Ipv4Addr::LOCALHOST;
    let request = Request { to: doors, method: "POST", path, head, body: body.as_bytes(), from };
    while !matches!(http::send(&request).await, Ok((200, _))) {
        sent.failed.fetch_add(1, Ordering::Relaxed);
        tokio::time::sleep(BETWEEN_TRIES).await;
    }
    sent.acknowledged.fetch_add(1, Ordering::Relaxed);
}
