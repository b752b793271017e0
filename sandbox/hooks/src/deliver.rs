//! Trying a door: one signed request, or Meta's handshake, and what came back.
//!
//! There is one attempt and no more; what Meta and Kommo do about a door that does not answer is not here.

use std::time::{Duration, Instant};

use reqwest::redirect::Policy;
use reqwest::{Client, RequestBuilder, Url};
use serde::Serialize;

use super::{Door, Error, Hook, sign, sign_sha1};

/// An answer has to be complete within this time.
const TIMEOUT: Duration = Duration::from_secs(10);
/// So many bytes of an answer are kept.
const MOST_ANSWER_BYTES: usize = 64 * 1024;

/// How a body is signed.
#[derive(Clone, PartialEq, Eq)]
pub enum Signing {
    /// With the app's secret.
    With(String),
    /// With a secret that is not the app's.
    Wrong,
    /// Not at all.
    Unsigned,
}

impl Signing {
    /// What somebody asked for. Meta's doors need a secret if nothing else is said; Kommo does not sign.
    pub fn chosen(door: Door, secret: Option<String>, wrong: bool, unsigned: bool) -> Result<Self, Error> {
        if !door.is_of_meta() {
            return if secret.is_some() || wrong {
                Err(Error::DoesNotSign(door))
            } else {
                Ok(Self::Unsigned)
            };
        }
        match (wrong, unsigned, secret) {
            (true, true, _) => Err(Error::WrongAndAbsent),
            (true, false, _) => Ok(Self::Wrong),
            (false, true, _) => Ok(Self::Unsigned),
            (false, false, Some(secret)) if !secret.is_empty() => Ok(Self::With(secret)),
            (false, false, _) => Err(Error::NoSecret(door)),
        }
    }
}

impl Hook {
    /// The headers that it is sent with.
    pub fn headers(&self, signing: &Signing) -> Vec<(&'static str, String)> {
        if !self.door.is_of_meta() {
            return vec![
                ("Content-Type", "application/x-www-form-urlencoded".to_owned()),
                ("User-Agent", "amoCRM-WebHook-client/2.0".to_owned()),
            ];
        }
        let mut headers = vec![("Content-Type", "application/json".to_owned())];
        let secret = match signing {
            Signing::With(secret) => secret,
            Signing::Wrong => "not the secret of the app",
            Signing::Unsigned => return headers,
        };
        headers.push(("X-Hub-Signature", sign_sha1(secret, self.body.as_bytes())));
        headers.push(("X-Hub-Signature-256", sign(secret, self.body.as_bytes())));
        headers
    }
}

/// What a door answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The beginning of the body; bytes that are no UTF-8 are replaced.
    pub body: String,
    /// Whether the body was longer.
    pub cut: bool,
    /// Milliseconds until the answer was complete.
    pub took_ms: u64,
}

impl Answer {
    /// Whether it is what Meta takes for an acknowledgement.
    pub fn is_good(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

/// What a door answered to the handshake.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Handshake {
    /// The answer.
    #[serde(flatten)]
    pub answer: Answer,
    /// The number that it should have answered with.
    pub challenge: String,
    /// Whether the body was 200 and the number, and nothing else.
    pub right: bool,
}

/// The address of a door, if it can be one.
pub fn check_address(address: &str) -> Result<Url, Error> {
    match Url::parse(address) {
        Ok(url) if matches!(url.scheme(), "http" | "https") => Ok(url),
        Ok(url) => Err(Error::Scheme { address: address.to_owned(), scheme: url.scheme().to_owned() }),
        Err(cause) => Err(Error::NotAnAddress { address: address.to_owned(), cause: cause.into() }),
    }
}

/// Posts a webhook once. The error says why there is no answer.
pub async fn post(to: Url, hook: &Hook, signing: &Signing) -> Result<Answer, Error> {
    let mut request = client()?.post(to);
    for (name, value) in hook.headers(signing) {
        request = request.header(name, value);
    }
    answer(request.body(hook.body.clone())).await
}

/// Asks as Meta does when a webhook's address is entered. The door must answer with the challenge.
pub async fn handshake(mut to: Url, verify_token: &str, challenge: u32) -> Result<Handshake, Error> {
    let challenge = challenge.to_string();
    to.query_pairs_mut()
        .append_pair("hub.mode", "subscribe")
        .append_pair("hub.challenge", &challenge)
        .append_pair("hub.verify_token", verify_token);
    let answer = answer(client()?.get(to)).await?;
    let right = answer.status == 200 && answer.body == challenge;
    Ok(Handshake { answer, challenge, right })
}

fn client() -> Result<Client, Error> {
    let client = Client::builder().redirect(Policy::none()).timeout(TIMEOUT).no_proxy().build();
    client.map_err(Error::NoClient)
}

async fn answer(request: RequestBuilder) -> Result<Answer, Error> {
    let started = Instant::now();
    let mut response = request.send().await.map_err(no_answer)?;
    let status = response.status().as_u16();
    let mut body = Vec::new();
    while body.len() <= MOST_ANSWER_BYTES
        && let Some(chunk) = response.chunk().await.map_err(no_answer)?
    {
        body.extend_from_slice(&chunk);
    }
    let cut = body.len() > MOST_ANSWER_BYTES;
    body.truncate(MOST_ANSWER_BYTES);
    let body = String::from_utf8_lossy(&body).into_owned();
    let took_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    Ok(Answer { status, body, cut, took_ms })
}

/// Why there is no answer. The address is left out: the key of the door and the token are in it.
fn no_answer(cause: reqwest::Error) -> Error {
    let cause = cause.without_url();
    if cause.is_timeout() { Error::TooSlow { within: TIMEOUT, cause } } else { Error::NoAnswer(cause) }
}
