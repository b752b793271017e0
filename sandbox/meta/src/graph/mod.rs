//! Meta's Graph API: which edge a call is about, faults that were asked for, and the records.

mod access;
mod ads;
mod batch;
pub(crate) mod call;
mod codes;
mod dataset;
mod debug_token;
mod errors;
mod events;
mod insights;
mod leads;
mod limit;
mod listing;
mod oauth;
mod path;
pub(crate) mod quality;
mod reports;
mod subcodes;
mod subscribed_apps;
mod trace;

use axum::extract::{Request, State};
use axum::http::{HeaderValue, Method, StatusCode, request::Parts};
use axum::response::Response;
use axum::routing::{MethodRouter, any};
use sandbox_http::fault::{Fault, Side, apply_fault, read_body};
use sandbox_http::{self as http, Unread};
use sandbox_http::{MOST_METHOD_BYTES, MOST_PATH_BYTES, Reset, cut};
use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use self::call::Call;
use self::errors::Refusal;
use crate::Meta;
use crate::records::dedup::Origin;
use crate::records::{GraphRequest, IncomingEvent};

pub(crate) use oauth::issue as issue_code;

/// Longest text of the event that is to blame for a refusal.
const MOST_REFUSED_BYTES: usize = 16 * 1024;
/// Longest value of a parameter in the records.
const MOST_PARAMETER_BYTES: usize = 1024;

/// What a call is answered that is not refused.
enum Answer {
    /// So many events were taken.
    Events(usize),
    /// What was asked for.
    Read(Value),
}

/// What became of a call, before it is sent.
struct Decided {
    answer: Result<Answer, Refusal>,
    request: GraphRequest,
    events: Vec<IncomingEvent>,
    /// Percent of the Marketing API's limit.
    usage: Option<u8>,
}

impl Decided {
    fn of(request: GraphRequest) -> Self {
        Self { answer: Ok(Answer::Events(0)), request, events: Vec::new(), usage: None }
    }

    fn refused(request: GraphRequest, refusal: Refusal) -> Self {
        Self { answer: Err(refusal), ..Self::of(request) }
    }
}

/// Graph, for every path that nobody else has.
pub fn routes(meta: &Meta) -> MethodRouter {
    any(handle).with_state(meta.clone())
}

async fn handle(State(meta): State<Meta>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let path = path::Path::read(head.uri.path()).unwrap_or_default();
    let brings_events = path.edge.as_deref() == Some("events") && head.method == Method::POST;
    let fault = meta.shared().take_fault(Side::Graph, &path.node, brings_events);
    let body = read_body(body, fault.as_ref()).await;
    let untouched = fault.as_ref().is_some_and(Fault::prevents);
    let decided = decide(&meta, &head, body, fault.as_ref(), untouched).await;
    let trace = trace::id();
    let version = path::Path::read(head.uri.path()).map_or(path::NEWEST, |path| path.version);
    let answer = match &decided.answer {
        Err(refusal) => refusal.response(&trace, &decided.request.dataset),
        Ok(Answer::Events(events)) => http::json(StatusCode::OK, &EventsAnswer::of(*events, &trace)),
        Ok(Answer::Read(body)) => http::json(StatusCode::OK, body),
    };
    let mut answer = dressed(answer, &trace, version);
    if let Some((percent, tier)) = decided.usage.zip(meta.options().tier) {
        limit::add_usage_header(&mut answer, percent, tier);
    }
    record(&meta, decided, &answer, fault.as_ref());
    apply_fault(answer, fault, head.extensions.get::<Reset>()).await
}

async fn decide(
    meta: &Meta,
    head: &Parts,
    body: Result<axum::body::Bytes, Unread>,
    fault: Option<&Fault>,
    untouched: bool,
) -> Decided {
    let now_ms = meta.shared().clock().now_ms();
    let mut request = GraphRequest {
        received_at_ms: now_ms,
        method: cut(head.method.as_str(), MOST_METHOD_BYTES),
        path: cut(head.uri.path(), MOST_PATH_BYTES),
        ..GraphRequest::default()
    };
    let bytes = body.as_deref().unwrap_or_default();
    let Some(mut call) = Call::read(head, bytes).await else {
        return Decided::refused(request, Refusal::unknown_path(head.uri.path()));
    };
    request.dataset.clone_from(&call.path.node);
    let is_events = call.path.edge.as_deref() == Some("events") && call.method == Method::POST;
    let data = call.data.take();
    let events = if is_events { Some(events::of(&call, data.as_deref())) } else { None };
    request.events = events.as_ref().and_then(|events| events.as_ref().ok()).map_or(0, Vec::len);
    request.envelope = envelope(&call);
    let refusal = match fault {
        Some(Fault::Error { code, subcode, status }) => {
            let refusal = Refusal::of_fault(*code, *subcode, &call.method, &call.path.node);
            Some(refusal.at_status(*status))
        }
        _ if untouched => Some(Refusal::of_code(2, None)),
        _ => body.err().map(Refusal::unread),
    };
    if let Some(refusal) = refusal {
        return Decided::refused(request, refusal);
    }
    let decided = match (batch::of(head, &call), events) {
        (Some(calls), _) => {
            request.envelope.clear();
            let answer = match calls {
                Ok(calls) => Ok(Answer::Read(batch::answer(meta, &call, calls).await)),
                Err(refusal) => Err(refusal),
            };
            Decided { answer, ..Decided::of(request) }
        }
        (None, None) => {
            let answer = other_edge(meta, &call, now_ms / 1000).map(Answer::Read);
            Decided { answer, ..Decided::of(request) }
        }
        (None, Some(events)) => take_in(meta, &call, request, events, fault),
    };
    Decided { usage: call.usage.percent(), ..decided }
}

