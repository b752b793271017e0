//! Answers, and the bound on large ones.

use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use serde::Serialize;

use crate::body::Unread;
use crate::in_flight::{Full, Taken};

/// Smaller answers are not counted: the number of connections bounds them.
const LARGE_ANSWER_BYTES: usize = 64 * 1024;

/// What is said instead of a large answer while there are too many.
const TOO_MANY_ANSWERS: &[u8] =
    br#"{"error":"too many large answers are on their way at this moment; try again, or ask for less"}"#;

/// An answer with this as its JSON.
pub fn json(status: StatusCode, body: &impl Serialize) -> Response {
    text(status, "application/json; charset=UTF-8", serde_json::to_string(body).unwrap_or_default())
}

/// An answer with this body, or that too many large ones are on their way.
pub fn text(status: StatusCode, content_type: &'static str, body: String) -> Response {
    let mut taken = Taken::for_an_answer();
    let (status, body) = if body.len() <= LARGE_ANSWER_BYTES {
        (status, Bytes::from(body))
    } else {
        match taken.take(body.len()) {
            Ok(()) => (status, taken.hold(body.into())),
            Err(Full) => (Unread::Busy.status(), Bytes::from_static(TOO_MANY_ANSWERS)),
        }
    };
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}
