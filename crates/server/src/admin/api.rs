//! The management API.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Query, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use serde_json::{Value, json, value::RawValue};
use store::{StoreError, cold::Listed};

use super::Admin;

/// How many conversions one answer holds at most.
const CONVERSIONS_MAX: usize = 1000;
/// How many it holds unless told otherwise.
const CONVERSIONS_DEFAULT: usize = 50;

#[derive(Deserialize)]
pub(super) struct WorkspaceQuery {
    workspace: Option<String>,
}

/// `GET /api/v1/ledger?workspace=W`.
pub(super) async fn ledger(State(admin): State<Arc<Admin>>, Query(query): Query<WorkspaceQuery>) -> Response {
    let Some(workspace) = admin.workspace(query.workspace.as_deref()) else {
        return unknown_workspace(&admin);
    };
    match admin.store.ledger(workspace.id).await {
        Ok(ledger) => Json(ledger).into_response(),
        Err(error) => failed(&error),
    }
}

#[derive(Deserialize)]
pub(super) struct ConversionsQuery {
    workspace: Option<String>,
    limit: Option<usize>,
    /// The `event_id` of the last one seen.
    after: Option<String>,
}

/// `GET /api/v1/conversions?workspace=W&limit=&after=`: newest first.
pub(super) async fn conversions(
    State(admin): State<Arc<Admin>>,
    Query(query): Query<ConversionsQuery>,
) -> Response {
    let Some(workspace) = admin.workspace(query.workspace.as_deref()) else {
        return unknown_workspace(&admin);
    };
    let below = match &query.after {
        None => None,
        Some(event_id) => match admin.store.conversion_number(workspace.id, event_id).await {
            Ok(Some(number)) => Some(number),
            Ok(None) => {
                let message = "after: no event has this event_id; give the event_id of the last one you saw";
                return problem(StatusCode::BAD_REQUEST, message);
            }
            Err(error) => return failed(&error),
        },
    };
    let limit = query.limit.unwrap_or(CONVERSIONS_DEFAULT).clamp(1, CONVERSIONS_MAX);
    match admin.store.conversions(workspace.id, below, limit).await {
        Ok(listed) => Json(listed.iter().map(as_json).collect::<Vec<_>>()).into_response(),
        Err(error) => failed(&error),
    }
}

fn as_json(listed: &Listed) -> Value {
    let conversion = &listed.conversion;
    let body = conversion.body.as_deref().and_then(|body| serde_json::from_str::<&RawValue>(body).ok());
    json!({
        "event_id": conversion.event_id,
        "event_name": conversion.name,
        "route": "messaging",
        "state": conversion.state.code(),
        "reason": conversion.reason.map(kopru_core::Reason::code),
        "detail": conversion.detail,
        "reply": listed.reply,
        "attempts": listed.attempts,
        "may_count_twice": listed.may_count_twice,
        "rule": conversion.rule,
        "deal": conversion.deal.to_string(),
        "dataset": conversion.dataset,
        "ad_id": conversion.ad_id,
        "value": conversion.value,
        "currency": conversion.currency,
        "times": {
            "event": rfc3339(Some(conversion.event_s.saturating_mul(1000))),
            "received": rfc3339(Some(conversion.received_ms)),
            "settled": rfc3339(listed.settled_ms),
        },
        "body": body,
    })
}

fn rfc3339(at_ms: Option<i64>) -> Option<String> {
    Some(jiff::Timestamp::from_millisecond(at_ms?).ok()?.to_string())
}

fn unknown_workspace(admin: &Admin) -> Response {
    let names: Vec<&str> = admin.workspaces.iter().map(|workspace| workspace.name.as_str()).collect();
    problem(StatusCode::NOT_FOUND, &format!("workspace: no such workspace; there is: {}", names.join(", ")))
}

fn failed(error: &StoreError) -> Response {
    tracing::error!(%error, "the management API could not read the store");
    problem(StatusCode::SERVICE_UNAVAILABLE, "the store cannot be read at the moment")
}

fn problem(status: StatusCode, message: &str) -> Response {
    (status, Json(json!({ "error": message }))).into_response()
}
