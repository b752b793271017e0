//! Reports, as the management API gives them: what is said here is worked out in `insight`.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Query, State},
    response::{IntoResponse, Response},
};
use insight::{Zone, ads_report};
use jiff::tz::TimeZone;
use serde::Deserialize;

use super::{
    Admin,
    answers::{failed, given, unknown_workspace, wrong},
    filter,
};
use crate::Error;

#[derive(Deserialize)]
pub(super) struct SpanQuery {
    workspace: Option<String>,
    since: Option<String>,
    until: Option<String>,
}

/// `GET /api/v1/reports/ads?workspace=W&since=DAY&until=DAY`: what became of the events of each ad on the days of
/// the business from one on, and before another one.
pub(super) async fn ads(State(admin): State<Arc<Admin>>, Query(query): Query<SpanQuery>) -> Response {
    let Some(workspace) = admin.workspace(given(query.workspace.as_ref())) else {
        return unknown_workspace(&admin);
    };
    let (since_s, until_s) = match query.span(&workspace.time_zone) {
        Ok(span) => span,
        Err(error) => return wrong(&error),
    };
    let zone = Zone::of(&workspace.time_zone);
    match ads_report(&*admin.store, workspace.id, &zone, since_s, until_s).await {
        Ok(report) => Json(report).into_response(),
        Err(error) => failed(&error),
    }
}

impl SpanQuery {
    /// When the first day begins, and when the day after the last one does, Unix seconds.
    fn span(&self, zone: &TimeZone) -> Result<(Option<i64>, Option<i64>), Error> {
        let (since, until) = (given(self.since.as_ref()), given(self.until.as_ref()));
        let since_s = since.map(|since| filter::day("since", since, zone)).transpose()?;
        let until_s = until.map(|until| filter::day("until", until, zone)).transpose()?;
        match (since.zip(since_s), until.zip(until_s)) {
            (Some((since, since_s)), Some((until, until_s))) if since_s >= until_s => {
                Err(Error::NoDays { since: since.to_owned(), until: until.to_owned() })
            }
            _ => Ok((since_s, until_s)),
        }
    }
}
