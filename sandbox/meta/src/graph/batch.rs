//! `POST /` with `batch`: several calls in one request, each answered by itself.

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{Method, header};
use axum::response::Response;
use http_body_util::BodyExt;
use sandbox_http::CloseWithoutAnswer;
use serde_json::{Value, json};

use super::call::Call;
use super::errors::Refusal;
use crate::Meta;

/// Most calls in a batch.
const MOST_CALLS: usize = 50;

/// DedupKeys a call that came in a batch.
#[derive(Debug, Clone, Copy)]
struct InBatch;

/// The calls of a batch, if the call is one. A batch within a batch is refused: each level would double
/// the backslashes in the answer of the one below.
pub(super) fn of(head: &Parts, call: &Call) -> Option<Result<Vec<Value>, Refusal>> {
    if call.method != Method::POST || !call.path.node.is_empty() {
        return None;
    }
    if head.extensions.get::<InBatch>().is_some() && call.params.contains_key("batch") {
        return Some(Err(Refusal::parameter("(#100) A batch cannot hold another batch")));
    }
    let calls = call.json("batch")?.and_then(|batch| match batch {
        Value::Array(calls) if calls.is_empty() => {
            Err(Refusal::parameter("(#100) Param batch must be non-empty."))
        }
        Value::Array(calls) if calls.len() <= MOST_CALLS => Ok(calls),
        Value::Array(_) => {
            Err(Refusal::parameter("(#100) Too many requests in batch message. Maximum batch size is 50"))
        }
        _ => Err(Refusal::parameter("(#100) Param batch must be an array.")),
    });
    Some(calls)
}

/// The answers in order; a call that a fault left without one is null, as one that timed out.
pub(super) async fn answer(meta: &Meta, call: &Call, calls: Vec<Value>) -> Value {
    let mut answers = Vec::with_capacity(calls.len());
    for one in calls {
        answers.push(match request(call, &one) {
            Ok(request) => as_item(Box::pin(super::handle(State(meta.clone()), request)).await).await,
            Err(refusal) => as_item(refusal.response(&super::trace::id(), "")).await,
        });
    }
    answers.into()
}

/// The call as a request of its own. It takes the batch's token if it has none.
fn request(call: &Call, one: &Value) -> Result<Request, Refusal> {
    let text = |key: &str| one.get(key).and_then(Value::as_str).unwrap_or_default();
    let wrong = |what: &str| Refusal::parameter(format!("(#100) A call of the batch has no usable {what}"));
    let method: Method = match text("method") {
        "" => Method::GET,
        named => named.parse().map_err(|_| wrong("method"))?,
    };
    let relative = text("relative_url").trim_start_matches('/');
    let (path, query) = relative.split_once('?').unwrap_or((relative, ""));
    let own_version = super::path::Path::read(path).is_some_and(|path| !path.prefix.is_empty());
    let version = if own_version { "" } else { call.path.prefix.as_str() };
    let mut built = Request::builder()
        .method(method)
        .extension(InBatch)
        .uri(format!("{version}/{path}?{query}"))
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(header::HOST, call.host.as_str());
    if let Ok(token) = &call.token {
        built = built.header(header::AUTHORIZATION, format!("Bearer {token}"));
    }
    let mut body = text("body").to_owned();
    if let Some(Value::String(proof)) = &call.proof {
        let pair =
            form_urlencoded::Serializer::new(String::new()).append_pair("appsecret_proof", proof).finish();
        body = if body.is_empty() { pair } else { format!("{body}&{pair}") };
    }
    built.body(Body::from(body)).map_err(|_| wrong("relative_url"))
}

async fn as_item(response: Response) -> Value {
    if response.extensions().get::<CloseWithoutAnswer>().is_some() {
        return Value::Null;
    }
    let code = response.status().as_u16();
    let headers: Vec<Value> = response
        .headers()
        .iter()
        .filter_map(|(name, value)| Some(json!({ "name": name.as_str(), "value": value.to_str().ok()? })))
        .collect();
    let Ok(body) = response.into_body().collect().await else { return Value::Null };
    json!({ "code": code, "headers": headers, "body": String::from_utf8_lossy(&body.to_bytes()) })
}
