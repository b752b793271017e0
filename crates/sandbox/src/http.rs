//! Small parts that the sides share: reading a body within bounds, answering JSON, the Bearer token.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use http_body_util::BodyExt;
use serde::Serialize;

/// A body may have this many bytes.
pub(crate) const MOST_BODY_BYTES: usize = 16 * 1024 * 1024;
/// All bodies that are being read may have this many bytes together.
const MOST_BYTES_IN_FLIGHT: usize = 256 * 1024 * 1024;
/// A body has to arrive within this time.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);

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

/// The bytes that are being read, by every sandbox of the process.
static IN_FLIGHT: AtomicUsize = AtomicUsize::new(0);

/// Bytes of one body; given back when it is dropped.
struct Taken(usize);

impl Taken {
    /// Says whether there is room for more.
    fn take(&mut self, bytes: usize) -> Result<(), Unread> {
        self.0 += bytes;
        let all = IN_FLIGHT.fetch_add(bytes, Ordering::Relaxed) + bytes;
        if self.0 > MOST_BODY_BYTES {
            Err(Unread::TooLarge)
        } else if all > MOST_BYTES_IN_FLIGHT {
            Err(Unread::Busy)
        } else {
            Ok(())
        }
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        IN_FLIGHT.fetch_sub(self.0, Ordering::Relaxed);
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
    let mut taken = Taken(0);
    let mut first = Bytes::new();
    let mut whole = Vec::new();
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|_| Unread::Broken)?.into_data() else { continue };
        taken.take(data.len())?;
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
    Ok(if whole.is_empty() { first } else { whole.into() })
}

/// The kind of a body in lower case, without parameters such as a boundary.
pub(crate) fn kind(headers: &HeaderMap) -> String {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

pub(crate) fn json(status: StatusCode, body: &impl Serialize) -> Response {
    text(status, "application/json; charset=UTF-8", serde_json::to_string(body).unwrap_or_default())
}

pub(crate) fn text(status: StatusCode, content_type: &'static str, body: String) -> Response {
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
