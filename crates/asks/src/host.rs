//! An upstream host: where an account lives, and what it answers.

use std::{
    collections::HashMap,
    hash::{DefaultHasher, Hash, Hasher},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use kopru_core::WorkspaceId;
use outgoing::Clients;
use reqwest::{Client, Response, header};
use sources::{Address, Call, Concerns, Failure, Limits, Upstream};
use tokio::time::{Instant, sleep_until, timeout, timeout_at};

use crate::provider::{AccountId, Provider, between_requests, provider_of};

/// How slowly a body may come, bytes a second: a page of records comes a thousand times faster, and
/// one that drips must not hold up the questions behind it.
const BODY_PER_SECOND_MIN: u32 = 8 * 1024;
/// How long one body may take, however much of it comes.
const BODY_WITHIN: Duration = Duration::from_secs(20);
/// How much is read of an answer that is no success: enough for what it says about waiting.
const REFUSAL_BYTES_MAX: usize = 64 * 1024;

/// All upstream hosts of the process.
pub struct Hosts {
    clients: Clients,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    hosts: HashMap<(String, bool), Arc<Host>>,
    providers: HashMap<String, Arc<Provider>>,
}

/// Locked by whoever renews the tokens of an account.
pub(crate) type RenewalLock = Arc<tokio::sync::Mutex<()>>;

/// One host.
pub struct Host {
    client: Client,
    base_url: String,
    provider: Arc<Provider>,
    provider_name: String,
    /// The least distance between two requests of one account, where accounts have a limit of their own.
    between: Option<Duration>,
    /// When each account may ask again.
    next: Mutex<HashMap<AccountId, Instant>>,
    /// Who holds one renews the tokens of an account.
    renewals: Mutex<HashMap<(WorkspaceId, String), RenewalLock>>,
}

/// What one answer may take.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// Until it begins.
    pub head: Duration,
    /// Until its body comes at a pace of its own.
    pub body: Duration,
}

impl Patience {
    /// For a list of questions.
    pub const LIST: Self = Self { head: Duration::from_secs(12), body: Duration::from_secs(5) };
    /// For a part of a list that failed: shorter, because each of its parts may take as long again.
    pub const PART: Self = Self { head: Duration::from_secs(3), body: Duration::from_secs(2) };
}

/// An answer of a host.
pub(crate) struct Fetched {
    /// The HTTP status.
    pub status: u16,
    /// Its `Date`, Unix milliseconds.
    pub date_ms: Option<i64>,
    /// Its `Retry-After`.
    pub retry_after: Option<Duration>,
    /// The whole body of a success, the beginning of any other.
    pub body: Result<Vec<u8>, Unanswered>,
}

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unanswered {
    /// Nobody is there, or not to be reached.
    NoConnection,
    /// It was heard, and said nothing in time.
    NoAnswer,
    /// The answer came too slowly.
    TooSlow,
    /// The connection ended within the answer.
    BrokeOff,
    /// The answer has no end.
    TooLong,
}

impl Unanswered {
    /// In words that hold nothing of the request.
    fn why(self) -> &'static str {
        match self {
            Self::NoConnection => "no connection",
            Self::NoAnswer => "no answer in time",
            Self::TooSlow => "the answer came too slowly",
            Self::BrokeOff => "the answer broke off",
            Self::TooLong => "the answer is too long",
        }
    }
}

impl From<Unanswered> for Failure {
    fn from(error: Unanswered) -> Self {
        let concerns =
            if error == Unanswered::NoConnection { Concerns::Unreachable } else { Concerns::Anybody };
        Self { why: error.why(), concerns, wait: None }
    }
}

impl Hosts {
    /// No hosts yet; all will be reached through these clients.
    pub fn new(clients: Clients) -> Self {
        Self { clients, known: Mutex::default() }
    }

    /// The host of an upstream; the same one for every account that lives there. Accounts that have
    /// subdomains of one provider share its limit: Kommo counts by who asks, not by whom.
    ///
    /// # Errors
    /// The address may not be used, see [`Clients::to`].
    pub fn of(&self, upstream: &dyn Upstream) -> Result<Arc<Host>, outgoing::Error> {
        let Address { url, allow_insecure } = upstream.address();
        let base_url = url.trim_end_matches('/').to_owned();
        let Limits { provider_per_s, account_per_s } = upstream.limits();
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(host) = known.hosts.get(&(base_url.clone(), allow_insecure)) {
            return Ok(Arc::clone(host));
        }
        let client = self.clients.to(&base_url, allow_insecure)?;
        let provider_name = provider_of(&base_url);
        let provider = known
            .providers
            .entry(provider_name.clone())
            .or_insert_with(|| Arc::new(Provider::after_start(provider_per_s)));
        let host = Arc::new(Host {
            client,
            base_url: base_url.clone(),
            provider: Arc::clone(provider),
            provider_name,
            between: account_per_s.map(between_requests),
            next: Mutex::default(),
            renewals: Mutex::default(),
        });
        known.hosts.insert((base_url, allow_insecure), Arc::clone(&host));
        Ok(host)
    }
}

impl Host {
    /// Waits until it is this request's turn. `configured` says whose turn it is: see
    /// [`sources::Access::configured`].
    pub(crate) async fn turn(&self, configured: &str) {
        self.turn_of_account(configured).await;
        self.provider.turn().await;
    }

