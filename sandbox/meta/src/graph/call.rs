//! Reading a Graph call: its path, its parameters and its token, from wherever they were put.
//!
//! Meta's documentation and SDKs put parameters into the query, a JSON body, a form body or
//! `multipart/form-data`; the body wins over the query. The token may also come as a Bearer header.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU8, Ordering};

use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, header};
use sandbox_http as http;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::errors::Refusal;
use super::path::Path;

/// Most parameters of a call.
const MOST_PARAMETERS: usize = 1000;

/// Most names in a parameter that is a list.
const MOST_LISTED: usize = 1000;

/// A call as far as it can be read.
#[derive(Debug)]
pub(crate) struct Call {
    pub(super) method: Method,
    pub(super) path: Path,
    /// Scheme, host and version, for links to further pages.
    pub(super) base: String,
    /// The host that was called.
    pub(super) host: String,
    pub(super) token: Result<String, Refusal>,
    pub(super) proof: Option<Value>,
    /// All other parameters. Of a form and of a query they are texts, of a JSON body what they are there.
    pub(super) params: Map<String, Value>,
    /// The text of `data`, which should be a JSON array. It is kept apart because it is large.
    pub(super) data: Option<String>,
    /// Why the body holds no parameters, if it should have.
    pub(super) malformed: Option<Refusal>,
    pub(super) usage: Usage,
}

/// How much of the Marketing API's limit a call has found used: percent and one more, 0 if it did not ask.
#[derive(Debug, Default)]
pub(super) struct Usage(AtomicU8);

impl Usage {
    pub(super) fn note(&self, percent: u8) {
        self.0.store(percent.min(100) + 1, Ordering::Relaxed);
    }

    pub(super) fn percent(&self) -> Option<u8> {
        self.0.load(Ordering::Relaxed).checked_sub(1)
    }
}

impl Call {
    /// `None` if the path is none that Graph could have.
    pub(super) async fn read(head: &Parts, body: &[u8]) -> Option<Self> {
        let path = Path::read(head.uri.path())?;
        let (mut params, data, malformed) = parameters(head, body).await;
        let host = head.headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or("localhost");
        Some(Self {
            method: head.method.clone(),
            base: format!("http://{host}{}", path.prefix),
            host: host.to_owned(),
            path,
            token: token(params.remove("access_token"), &head.headers),
            proof: params.remove("appsecret_proof"),
            params,
            data,
            malformed,
            usage: Usage::default(),
        })
    }

    /// Whether the call writes, which costs more.
    pub(super) fn is_write(&self) -> bool {
        self.method != Method::GET
    }

    /// A parameter as text, if it is one and not empty.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.params.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
    }

    /// A parameter that is JSON, in a JSON body or as text.
    pub(super) fn json(&self, name: &str) -> Option<Result<Value, Refusal>> {
        let value = self.params.get(name)?;
        Some(match value {
            Value::String(text) => http::from_json(text.as_bytes())
                .map_err(|_| Refusal::parameter(format!("(#100) Param {name} must be valid JSON."))),
            other => Ok(other.clone()),
        })
    }

    /// A parameter that is a number, also as text.
    pub(super) fn number(&self, name: &str) -> Option<Result<u64, Refusal>> {
        let value = self.params.get(name)?;
        let number = value.as_u64().or_else(|| value.as_str().and_then(|text| text.parse().ok()));
        Some(number.ok_or_else(|| Refusal::parameter(format!("(#100) Param {name} must be an integer"))))
    }

    /// The names in a parameter that is a list: `a,b`, `["a","b"]` or a JSON array. No list of names has
    /// more than a thousand.
    pub(super) fn names(&self, name: &str) -> Vec<String> {
        let listed = |text: &str| text.split(',').map(|one| one.trim().to_owned()).collect();
        let all: Vec<String> = match self.params.get(name) {
            Some(Value::String(text)) => http::from_json(text.as_bytes()).unwrap_or_else(|_| listed(text)),
            Some(Value::Array(items)) => {
                items.iter().filter_map(|item| item.as_str().map(str::to_owned)).collect()
            }
            _ => Vec::new(),
        };
        all.into_iter().filter(|one| !one.is_empty()).take(MOST_LISTED).collect()
    }
}

/// The parameters of query and body, `data` apart, and why the body has none if it should have.
pub(crate) async fn parameters(
    head: &Parts,
    body: &[u8],
) -> (Map<String, Value>, Option<String>, Option<Refusal>) {
    let mut params = Map::new();
    add_form(&mut params, head.uri.query().unwrap_or_default().as_bytes());
    let mut data = None;
    let malformed = add_body(&mut params, &mut data, &head.headers, body).await.err();
    let in_form = match params.remove("data") {
        Some(Value::String(text)) => Some(text),
        _ => None,
    };
    (params, data.or(in_form), malformed)
}

async fn add_body(
    params: &mut Map<String, Value>,
    data: &mut Option<String>,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<(), Refusal> {
    if body.is_empty() {
        return Ok(());
    }
    let kind = http::kind(headers);
    if kind.ends_with("json") {
        return add_json(params, data, body)
            .map_err(|_| Refusal::parameter("(#100) The request body is not a JSON object"));
    }
    if kind == "multipart/form-data" {
        return add_multipart(params, headers, body).await;
    }
    add_form(params, body);
    Ok(())
}

/// `data` is only looked for; each event is read by itself later, which needs far less memory at a time.
fn add_json(
    params: &mut Map<String, Value>,
    data: &mut Option<String>,
    body: &[u8],
) -> serde_json::Result<()> {
    let members: BTreeMap<Cow<'_, str>, &RawValue> = serde_json::from_slice(body)?;
    for (name, value) in members {
        if name == "data" {
            *data = match value.get() {
                "null" => None,
                text if text.starts_with('"') => Some(serde_json::from_str(text)?),
                text => Some(text.to_owned()),
            };
        } else if params.len() < MOST_PARAMETERS {
            params.insert(name.into_owned(), http::from_json(value.get().as_bytes())?);
        }
    }
    Ok(())
}

async fn add_multipart(
    params: &mut Map<String, Value>,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<(), Refusal> {
    let broken = |_| Refusal::parameter("(#100) The multipart body could not be read");
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let boundary = multer::parse_boundary(kind).map_err(broken)?;
    let mut parts = multer::Multipart::with_reader(body, boundary);
    for _ in 0..=MOST_PARAMETERS {
        let Some(part) = parts.next_field().await.map_err(broken)? else { return Ok(()) };
        let name = part.name().unwrap_or_default().to_owned();
        let value = part.bytes().await.map_err(broken)?;
        params.insert(name, Value::String(String::from_utf8_lossy(&value).into_owned()));
    }
    Err(Refusal::parameter("(#100) The multipart body has too many parts"))
}

fn add_form(params: &mut Map<String, Value>, encoded: &[u8]) {
    for (key, value) in form_urlencoded::parse(encoded).take(MOST_PARAMETERS) {
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
