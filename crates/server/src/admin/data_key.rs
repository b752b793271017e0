//! `POST /api/v1/data-key`, on the control socket alone: another data key.

use std::sync::Arc;

use axum::{
    Json, Router,
    body::Bytes,
    extract::State,
    response::{IntoResponse, Response},
    routing::post,
};
use serde_json::{Value, json};
use store::DataKey;

use super::{
    Admin,
    answers::{failed, object, wrong},
};
use crate::Error;

pub(super) fn routes() -> Router<Arc<Admin>> {
    Router::new().route("/api/v1/data-key", post(rotate))
}

/// Wraps the keys of all workspaces with the key in `{"key": "<64 hexadecimal digits>"}`.
async fn rotate(State(admin): State<Arc<Admin>>, body: Bytes) -> Response {
    let object = match object(&body) {
        Ok(object) => object,
        Err(error) => return wrong(&error),
    };
    let key = object.get("key").and_then(Value::as_str).and_then(|hex| DataKey::from_hex(hex).ok());
    let Some(key) = key else {
        return wrong(&Error::WrongForm { key: "key".to_owned(), wanted: "64 hexadecimal digits" });
    };
    if let Err(error) = admin.store.rotate_data_key(&key).await {
        return failed(&error);
    }
    let fingerprint = key.fingerprint();
    tracing::info!(fingerprint, "the store is sealed with another data key");
    Json(json!({ "fingerprint": fingerprint })).into_response()
}
