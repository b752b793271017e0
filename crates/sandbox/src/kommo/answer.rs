//! Kommo's answers: HAL for data, 204 for an empty list.

use axum::body::Body;
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Value, json};

use super::query::{Page, Query};
use crate::http;

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
