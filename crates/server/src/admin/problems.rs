//! What needs somebody, for the top of the dashboard.

use kopru_core::Reason;
use sources::Drift;
use store::{LostRecords, views::Problem};

use super::{Admin, Language, WorkspaceView, times::local_time};
use crate::{DriftedAccount, RestingAccount};

/// A loop's name in words: its kind, then of what it is.
fn named(what: &str, t: Language) -> String {
    let (kind, of) = what.split_once(' ').unwrap_or((what, ""));
    let kind = match kind {
        "decisions" | "delivery" | "questions" | "sums" => t.text(&format!("loop.{kind}")),
        other => other,
    };
    format!("{kind} {of}").trim_end().to_owned()
}

/// What is missing of an account and what mends that.
fn drift_of(origin: &str, drift: &Drift, workspace: &WorkspaceView, t: Language) -> String {
    let what = t.text(&format!("drift.{}", drift.code()));
    let of = Some(drift.of()).filter(|of| !of.is_empty()).map_or_else(String::new, |of| format!(": {of}"));
    let source = workspace.upstreams.iter().find(|(known, _)| known == origin);
    let upstream = source.and_then(|(_, source)| source.upstream());
    let screen = upstream.map_or("", |upstream| upstream.hooks_screen());
    let mend = match drift {
        Drift::HookOff | Drift::NoHook | Drift::HookLacks(_) => {
            format!("{}: {screen}", t.text("drift.mend_hook"))
        }
        Drift::HooksHidden => format!("{}: {screen}", t.text("drift.mend_look")),
        Drift::HistoryUnread => t.text("drift.mend_unread").to_owned(),
        Drift::HistoryHidden | Drift::FieldsHidden => t.text("drift.mend_token").to_owned(),
        Drift::NoField(_) => t.text("drift.mend_field").to_owned(),
    };
    format!("{what} ({origin}){of}. {mend}.")
}

/// What a person has to mend, each in a sentence.
pub(super) async fn sentences(
    admin: &Admin,
    workspace: &WorkspaceView,
    t: Language,
) -> Result<Vec<String>, store::Error> {
    let mut problems: Vec<String> = admin
        .health
        .list()
        .into_iter()
        .filter(|stopped| stopped.workspace == workspace.name)
        .map(|stopped| {
            let since = local_time(stopped.since_ms, &workspace.time_zone);
            format!(
                "{}: {} ({since}). {}",
                t.text("problem.stopped"),
                named(&stopped.what, t),
                t.text("problem.restart")
            )
        })
        .collect();
    problems.extend(admin.health.loss(admin.clock.now_ms()).map(|LostRecords { records, found_ms }| {
        let since = local_time(found_ms, &workspace.time_zone);
        format!("{}: {records} ({since}). {}", t.text("problem.lost"), t.text("problem.lost_for_good"))
    }));
    let breakdown = admin.store.breakdown(workspace.id).await?;
    let held = breakdown.iter().filter(|(_, _, reason, _)| *reason == Some(Reason::HeldAfterRestore));
    let held: i64 = held.map(|(_, _, _, count)| count).sum();
    if held > 0 {
        problems.push(format!("{}: {held}. {}", t.text("problem.held"), t.text("problem.decide")));
    }
    let resting = admin.health.resting().into_iter().filter(|account| account.workspace == workspace.name);
    problems.extend(resting.map(|RestingAccount { origin, since_ms, until_ms, why, .. }| {
        let time = |at_ms| local_time(at_ms, &workspace.time_zone);
        let (resting, until) = (t.text("problem.resting"), t.text("problem.resting_until"));
        format!("{resting} ({origin}, {}): {why}. {until}: {}.", time(since_ms), time(until_ms))
    }));
    let drifted = admin.health.drifted().into_iter().filter(|account| account.workspace == workspace.name);
    for DriftedAccount { origin, drifts, .. } in drifted {
        problems.extend(drifts.iter().map(|drift| drift_of(&origin, drift, workspace, t)));
    }
    for problem in admin.store.problems(workspace.id).await? {
        problems.push(match problem {
            Problem::Paused { dataset, pause, queued, .. } => {
                let what = if pause.needs_you { "problem.paused" } else { "problem.waiting" };
                format!(
                    "{} {dataset}. {}. {}: {queued}.",
                    t.text(what),
                    pause.cause,
                    t.text("problem.queued")
                )
            }
            Problem::Unanswered { origin, questions, error } => format!(
                "{} ({origin}): {error}. {}: {questions}.",
                t.text("problem.unanswered"),
                t.text("problem.questions")
            ),
        });
    }
    for catalogue in admin.store.catalogues(workspace.id).await? {
        let is_configured = workspace.upstreams.iter().any(|(origin, _)| *origin == catalogue.origin);
        if is_configured && catalogue.is_nameless() {
            problems.push(format!("{} ({}).", t.text("problem.other_account"), catalogue.origin));
        }
        for rule in &workspace.policy.rules {
            problems
                .extend(rule.problem(&catalogue).map(|why| format!("{}: {why}.", t.text("problem.rule"))));
        }
    }
    Ok(problems)
}
