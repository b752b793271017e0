//! `/sandbox/...`: what was accepted, and what the sandbox should know. JSON in, JSON out.
//!
//! ```text
//! GET  events      ?dataset= &after= &limit=   accepted events; with limit the newest, oldest first
//! GET  requests    ?after= &limit=             requests to both sides
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
//! ```
//!
//! These paths have no password, so the listener takes loopback addresses only. They take JSON only, which
//! a page of another origin cannot send, and no host name that another site could have made its own.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use axum::Router;
use axum::extract::{Query, Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::{any, get, post};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::fault::FaultRule;
use crate::orders::{done, put, read, refused};
use crate::pieces::{self, Wanted};
use crate::state::Sandbox;
use crate::world::Person;
use crate::{graph, hooks, http, kommo};

/// Most people in one answer.
const MOST_PEOPLE_SHOWN: usize = 1000;
/// Longest jump of the clock: ten years.
const LONGEST_JUMP_S: u64 = 10 * 365 * 86_400;

pub(crate) fn routes(sandbox: &Sandbox) -> Router<Sandbox> {
    Router::new()
        .route("/sandbox/apps", put_with(Sandbox::add_app))
        .route("/sandbox/tokens", put_with(Sandbox::add_token))
        .route("/sandbox/datasets", put_with(Sandbox::add_dataset).get(datasets))
        .route("/sandbox/assets", put_with(Sandbox::add_asset))
        .route("/sandbox/ad-accounts", put_with(Sandbox::add_ad_account))
        .route("/sandbox/ads", put_with(Sandbox::add_ad))
        .route("/sandbox/clicks", put_with(Sandbox::add_click))
        .route("/sandbox/leads", put_with(Sandbox::add_lead))
        .route("/sandbox/scoped-ids", put_with(put_scoped_id))
        .route("/sandbox/people", get(people).post(put_person))
        .route("/sandbox/oauth-codes", post(put_code))
        .route("/sandbox/faults", get(faults).post(put_fault).delete(clear_faults))
        .merge(kommo::control::routes())
        .layer(middleware::from_fn_with_state(sandbox.clone(), with_room))
        .route("/sandbox/events", get(events))
        .route("/sandbox/requests", get(requests))
        .route("/sandbox/tallies", get(tallies))
        .route("/sandbox/quality", get(quality))
        .route("/sandbox/ids", get(ids))
        .route("/sandbox/seed", post(seed))
        .route("/sandbox/clock", get(clock).post(set_clock))
        .merge(hooks::control::routes())
        .route("/sandbox/{*rest}", any(unknown))
        .layer(middleware::from_fn(only_by_address))
}

/// A site can let its own name point to a loopback address; to a browser its pages are then of the same
/// origin as the sandbox. Such a request names the site as its host.
async fn only_by_address(request: Request, next: Next) -> Response {
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    if host.is_none_or(is_address) {
        return next.run(request).await;
    }
    let why = "the control paths are only for requests whose Host is localhost or an IP address";
    http::json(StatusCode::FORBIDDEN, &json!({ "error": why }))
}

/// What is put in stays, so it has to fit.
async fn with_room(State(sandbox): State<Sandbox>, request: Request, next: Next) -> Response {
    let (head, body) = request.into_parts();
    let body = match http::read_body(body).await {
        Ok(body) => body,
        Err(why) => return http::json(why.status(), &json!({ "error": why.message() })),
    };
    match sandbox.take_room(body.len()) {
        Ok(()) => next.run(Request::from_parts(head, body.into())).await,
        Err(why) => refused(&why),
    }
}

fn is_address(host: &str) -> bool {
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name).to_ascii_lowercase();
    let bare = host.trim_matches(['[', ']']);
    let is_ip = bare.parse::<IpAddr>().is_ok() || host.parse::<SocketAddr>().is_ok();
    is_ip || name == "localhost" || name.ends_with(".localhost")
}

/// A part of a list: what comes after a number, and at most so many.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Part {
    dataset: Option<String>,
    after: u64,
    limit: Option<usize>,
}

/// The last `limit` of what `wanted` lets through, oldest first.
fn newest<'a, T>(
    all: impl DoubleEndedIterator<Item = &'a T>,
    wanted: impl Fn(&T) -> bool,
    limit: Option<usize>,
) -> Vec<&'a T> {
    let mut found: Vec<&T> = all.rev().filter(|one| wanted(one)).take(limit.unwrap_or(usize::MAX)).collect();
    found.reverse();
    found
}

async fn events(State(sandbox): State<Sandbox>, Query(part): Query<Part>) -> Response {
    let Part { dataset, after, limit } = part;
    pieces::events(sandbox, Wanted { dataset, after, limit })
}

async fn requests(State(sandbox): State<Sandbox>, Query(part): Query<Part>) -> Response {
    let left = sandbox.left();
    let records = sandbox.records();
    let dataset = part.dataset.as_deref();
    let body = json!({
        "graph": newest(
            records.graph.iter(),
            |one| one.n > part.after && dataset.is_none_or(|id| id == one.dataset),
            part.limit,
        ),
        "kommo": newest(records.kommo.iter(), |_| true, part.limit),
        "count": records.graph_count,
        "left": left,
    });
    drop(records);
    http::json(StatusCode::OK, &body)
}