/// Events on their way in: all of them, or none.
fn take_in(
    meta: &Meta,
    call: &Call,
    mut request: GraphRequest,
    events: Result<Vec<&RawValue>, Refusal>,
    fault: Option<&Fault>,
) -> Decided {
    let now_s = request.received_at_ms / 1000;
    match events::check(meta, &meta.world(), call, events.as_deref(), now_s) {
        Err((refusal, index)) => {
            request.refused_index = index;
            let blamed = index.and_then(|index| events.ok()?.get(index).map(|event| event.get()));
            request.refused_event = blamed.map(|event| cut(event, MOST_REFUSED_BYTES));
            Decided::refused(request, refusal)
        }
        Ok(mut events) => {
            request.accepted = true;
            if let Some(Fault::Short { received }) = fault {
                events.truncate(*received);
            }
            Decided { answer: Ok(Answer::Events(events.len())), events, ..Decided::of(request) }
        }
    }
}

fn other_edge(meta: &Meta, call: &Call, now_s: i64) -> Result<Value, Refusal> {
    if let Some(malformed) = &call.malformed {
        return Err(malformed.clone());
    }
    let unknown = || Refusal::unknown_path(&format!("/{}", call.path.edge.as_deref().unwrap_or_default()));
    match (call.path.node.as_str(), call.path.edge.as_deref()) {
        ("", _) => Err(Refusal::unknown_path("/")),
        ("dataset_quality", None) => quality::get(meta, call, now_s),
        ("debug_token", None) => debug_token::get(meta, call, now_s),
        ("oauth", Some("access_token")) => oauth::exchange(meta, call, now_s),
        (_, Some("events")) => Err(Refusal::no_object(&call.method, &call.path.node)),
        (_, Some("dataset")) => dataset::edge(meta, call, now_s),
        (_, Some("subscribed_apps")) => subscribed_apps::edge(meta, call, now_s),
        (_, Some("insights")) => insights::edge(meta, call, now_s),
        (_, Some("ads")) => ads::edge(meta, call, now_s),
        (_, Some("leads")) => leads::edge(meta, call, now_s),
        (_, None) => node(meta, call, now_s),
        _ => Err(unknown()),
    }
}

fn node(meta: &Meta, call: &Call, now_s: i64) -> Result<Value, Refusal> {
    let id = call.path.node.as_str();
    let (is_lead, is_ad, is_run) = {
        let world = meta.world();
        let is_run = reports::is_run(&world, id, now_s);
        (world.leads.contains_key(id), ads::find(&world, id).is_some(), is_run)
    };
    match id {
        _ if is_lead => leads::node(meta, call, now_s),
        _ if is_ad => ads::node(meta, call, now_s),
        _ if is_run => reports::node(meta, call, now_s),
        _ => dataset::node(meta, call, now_s),
    }
}

/// What the edge of events answers, in Meta's order.
#[derive(Serialize)]
struct EventsAnswer<'a> {
    events_received: usize,
    messages: [&'a str; 0],
    fbtrace_id: &'a str,
}

impl<'a> EventsAnswer<'a> {
    fn of(events_received: usize, fbtrace_id: &'a str) -> Self {
        Self { events_received, messages: [], fbtrace_id }
    }
}

/// With the headers that Graph sends along.
fn dressed(mut response: Response, trace: &str, version: u16) -> Response {
    let headers = response.headers_mut();
    let version = format!("v{version}.0");
    for (name, value) in
        [("facebook-api-version", version.as_str()), ("x-fb-trace-id", trace), ("x-fb-rev", "1")]
    {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(name, value);
        }
    }
    headers.insert("x-fb-debug", HeaderValue::from_static("sandbox"));
    headers.insert("access-control-allow-origin", HeaderValue::from_static("*"));
    response
}

/// The parameters that are neither events nor secrets, cut to a length that can be kept.
fn envelope(call: &Call) -> Map<String, Value> {
    let secret = |key: &str| key.contains("token") || key.contains("secret") || key == "code";
    let mut kept = Map::new();
    for (key, value) in call.params.iter().filter(|(key, value)| !(value.is_null() || secret(key))).take(50) {
        let text = value.to_string();
        let fits = text.len() <= MOST_PARAMETER_BYTES;
        let key = key.chars().take(100).collect();
        kept.insert(key, if fits { value.clone() } else { Value::from(cut(&text, MOST_PARAMETER_BYTES)) });
    }
    kept
}

fn record(meta: &Meta, decided: Decided, answer: &Response, fault: Option<&Fault>) {
    let Decided { answer: result, mut request, events, .. } = decided;
    let silent = fault.is_some_and(Fault::silences);
    request.status = match fault {
        Some(Fault::Answer { status, .. } | Fault::Html { status }) => Some(*status),
        _ if silent => None,
        _ => Some(answer.status().as_u16()),
    };
    request.fault = fault.map(Fault::name);
    let scripted = matches!(fault, Some(Fault::Answer { .. } | Fault::Html { .. }));
    if let (Err(refusal), false) = (&result, silent || scripted) {
        (request.code, request.subcode) = (Some(refusal.code), refusal.subcode);
        request.reason = Some(refusal.reason());
    }
    let (dataset, at_ms) = (request.dataset.clone(), request.received_at_ms);
    let mut records = meta.records();
    let n = records.add_request(request);
    for incoming in events {
        records.add_event(n, &dataset, Origin::Server, at_ms, incoming);
    }
}
