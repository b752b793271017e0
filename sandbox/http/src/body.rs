//! Reading bodies within bounds of size, time and number of values.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::StatusCode;
use http_body_util::BodyExt;
use serde::de::{DeserializeOwned, Error};

use crate::in_flight::Taken;

/// A body may have this many bytes.
const MOST_BODY_BYTES: usize = 16 * 1024 * 1024;
/// JSON may have this many values, because the smallest take a hundred times their bytes in memory.
const MOST_VALUES: usize = 250_000;
/// A body has to arrive within this time.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);

/// Why a body could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unread {
    /// It has too many bytes.
    TooLarge,
    /// It did not arrive in time.
    TooSlow,
    /// It broke off.
    Broken,
    /// Too many bodies at a time.
    Busy,
}

impl Unread {
    /// The status of an answer that says so.
    pub fn status(self) -> StatusCode {
        match self {
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::Broken => StatusCode::BAD_REQUEST,
            Self::Busy => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// Why, in words.
    pub fn message(self) -> &'static str {
        match self {
            Self::TooLarge => "The request body is larger than 16 MiB",
            Self::TooSlow => "The request body took too long",
            Self::Broken => "The request body could not be read",
            Self::Busy => "Too many bytes are being read at this moment; try again",
        }
    }
}

/// The whole body.
pub async fn read_body(body: Body) -> Result<Bytes, Unread> {
    tokio::time::timeout(BODY_TIMEOUT, collect(body, None)).await.unwrap_or(Err(Unread::TooSlow))
}

/// The whole body at this pace, however long that takes.
pub(crate) async fn read_body_slowly(body: Body, bytes_per_s: u64) -> Result<Bytes, Unread> {
    collect(body, Some(bytes_per_s.max(1))).await
}

async fn collect(mut body: Body, bytes_per_s: Option<u64>) -> Result<Bytes, Unread> {
    let mut taken = Taken::for_a_body();
    let mut first = Bytes::new();
    let mut whole = Vec::new();
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|_| Unread::Broken)?.into_data() else { continue };
        taken.take(data.len()).map_err(|_| Unread::Busy)?;
        if taken.bytes() > MOST_BODY_BYTES {
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
pub fn from_json<T: DeserializeOwned>(text: &[u8]) -> serde_json::Result<T> {
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
