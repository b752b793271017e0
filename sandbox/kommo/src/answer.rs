//! Kommo's answers: HAL for data, 204 for an empty list.

use axum::body::Body;
use axum::http::StatusCode;
use axum::response::Response;
use sandbox_http as http;
use serde_json::{Value, json};

use super::query::{Page, Query};

pub(super) fn hal(body: &Value) -> Response {
    hal_with(StatusCode::OK, body)
}

pub(super) fn hal_with(status: StatusCode, body: &Value) -> Response {
    http::text(status, "application/hal+json", body.to_string())
}

pub(super) fn no_content() -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    response
}

/// What a request for a list is about.
#[derive(Debug, Clone, Copy)]
pub(super) struct List<'a> {
    /// Its address without the query.
    pub(super) href: &'a str,
    /// Its key under `_embedded`.
    pub(super) name: &'a str,
    pub(super) query: &'a Query,
    pub(super) page: Page,
}

impl List<'_> {
    /// One page of `all`, with a link to the next one while there is one.
    pub(super) fn answer<T>(&self, all: &[T], shown: impl FnMut(&T) -> Value) -> Response {
        let Page { number, limit } = self.page;
        let from = (number - 1).saturating_mul(limit).min(all.len());
        let to = from.saturating_add(limit).min(all.len());
        if from == to {
            return no_content();
        }
        let href = |number| json!({ "href": format!("{}?{}", self.href, self.query.at_page(number)) });
        let mut links = json!({ "self": href(number) });
        if to < all.len() {
            links["next"] = href(number + 1);
        }
        let rows: Vec<Value> = all[from..to].iter().map(shown).collect();
        hal(&json!({ "_page": number, "_links": links, "_embedded": { self.name: rows } }))
    }
}
