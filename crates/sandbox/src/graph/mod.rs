//! Graph's `POST /{version}/{dataset}/events`, and its way of refusing everything else.
//!
//! The order of the checks: path and dataset, token, proof, `data`, then each event in turn. One bad
//! event refuses the request and nothing of it is accepted. `GET` on the edge is refused as Meta does.

mod against;
mod checks;
mod diagnostics;
mod errors;
pub(crate) mod fault;
mod identifiers;
mod messaging;
mod request;
mod trace;
mod values;

use axum::extract::{Request, State};
use axum::http::{Method, StatusCode, request::Parts};
use axum::response::Response;
use serde_json::{Value, json};

use self::against::Against;
use self::errors::Refusal;
use self::request::Call;
use crate::http;
use crate::records::{AcceptedEvent, GraphRequest};
use crate::state::{Dataset, Sandbox, World};

pub use fault::Fault;

type Accepted = Vec<(Value, Vec<String>)>;

pub(crate) async fn handle(State(sandbox): State<Sandbox>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let body = http::read_body(body).await;
    let received_at_ms = sandbox.clock().now_ms();
    let mut call = Call::read(&head, body.as_deref().unwrap_or_default());
    let count = call.events.as_ref().map_or(0, Vec::len);
    let fault = sandbox.take_fault();
    let decision = match &fault {
        Some(Fault::Answer { .. } | Fault::CloseBefore) => None,
        _ => Some(
            body.map_err(Refusal::unread).and_then(|_| decide(&sandbox, &head, &mut call, received_at_ms)),
        ),
    };
    let (accepted, refused) = match decision {
        None => (None, None),
        Some(Ok(accepted)) => (Some(accepted), None),
        Some(Err(refusal)) => (None, Some(refusal)),
    };
    let request = GraphRequest {
        n: 0,
        received_at_ms,
        path: head.uri.path().to_owned(),
        dataset: call.dataset,
        status: match &fault {
            Some(Fault::Answer { status, .. }) => Some(*status),
            Some(Fault::CloseBefore | Fault::CloseAfter) => None,
            Some(Fault::Delay(_)) | None => Some(status_of(refused.as_ref())),
        },
        code: refused.as_ref().map(|refusal| refusal.code),
        subcode: refused.as_ref().and_then(|refusal| refusal.subcode),
        events: count,
        accepted: accepted.is_some(),
        envelope: call.envelope,
    };
    record(&sandbox, request, accepted.unwrap_or_default());
    match (fault, refused) {
        (Some(Fault::Answer { status, body }), _) => fault::scripted(status, body),
        (Some(Fault::CloseBefore | Fault::CloseAfter), _) => http::close_without_answer(),
        (Some(Fault::Delay(delay)), refused) => {
            tokio::time::sleep(delay).await;
            answer(refused.as_ref(), count)
        }
        (None, refused) => answer(refused.as_ref(), count),
    }
}

fn answer(refused: Option<&Refusal>, count: usize) -> Response {
    let received = || json!({ "events_received": count, "messages": [], "fbtrace_id": trace::id() });
    refused.map_or_else(|| http::json(StatusCode::OK, &received()), Refusal::response)
}

fn status_of(refused: Option<&Refusal>) -> u16 {
    refused.map_or(StatusCode::OK, Refusal::status).as_u16()
}

fn decide(
    sandbox: &Sandbox,
    head: &Parts,
    call: &mut Call,
    received_at_ms: i64,
) -> Result<Accepted, Refusal> {
    if call.dataset.is_empty() {
        return Err(Refusal::unknown_path(head.uri.path()));
    }
    if head.method != Method::POST {
        return Err(Refusal::no_object(&head.method.as_str().to_ascii_lowercase(), &call.dataset));
    }
    let world = sandbox.world();
    let dataset = admit(&world, call)?;
    let events = std::mem::replace(&mut call.events, Ok(Vec::new()))?;
    request::check_count(events.len())?;
    let any_clid = sandbox.options().any_clid;
    let against = Against { now_s: received_at_ms / 1000, dataset, world: &world, any_clid };
    for (index, event) in events.iter().enumerate() {
        checks::event(index, event, &against)?;
    }
    let with_diagnostics = |event| {
        let found = diagnostics::of(&event);
        (event, found)
    };
    Ok(events.into_iter().map(with_diagnostics).collect())
}

/// The dataset, if it is known and the token may write to it.
fn admit<'a>(world: &'a World, call: &Call) -> Result<&'a Dataset, Refusal> {
    let no_object = || Refusal::no_object("post", &call.dataset);
    let dataset = world.datasets.get(&call.dataset).ok_or_else(no_object)?;
    let token = call.token.as_ref().map_err(Clone::clone)?;
    if *token != dataset.token {
        let of_another = world.datasets.values().any(|other| other.token == *token);
        return Err(if of_another { no_object() } else { Refusal::bad_token() });
    }
    call.check_proof(dataset, token)?;
    Ok(dataset)
}

/// Numbers the request and lists it with its events.
fn record(sandbox: &Sandbox, request: GraphRequest, accepted: Accepted) {
    let mut records = sandbox.records();
    records.graph_count += 1;
    let n = records.graph_count;
    for (event, diagnostics) in accepted {
        records.events.push(AcceptedEvent {
            request: n,
            dataset: request.dataset.clone(),
            received_at_ms: request.received_at_ms,
            event,
            diagnostics,
        });
    }
    records.graph.push(GraphRequest { n, ..request });
}
