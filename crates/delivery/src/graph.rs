//! One request to the Graph API.

use std::time::Duration;

use capi::{GraphError, Reply, Usage, read_reply};
use outgoing::{Clients, date_ms};
use reqwest::{
    Client,
    header::{HeaderMap, RETRY_AFTER},
};

use store::{LaneKey, PauseScope};

use crate::{Error, answer::Answer, request::EventsRequest, secrets::Secrets};

/// How long an answer may take. Meta recommends 1.5 s to clients that can afford to lose an event;
/// we would only have to send it again.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);
/// How much of an answer is read.
const ANSWER_BYTES_MAX: usize = 64 * 1024;
/// Hex digits of the hash of a secret that tell it apart from others.
const NAME_DIGITS: usize = 16;
/// The longest wait that an answer may ask for.
pub(crate) const WAIT_MAX: Duration = Duration::from_hours(1);

/// Where a dataset's events go.
#[derive(Clone)]
pub struct Target {
    /// `https://graph.facebook.com`, or a sandbox.
    pub graph_url: String,
    /// `v26.0`.
    pub graph_version: String,
    /// The dataset's id.
    pub dataset: String,
    /// The access token. Travels in a header, so it is in no address and no log.
    pub token: String,
    /// The secret of the app that issued the token, if it requires proof.
    pub app_secret: Option<String>,
    /// The code by which Meta shows its events apart while it is tested. What a sender has marked keeps its own.
    pub test_event_code: Option<String>,
    /// Whether the token may go to this address in the clear and within somebody's own network.
    pub allow_insecure: bool,
}

/// What Meta said of one event that was sent to see what it says.
#[derive(Debug)]
pub enum TestAnswer {
    /// Meta took it.
    Received {
        /// Meta's id of the answer, for its support.
        fbtrace_id: Option<String>,
    },
    /// Meta did not take it. What it says is free of secrets.
    Refused(Box<GraphError>),
    /// Nobody answered, or somebody else than Meta.
    NotReached(Error),
}

/// The Graph API as one dataset sees it.
pub struct Graph {
    client: Client,
    url: String,
    token: String,
    test_event_code: Option<String>,
    /// What every body of this dataset ends with.
    tail: String,
    secrets: Secrets,
    app: PauseScope,
    token_scope: PauseScope,
}

impl Graph {
    /// The dataset's end of the process's clients.
    ///
    /// # Errors
    /// `graph_url` is an address to which no token may go.
    pub fn new(target: &Target, clients: &Clients) -> Result<Self, Error> {
        let client = clients.to(&target.graph_url, target.allow_insecure)?;
        let proof = target.app_secret.as_ref().map(|secret| capi::appsecret_proof(secret, &target.token));
        let tail = match &proof {
            Some(proof) => format!(",\"appsecret_proof\":\"{proof}\"}}"),
            None => "}".to_owned(),
        };
        let url = format!(
            "{}/{}/{}/events",
            target.graph_url.trim_end_matches('/'),
            target.graph_version,
            target.dataset
        );
        let secrets = [Some(&target.token), target.app_secret.as_ref(), proof.as_ref()].into_iter().flatten();
        let secrets = Secrets::new(secrets.map(String::as_str));
        // An app that has no name here is told apart by its token: that joins too few, never too many.
        let app = PauseScope::App(name_of(target.app_secret.as_ref().unwrap_or(&target.token)));
        let token_scope = PauseScope::Token(name_of(&target.token));
        let (token, test_event_code) = (target.token.clone(), target.test_event_code.clone());
        Ok(Self { client, url, token, test_event_code, tail, secrets, app, token_scope })
    }

    /// What can hold up a lane of this dataset: its app, its token, the dataset, the lane.
    pub fn scopes(&self, lane: &LaneKey) -> [PauseScope; 4] {
        let dataset = PauseScope::Dataset(lane.dataset.clone());
        [self.app.clone(), self.token_scope.clone(), dataset, PauseScope::Lane(lane.clone())]
    }

    /// Asks Meta whether token and dataset would work, without reporting anything: a request with
    /// no events is refused for being empty only after both were found good.
    pub async fn probe(&self) -> Result<(), Error> {
        self.send(EventsRequest::empty()).await.works()
    }

    /// Sends one event, a JSON object, for somebody who looks at Meta's answer. Nothing is tried again.
    pub async fn send_test(&self, event: &str) -> TestAnswer {
        let mut request = EventsRequest::with_room(1, "");
        request.push(event);
        let (status, reply) = match self.send(request).await {
            Answer::Read { status, reply, .. } => (status, reply),
            Answer::Lost(why) | Answer::NeverLeft(why) => {
                return TestAnswer::NotReached(Error::NoAnswer(why));
            }
        };
        match reply {
            Reply::Delivered { fbtrace_id } => TestAnswer::Received { fbtrace_id },
            Reply::Refused { error, .. }
            | Reply::Retry { error, .. }
            | Reply::Throttled { error, .. }
            | Reply::Hold { error, .. } => TestAnswer::Refused(Box::new(error)),
            Reply::Foreign => TestAnswer::NotReached(Error::Foreign { status }),
            Reply::Unknown { why } => TestAnswer::NotReached(Error::Unproven { status, why }),
        }
    }

