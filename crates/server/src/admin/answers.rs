//! What requests of the management API and their answers have in common.

use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::Admin;
use crate::Error;

#[derive(Deserialize)]
pub(super) struct WorkspaceQuery {
    pub workspace: Option<String>,
}

/// A parameter that is there and not empty.
pub(super) fn given(parameter: Option<&String>) -> Option<&str> {
    parameter.map(String::as_str).filter(|text| !text.is_empty())
}

pub(super) fn unknown_workspace(admin: &Admin) -> Response {
    let configured = admin.configured();
    let names: Vec<&str> = configured.workspaces.iter().map(|workspace| workspace.name.as_str()).collect();
    problem(StatusCode::NOT_FOUND, &format!("workspace: no such workspace; there is: {}", names.join(", ")))
}

pub(super) fn failed(error: &store::Error) -> Response {
    tracing::error!(error = error as &dyn std::error::Error, "the management API could not use the store");
    problem(StatusCode::SERVICE_UNAVAILABLE, "the store cannot be used at the moment")
}

pub(super) fn problem(status: StatusCode, message: &str) -> Response {
    (status, Json(json!({ "error": message }))).into_response()
}

/// A request that says something wrong.
pub(super) fn wrong(error: &Error) -> Response {
    problem(StatusCode::BAD_REQUEST, &error.to_string())
}

/// The object in a body; one without a body says nothing.
pub(super) fn object(body: &[u8]) -> Result<Map<String, Value>, Error> {
    if body.trim_ascii().is_empty() {
        return Ok(Map::new());
    }
    serde_json::from_slice(body).map_err(|_| Error::NotAnObject)
}

/// A yes or no of an object; no unless it is said.
pub(super) fn flag(object: &Map<String, Value>, key: &str) -> Result<bool, Error> {
    match object.get(key) {
        None | Some(Value::Null) => Ok(false),
        Some(Value::Bool(yes)) => Ok(*yes),
        Some(_) => Err(Error::WrongForm { key: key.to_owned(), wanted: "true or false" }),
    }
}
