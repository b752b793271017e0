//! What needs somebody, for the top of the dashboard.

use store::views::Problem;

use super::{Admin, Language, WorkspaceView, times::local_time};

/// A loop's name in words: its kind, then of what it is.
fn named(what: &str, t: Language) -> String {
    let (kind, of) = what.split_once(' ').unwrap_or((what, ""));
    let kind = match kind {
        "decisions" | "delivery" | "questions" | "sums" => t.text(&format!("loop.{kind}")),
        other => other,
    };
    format!("{kind} {of}").trim_end().to_owned()
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
        for rule in &workspace.policy.rules {
            problems
                .extend(rule.problem(&catalogue).map(|why| format!("{}: {why}.", t.text("problem.rule"))));
        }
    }
    Ok(problems)
}
