//! `/sandbox/...`: what exists at Meta, and what it has accepted.

use std::collections::BTreeMap;

use axum::Router;
use axum::extract::{Query, Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{MethodRouter, get, post};
use sandbox_http::orders::{done, put, read, refused};
use sandbox_http::{self as http, control};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::records::pieces::{self, Wanted};
use crate::world::Person;
use crate::{Meta, graph};

/// Most people in one answer.
const MOST_PEOPLE_SHOWN: usize = 1000;

/// The control paths of this side.
pub fn routes(meta: &Meta) -> Router {
    let putting = Router::new()
        .route("/sandbox/apps", put_with(Meta::add_app))
        .route("/sandbox/tokens", put_with(Meta::add_token))
        .route("/sandbox/datasets", put_with(Meta::add_dataset).get(datasets))
        .route("/sandbox/assets", put_with(Meta::add_asset))
        .route("/sandbox/ad-accounts", put_with(Meta::add_ad_account))
        .route("/sandbox/ads", put_with(Meta::add_ad))
        .route("/sandbox/clicks", put_with(Meta::add_click))
        .route("/sandbox/leads", put_with(Meta::add_lead))
        .route("/sandbox/scoped-ids", put_with(put_scoped_id))
        .route("/sandbox/people", get(people).post(put_person))
        .route("/sandbox/oauth-codes", post(put_code))
        .with_state(meta.clone());
    let reading = Router::new()
        .route("/sandbox/events", get(events))
        .route("/sandbox/tallies", get(tallies))
        .route("/sandbox/quality", get(quality))
        .route("/sandbox/ids", get(ids))
        .route("/sandbox/seed", post(seed))
        .with_state(meta.clone());
    control::within_room(putting, meta.shared()).merge(reading)
}

/// A part of a list: what comes after a number, and at most so many.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Part {
    dataset: Option<String>,
    after: u64,
    limit: Option<usize>,
}

async fn events(State(meta): State<Meta>, Query(part): Query<Part>) -> Response {
    let Part { dataset, after, limit } = part;
    pieces::events(meta, Wanted { dataset, after, limit })
}

async fn tallies(State(meta): State<Meta>, Query(part): Query<Part>) -> Response {
    let records = meta.records();
    let wanted = |id: &str| part.dataset.as_ref().is_none_or(|dataset| dataset == id);
    let all: BTreeMap<_, _> =
        records.tallies.iter().filter(|(id, _)| wanted(id)).map(|(id, tallies)| (id, &tallies.0)).collect();
    let body = json!({ "tallies": all });
    http::json(StatusCode::OK, &body)
}

async fn quality(State(meta): State<Meta>, Query(part): Query<Part>) -> Response {
    let tallies = meta.tallies(part.dataset.as_deref().unwrap_or_default());
    http::json(StatusCode::OK, &graph::quality::of(&tallies))
}

async fn datasets(State(meta): State<Meta>) -> Response {
    let world = meta.world();
    let shown: Vec<Value> = world
        .datasets
        .values()
        .map(|one| {
            json!({
                "id": one.id, "name": one.name,
                "page_id": one.page_id, "waba_id": one.waba_id, "ig_account_id": one.ig_account_id,
            })
        })
        .collect();
    http::json(StatusCode::OK, &json!({ "datasets": shown }))
}

async fn ids(State(meta): State<Meta>, Query(part): Query<Part>) -> Response {
    let records = meta.records();
    let left = records.ids.left();
    let from = usize::try_from(part.after.saturating_sub(left)).unwrap_or(usize::MAX);
    let shown: Vec<_> = records.ids.iter().skip(from).take(part.limit.unwrap_or(usize::MAX)).collect();
    let body = json!({ "ids": shown, "left": left });
    http::json(StatusCode::OK, &body)
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ScopedId {
    user_id: String,
    page_id: String,
}

fn put_scoped_id(meta: &Meta, ScopedId { user_id, page_id }: ScopedId) {
    meta.add_scoped_id(user_id, page_id);
}

/// Passes over the first `after`.
async fn people(State(meta): State<Meta>, Query(part): Query<Part>) -> Response {
    let skip = usize::try_from(part.after).unwrap_or(usize::MAX);
    let shown = |person: &Person| json!({ "person": person, "hashes": person.hashes() });
    let people = meta.people(skip, part.limit.unwrap_or(MOST_PEOPLE_SHOWN).min(MOST_PEOPLE_SHOWN));
    let count = meta.world().people.all().len();
    let shown: Vec<Value> = people.iter().map(shown).collect();
    http::json(StatusCode::OK, &json!({ "people": shown, "count": count }))
}

async fn put_person(State(meta): State<Meta>, request: Request) -> Response {
    match read(request).await.map(|person| meta.add_person(person)) {
        Ok(Ok(())) => done(),
        Ok(Err(why)) => refused(&why),
        Err(refusal) => refusal,
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SeedInput {
    seed: u64,
    people: usize,
}

async fn seed(State(meta): State<Meta>, request: Request) -> Response {
    match read(request).await.map(|SeedInput { seed, people }| meta.seed(seed, people)) {
        Ok(Ok(seeded)) => http::json(StatusCode::OK, &json!(seeded)),
        Ok(Err(why)) => refused(&why),
        Err(refusal) => refusal,
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct CodeInput {
    app_id: String,
    #[serde(default)]
    redirect_uri: String,
    permissions: Option<Vec<String>>,
}

async fn put_code(State(meta): State<Meta>, request: Request) -> Response {
    let input: CodeInput = match read(request).await {
        Ok(input) => input,
        Err(refusal) => return refusal,
    };
    let now_s = meta.shared().clock().now_s();
    let mut world = meta.world_mut();
    match graph::issue_code(&mut world, &input.app_id, &input.redirect_uri, input.permissions, now_s) {
        Ok(code) => http::json(StatusCode::OK, &json!({ "code": code })),
        Err(why) => refused(&why),
    }
}

/// A route that puts one object into the meta.
fn put_with<T>(add: fn(&Meta, T)) -> MethodRouter<Meta>
where
    T: DeserializeOwned + Send + 'static,
{
    post(move |State(meta): State<Meta>, request: Request| async move {
        put(request, |input| add(&meta, input)).await
    })
}
