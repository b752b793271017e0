//! Scripted faults, for tests of how a client delivers.

use std::time::Duration;

use axum::http::StatusCode;
use axum::response::Response;

use crate::http;

/// What happens to a Graph request instead of, or on top of, the ordinary answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// This answer, and nothing is processed. A body that begins with `<` goes out as HTML.
    Answer {
        /// Status of the answer; one that HTTP does not know becomes 500.
        status: u16,
        /// Its body, byte for byte.
        body: String,
    },
    /// The connection closes without an answer, and nothing is processed.
    CloseBefore,
    /// The request is processed as usual, then the connection closes without an answer.
    CloseAfter,
    /// The request is processed at once, and its answer comes this much later.
    Delay(Duration),
}

pub(super) fn scripted(status: u16, body: String) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let kind = if body.trim_start().starts_with('<') {
        "text/html; charset=utf-8"
    } else {
        "application/json; charset=UTF-8"
    };
    http::text(status, kind, body)
}
