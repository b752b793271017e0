//! Orders to the sandbox: JSON in, and whether it was done.

use std::fmt::Display;

use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::Response;
use serde::de::DeserializeOwned;
use serde_json::json;

use crate::{answer, from_json, kind, read_body};

/// Does `then` with an order.
pub async fn put<T: DeserializeOwned>(request: Request, then: impl FnOnce(T)) -> Response {
    match read(request).await {
        Ok(input) => {
            then(input);
            done()
        }
        Err(refusal) => refusal,
    }
}

/// Reads an order. The error is the answer to one that cannot be read.
pub async fn read<T: DeserializeOwned>(request: Request) -> Result<T, Response> {
    // A page of another origin may send text/plain with any parameter, so only the kind itself counts.
    if kind(request.headers()) != "application/json" {
        let why = json!({ "error": "the body is JSON; say content-type: application/json" });
        return Err(answer::json(StatusCode::UNSUPPORTED_MEDIA_TYPE, &why));
    }
    let body = read_body(request.into_body())
        .await
        .map_err(|why| answer::json(why.status(), &json!({ "error": why.message() })))?;
    from_json(&body).map_err(|error| refused(&error))
}

/// The answer to an order that cannot be carried out.
pub fn refused(why: &(impl Display + ?Sized)) -> Response {
    answer::json(StatusCode::BAD_REQUEST, &json!({ "error": why.to_string() }))
}

/// The answer to an order that was carried out.
pub fn done() -> Response {
    answer::json(StatusCode::OK, &json!({ "ok": true }))
}
