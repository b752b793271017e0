//! `/sandbox/...`: what was accepted, and what the sandbox should know. JSON in, JSON out.
//!
//! These paths have no password, so the listener takes loopback addresses only.

use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{any, get, post};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::json;

use crate::http;
use crate::kommo::book::{Book, Contact, Deal, Pipeline};
use crate::state::{Click, Dataset, Sandbox};

pub(crate) fn routes() -> Router<Sandbox> {
    Router::new()
        .route("/sandbox/events", get(events))
        .route("/sandbox/requests", get(requests))
        .route("/sandbox/datasets", post(put_dataset))
        .route("/sandbox/clicks", post(put_click))
        .route("/sandbox/kommo/pipelines", post(put_pipeline))
        .route("/sandbox/kommo/contacts", post(put_contact))
        .route("/sandbox/kommo/leads", post(put_lead))
        .merge(crate::hooks::control::routes())
        .route("/sandbox/{*rest}", any(unknown))
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

async fn put_pipeline(State(sandbox): State<Sandbox>, request: Request) -> Response {
    put(request, |pipeline: Pipeline| sandbox.put_pipeline(pipeline)).await
}

async fn put_contact(State(sandbox): State<Sandbox>, request: Request) -> Response {
    put(request, |contact: Contact| sandbox.put_contact(contact)).await
}

/// A lead to make, or the parts of one to change.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct LeadInput {
    id: u64,
    name: Option<String>,
    pipeline_id: Option<u64>,
    status_id: Option<u64>,
    #[serde(default)]
    price: PriceInput,
    contact_ids: Option<Vec<u64>>,
    /// When it happens, Unix seconds; now if it is not said.
    at: Option<i64>,
}

/// Tells `"price": null`, which takes the price away, from no word about it.
#[derive(Debug, Default)]
enum PriceInput {
    #[default]
    Unsaid,
    Said(Option<i64>),
}

impl<'de> Deserialize<'de> for PriceInput {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Option::deserialize(from).map(Self::Said)
    }
}

async fn put_lead(State(sandbox): State<Sandbox>, request: Request) -> Response {
    let input: LeadInput = match read(request).await {
        Ok(input) => input,
        Err(refusal) => return refusal,
    };
    let now_s = sandbox.clock().now_s();
    let mut book = sandbox.book();
    if book.deals.contains_key(&input.id) {
        change(&mut book, input, now_s);
        return done();
    }
    let (Some(pipeline_id), Some(status_id)) = (input.pipeline_id, input.status_id) else {
        return refused("a new lead needs pipeline_id and status_id");
    };
    book.put_deal(Deal {
        id: input.id,
        name: input.name.unwrap_or_default(),
        pipeline_id,
        status_id,
        price: if let PriceInput::Said(price) = input.price { price } else { None },
        contact_ids: input.contact_ids.unwrap_or_default(),
        created_at: input.at.unwrap_or(now_s),
    });
    done()
}

fn change(book: &mut Book, input: LeadInput, now_s: i64) {
    let Some(row) = book.deals.get_mut(&input.id) else { return };
    let at = input.at.unwrap_or(now_s);
    row.updated_at = at;
    if let Some(name) = input.name {
        row.deal.name = name;
    }
    if let Some(contact_ids) = input.contact_ids {
        row.deal.contact_ids = contact_ids;
    }
    if let PriceInput::Said(price) = input.price {
        row.deal.price = price;
    }
    let pipeline_id = input.pipeline_id.unwrap_or(row.deal.pipeline_id);
    let status_id = input.status_id.unwrap_or(row.deal.status_id);
    book.move_deal(input.id, pipeline_id, status_id, at);
}

async fn unknown() -> Response {
    http::json(StatusCode::NOT_FOUND, &json!({ "error": "the sandbox has no such control path" }))
}

async fn put<T: DeserializeOwned>(request: Request, then: impl FnOnce(T)) -> Response {
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

fn done() -> Response {
    http::json(StatusCode::OK, &json!({ "ok": true }))
}