async fn tallies(State(sandbox): State<Sandbox>, Query(part): Query<Part>) -> Response {
    let records = sandbox.records();
    let wanted = |id: &str| part.dataset.as_ref().is_none_or(|dataset| dataset == id);
    let all: BTreeMap<_, _> =
        records.tallies.iter().filter(|(id, _)| wanted(id)).map(|(id, tallies)| (id, &tallies.0)).collect();
    let body = json!({ "tallies": all });
    http::json(StatusCode::OK, &body)
}

async fn quality(State(sandbox): State<Sandbox>, Query(part): Query<Part>) -> Response {
    let tallies = sandbox.tallies(part.dataset.as_deref().unwrap_or_default());
    http::json(StatusCode::OK, &graph::quality::of(&tallies))
}

async fn datasets(State(sandbox): State<Sandbox>) -> Response {
    let world = sandbox.world();
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

async fn ids(State(sandbox): State<Sandbox>, Query(part): Query<Part>) -> Response {
    let records = sandbox.records();
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

fn put_scoped_id(sandbox: &Sandbox, ScopedId { user_id, page_id }: ScopedId) {
    sandbox.add_scoped_id(user_id, page_id);
}

/// Passes over the first `after`.
async fn people(State(sandbox): State<Sandbox>, Query(part): Query<Part>) -> Response {
    let skip = usize::try_from(part.after).unwrap_or(usize::MAX);
    let shown = |person: &Person| json!({ "person": person, "hashes": person.hashes() });
    let people = sandbox.people(skip, part.limit.unwrap_or(MOST_PEOPLE_SHOWN).min(MOST_PEOPLE_SHOWN));
    let count = sandbox.world().people.all().len();
    let shown: Vec<Value> = people.iter().map(shown).collect();
    http::json(StatusCode::OK, &json!({ "people": shown, "count": count }))
}

async fn put_person(State(sandbox): State<Sandbox>, request: Request) -> Response {
    match read(request).await.map(|person| sandbox.add_person(person)) {
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

async fn seed(State(sandbox): State<Sandbox>, request: Request) -> Response {
    match read(request).await.map(|SeedInput { seed, people }| sandbox.seed(seed, people)) {
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

async fn put_code(State(sandbox): State<Sandbox>, request: Request) -> Response {
    let input: CodeInput = match read(request).await {
        Ok(input) => input,
        Err(refusal) => return refusal,
    };
    let now_s = sandbox.clock().now_s();
    let mut world = sandbox.world_mut();
    match graph::issue_code(&mut world, &input.app_id, &input.redirect_uri, input.permissions, now_s) {
        Ok(code) => http::json(StatusCode::OK, &json!({ "code": code })),
        Err(why) => refused(&why),
    }
}

async fn faults(State(sandbox): State<Sandbox>) -> Response {
    http::json(StatusCode::OK, &json!({ "faults": sandbox.faults() }))
}

/// One rule, as an object or as the text of `--fault`.
async fn put_fault(State(sandbox): State<Sandbox>, request: Request) -> Response {
    let input: Value = match read(request).await {
        Ok(input) => input,
        Err(refusal) => return refusal,
    };
    let rule = match &input {
        Value::String(text) => text.parse(),
        _ => FaultRule::of_json(&input),
    };
    match rule {
        Ok(rule) => {
            let room = sandbox.add_fault(rule);
            let full = "there are a thousand faults already; DELETE /sandbox/faults takes them away";
            if room { done() } else { refused(full) }
        }
        Err(why) => refused(&why),
    }
}

async fn clear_faults(State(sandbox): State<Sandbox>) -> Response {
    sandbox.clear_faults();
    done()
}

async fn clock(State(sandbox): State<Sandbox>) -> Response {
    let clock = sandbox.clock();
    http::json(StatusCode::OK, &json!({ "now_ms": clock.now_ms(), "speed": clock.speed() }))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ClockInput {
    #[serde(default)]
    advance_s: u64,
    speed: Option<f64>,
}

async fn set_clock(State(sandbox): State<Sandbox>, request: Request) -> Response {
    let input: ClockInput = match read(request).await {
        Ok(input) => input,
        Err(refusal) => return refusal,
    };
    if input.advance_s > LONGEST_JUMP_S {
        return refused("the clock jumps ten years at most");
    }
    sandbox.advance_clock(Duration::from_secs(input.advance_s));
    if let Some(speed) = input.speed {
        sandbox.run_clock_at(speed);
    }
    clock(State(sandbox)).await
}

async fn unknown() -> Response {
    http::json(StatusCode::NOT_FOUND, &json!({ "error": "the sandbox has no such control path" }))
}

/// A route that puts one object into the sandbox.
fn put_with<T>(add: fn(&Sandbox, T)) -> axum::routing::MethodRouter<Sandbox>
where
    T: DeserializeOwned + Send + 'static,
{
    post(move |State(sandbox): State<Sandbox>, request: Request| async move {
        put(request, |input| add(&sandbox, input)).await
    })
}