    /// Calls at once, for at most so many bytes. The request has had its [turn](Self::turn).
    ///
    /// # Errors
    /// There is no answer at all. One that begins and does not end is told by its body.
    pub(crate) async fn send(
        &self,
        call: &Call,
        token: Option<&str>,
        patience: Patience,
        bytes_max: usize,
    ) -> Result<Fetched, Unanswered> {
        let url = format!("{}{}", self.base_url, call.path);
        let mut request = self.client.request(call.method.clone(), url).headers(call.headers.clone());
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        if let Some(body) = &call.body {
            request = request.header(header::CONTENT_TYPE, body.content_type()).body(body.text().to_owned());
        }
        let response = match timeout(patience.head, request.send()).await {
            Ok(Ok(response)) => response,
            Ok(Err(error)) if error.is_connect() => return Err(Unanswered::NoConnection),
            Ok(Err(_)) => return Err(Unanswered::BrokeOff),
            Err(_) => return Err(Unanswered::NoAnswer),
        };
        let (status, date_ms) = (response.status(), outgoing::date_ms(response.headers()));
        let retry_after = retry_after(response.headers());
        let bytes_max = if status.is_success() { bytes_max } else { REFUSAL_BYTES_MAX };
        let body = read(response, patience.body, bytes_max).await;
        Ok(Fetched { status: status.as_u16(), date_ms, retry_after, body })
    }

    /// Waits until this account may ask, where accounts have a limit of their own.
    async fn turn_of_account(&self, configured: &str) {
        let Some(between) = self.between else { return };
        let account = self.account(configured);
        let turn = {
            let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
            let now = Instant::now();
            next.retain(|other, at| *at > now || *other == account);
            let at = next.entry(account).or_insert(now);
            let turn = (*at).max(now);
            *at = turn + between;
            turn
        };
        sleep_until(turn).await;
    }

    /// Who asks with what is configured.
    pub(crate) fn account(&self, configured: &str) -> AccountId {
        let mut hasher = DefaultHasher::new();
        (&self.base_url, configured).hash(&mut hasher);
        AccountId(hasher.finish())
    }

    /// The place of whoever renews the tokens of an account; there is one.
    pub(crate) fn renewal_lock(&self, workspace: WorkspaceId, origin: &str) -> RenewalLock {
        let mut renewals = self.renewals.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(renewals.entry((workspace, origin.to_owned())).or_default())
    }

    /// Whose limit it shares.
    pub(crate) fn provider(&self) -> &Provider {
        &self.provider
    }

    /// Its name, for people.
    pub(crate) fn provider_name(&self) -> &str {
        &self.provider_name
    }
}

async fn read(mut response: Response, at_first: Duration, bytes_max: usize) -> Result<Vec<u8>, Unanswered> {
    let begun = Instant::now();
    let mut body = Vec::new();
    loop {
        let kilobytes = u32::try_from(body.len()).unwrap_or(u32::MAX) / 1024;
        let earned = Duration::from_secs(1) * kilobytes / (BODY_PER_SECOND_MIN / 1024);
        let until = begun + (at_first + earned).min(BODY_WITHIN);
        match timeout_at(until, response.chunk()).await {
            Ok(Ok(Some(chunk))) if body.len() + chunk.len() <= bytes_max => body.extend_from_slice(&chunk),
            Ok(Ok(Some(_))) => return Err(Unanswered::TooLong),
            Ok(Ok(None)) => return Ok(body),
            Ok(Err(_)) => return Err(Unanswered::BrokeOff),
            Err(_) => return Err(Unanswered::TooSlow),
        }
    }
}

/// `Retry-After` in seconds, or as a date beside the answer's own. Our clock has no say in it.
fn retry_after(headers: &header::HeaderMap) -> Option<Duration> {
    let said = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = said.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let until = httpdate::parse_http_date(said).ok()?;
    let now = httpdate::parse_http_date(headers.get(header::DATE)?.to_str().ok()?).ok()?;
    until.duration_since(now).ok()
}

#[cfg(test)]
mod tests {
    use reqwest::header::{DATE, HeaderMap, HeaderValue, RETRY_AFTER};

    use super::*;

    #[test]
    fn a_wait_is_said_in_seconds_or_as_a_date() {
        let date = "Sat, 28 Nov 2026 00:00:00 GMT";
        for (said, date, expected_s) in [
            ("60", None, Some(60)),
            (" 7 ", None, Some(7)),
            ("0", None, Some(0)),
            ("Sat, 28 Nov 2026 00:02:00 GMT", Some(date), Some(120)),
            ("Sat, 28 Nov 2026 00:02:00 GMT", None, None),
            ("Fri, 27 Nov 2026 00:00:00 GMT", Some(date), None),
            ("soon", Some(date), None),
            ("-5", Some(date), None),
        ] {
            let mut headers = HeaderMap::from_iter([(RETRY_AFTER, HeaderValue::from_static(said))]);
            headers.extend(date.map(|date| (DATE, HeaderValue::from_static(date))));
            assert_eq!(retry_after(&headers), expected_s.map(Duration::from_secs), "{said}");
        }
    }
}
