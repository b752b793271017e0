//! A webhook that is sent until it was acknowledged, as Meta and Kommo do, only sooner.

use std::{
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

use super::http::{self, Request};

const BETWEEN_TRIES: Duration = Duration::from_millis(60);

/// A webhook that waits to be sent.
pub struct Webhook {
    path: String,
    head: String,
    body: String,
}

impl Webhook {
    /// As Kommo sends it to the door with this key.
    pub fn of_kommo(key: &str, body: String) -> Self {
        let head = "content-type: application/x-www-form-urlencoded\r\n".to_owned();
        Self { path: format!("/hooks/{key}"), head, body }
    }

    /// As Meta sends it, with the signature of an app.
    pub fn of_meta(key: &str, signature: &str, body: String) -> Self {
        let head = format!("content-type: application/json\r\nx-hub-signature-256: {signature}\r\n");
        Self { path: format!("/hooks/{key}"), head, body }
    }

    /// As a shop's server reports events with its key.
    pub fn of_shop(key: &str, dataset: &str, body: String) -> Self {
        let head = format!("content-type: application/json\r\nauthorization: Bearer {key}\r\n");
        Self { path: format!("/v24.0/{dataset}/events"), head, body }
    }

    /// Sends it until it was acknowledged; after how many tries that were not.
    pub async fn send(&self, doors: SocketAddr) -> u64 {
        let Self { path, head, body } = self;
        let from = Ipv4Addr::LOCALHOST;
        let request = Request { to: doors, method: "POST", path, head, body: body.as_bytes(), from };
        let mut failed = 0;
        while !matches!(http::send(&request).await, Ok((200, _))) {
            failed += 1;
            tokio::time::sleep(BETWEEN_TRIES).await;
        }
        failed
    }
}
