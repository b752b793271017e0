//! Kommo's refusals: `application/problem+json`.

use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Value, json};

use crate::http;

/// A refusal in the shape of recorded answers: title, type, status, detail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Problem {
    status: StatusCode,
    detail: String,
    retry_after_s: Option<u64>,
}

impl Problem {
    pub(super) fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self { status, detail: detail.into(), retry_after_s: None }
    }

    pub(super) fn bad_request(detail: String) -> Self {
        Self::new(StatusCode::BAD_REQUEST, detail)
    }

    pub(super) fn not_found(detail: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, detail)
    }

    pub(super) fn too_many(retry_after_s: u64) -> Self {
        let problem = Self::new(StatusCode::TOO_MANY_REQUESTS, "Too many requests");
        Self { retry_after_s: Some(retry_after_s), ..problem }
    }

    pub(super) fn response(&self) -> Response {
        let status = self.status.as_u16();
        let mut body = json!({
            "title": self.status.canonical_reason().unwrap_or_default(),
            "type": format!("https://httpstatus.es/{status}"),
            "status": status,
            "detail": self.detail,
        });
        if let Some(seconds) = self.retry_after_s {
            body["retry_after"] = Value::from(seconds);
        }
        http::text(self.status, "application/problem+json", body.to_string())
    }
}
