//! `/sandbox/...`: what was accepted, and what the sandbox should know. JSON in, JSON out.
//!
//! ```text
//! GET  events      ?dataset= &after= &limit=   accepted events; with limit the newest, oldest first
//! GET  requests    ?dataset= &after= &limit=   requests to both sides
//! GET  tallies     ?dataset=                   counts by dataset and event name
//! GET  quality     ?dataset=                   what Graph's dataset_quality says
//! GET  datasets                                what exists, without tokens
//! GET  ids         ?after= &limit=             event ids of a sandbox that discards events
//! POST apps, tokens, datasets, assets, ad-accounts, ads, clicks, leads, scoped-ids
//! GET, POST people  ?after= &limit=            people with the hashes of their data
//! POST seed        {"seed": 1, "people": 1000}  a business with ads, and people who came by them
//! POST oauth-codes {"app_id", "redirect_uri", "permissions"}   as if somebody had agreed to a dialog
//! GET, POST, DELETE faults                     what goes wrong
//! GET, POST clock  {"advance_s": 900} {"speed": 60}
//! GET, POST hooks                              the shapes of webhooks, and sending one
//! kommo/...                                    what happens in the CRM
//! ```
//!
//! These paths have no password, so the listener takes loopback addresses only. They take JSON only, which
//! a page of another origin cannot send, and no host name that another site could have made its own.

use axum::Router;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{any, get};
use sandbox_http::{self as http, control};
use sandbox_meta::GraphRequest;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::{KommoRequest, Left, Sandbox};

pub(crate) fn routes(sandbox: &Sandbox) -> Router {
    let own = Router::new()
        .route("/sandbox/requests", get(requests))
        .route("/sandbox/{*rest}", any(unknown))
        .with_state(sandbox.clone());
    let routes = own
        .merge(control::routes(&sandbox.shared))
        .merge(sandbox_meta::control_routes(&sandbox.meta))
        .merge(sandbox_kommo::control_routes(&sandbox.kommo))
        .merge(sandbox_hooks::control_routes(sandbox.shared.clock()));
    control::only_by_address(routes)
}

/// A part of the lists: what comes after a number, and at most so many.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Part {
    dataset: Option<String>,
    after: u64,
    limit: Option<usize>,
}

#[derive(Serialize)]
struct Requests {
    /// Graph requests ever.
    count: u64,
    graph: Vec<GraphRequest>,
    kommo: Vec<KommoRequest>,
    left: Left,
}

async fn requests(State(sandbox): State<Sandbox>, Query(part): Query<Part>) -> Response {
    let left = sandbox.left();
    let most = part.limit.unwrap_or(usize::MAX);
    let (graph, count) = sandbox.meta.newest_requests(part.dataset.as_deref(), part.after, most);
    let kommo = sandbox.kommo.newest_requests(most);
    http::json(StatusCode::OK, &Requests { count, graph, kommo, left })
}

async fn unknown() -> Response {
    http::json(StatusCode::NOT_FOUND, &json!({ "error": "the sandbox has no such control path" }))
}
