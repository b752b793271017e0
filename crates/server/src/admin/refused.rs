//! Events that the door for events did not take, for whoever has to mend their sender. Nothing of a person is shown.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Query, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use kopru_core::is_of_public_door;
use serde::{Deserialize, Serialize};
use store::{UNREADABLE_KEPT_MS, views::UnreadableListed};

use super::{
    Admin, WorkspaceView,
    answers::{failed, given, problem, unknown_workspace},
};
use crate::{
    doors::{EVENTS_SOURCE, KeptRefusal},
    health::rfc3339,
};

/// How many one answer holds at most.
const REFUSED_MAX: usize = 200;
/// How many it holds unless the query says otherwise.
const REFUSED_DEFAULT: usize = 50;
/// How the origin of an event begins that came with a key.
const OF_A_KEY: &str = "graph:";

#[derive(Deserialize)]
pub(super) struct RefusedQuery {
    workspace: Option<String>,
    limit: Option<String>,
    after: Option<String>,
}

/// `GET /api/v1/refused?workspace=W&limit=&after=`: the events that were not taken in the last seven days, newest
/// first. `after` is the `number` of the last one seen.
pub(super) async fn list(State(admin): State<Arc<Admin>>, Query(query): Query<RefusedQuery>) -> Response {
    let Some(workspace) = admin.workspace(given(query.workspace.as_ref())) else {
        return unknown_workspace(&admin);
    };
    let limit = match given(query.limit.as_ref()).map(str::parse) {
        None => REFUSED_DEFAULT,
        Some(Ok(limit)) if (1..=REFUSED_MAX).contains(&limit) => limit,
        Some(_) => {
            let message = format!("limit: give a number from 1 to {REFUSED_MAX}");
            return problem(StatusCode::BAD_REQUEST, &message);
        }
    };
    let below = match given(query.after.as_ref()).map(str::parse) {
        None => None,
        Some(Ok(number)) => Some(number),
        Some(Err(_)) => {
            return problem(StatusCode::BAD_REQUEST, "after: give the number of the last one you saw");
        }
    };
    match read(&admin, &workspace, below, limit).await {
        Ok(refused) => Json(refused).into_response(),
        Err(error) => failed(&error),
    }
}

/// An event that was not taken. Holds nothing of its person.
#[derive(Serialize)]
pub(super) struct ListedRefusal {
    number: u64,
    received: Option<String>,
    #[serde(skip)]
    pub(super) received_ms: i64,
    pub(super) key: Option<String>,
    pub(super) event_name: Option<String>,
    pub(super) event_id: Option<String>,
    pub(super) subcode: Option<u32>,
    pub(super) title: Option<String>,
    pub(super) field: Option<String>,
    pub(super) message: String,
}

/// The events that were not taken in the last seven days, newest first.
pub(super) async fn read(
    admin: &Admin,
    workspace: &WorkspaceView,
    below: Option<u64>,
    limit: usize,
) -> Result<Vec<ListedRefusal>, store::Error> {
    // By the clock by which they were kept.
    let oldest_ms = admin.clock.best_ms().saturating_sub(UNREADABLE_KEPT_MS);
    let listed = admin.store.unreadable_of(workspace.id, EVENTS_SOURCE, below, limit).await?;
    Ok(listed.iter().filter(|one| one.received_ms >= oldest_ms).map(ListedRefusal::of).collect())
}

impl ListedRefusal {
    fn of(one: &UnreadableListed) -> Self {
        let kept = one.body.as_deref().and_then(|body| serde_json::from_slice::<KeptRefusal<'_>>(body).ok());
        let given = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        let of = |part: fn(&KeptRefusal<'_>) -> String| kept.as_ref().map(part).as_deref().and_then(given);
        Self {
            number: one.number,
            received: rfc3339(one.received_ms),
            received_ms: one.received_ms,
            key: kept.as_ref().and_then(|kept| reporter(&kept.origin)).and_then(given),
            event_name: of(|kept| kept.name.to_string()),
            event_id: of(|kept| kept.event_id.to_string()),
            subcode: kept.as_ref().and_then(|kept| kept.subcode),
            title: of(|kept| kept.title.to_string()),
            field: of(|kept| kept.field.to_string()),
            message: kept.as_ref().map_or_else(|| one.skeleton.clone(), |kept| kept.wrong.to_string()),
        }
    }
}

/// The key by which an event came; a page has none, and its site says where it came from.
fn reporter(origin: &str) -> Option<&str> {
    origin.strip_prefix(OF_A_KEY).or_else(|| Some(origin).filter(|origin| is_of_public_door(origin)))
}
