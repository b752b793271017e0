//! `/sandbox/...`: what was accepted, and what the sandbox should know. JSON in, JSON out.
//!
//! These paths have no password, so the listener takes loopback addresses only.

use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{any, get, post};
use serde::de::DeserializeOwned;
use serde_json::json;

use crate::http;
use crate::kommo;
use crate::state::{Click, Dataset, Sandbox};

pub(crate) fn routes() -> Router<Sandbox> {
    Router::new()
        .route("/sandbox/events", get(events))
        .route("/sandbox/requests", get(requests))
        .route("/sandbox/datasets", post(put_dataset))
        .route("/sandbox/clicks", post(put_click))
        .route("/sandbox/{*rest}", any(unknown))
        .merge(kommo::control::routes())
}

async fn events(State(sandbox): State<Sandbox>) -> Response {
    let body = json!({ "events": sandbox.graph_events(), "left": sandbox.left().events });
    http::json(StatusCode::OK, &body)
}

async fn requests(State(sandbox): State<Sandbox>) -> Response {
    let body = json!({
        "graph": sandbox.graph_requests(),
        "kommo": sandbox.kommo_requests(),
        "left": sandbox.left(),
    });
    http::json(StatusCode::OK, &body)
}

async fn put_dataset(State(sandbox): State<Sandbox>, request: Request) -> Response {
    put(request, |dataset: Dataset| sandbox.add_dataset(dataset)).await
}

async fn put_click(State(sandbox): State<Sandbox>, request: Request) -> Response {
    put(request, |click: Click| sandbox.add_click(click)).await
}

async fn unknown() -> Response {
    http::json(StatusCode::NOT_FOUND, &json!({ "error": "the sandbox has no such control path" }))
}

pub(crate) async fn put<T: DeserializeOwned>(request: Request, then: impl FnOnce(T)) -> Response {
    match read(request).await {
        Ok(input) => {
            then(input);
            done()
        }
        Err(refusal) => refusal,
    }
}

pub(crate) async fn read<T: DeserializeOwned>(request: Request) -> Result<T, Response> {
    let body = http::read_body(request.into_body())
        .await
        .map_err(|why| http::json(why.status(), &json!({ "error": why.message() })))?;
    serde_json::from_slice(&body).map_err(|error| refused(&error.to_string()))
}

pub(crate) fn refused(why: &str) -> Response {
    http::json(StatusCode::BAD_REQUEST, &json!({ "error": why }))
}

pub(crate) fn done() -> Response {
    http::json(StatusCode::OK, &json!({ "ok": true }))
}
