//! The management API.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{Query, State},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde_json::json;
use store::{LostRecords, views::SetAsideListed};

use super::{
    Admin,
    answers::{WorkspaceQuery, failed, given, unknown_workspace},
    apply, change, conversions, keys, ledger, people, refused, reports, testing,
};
use crate::health::{DriftedAccount, DriftedRule, RefusedSite, RestingAccount, SharedIds, Stopped, rfc3339};

/// How many facts that are set aside one answer holds at most.
const SET_ASIDE_MAX: usize = 1000;

/// All of it.
pub(super) fn routes() -> Router<Arc<Admin>> {
    of_workspace().merge(of_all())
}

/// What is of all workspaces, or of one that is not configured any more: no API key opens it.
pub(super) fn of_all() -> Router<Arc<Admin>> {
    Router::new()
        .route("/api/v1/apply", post(apply::apply))
        .route("/api/v1/forget-workspace", post(people::forget_workspace))
}

/// What shows and changes nothing but the workspace that `workspace` in the query names. API keys of that workspace
/// open it.
pub(super) fn of_workspace() -> Router<Arc<Admin>> {
    Router::new()
        .route("/api/v1/ledger", get(ledger::show))
        .route("/api/v1/conversions", get(conversions::list))
        .route("/api/v1/conversions/retry", post(change::retry))
        .route("/api/v1/conversions/drop", post(change::drop))
        .route("/api/v1/refused", get(refused::list))
        .route("/api/v1/reports/ads", get(reports::ads))
        .route("/api/v1/person", post(people::person))
        .route("/api/v1/forget", post(people::forget))
        .route("/api/v1/health", get(health))
        .route("/api/v1/set-aside", get(set_aside))
        .route("/api/v1/set-aside/retry", post(retry_set_aside))
        .merge(keys::routes())
}

/// `GET /api/v1/health`: how the store is, what it has lost, which loops have been stopped, and which
/// accounts of CRMs are not asked for a while. With `workspace=W` only what is of that workspace or of the process.
pub(super) async fn health(State(admin): State<Arc<Admin>>, Query(query): Query<WorkspaceQuery>) -> Response {
    let wanted = given(query.workspace.as_ref());
    if wanted.is_some() && admin.workspace(wanted).is_none() {
        return unknown_workspace(&admin);
    }
    let is_meant = |of: &str| of.is_empty() || wanted.is_none_or(|wanted| wanted == of);
    let stopped: Vec<_> = admin
        .health
        .list()
        .into_iter()
        .filter(|stopped| is_meant(&stopped.workspace))
        .map(|Stopped { workspace, what, since_ms }| {
            json!({ "workspace": workspace, "what": what, "since": rfc3339(since_ms) })
        })
        .collect();
    let lost = admin
        .health
        .loss(admin.clock.now_ms())
        .map(|LostRecords { records, found_ms }| json!({ "records": records, "found": rfc3339(found_ms) }));
    let resting =
        admin.health.resting().into_iter().filter(|account| is_meant(&account.workspace)).map(|account| {
            let RestingAccount { workspace, origin, since_ms, until_ms, why } = account;
            let (since, until) = (rfc3339(since_ms), rfc3339(until_ms));
            json!({ "workspace": workspace, "account": origin, "since": since, "until": until, "why": why })
        });
    let resting: Vec<_> = resting.collect();
    let mut drifted: Vec<_> = admin
        .health
        .drifted()
        .iter()
        .filter(|account| is_meant(&account.workspace))
        .flat_map(|account| {
            account
                .drifts
                .iter()
                .map(move |drift| {
                    let DriftedAccount { workspace, origin, .. } = account;
                    json!({
                        "workspace": workspace, "account": origin, "code": drift.code(), "of": drift.of(),
                        "what": drift.to_string(),
                    })
                })
                .collect::<Vec<_>>()
        })
        .collect();
    let rules = admin.health.drifted_rules().into_iter().filter(|rule| is_meant(&rule.workspace));
    drifted.extend(rules.map(|rule| {
        let DriftedRule { workspace, origin, problem } = rule;
        json!({
            "workspace": workspace, "account": origin, "code": format!("rule_{}", problem.became.code()),
            "of": problem.rule, "what": problem.to_string(),
        })
    }));
    let configured = admin.configured();
    let meant = configured.workspaces.iter().filter(|workspace| is_meant(&workspace.name));
    let testing: Vec<_> =
        meant.flat_map(|workspace| testing::listed(workspace, admin.clock.now_ms())).collect();
    let shared_ids = admin.health.shared_ids(admin.clock.now_ms()).into_iter();
    let shared_ids = shared_ids.filter(|shared| is_meant(&shared.workspace)).map(|shared| {
        let SharedIds { workspace, dataset, events, last_ms } = shared;
        json!({ "workspace": workspace, "dataset": dataset, "events": events, "last": rfc3339(last_ms) })
    });
    let shared_ids: Vec<_> = shared_ids.collect();
    let sites =
        admin.health.refused_sites().into_iter().filter(|site| is_meant(&site.workspace)).map(|site| {
            let RefusedSite { workspace, host, requests, last_ms } = site;
            json!({ "workspace": workspace, "host": host, "requests": requests, "last": rfc3339(last_ms) })
        });
    let sites: Vec<_> = sites.collect();
    let store = admin.store.state().to_string();
    Json(json!({
        "store": store, "shared_ids": shared_ids, "lost": lost, "stopped": stopped, "not_asked": resting, "drifted": drifted,
        "testing": testing, "sites_refused": sites, "clock_ahead_s": admin.clock.wrong_by_ms().map(|ahead_ms| ahead_ms / 1000),
    }))
    .into_response()
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
