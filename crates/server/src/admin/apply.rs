//! Taking the configuration again. Whoever has the file and the loops does it; here is only how it is asked
//! for.

use std::{path::PathBuf, sync::Arc};

use axum::{
    Json,
    body::Bytes,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use kopru_core::CatchUp;
use processor::DryRun;
use serde_json::{Map, Value, json};
use tokio::sync::oneshot;

use super::{
    Admin,
    answers::{flag, object, problem, wrong},
    change::in_json,
    times::GivenTime,
};
use crate::{Error, health::rfc3339};

const KEYS: [&str; 3] = ["file", "since", "dry_run"];

/// The configuration is to be taken again.
pub struct ApplyRequest {
    /// The file that is meant; refused if another one is read. `None` is the one that is read.
    pub file: Option<PathBuf>,
    /// Rules that count from a later time count from this one.
    pub since: Option<GivenTime>,
    /// Whether to say only what would come of it.
    pub dry_run: bool,
    /// Where the answer goes.
    pub answer: oneshot::Sender<ApplyAnswer>,
}

/// What has come of an [`ApplyRequest`].
pub enum ApplyAnswer {
    /// It was taken, or would be.
    Applied(Applied),
    /// It was not, and whoever asked can mend why: one line each.
    Refused(Vec<String>),
    /// It was not, and here is why.
    Failed(String),
}

/// A configuration that was taken, or would be.
#[derive(Default)]
pub struct Applied {
    /// Keys that changed and count only at a start.
    pub count_at_start: Vec<&'static str>,
    /// Businesses of which something is looked at again.
    pub workspaces: Vec<AppliedWorkspace>,
}

/// What is looked at again of a business.
pub struct AppliedWorkspace {
    /// Its name.
    pub name: String,
    /// Rules that count for what happened already.
    pub rules: Vec<CatchUp>,
    /// What would come of it, if that was asked for.
    pub run: Option<DryRun>,
    /// The audit logs of CRMs that are read once more.
    pub logs: Option<LogsRead>,
}

/// Audit logs that are read once more.
pub struct LogsRead {
    /// From when on, Unix seconds.
    pub since_s: i64,
    /// Of which systems of record.
    pub origins: Vec<String>,
    /// What they would bring, where that was asked for and all of them could be read.
    pub would: Option<LogsCount>,
}

/// What audit logs would bring.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LogsCount {
    /// Events that there are not yet: deals that moved into a stage that a rule names. They are read first, so it
    /// is not known yet whether they can be sent.
    pub new: usize,
    /// Whether only the newest part of a log was read, because it is so long.
    pub has_more: bool,
}

/// `POST /api/v1/apply`.
pub(super) async fn apply(State(admin): State<Arc<Admin>>, body: Bytes) -> Response {
    let (file, since, dry_run) = match object(&body).and_then(|object| wanted(&object)) {
        Ok(wanted) => wanted,
        Err(error) => return wrong(&error),
    };
    let now_s = admin.clock.now_ms() / 1000;
    let is_future = |since: &GivenTime| {
        let workspaces = &admin.configured().workspaces;
        workspaces.iter().all(|workspace| since.seconds(&workspace.time_zone) > now_s)
    };
    if since.as_ref().is_some_and(is_future) {
        return wrong(&Error::InTheFuture);
    }
    let (answer, answered) = oneshot::channel();
    let asked = admin.apply.send(ApplyRequest { file, since, dry_run, answer }).await;
    let Some(answer) = (if asked.is_ok() { answered.await.ok() } else { None }) else {
        return problem(StatusCode::SERVICE_UNAVAILABLE, "this process takes no other configuration now");
    };
    match answer {
        ApplyAnswer::Applied(applied) => Json(shown(&applied, dry_run)).into_response(),
        ApplyAnswer::Refused(lines) => {
            let answer = json!({ "error": lines.join("; "), "problems": lines });
            (StatusCode::BAD_REQUEST, Json(answer)).into_response()
        }
        ApplyAnswer::Failed(why) => problem(StatusCode::SERVICE_UNAVAILABLE, &why),
    }
}

fn wanted(object: &Map<String, Value>) -> Result<(Option<PathBuf>, Option<GivenTime>, bool), Error> {
    if let Some(key) = object.keys().find(|key| !KEYS.contains(&key.as_str())) {
        return Err(Error::UnknownKey { key: key.clone(), known: KEYS.join(", ") });
    }
    let text = |key: &str| match object.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.as_str())),
        Some(_) => Err(Error::WrongForm { key: key.to_owned(), wanted: "a text" }),
    };
    let time = |given: &str| {
        let wrong = |cause| Error::TimeOf { key: "since", given: given.to_owned(), cause: Box::new(cause) };
        given.parse().map_err(wrong)
    };
    Ok((text("file")?.map(PathBuf::from), text("since")?.map(time).transpose()?, flag(object, "dry_run")?))
}

fn shown(applied: &Applied, is_dry: bool) -> Value {
    let workspace = |one: &AppliedWorkspace| {
        let rules = one.rules.iter();
        let rules = rules
            .map(|rule| json!({ "rule": rule.rule, "since": rfc3339(rule.since_s.saturating_mul(1000)) }));
        let (name, rules) = (&one.name, rules.collect::<Vec<_>>());
        let logs = one.logs.as_ref().map(|LogsRead { since_s, origins, would }| {
            let since = rfc3339(since_s.saturating_mul(1000));
            let would = would.map(|LogsCount { new, has_more }| json!({ "new": new, "has_more": has_more }));
            json!({ "since": since, "accounts": origins, "would": would })
        });
        let run = one.run.as_ref().map(in_json);
        json!({ "workspace": name, "rules": rules, "looked_at_again": run, "logs_read_again": logs })
    };
    json!({
        "dry_run": is_dry,
        "count_at_start": applied.count_at_start,
        "workspaces": applied.workspaces.iter().map(workspace).collect::<Vec<_>>(),
    })
}
