//! Small parts that the sides share: reading a body within bounds, answering JSON, the Bearer token.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use http_body_util::BodyExt;
use serde::Serialize;
use serde::de::{DeserializeOwned, Error};

/// A body may have this many bytes.
pub(crate) const MOST_BODY_BYTES: usize = 16 * 1024 * 1024;
/// All bodies that are being read or worked on may have this many bytes together.
const MOST_BYTES_IN_FLIGHT: usize = 256 * 1024 * 1024;
/// All large answers that are on their way may have this many bytes together.
const MOST_ANSWER_BYTES_IN_FLIGHT: usize = 512 * 1024 * 1024;
/// Smaller answers are not counted: the number of connections bounds them.
const LARGE_ANSWER_BYTES: usize = 64 * 1024;
/// JSON may have this many values, because the smallest take a hundred times their bytes in memory.
const MOST_VALUES: usize = 250_000;
/// A body has to arrive within this time.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);

/// What is said instead of a large answer while there are too many.
const TOO_MANY_ANSWERS: &[u8] =
    br#"{"error":"too many large answers are on their way at this moment; try again, or ask for less"}"#;

/// Why a body could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unread {
    TooLarge,
    TooSlow,
    Broken,
    /// Too many bodies at a time.
    Busy,
}

impl Unread {
    pub(crate) fn status(self) -> StatusCode {
        match self {
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::Broken => StatusCode::BAD_REQUEST,
            Self::Busy => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    pub(crate) fn message(self) -> &'static str {
        match self {
            Self::TooLarge => "The request body is larger than 16 MiB",
            Self::TooSlow => "The request body took too long",
            Self::Broken => "The request body could not be read",
            Self::Busy => "Too many bytes are being read at this moment; try again",
        }
    }
}

/// The bytes of bodies and of large answers, of every sandbox of the process.
static IN_FLIGHT: AtomicUsize = AtomicUsize::new(0);
static ANSWERS_IN_FLIGHT: AtomicUsize = AtomicUsize::new(0);

/// Bytes of one body or answer; given back when it is dropped.
struct Taken {
    bytes: usize,
    all: &'static AtomicUsize,
}

impl Taken {
    fn of(all: &'static AtomicUsize) -> Self {
        Self { bytes: 0, all }
    }

    /// Says whether there is room for more.
    fn take(&mut self, bytes: usize, most: usize) -> Result<(), Unread> {
        self.bytes += bytes;
        let all = self.all.fetch_add(bytes, Ordering::Relaxed) + bytes;
        if all > most { Err(Unread::Busy) } else { Ok(()) }
    }

    /// Bytes that count for as long as anybody holds them.
    fn hold(self, bytes: Bytes) -> Bytes {
        Bytes::from_owner(Held { bytes, _taken: self })
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        self.all.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

struct Held {
    bytes: Bytes,
    _taken: Taken,
}

impl AsRef<[u8]> for Held {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

pub(crate) async fn read_body(body: Body) -> Result<Bytes, Unread> {
    tokio::time::timeout(BODY_TIMEOUT, collect(body, None)).await.unwrap_or(Err(Unread::TooSlow))
}

/// The whole body at this pace, however long that takes.
pub(crate) async fn read_body_slowly(body: Body, bytes_per_s: u64) -> Result<Bytes, Unread> {
    collect(body, Some(bytes_per_s.max(1))).await
}

async fn collect(mut body: Body, bytes_per_s: Option<u64>) -> Result<Bytes, Unread> {
    let mut taken = Taken::of(&IN_FLIGHT);
    let mut first = Bytes::new();
    let mut whole = Vec::new();
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|_| Unread::Broken)?.into_data() else { continue };
        taken.take(data.len(), MOST_BYTES_IN_FLIGHT)?;
        if taken.bytes > MOST_BODY_BYTES {
            return Err(Unread::TooLarge);
        }
        if let Some(pace) = bytes_per_s {
            tokio::time::sleep(Duration::from_secs_f64(data.len() as f64 / pace as f64)).await;
        }
        // Most bodies are one frame, which needs no copy.
        if first.is_empty() && whole.is_empty() {
            first = data;
        } else {
            whole.extend_from_slice(&std::mem::take(&mut first));
            whole.extend_from_slice(&data);
        }
    }
    Ok(taken.hold(if whole.is_empty() { first } else { whole.into() }))
}

/// Reads JSON that came from outside.
pub(crate) fn from_json<T: DeserializeOwned>(text: &[u8]) -> serde_json::Result<T> {
    if text.len() > MOST_VALUES && values_in(text) > MOST_VALUES {
        return Err(serde_json::Error::custom(format!("it has more than {MOST_VALUES} values")));
    }
    serde_json::from_slice(text)
}

/// The number of values in JSON, or a few more.
fn values_in(text: &[u8]) -> usize {
    let mut bytes = text.iter();
    let mut values = 1;
    while let Some(byte) = bytes.next() {
        match byte {
            b'[' | b'{' | b',' => values += 1,
            b'"' => skip_text(&mut bytes),
            _ => {}
        }
    }
    values
}

/// Up to the end of a text whose beginning has been read.
fn skip_text(bytes: &mut std::slice::Iter<'_, u8>) {
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => return,
            b'\\' => drop(bytes.next()),
            _ => {}
        }
    }
}

/// The kind of a body in lower case, without parameters such as a boundary.
pub(crate) fn kind(headers: &HeaderMap) -> String {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

pub(crate) fn json(status: StatusCode, body: &impl Serialize) -> Response {
    text(status, "application/json; charset=UTF-8", serde_json::to_string(body).unwrap_or_default())
}

/// An answer with this body, or that too many large ones are on their way.
pub(crate) fn text(status: StatusCode, content_type: &'static str, body: String) -> Response {
    let mut taken = Taken::of(&ANSWERS_IN_FLIGHT);
    let (status, body) = if body.len() <= LARGE_ANSWER_BYTES {
        (status, Bytes::from(body))
    } else {
        match taken.take(body.len(), MOST_ANSWER_BYTES_IN_FLIGHT) {
            Ok(()) => (status, taken.hold(body.into())),
            Err(why) => (why.status(), Bytes::from_static(TOO_MANY_ANSWERS)),
        }
    };
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

pub(crate) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}
