//! Meta's pixel: `GET|POST /tr`, and a script that a page can load in place of Meta's.
//!
//! The endpoint takes everything and answers a picture of one pixel, as Meta's does. What a browser sent
//! is kept in the shape that a server would send, so that both can be laid side by side.

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::Response;
use axum::routing::{any, get};
use sandbox_http as http;
use sandbox_http::{MOST_METHOD_BYTES, cut};
use serde_json::{Map, Value, json};

use crate::Meta;
use crate::graph::call::parameters;
use crate::records::dedup::Origin;
use crate::records::{GraphRequest, IncomingEvent};

/// A GIF of one transparent pixel.
const PIXEL: [u8; 42] =
    *b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff\x21\xf9\x04\x01\x00\x00\x00\
                           \x00\x2c\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x01\x44\x00\x3b";
const SCRIPT: &str = include_str!("fbevents.js");
/// Longest event of a browser, as text.
const MOST_EVENT_BYTES: usize = 64 * 1024;

/// The addresses of the pixel and of its script.
pub fn routes(meta: &Meta) -> Router {
    Router::new()
        .route("/tr", any(handle))
        .route("/tr/", any(handle))
        .route("/{locale}/fbevents.js", get(script))
        .with_state(meta.clone())
}

async fn script() -> Response {
    let mut response = http::text(StatusCode::OK, "text/javascript; charset=utf-8", SCRIPT.to_owned());
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}

async fn handle(State(meta): State<Meta>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let body = match http::read_body(body).await {
        Ok(body) => body,
        Err(why) => return http::text(why.status(), "text/plain", why.message().to_owned()),
    };
    if head.method == Method::GET || head.method == Method::POST {
        let (params, ..) = parameters(&head, &body).await;
        keep(&meta, &head, &params);
    }
    picture()
}

fn picture() -> Response {
    let mut response = Response::new(Body::from(PIXEL.as_slice()));
    for (name, value) in [
        (header::CONTENT_TYPE, "image/gif"),
        (header::CACHE_CONTROL, "no-cache, no-store, must-revalidate, max-age=0"),
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
    ] {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

fn keep(meta: &Meta, head: &Parts, params: &Map<String, Value>) {
    let now_ms = meta.shared().clock().now_ms();
    let text = |name: &str| params.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let dataset = cut(text("id").unwrap_or_default(), 64);
    let event = event(head, params, now_ms);
    let written = event.to_string();
    let reason = if !meta.world().datasets.contains_key(&dataset) {
        Some("There is no such pixel; Meta says nothing of it")
    } else if text("ev").is_none() {
        Some("The parameter ev, the event's name, is missing; Meta says nothing of it")
    } else if written.len() > MOST_EVENT_BYTES {
        Some("The event is too long to be kept")
    } else {
        None
    };
    let request = GraphRequest {
        received_at_ms: now_ms,
        method: cut(head.method.as_str(), MOST_METHOD_BYTES),
        path: "/tr".to_owned(),
        dataset: dataset.clone(),
        status: Some(200),
        events: 1,
        accepted: reason.is_none(),
        reason: reason.map(str::to_owned),
        ..GraphRequest::default()
    };
    let incoming = {
        let world = meta.world();
        IncomingEvent::of(&world, &dataset, &event, &written, meta.options().discard)
    };
    let mut records = meta.records();
    let n = records.add_request(request);
    if reason.is_none() {
        records.add_event(n, &dataset, Origin::Browser, now_ms, incoming);
    }
}

/// The event as a server would send it.
fn event(head: &Parts, params: &Map<String, Value>, now_ms: i64) -> Value {
    let text = |name: &str| params.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let mut user_data = inside(params, "ud");
    let agent = head.headers.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok());
    for (key, value) in [("fbp", text("fbp")), ("fbc", text("fbc")), ("client_user_agent", agent)] {
        if let Some(value) = value {
            user_data.insert(key.to_owned(), Value::from(value));
        }
    }
    let time_ms = text("ts").and_then(|ts| ts.parse().ok()).unwrap_or(now_ms);
    let mut event = json!({
        "event_name": text("ev").unwrap_or_default(),
        "event_time": time_ms / 1000,
        "action_source": "website",
        "user_data": user_data,
    });
    for (key, value) in
        [("event_id", text("eid")), ("event_source_url", text("dl")), ("referrer_url", text("rl"))]
    {
        if let Some(value) = value {
            event[key] = Value::from(value);
        }
    }
    let custom_data = inside(params, "cd");
    if !custom_data.is_empty() {
        event["custom_data"] = custom_data.into();
    }
    if let Some(options) = text("dpo") {
        event["data_processing_options"] = json!([options]);
    }
    for (key, name) in
        [("data_processing_options_country", "dpoco"), ("data_processing_options_state", "dpost")]
    {
        if let Some(number) = text(name).and_then(|text| text.parse::<u32>().ok()) {
            event[key] = Value::from(number);
        }
    }
    event
}

/// The parameters `name[key]`; values that are JSON lists or objects are read as such.
fn inside(params: &Map<String, Value>, name: &str) -> Map<String, Value> {
    let key_of = |key: &str| {
        let key = key.strip_prefix(name)?.strip_prefix('[')?.strip_suffix(']')?;
        (!key.is_empty()).then(|| key.to_owned())
    };
    let value_of = |value: &Value| match value.as_str() {
        Some(text) if text.starts_with(['[', '{']) => {
            http::from_json(text.as_bytes()).unwrap_or_else(|_| value.clone())
        }
        _ => value.clone(),
    };
    params.iter().filter_map(|(key, value)| Some((key_of(key)?, value_of(value)))).collect()
}
