//! The management API.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Query, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use serde_json::{json, value::RawValue};
use store::cold::{Listed, SetAsideListed};

use super::Admin;
use crate::health::{Stopped, rfc3339};

/// How many conversions one answer holds at most.
const CONVERSIONS_MAX: usize = 1000;
/// How many it holds unless the query says otherwise.
const CONVERSIONS_DEFAULT: usize = 50;

/// How many facts that are set aside one answer holds at most.
const SET_ASIDE_MAX: usize = 1000;

#[derive(Deserialize)]
pub(super) struct WorkspaceQuery {
    pub workspace: Option<String>,
}

/// `GET /api/v1/ledger?workspace=W`.
pub(super) async fn ledger(State(admin): State<Arc<Admin>>, Query(query): Query<WorkspaceQuery>) -> Response {
    let Some(workspace) = admin.workspace(given(query.workspace.as_ref())) else {
        return unknown_workspace(&admin);
    };
    match admin.store.ledger(workspace.id).await {
        Ok(ledger) => Json(ledger).into_response(),
        Err(error) => failed(&error),
    }
}

/// `GET /api/v1/health`: how the store is, and which loops have been stopped.
pub(super) async fn health(State(admin): State<Arc<Admin>>) -> Response {
    let stopped: Vec<_> = admin
        .health
        .list()
        .into_iter()
        .map(|Stopped { workspace, what, since_ms }| {
            json!({ "workspace": workspace, "what": what, "since": rfc3339(since_ms) })
        })
        .collect();
    Json(json!({ "store": admin.store.state().to_string(), "stopped": stopped })).into_response()
}

/// `GET /api/v1/set-aside?workspace=W`: the facts that could not be used, oldest first.
pub(super) async fn set_aside(
    State(admin): State<Arc<Admin>>,
    Query(query): Query<WorkspaceQuery>,
) -> Response {
    let Some(workspace) = admin.workspace(given(query.workspace.as_ref())) else {
        return unknown_workspace(&admin);
    };
    match admin.store.set_aside(workspace.id, SET_ASIDE_MAX).await {
        Ok(rows) => {
            let rows = rows.into_iter().map(|SetAsideListed { seq, source, kind, received_ms, why }| {
                let received = rfc3339(received_ms);
                json!({ "seq": seq, "kind": kind, "source": source, "received": received, "why": why })
            });
            Json(rows.collect::<Vec<_>>()).into_response()
        }
        Err(error) => failed(&error),
    }
}

/// `POST /api/v1/set-aside/retry?workspace=W`: tries all of them again.
pub(super) async fn retry_set_aside(
    State(admin): State<Arc<Admin>>,
    Query(query): Query<WorkspaceQuery>,
) -> Response {
    let Some(workspace) = admin.workspace(given(query.workspace.as_ref())) else {
        return unknown_workspace(&admin);
    };
    match admin.store.retry_set_aside(workspace.id).await {
        Ok(retried) => {
            tracing::info!(workspace = workspace.name, retried, "what was set aside is tried again");
            Json(json!({ "retried": retried })).into_response()
        }
        Err(error) => failed(&error),
    }
}

#[derive(Deserialize)]
pub(super) struct ConversionsQuery {
    workspace: Option<String>,
    limit: Option<String>,
    /// The `event_id` of the last one seen.
    after: Option<String>,
}

/// `GET /api/v1/conversions?workspace=W&limit=&after=`: newest first.
pub(super) async fn conversions(
    State(admin): State<Arc<Admin>>,
    Query(query): Query<ConversionsQuery>,
) -> Response {
    let Some(workspace) = admin.workspace(given(query.workspace.as_ref())) else {
        return unknown_workspace(&admin);
    };
    let below = match given(query.after.as_ref()) {
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
    let limit = match given(query.limit.as_ref()).map(str::parse) {
        None => CONVERSIONS_DEFAULT,
        Some(Ok(limit)) if (1..=CONVERSIONS_MAX).contains(&limit) => limit,
        Some(_) => {
            return problem(
                StatusCode::BAD_REQUEST,
                &format!("limit: give a number from 1 to {CONVERSIONS_MAX}"),
            );
        }
    };
    match admin.store.conversions(workspace.id, below, limit).await {
        Ok(listed) => Json(listed.iter().map(Shown::of).collect::<Vec<_>>()).into_response(),
        Err(error) => failed(&error),
    }
}

/// A parameter that is there and not empty.
fn given(parameter: Option<&String>) -> Option<&str> {
    parameter.map(String::as_str).filter(|text| !text.is_empty())
}

/// A conversion as the API shows it.
#[derive(Serialize)]
struct Shown<'a> {
    event_id: &'a str,
    event_name: &'a str,
    route: &'static str,
    state: &'static str,
    reason: Option<&'static str>,
    detail: Option<&'a str>,
    reply: Option<&'a str>,
    attempts: u32,
    may_count_twice: bool,
    rule: &'a str,
    deal: String,
    dataset: Option<&'a str>,
    ad_id: Option<&'a str>,
    value: Option<capi::Money>,
    currency: Option<&'a str>,
    times: Times,
    /// Byte for byte as sent.
    body: Option<&'a RawValue>,
}

#[derive(Serialize)]
struct Times {
    event: Option<String>,
    received: Option<String>,
    settled: Option<String>,
}

impl<'a> Shown<'a> {
    fn of(listed: &'a Listed) -> Self {
        let conversion = &listed.conversion;
        Self {
            event_id: &conversion.event_id,
            event_name: &conversion.name,
            route: "messaging",
            state: conversion.state.code(),
            reason: conversion.reason.map(kopru_core::Reason::code),
            detail: conversion.detail.as_deref(),
            reply: listed.reply.as_deref(),
            attempts: listed.attempts,
            may_count_twice: listed.may_count_twice,
            rule: &conversion.rule,
            deal: conversion.deal.to_string(),
            dataset: conversion.dataset.as_deref(),
            ad_id: conversion.ad_id.as_deref(),
            value: conversion.value,
            currency: conversion.currency.as_deref(),
            times: Times {
                event: rfc3339(conversion.event_s.saturating_mul(1000)),
                received: rfc3339(conversion.received_ms),
                settled: listed.settled_ms.and_then(rfc3339),
            },
            body: conversion.body.as_deref().and_then(|body| serde_json::from_str(body).ok()),
        }
    }
}

fn unknown_workspace(admin: &Admin) -> Response {
    let names: Vec<&str> = admin.workspaces.iter().map(|workspace| workspace.name.as_str()).collect();
    problem(StatusCode::NOT_FOUND, &format!("workspace: no such workspace; there is: {}", names.join(", ")))
}

fn failed(error: &store::Error) -> Response {
    tracing::error!(error = error as &dyn std::error::Error, "the management API could not use the store");
    problem(StatusCode::SERVICE_UNAVAILABLE, "the store cannot be used at the moment")
}

fn problem(status: StatusCode, message: &str) -> Response {
    (status, Json(json!({ "error": message }))).into_response()
}
