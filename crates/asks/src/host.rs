//! An upstream host: one client, one limit for the whole process.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use reqwest::{Client, redirect};
use tokio::time::{Instant, sleep_until};

/// Kommo's documented limit for one address.
pub const REQUESTS_PER_SECOND: u32 = 7;
/// The distance that keeps any window of a second within the limit. A little more than a seventh
/// of a second, because requests that leave evenly can arrive bunched.
const BETWEEN_REQUESTS: Duration = Duration::from_millis(150);
/// How long an answer may take.
const ANSWER_WITHIN: Duration = Duration::from_secs(20);
/// How much of an answer is read: 250 deals with all their fields stay far below.
const ANSWER_BYTES_MAX: usize = 16 * 1024 * 1024;

/// All upstream hosts of the process.
#[derive(Default)]
pub struct Hosts(Mutex<HashMap<String, Arc<Host>>>);

/// One host and when its next request may leave.
pub struct Host {
    client: Client,
    base_url: String,
    next: tokio::sync::Mutex<Instant>,
}

/// An answer of a host.
pub struct Fetched {
    /// The HTTP status.
    pub status: u16,
    /// The body, whole.
    pub body: Vec<u8>,
}

/// Why there is no answer. Says nothing that a request carried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostError(pub &'static str);

impl fmt::Display for HostError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for HostError {}

impl Hosts {
    /// The host of an address; the same one for every account that lives there.
    pub fn get(&self, base_url: &str) -> Result<Arc<Host>, HostError> {
        let base_url = base_url.trim_end_matches('/').to_owned();
        let mut hosts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(host) = hosts.get(&base_url) {
            return Ok(Arc::clone(host));
        }
        let client = Client::builder()
            .timeout(ANSWER_WITHIN)
            .redirect(redirect::Policy::none())
            .no_proxy()
            .build()
            .map_err(|_| HostError("the HTTP client could not be made"))?;
        let host = Arc::new(Host {
            client,
            base_url: base_url.clone(),
            next: tokio::sync::Mutex::new(Instant::now()),
        });
        hosts.insert(base_url, Arc::clone(&host));
        Ok(host)
    }
}

impl Host {
    /// Asks, when it is this request's turn.
    pub async fn get(&self, path: &str, token: &str) -> Result<Fetched, HostError> {
        self.turn().await;
        let response =
            self.client.get(format!("{}{path}", self.base_url)).bearer_auth(token).send().await.map_err(
                |error| HostError(if error.is_timeout() { "no answer in time" } else { "no connection" }),
            )?;
        let status = response.status().as_u16();
        Ok(Fetched { status, body: read(response).await? })
    }

    /// Leaves the host alone for a while: everybody's next request waits.
    pub async fn rest(&self, wait: Duration) {
        let mut next = self.next.lock().await;
        *next = (*next).max(Instant::now() + wait);
    }

    /// Waits for this request's turn, in order of asking.
    async fn turn(&self) {
        let turn = {
            let mut next = self.next.lock().await;
            let turn = (*next).max(Instant::now());
            *next = turn + BETWEEN_REQUESTS;
            turn
        };
        sleep_until(turn).await;
    }
}

async fn read(mut response: reqwest::Response) -> Result<Vec<u8>, HostError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|_| HostError("the answer broke off"))? {
        if body.len() + chunk.len() > ANSWER_BYTES_MAX {
            return Err(HostError("the answer is too long"));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}
