//! Orders to the sandbox: JSON in, and whether it was done.

use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::Response;
use serde::de::DeserializeOwned;
use serde_json::json;

use crate::http;

pub(crate) async fn put<T: DeserializeOwned>(request: Request, then: impl FnOnce(T)) -> Response {
    match read(request).await {
        Ok(input) => {
            then(input);
            done()
        }
        Err(refusal) => refusal,
    }
}

pub(crate) async fn read<T: DeserializeOwned>(request: Request) -> Result<T, Response> {
    // A page of another origin may send text/plain with any parameter, so only the kind itself counts.
    if http::kind(request.headers()) != "application/json" {
        let why = json!({ "error": "the body is JSON; say content-type: application/json" });
        return Err(http::json(StatusCode::UNSUPPORTED_MEDIA_TYPE, &why));
    }
    let body = http::read_body(request.into_body())
        .await
        .map_err(|why| http::json(why.status(), &json!({ "error": why.message() })))?;
    http::from_json(&body).map_err(|error| refused(&error.to_string()))
}

pub(crate) fn refused(why: &str) -> Response {
    http::json(StatusCode::BAD_REQUEST, &json!({ "error": why }))
}

pub(crate) fn done() -> Response {
    http::json(StatusCode::OK, &json!({ "ok": true }))
}
