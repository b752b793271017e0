//! Small parts that the sides share: reading a body within bounds, answering JSON, the Bearer token.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use http_body_util::BodyExt;
use serde_json::Value;

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

/// The bytes that are being read. Clones share one count.
#[derive(Debug, Clone, Default)]
pub(crate) struct InFlight(Arc<AtomicUsize>);

/// Bytes of one body; given back when it is dropped.
struct Taken<'a>(&'a AtomicUsize, usize);

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(self.1, Ordering::Relaxed);
    }
}

impl InFlight {
    /// The whole body, at `bytes_per_s` if that is said.
    pub(crate) async fn read(&self, body: Body, bytes_per_s: Option<u64>) -> Result<Bytes, Unread> {
        let limit = if bytes_per_s.is_some() { Duration::MAX } else { BODY_TIMEOUT };
        match tokio::time::timeout(limit, self.collect(body, bytes_per_s)).await {
            Ok(read) => read,
            Err(_) => Err(Unread::TooSlow),
        }
    }

    async fn collect(&self, mut body: Body, bytes_per_s: Option<u64>) -> Result<Bytes, Unread> {
        let mut taken = Taken(&self.0, 0);
        let mut first = Bytes::new();
        let mut whole = Vec::new();
        while let Some(frame) = body.frame().await {
            let Ok(data) = frame.map_err(|_| Unread::Broken)?.into_data() else { continue };
            taken.1 += data.len();
            if taken.1 > MOST_BODY_BYTES {
                self.0.fetch_add(data.len(), Ordering::Relaxed);
                return Err(Unread::TooLarge);
            }
            if self.0.fetch_add(data.len(), Ordering::Relaxed) + data.len() > MOST_BYTES_IN_FLIGHT {
                return Err(Unread::Busy);
            }
            if let Some(pace) = bytes_per_s {
                tokio::time::sleep(Duration::from_secs_f64(data.len() as f64 / pace.max(1) as f64)).await;
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
}

pub(crate) fn json(status: StatusCode, body: &Value) -> Response {
    text(status, "application/json; charset=UTF-8", body.to_string())
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
