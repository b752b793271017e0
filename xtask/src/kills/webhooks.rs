//! Webhooks that are sent until all of them were acknowledged.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use tokio::sync::{Mutex, mpsc};

use crate::service::webhook::Webhook;

/// How many are sent at a time, so that one may overtake another.
const SENDERS: usize = 4;

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
                    sent.failed.fetch_add(webhook.send(doors).await, Ordering::Relaxed);
                    sent.acknowledged.fetch_add(1, Ordering::Relaxed);
                }
            })
        })
        .collect();
    for sender in senders {
        let _ = sender.await;
    }
}
