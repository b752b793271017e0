//! The control paths of what the sides share, and what guards all control paths.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::get;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::answer;
use crate::fault::FaultRule;
use crate::orders::{done, read, refused};
use crate::shared::Shared;

/// Longest jump of the clock: ten years.
const LONGEST_JUMP_S: u64 = 10 * 365 * 86_400;

/// `/sandbox/faults` and `/sandbox/clock`.
pub fn routes(shared: &Shared) -> Router {
    let faults = Router::new()
        .route("/sandbox/faults", get(faults).post(put_fault).delete(clear_faults))
        .with_state(shared.clone());
    let clock = Router::new().route("/sandbox/clock", get(clock).post(set_clock)).with_state(shared.clone());
    within_room(faults, shared).merge(clock)
}

/// What is put in by these routes stays, so it has to fit.
pub fn within_room(routes: Router, shared: &Shared) -> Router {
    routes.layer(middleware::from_fn_with_state(shared.clone(), take_quota))
}

async fn take_quota(State(shared): State<Shared>, request: Request, next: Next) -> Response {
    let (head, body) = request.into_parts();
    let body = match crate::read_body(body).await {
        Ok(body) => body,
        Err(why) => return answer::json(why.status(), &json!({ "error": why.message() })),
    };
    match shared.take_quota(body.len()) {
        Ok(()) => next.run(Request::from_parts(head, body.into())).await,
        Err(why) => refused(&why),
    }
}

/// These routes answer only requests whose host is an address.
///
/// A site can let its own name point to a loopback address; to a browser its pages are then of the same
/// origin as the sandbox. Such a request names the site as its host.
pub fn only_by_address(routes: Router) -> Router {
    routes.layer(middleware::from_fn(refuse_names))
}

async fn refuse_names(request: Request, next: Next) -> Response {
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    if host.is_none_or(is_address) {
        return next.run(request).await;
    }
    let why = "the control paths are only for requests whose Host is localhost or an IP address";
    answer::json(StatusCode::FORBIDDEN, &json!({ "error": why }))
}

fn is_address(host: &str) -> bool {
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name).to_ascii_lowercase();
    let bare = host.trim_matches(['[', ']']);
    let is_ip = bare.parse::<IpAddr>().is_ok() || host.parse::<SocketAddr>().is_ok();
    is_ip || name == "localhost" || name.ends_with(".localhost")
}

async fn faults(State(shared): State<Shared>) -> Response {
    answer::json(StatusCode::OK, &json!({ "faults": shared.faults() }))
}

/// One rule, as an object or as the text of `--fault`.
async fn put_fault(State(shared): State<Shared>, request: Request) -> Response {
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
            let room = shared.add_fault(rule);
            let full = "there are a thousand faults already; DELETE /sandbox/faults takes them away";
            if room { done() } else { refused(full) }
        }
        Err(why) => refused(&why),
    }
}

async fn clear_faults(State(shared): State<Shared>) -> Response {
    shared.clear_faults();
    done()
}

async fn clock(State(shared): State<Shared>) -> Response {
    let clock = shared.clock();
    answer::json(StatusCode::OK, &json!({ "now_ms": clock.now_ms(), "speed": clock.speed() }))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ClockInput {
    #[serde(default)]
    advance_s: u64,
    speed: Option<f64>,
}

async fn set_clock(State(shared): State<Shared>, request: Request) -> Response {
    let input: ClockInput = match read(request).await {
        Ok(input) => input,
        Err(refusal) => return refusal,
    };
    if input.advance_s > LONGEST_JUMP_S {
        return refused("the clock jumps ten years at most");
    }
    shared.clock().advance(Duration::from_secs(input.advance_s));
    if let Some(speed) = input.speed {
        shared.clock().run_at(speed);
    }
    clock(State(shared)).await
}
