//! Trying events again, and dropping them.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Json,
    body::Bytes,
    extract::{Query, State},
    response::{IntoResponse, Response},
};
use jiff::tz::TimeZone;
use kopru_core::{Action, ConversionFilter, Now, Revisit, State as Progress};
use processor::{Becoming, DryRun, dry_run};
use serde_json::{Value, json};

use super::{
    Admin,
    answers::{WorkspaceQuery, failed, flag, given, object, unknown_workspace, wrong},
    filter,
};
use crate::Error;

/// `POST /api/v1/conversions/retry?workspace=W`: decides anew what is open or was refused, and lets what is
/// queued leave now.
pub(super) async fn retry(admin: State<Arc<Admin>>, query: Query<WorkspaceQuery>, body: Bytes) -> Response {
    change(admin, query, Action::Retry, body).await
}

/// `POST /api/v1/conversions/drop?workspace=W`: does not send what Meta was not told.
pub(super) async fn drop(admin: State<Arc<Admin>>, query: Query<WorkspaceQuery>, body: Bytes) -> Response {
    change(admin, query, Action::Drop, body).await
}

/// Counts what would come of it, and unless that was all that was asked for, begins it.
async fn change(
    State(admin): State<Arc<Admin>>,
    Query(query): Query<WorkspaceQuery>,
    action: Action,
    body: Bytes,
) -> Response {
    let Some(workspace) = admin.workspace(given(query.workspace.as_ref())) else {
        return unknown_workspace(&admin);
    };
    let (filter, is_dry) = match wanted(&body, &workspace.time_zone) {
        Ok(wanted) => wanted,
        Err(error) => return wrong(&error),
    };
    let revisit = Revisit {
        action,
        filter: Some(filter),
        any_age_of_queued: false,
        ask_for: Vec::new(),
        rules: Vec::new(),
    };
    let (store, now) = (&*admin.store, admin.now());
    let run = match dry_run(store, workspace.id, &workspace.policy, revisit.clone(), now).await {
        Ok(run) => run,
        Err(error) => return failed(&error),
    };
    let mut answer = in_json(&run);
    answer["dry_run"] = is_dry.into();
    if !is_dry && (run.matched > 0 || !run.is_done) {
        if let Err(error) = store.revisit(workspace.id, revisit).await {
            return failed(&error);
        }
        let (workspace, matched) = (&workspace.name, run.matched);
        tracing::info!(workspace, ?action, matched, "somebody has asked for events to be looked at again");
    }
    Json(answer).into_response()
}

/// Which events are meant, and whether they are only counted.
fn wanted(body: &[u8], zone: &TimeZone) -> Result<(ConversionFilter, bool), Error> {
    let object = object(body)?;
    let (is_dry, means_all) = (flag(&object, "dry_run")?, flag(&object, "all")?);
    let filter = filter::of_object(&object, &["dry_run", "all"], zone)?;
    if filter == ConversionFilter::default() && !means_all {
        return Err(Error::MeansAll(filter::KEYS.join(", ")));
    }
    Ok((filter, is_dry))
}

/// A dry run as the API shows it.
pub(super) fn in_json(run: &DryRun) -> Value {
    let states = |becoming: &Becoming| {
        let states = [Progress::Queued, Progress::Waiting, Progress::Suppressed, Progress::Failed];
        let mut counts: BTreeMap<&str, usize> = states.map(|state| (state.code(), 0)).into();
        counts.extend(becoming.states.iter().map(|(state, count)| (state.code(), *count)));
        counts
    };
    let mut would = states(&run.would);
    would.insert("unchanged", run.unchanged);
    let not_permitted: BTreeMap<&str, usize> =
        run.not_permitted.iter().map(|(reason, count)| (reason.code(), *count)).collect();
    json!({
        "matched": run.matched,
        "new": run.new,
        "would": would,
        "left": {
            "accepted": run.accepted,
            "under_way": run.under_way,
            "not_permitted": not_permitted,
        },
        "value": run.would.value,
        "of_new": { "would": states(&run.would_new), "value": run.would_new.value },
        "done": run.is_done,
    })
}

impl Admin {
    fn now(&self) -> Now {
        Now { ms: self.clock.now_ms(), confirmed: self.clock.is_confirmed() }
    }
}
