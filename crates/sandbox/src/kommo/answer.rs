//! Kommo's answers: HAL for data, `application/problem+json` for refusals, 204 for an empty list.

use axum::body::Body;
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Value, json};

use super::query::{Page, Query};
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

pub(super) fn hal(body: &Value) -> Response {
    http::text(StatusCode::OK, "application/hal+json", body.to_string())
}

fn no_content() -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    response
}

/// One page of a list, with a link to the next one while there is one.
pub(super) fn list(base: &str, name: &str, query: &Query, page: Page, all: &[Value]) -> Response {
    let from = (page.number - 1).saturating_mul(page.limit).min(all.len());
    let to = from.saturating_add(page.limit).min(all.len());
    if from == to {
        return no_content();
    }
    let href = |number| json!({ "href": format!("{base}/{name}?{}", query.at_page(number)) });
    let mut links = json!({ "self": href(page.number) });
    if to < all.len() {
        links["next"] = href(page.number + 1);
    }
    hal(&json!({ "_page": page.number, "_links": links, "_embedded": { name: all[from..to] } }))
}