    /// Sends events.
    pub(crate) async fn send(&self, request: EventsRequest) -> Answer {
        let sent = request.len();
        let answer = self
            .client
            .post(&self.url)
            .timeout(ANSWER_WITHIN)
            .bearer_auth(&self.token)
            .header("content-type", "application/json")
            .body(request.finish(self.test_event_code.as_deref(), &self.tail))
            .send()
            .await;
        match answer {
            Ok(response) => self.read(response, sent).await,
            Err(error) if is_refused_address(&error) => {
                Answer::NeverLeft("graph_url leads to a private address: look at DNS and graph_url")
            }
            Err(error) if error.is_connect() => Answer::NeverLeft("no connection to Meta"),
            Err(error) if error.is_builder() => {
                Answer::NeverLeft("the request cannot be made: look at token and graph_url")
            }
            Err(error) if error.is_timeout() => Answer::Lost("no answer in time"),
            Err(_) => Answer::Lost("the connection broke before an answer"),
        }
    }

    async fn read(&self, mut response: reqwest::Response, sent: usize) -> Answer {
        let status = response.status().as_u16();
        let date_ms = date_ms(response.headers());
        let usage = usage(response.headers());
        let wait = wait(response.headers(), usage, date_ms);
        let mut body = Vec::new();
        loop {
            match response.chunk().await {
                Ok(Some(chunk)) if body.len() + chunk.len() <= ANSWER_BYTES_MAX => {
                    body.extend_from_slice(&chunk);
                }
                Ok(None) => break,
                // Meta's answers are short: whatever the rest is, this is not one.
                Ok(Some(_)) => {
                    body.clear();
                    break;
                }
                Err(_) => return Answer::Lost("the connection broke in the middle of the answer"),
            }
        }
        let reply = self.secrets.clean(read_reply(status, &body, sent));
        Answer::Read { status, reply, wait, usage, date_ms }
    }
}

/// The name of a secret, from which nobody can tell it: the beginning of its hash.
fn name_of(secret: &str) -> String {
    let mut name = capi::sha256_hex(secret.as_bytes());
    name.truncate(NAME_DIGITS);
    name
}

fn usage(headers: &HeaderMap) -> Usage {
    Usage::read(headers.iter().filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?))))
}

/// How long an answer asks to wait. `Retry-After` may also be a time, which is read against the clock
/// of whoever wrote it.
fn wait(headers: &HeaderMap, usage: Usage, date_ms: Option<i64>) -> Option<Duration> {
    let until = || {
        let at = httpdate::parse_http_date(headers.get(RETRY_AFTER)?.to_str().ok()?).ok()?;
        let now = std::time::UNIX_EPOCH + Duration::from_millis(u64::try_from(date_ms?).ok()?);
        at.duration_since(now).ok()
    };
    usage
        .wait_s
        .map(Duration::from_secs)
        .or_else(until)
        .filter(|wait| !wait.is_zero())
        .map(|wait| wait.min(WAIT_MAX))
}

/// Whether the guard of the addresses refused what the name leads to.
fn is_refused_address(error: &reqwest::Error) -> bool {
    let mut causes = std::iter::successors(std::error::Error::source(error), |cause| cause.source());
    causes.any(<dyn std::error::Error>::is::<outgoing::Error>)
}

#[cfg(test)]
mod tests {
    use reqwest::header::{DATE, HeaderValue};

    use super::*;

    type Headers = &'static [(&'static str, &'static str)];

    #[test]
    fn an_answer_says_how_long_to_wait() {
        let date = "Wed, 21 Oct 2026 07:00:00 GMT";
        let table: &[(Headers, Option<u64>)] = &[
            (&[], None),
            (&[("retry-after", "7")], Some(7)),
            (&[("retry-after", "0")], None),
            (&[("retry-after", "-5")], None),
            (&[("retry-after", "soon")], None),
            (&[("retry-after", "99999999")], Some(3600)),
            (&[("retry-after", "Wed, 21 Oct 2026 07:02:00 GMT")], Some(120)),
            (&[("retry-after", "Wed, 21 Oct 2026 06:00:00 GMT")], None),
            (&[("retry-after", "Wed, 21 Oct 2099 07:00:00 GMT")], Some(3600)),
            (
                &[(
                    "x-business-use-case-usage",
                    r#"{"1":[{"call_count":100,"estimated_time_to_regain_access":5}]}"#,
                )],
                Some(300),
            ),
        ];
        for (headers, seconds) in table {
            let mut read = HeaderMap::from_iter([(DATE, HeaderValue::from_static(date))]);
            for (name, value) in *headers {
                read.insert(*name, HeaderValue::from_static(value));
            }
            let found = wait(&read, usage(&read), date_ms(&read));
            assert_eq!(found, seconds.map(Duration::from_secs), "{headers:?}");
        }
    }
}
