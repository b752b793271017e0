//! Reading a Graph request: its path, its parameters, its token, and the events in `data`.
//!
//! Meta's documentation and SDKs put parameters into the query, a JSON body or a form body, and `data` as
//! an array of objects, an array of JSON strings, or one JSON string. All of these are read.
//! `multipart/form-data` is not.

use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Map, Value};
use sha2::Sha256;
use subtle::ConstantTimeEq;

use super::errors::Refusal;
use crate::hooks::hex;
use crate::http;
use crate::state::Dataset;

/// Most events in one request.
const MOST_EVENTS: usize = 1000;

/// The dataset of `/{version}/{dataset}/events`, if the path is one.
fn dataset_of(path: &str) -> Option<&str> {
    let mut parts = path.strip_prefix('/')?.split('/');
    let (version, dataset, edge) = (parts.next()?, parts.next()?, parts.next()?);
    (parts.next().is_none() && is_version(version) && !dataset.is_empty() && edge == "events")
        .then_some(dataset)
}

fn is_version(text: &str) -> bool {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    text.strip_prefix('v')
        .and_then(|numbers| numbers.split_once('.'))
        .is_some_and(|(major, minor)| digits(major) && digits(minor))
}

/// A request as far as it can be read; what cannot is refused in its turn.
#[derive(Debug)]
pub(super) struct Call {
    /// Empty if the path is no `/{version}/{dataset}/events`.
    pub(super) dataset: String,
    pub(super) token: Result<String, Refusal>,
    pub(super) proof: Option<Value>,
    /// The elements of `data`; one that holds no JSON stays a text, for the check of the event to refuse.
    pub(super) events: Result<Vec<Value>, Refusal>,
    /// The other parameters.
    pub(super) envelope: Map<String, Value>,
}

impl Call {
    /// Parameters come from the query and from the body; the body wins.
    pub(super) fn read(head: &Parts, body: &[u8]) -> Self {
        let mut params = Map::new();
        let mut malformed = false;
        add_form(&mut params, head.uri.query().unwrap_or_default().as_bytes());
        let content_type = head.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        if content_type.is_some_and(|kind| kind.to_ascii_lowercase().contains("json")) {
            match serde_json::from_slice(body) {
                Ok(Value::Object(values)) => params.extend(values),
                _ => malformed = !body.is_empty(),
            }
        } else {
            add_form(&mut params, body);
        }
        Self {
            dataset: dataset_of(head.uri.path()).unwrap_or_default().to_owned(),
            token: token(params.remove("access_token"), &head.headers),
            proof: params.remove("appsecret_proof"),
            events: if malformed {
                Err(Refusal::parameter("(#100) The request body is not a JSON object"))
            } else {
                events(params.remove("data"))
            },
            envelope: params,
        }
    }

    /// Checks `appsecret_proof`: lowercase hex of HMAC-SHA256 with the app secret over the token.
    pub(super) fn check_proof(&self, dataset: &Dataset, token: &str) -> Result<(), Refusal> {
        let Some(secret) = &dataset.app_secret else { return Ok(()) };
        let Some(given) = &self.proof else {
            return if dataset.require_proof { Err(Refusal::no_proof()) } else { Ok(()) };
        };
        let right = proof(secret, token);
        let same = given.as_str().is_some_and(|given| bool::from(given.as_bytes().ct_eq(right.as_bytes())));
        if same { Ok(()) } else { Err(Refusal::bad_proof()) }
    }
}

fn add_form(params: &mut Map<String, Value>, encoded: &[u8]) {
    for (key, value) in form_urlencoded::parse(encoded) {
        params.insert(key.into_owned(), Value::String(value.into_owned()));
    }
}

/// The token from wherever it was put. A token that is no text is no token Graph could parse.
fn token(parameter: Option<Value>, headers: &HeaderMap) -> Result<String, Refusal> {
    match parameter {
        Some(Value::String(token)) if !token.is_empty() => return Ok(token),
        None | Some(Value::Null | Value::String(_)) => {}
        Some(_) => return Err(Refusal::bad_token()),
    }
    let header = http::bearer(headers).filter(|token| !token.is_empty());
    header.map(str::to_owned).ok_or_else(Refusal::no_token)
}

fn events(data: Option<Value>) -> Result<Vec<Value>, Refusal> {
    let elements = match data {
        None | Some(Value::Null) => return Err(Refusal::parameter("(#100) The parameter data is required")),
        Some(Value::String(text)) => serde_json::from_str(&text).unwrap_or(Value::Null),
        Some(other) => other,
    };
    let Value::Array(elements) = elements else {
        return Err(Refusal::parameter("(#100) Param data must be an array."));
    };
    Ok(elements.into_iter().map(decoded).collect())
}

/// At least one event, at most 1,000. The texts are the sandbox's own: Meta documents only code 100.
pub(super) fn check_count(events: usize) -> Result<(), Refusal> {
    match events {
        0 => Err(Refusal::parameter("(#100) Param data must be non-empty.")),
        1..=MOST_EVENTS => Ok(()),
        _ => Err(Refusal::parameter("(#100) Param data must have at most 1000 elements.")),
    }
}

fn decoded(element: Value) -> Value {
    match element {
        Value::String(text) => serde_json::from_str(&text).unwrap_or(Value::String(text)),
        other => other,
    }
}

fn proof(secret: &str, token: &str) -> String {
    // HMAC takes keys of any length, so the other arm is never used.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else { return String::new() };
    mac.update(token.as_bytes());
    hex(&mac.finalize().into_bytes())
}
