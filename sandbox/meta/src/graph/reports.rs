//! Insights as a report: `POST` asks for it, its node says how far it is, its edge has the rows.

use std::sync::PoisonError;

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use super::ads;
use super::call::{Call, Usage};
use super::errors::Refusal;
use super::insights::question::Question;
use super::leads::time;
use super::listing::{self, Node};
use crate::Meta;
use crate::world::{Run, World};

/// A report is being made from here on.
const RUNNING_AFTER_S: i64 = 1;
/// All of it is made.
const FULL_AFTER_S: i64 = 2;
/// It can be read. Between the two a report was seen to be at 100 % and still running.
const COMPLETED_AFTER_S: i64 = 3;
/// Longest parameters of a report, written as JSON.
const MOST_BYTES: usize = 64 * 1024;

/// Takes on a report whose parameters have been checked.
pub(super) fn ask(world: &World, call: &Call, now_s: i64) -> Result<Value, Refusal> {
    let mut params = call.params.clone();
    for page in ["after", "before", "limit"] {
        params.remove(page);
    }
    if Value::Object(params.clone()).to_string().len() > MOST_BYTES {
        return Err(Refusal::parameter("(#100) The parameters of the report are too long"));
    }
    let mut runs = world.runs.lock().unwrap_or_else(PoisonError::into_inner);
    Ok(json!({ "report_run_id": runs.add(&call.path.node, params, now_s) }))
}

fn run(world: &World, id: &str, now_s: i64) -> Option<Run> {
    world.runs.lock().unwrap_or_else(PoisonError::into_inner).get(id, now_s).cloned()
}

/// Whether there is a report with this id.
pub(super) fn is_run(world: &World, id: &str, now_s: i64) -> bool {
    run(world, id, now_s).is_some()
}

/// The node of a report.
pub(super) fn node(meta: &Meta, call: &Call, now_s: i64) -> Result<Value, Refusal> {
    let world = meta.world();
    let no_object = || Refusal::no_object(&call.method, &call.path.node);
    let run = run(&world, &call.path.node, now_s).ok_or_else(no_object)?;
    let (object, _) = ads::readable(meta, &world, call, &run.object, now_s)?;
    if call.method != Method::GET {
        return Err(no_object());
    }
    let asked = asked(call, &run);
    let (since, until) = Question::read(meta, &object, &asked, run.asked_at)?.span();
    let age = now_s.saturating_sub(run.asked_at);
    let (status, percent) = match age {
        ..RUNNING_AFTER_S => ("Job Not Started", 0),
        RUNNING_AFTER_S..FULL_AFTER_S => ("Job Running", 50),
        FULL_AFTER_S..COMPLETED_AFTER_S => ("Job Running", 100),
        _ => ("Job Completed", 100),
    };
    let completed = (age >= COMPLETED_AFTER_S).then_some(run.asked_at + COMPLETED_AFTER_S);
    let node = Node {
        kind: "AdReportRun",
        default: &[
            "account_id",
            "time_ref",
            "time_completed",
            "async_status",
            "async_percent_completion",
            "date_start",
            "date_stop",
        ],
        fields: vec![
            ("id", run.id.as_str().into()),
            ("report_run_id", run.id.as_str().into()),
            ("account_id", object.account.id.as_str().into()),
            ("time_ref", run.asked_at.into()),
            ("time_completed", json!(completed).into()),
            ("created_time", time(run.asked_at).into()),
            ("async_status", status.into()),
            ("async_percent_completion", percent.into()),
            ("is_running", completed.is_none().into()),
            ("date_start", since.into()),
            ("date_stop", until.into()),
        ],
    };
    node.show(&listing::fields(call)?)
}

/// The rows of a report; `None` if the id is none of a report.
pub(super) fn insights(
    meta: &Meta,
    world: &World,
    call: &Call,
    now_s: i64,
) -> Option<Result<Value, Refusal>> {
    let run = run(world, &call.path.node, now_s)?;
    Some(rows(meta, world, call, &run, now_s))
}

fn rows(meta: &Meta, world: &World, call: &Call, run: &Run, now_s: i64) -> Result<Value, Refusal> {
    let (object, token) = ads::readable(meta, world, call, &run.object, now_s)?;
    if call.method != Method::GET {
        return Err(Refusal::no_object(&call.method, &call.path.node));
    }
    if now_s.saturating_sub(run.asked_at) < COMPLETED_AFTER_S {
        return Err(not_ready());
    }
    let question = Question::read(meta, &object, &asked(call, run), run.asked_at)?;
    question.answer(meta, &object, call, &token.value)
}

/// The call that asked for the report.
fn asked(call: &Call, run: &Run) -> Call {
    Call {
        method: Method::GET,
        path: call.path.clone(),
        base: call.base.clone(),
        host: call.host.clone(),
        token: call.token.clone(),
        proof: None,
        params: run.params.clone(),
        data: None,
        malformed: None,
        usage: Usage::default(),
    }
}

/// As recorded.
fn not_ready() -> Refusal {
    let refusal =
        Refusal::new(StatusCode::BAD_REQUEST, "OAuthException", 2601, "Error accessing adreport job.");
    let message = "Sorry, the report cannot be loaded successfully. Please check if your job status is \
                   completed instead of failed or running before fetching the data.";
    refusal.with_user(1_815_107, "Loading Async Ads Report Failed", message).transient()
}
