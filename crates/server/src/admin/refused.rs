//! Events that the door for events did not take, for whoever has to mend their sender. Nothing of a person is shown.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Query, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use serde_json::{Value, json};
use store::{UNREADABLE_KEPT_MS, views::UnreadableListed};

use super::{
    Admin,
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
    let oldest_ms = admin.clock.now_ms().saturating_sub(UNREADABLE_KEPT_MS);
    match admin.store.unreadable_of(workspace.id, EVENTS_SOURCE, below, limit).await {
        Ok(listed) => {
            let kept = listed.iter().filter(|one| one.received_ms >= oldest_ms);
            Json(kept.map(shown).collect::<Vec<_>>()).into_response()
        }
        Err(error) => failed(&error),
    }
}

fn shown(one: &UnreadableListed) -> Value {
    let kept = one.body.as_deref().and_then(|body| serde_json::from_slice::<KeptRefusal<'_>>(body).ok());
    let given = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    let mut shown = json!({
        "number": one.number, "received": rfc3339(one.received_ms), "key": null, "event_name": null,
        "event_id": null, "subcode": null, "title": null, "field": null, "message": one.skeleton,
    });
    if let (Some(kept), Some(object)) = (kept, shown.as_object_mut()) {
        let key = kept.origin.strip_prefix(OF_A_KEY).and_then(given);
        for (name, value) in [
            ("key", json!(key)),
            ("event_name", json!(given(&kept.name))),
            ("event_id", json!(given(&kept.event_id))),
            ("subcode", json!(kept.subcode)),
            ("title", json!(kept.title)),
            ("field", json!(given(&kept.field))),
            ("message", json!(kept.wrong)),
        ] {
            object.insert(name.to_owned(), value);
        }
    }
    shown
}
