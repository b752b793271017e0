//! One request to the Graph API.

use std::time::Duration;

use capi::{Reply, read_reply};
use reqwest::{Client, redirect};

/// How long a connection may take to be made.
const CONNECT_WITHIN: Duration = Duration::from_secs(10);
/// How long an answer may take. Meta recommends 1.5 s to clients that can afford to lose an event;
/// we would only have to send it again.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);
/// How much of an answer is read.
const ANSWER_BYTES_MAX: usize = 64 * 1024;

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
    /// Whether the token may go to this address in the clear and within somebody's own network.
    pub allow_insecure: bool,
}

/// The client could not be made.
#[derive(Debug)]
pub struct ClientError(String);

impl std::fmt::Display for ClientError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ClientError {}

/// The Graph API as one dataset sees it. One client per dataset: connections are kept.
pub struct Graph {
    client: Client,
    url: String,
    token: String,
    /// What every body of this dataset ends with.
    tail: String,
}

/// What came of a request.
pub(crate) enum Answer {
    /// Somebody answered.
    Read { status: u16, body: Vec<u8> },
    /// It left, and no whole answer came back: Meta may have taken it.
    Lost(&'static str),
    /// No connection was made: Meta cannot have it.
    NeverLeft(&'static str),
}

impl Graph {
    /// A client for a dataset.
    pub fn new(target: &Target) -> Result<Self, ClientError> {
        let client = Client::builder()
            .connect_timeout(CONNECT_WITHIN)
            .timeout(ANSWER_WITHIN)
            .redirect(redirect::Policy::none())
            .no_proxy()
            .build()
            .map_err(|error| ClientError(error.to_string()))?;
        let tail = match &target.app_secret {
            Some(secret) => {
                format!("],\"appsecret_proof\":\"{}\"}}", capi::appsecret_proof(secret, &target.token))
            }
            None => "]}".to_owned(),
        };
        let url = format!(
            "{}/{}/{}/events",
            target.graph_url.trim_end_matches('/'),
            target.graph_version,
            target.dataset
        );
        Ok(Self { client, url, token: target.token.clone(), tail })
    }

    /// Asks Meta whether token and dataset would work, without reporting anything: a request with
    /// no events is refused for being empty only after both were found good.
    pub async fn probe(&self) -> Result<(), String> {
        match self.send(std::iter::empty()).await {
            Answer::Read { status, body } => match read_reply(status, &body, 0) {
                Reply::Delivered { .. } | Reply::Refused { .. } | Reply::Throttled { .. } => Ok(()),
                Reply::Hold { error, .. } | Reply::Retry { error: Some(error), .. } => Err(error.summary()),
                Reply::Retry { error: None, .. } => Err(format!("HTTP {status}, not an answer of Meta's")),
                Reply::Unknown { why } => Err(why),
            },
            Answer::Lost(why) | Answer::NeverLeft(why) => Err(why.to_owned()),
        }
    }

    /// Sends events, each a JSON object.
    pub(crate) async fn send<'a>(&self, events: impl Iterator<Item = &'a str>) -> Answer {
        let mut body = String::from("{\"data\":[");
        for (place, event) in events.enumerate() {
            if place > 0 {
                body.push(',');
            }
            body.push_str(event);
        }
        body.push_str(&self.tail);
        let sent = self
            .client
            .post(&self.url)
            .bearer_auth(&self.token)
            .header("content-type", "application/json")
            .body(body)
            .send()
            .await;
        match sent {
            Ok(response) => read(response).await,
            Err(error) if error.is_connect() => Answer::NeverLeft("no connection to Meta"),
            Err(error) if error.is_builder() => {
                Answer::NeverLeft("the request cannot be made: look at token and graph_url")
            }
            Err(error) if error.is_timeout() => Answer::Lost("no answer in time"),
            Err(_) => Answer::Lost("the connection broke before an answer"),
        }
    }
}

async fn read(mut response: reqwest::Response) -> Answer {
    let status = response.status().as_u16();
    let mut body = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) if body.len() + chunk.len() <= ANSWER_BYTES_MAX => body.extend_from_slice(&chunk),
            Ok(Some(_)) => return Answer::Lost("the answer was too long to be Meta's"),
            Ok(None) => return Answer::Read { status, body },
            Err(_) => return Answer::Lost("the connection broke in the middle of the answer"),
        }
    }
}
