//! How a fault changes what reaches the client.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::StatusCode;
use axum::response::Response;

use super::Fault;
use crate::answer;
use crate::body::{self, Unread};
use crate::wire::{self, Reset};

/// A client that waits for an answer that never comes is let go after this time.
const HELD: Duration = Duration::from_mins(10);

/// The body of a request, slowly if that is asked for.
pub async fn read_body(body: Body, fault: Option<&Fault>) -> Result<Bytes, Unread> {
    match fault {
        Some(Fault::SlowRead { bytes_per_s }) => body::read_body_slowly(body, *bytes_per_s).await,
        _ => body::read_body(body).await,
    }
}

/// The answer as it reaches the client, or does not.
pub async fn apply_fault(answer: Response, fault: Option<Fault>, reset: Option<&Reset>) -> Response {
    match fault {
        Some(Fault::Answer { status, body }) => scripted(status, body),
        Some(Fault::Html { status }) => {
            let page = format!(
                "<!DOCTYPE html><html><body><h1>{status}</h1>Sorry, something went wrong.</body></html>"
            );
            scripted(status, page)
        }
        Some(Fault::CloseBefore | Fault::CloseAfter) => wire::close(),
        Some(Fault::TimeoutBefore | Fault::TimeoutAfter) => {
            tokio::time::sleep(HELD).await;
            wire::close()
        }
        Some(Fault::Latency { ms, .. }) => {
            tokio::time::sleep(Duration::from_millis(ms)).await;
            answer
        }
        Some(Fault::Reset) => wire::reset_midway(answer, reset).await,
        Some(Fault::Error { .. } | Fault::Short { .. } | Fault::SlowRead { .. }) | None => answer,
    }
}

/// A body that begins with `<` goes out as HTML.
fn scripted(status: u16, body: String) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let html = body.trim_start().starts_with('<');
    answer::text(
        status,
        if html { "text/html; charset=utf-8" } else { "application/json; charset=UTF-8" },
        body,
    )
}
