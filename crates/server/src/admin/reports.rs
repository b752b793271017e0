//! Reports, as the management API gives them: what is said here is worked out in `insight`.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Query, State},
    response::{IntoResponse, Response},
};
use insight::{Zone, ads_report};
use serde::Deserialize;

use super::{
    Admin,
    answers::{failed, given, unknown_workspace, wrong},
    filter,
};

#[derive(Deserialize)]
pub(super) struct SpanQuery {
    workspace: Option<String>,
    since: Option<String>,
    until: Option<String>,
}

/// `GET /api/v1/reports/ads?workspace=W&since=&until=`: what became of the events of each ad, on the days of
/// the business in which any part of the span lies.
pub(super) async fn ads(State(admin): State<Arc<Admin>>, Query(query): Query<SpanQuery>) -> Response {
    let Some(workspace) = admin.workspace(given(query.workspace.as_ref())) else {
        return unknown_workspace(&admin);
    };
    let time = |key, text| given(text).map(|text| filter::time(key, text, &workspace.time_zone)).transpose();
    let span = time("since", query.since.as_ref())
        .and_then(|since_s| Ok((since_s, time("until", query.until.as_ref())?)));
    let (since_s, until_s) = match span {
        Ok(span) => span,
        Err(error) => return wrong(&error),
    };
    let zone = Zone::of(&workspace.time_zone);
    match ads_report(&*admin.store, workspace.id, &zone, since_s, until_s).await {
        Ok(report) => Json(report).into_response(),
        Err(error) => failed(&error),
    }
}
