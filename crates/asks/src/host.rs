//! An upstream host: one client, and one limit for all accounts of one provider.

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
/// The least distance between two departures. Seven of them are well over a second, so that a request
/// that is slow to arrive (the first one makes a connection) does not end up in one second with the
/// seven behind it.
const BETWEEN_REQUESTS: Duration = Duration::from_millis(170);
/// How long an answer may take.
const ANSWER_WITHIN: Duration = Duration::from_secs(20);
/// How much of an answer is read: 250 deals with all their fields stay far below.
const ANSWER_BYTES_MAX: usize = 16 * 1024 * 1024;

/// All upstream hosts of the process.
#[derive(Default)]
pub struct Hosts(Mutex<Known>);

#[derive(Default)]
struct Known {
    hosts: HashMap<String, Arc<Host>>,
    paces: HashMap<String, Arc<Pace>>,
}

/// One host.
pub struct Host {
    client: Client,
    base_url: String,
    pace: Arc<Pace>,
}

/// When the next request to a provider may leave.
struct Pace {
    /// Who holds it is the next to leave; in order of asking.
    place: tokio::sync::Mutex<()>,
    next: Mutex<Instant>,
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
    /// The host of an address; the same one for every account that lives there. Accounts that have
    /// subdomains of one provider share its limit: Kommo counts by who asks, not by whom.
    pub fn get(&self, base_url: &str) -> Result<Arc<Host>, HostError> {
        let base_url = base_url.trim_end_matches('/').to_owned();
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(host) = known.hosts.get(&base_url) {
            return Ok(Arc::clone(host));
        }
        let client = Client::builder()
            .timeout(ANSWER_WITHIN)
            .redirect(redirect::Policy::none())
            .no_proxy()
            .build()
            .map_err(|_| HostError("the HTTP client could not be made"))?;
        let pace = Arc::clone(known.paces.entry(provider_of(&base_url)).or_insert_with(Pace::new));
        let host = Arc::new(Host { client, base_url: base_url.clone(), pace });
        known.hosts.insert(base_url, Arc::clone(&host));
        Ok(host)
    }
}

/// Who counts the requests to an address: the last two labels of a name (`kommo.com`), or the whole
/// host with its port where that is a number. Too wide a name only makes requests slower.
fn provider_of(base_url: &str) -> String {
    let address = base_url.to_ascii_lowercase();
    let after_scheme = address.split_once("://").map_or(address.as_str(), |(_, rest)| rest);
    let authority = after_scheme.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.split_once(':').map_or(authority, |(host, _)| host);
    if host.is_empty() || host.starts_with('[') || host.parse::<std::net::Ipv4Addr>().is_ok() {
        return authority.to_owned();
    }
    let from = host.rmatch_indices('.').nth(1).map_or(0, |(dot, _)| dot + 1);
    host.get(from..).unwrap_or(host).to_owned()
}

impl Pace {
    fn new() -> Arc<Self> {
        Arc::new(Self { place: tokio::sync::Mutex::new(()), next: Mutex::new(Instant::now()) })
    }

    /// Waits for this request's turn, in order of asking. The distance counts from when the one before
    /// really left: a process that was held up does not catch up in a burst.
    async fn turn(&self) {
        let _place = self.place.lock().await;
        loop {
            let wait_until = {
                let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
                let now = Instant::now();
                if *next <= now {
                    *next = now + BETWEEN_REQUESTS;
                    return;
                }
                *next
            };
            sleep_until(wait_until).await;
        }
    }

    fn rest(&self, wait: Duration) {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        *next = (*next).max(Instant::now() + wait);
    }
}

impl Host {
    /// Asks, when it is this request's turn.
    pub async fn get(&self, path: &str, token: &str) -> Result<Fetched, HostError> {
        self.pace.turn().await;
        let response =
            self.client.get(format!("{}{path}", self.base_url)).bearer_auth(token).send().await.map_err(
                |error| HostError(if error.is_timeout() { "no answer in time" } else { "no connection" }),
            )?;
        let status = response.status().as_u16();
        Ok(Fetched { status, body: read(response).await? })
    }

    /// Leaves the provider alone for a while: everybody's next request waits, also those that are
    /// waiting for their turn already.
    pub fn rest(&self, wait: Duration) {
        self.pace.rest(wait);
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

#[cfg(test)]
mod tests {
    use super::{BETWEEN_REQUESTS, Duration, Instant, Pace, provider_of};

    #[test]
    fn accounts_of_one_provider_share_its_limit() {
        for (address, provider) in [
            ("https://acme.kommo.com", "kommo.com"),
            ("https://Beta.KOMMO.com/", "kommo.com"),
            ("https://kommo.com:443", "kommo.com"),
            ("http://127.0.0.1:8480", "127.0.0.1:8480"),
            ("http://[::1]:8480/x", "[::1]:8480"),
            ("http://localhost:1", "localhost"),
            ("nonsense", "nonsense"),
            ("", ""),
        ] {
            assert_eq!(provider_of(address), provider, "{address}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_process_that_was_held_up_does_not_catch_up_in_a_burst() {
        let pace = Pace::new();
        pace.turn().await;
        let mut waiting: Vec<_> = (0..5)
            .map(|_| {
                let pace = std::sync::Arc::clone(&pace);
                tokio::spawn(async move {
                    pace.turn().await;
                    Instant::now()
                })
            })
            .collect();
        // Everything stands still for five seconds, and all timers are late.
        tokio::task::yield_now().await;
        tokio::time::advance(Duration::from_secs(5)).await;
        let mut before: Option<Instant> = None;
        for task in waiting.drain(..) {
            let Ok(left) = task.await else { panic!("a turn never came") };
            assert!(before.is_none_or(|before| left - before >= BETWEEN_REQUESTS));
            before = Some(left);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_rest_holds_for_those_who_wait_already() {
        let pace = Pace::new();
        pace.turn().await;
        let begun = Instant::now();
        let waiting = tokio::spawn({
            let pace = std::sync::Arc::clone(&pace);
            async move { pace.turn().await }
        });
        tokio::task::yield_now().await;
        pace.rest(Duration::from_secs(10));
        assert!(waiting.await.is_ok());
        assert!(begun.elapsed() >= Duration::from_secs(10));
    }
}
