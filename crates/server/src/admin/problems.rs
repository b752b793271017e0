//! What needs somebody, for the top of the dashboard.

use kopru_core::{Became, Reason, RuleProblem};
use sources::Drift;
use store::{LostRecords, views::Problem};

use super::{Admin, Language, WorkspaceView, causes, testing, times::local_time, unsent};
use crate::{DriftedAccount, RestingAccount, SharedIds};

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
        Drift::HooksUnread(_) | Drift::FieldsUnread(_) => t.text("drift.mend_account").to_owned(),
        Drift::HistoryUnread => t.text("drift.mend_unread").to_owned(),
        Drift::HistoryHidden | Drift::FieldsHidden => t.text("drift.mend_token").to_owned(),
        Drift::NoField(_) => t.text("drift.mend_field").to_owned(),
    };
    let means = match drift {
        Drift::HistoryHidden | Drift::HistoryUnread => {
            format!(" {}.", t.text(&format!("drift.{}_means", drift.code())))
        }
        _ => String::new(),
    };
    format!("{what} ({origin}){of}.{means} {mend}.")
}

/// Why a rule does not apply as it was meant and what mends that.
fn of_rule(problem: &RuleProblem, t: Language) -> String {
    let RuleProblem { rule, wanted, pipeline, became, .. } = problem;
    let has = problem.has.join(", ");
    let (now, id) = match became {
        Became::Renamed(name) => (name.as_str(), ""),
        Became::Anew { name, id } => (name.as_str(), id.as_str()),
        _ => ("", ""),
    };
    let (meant, other) = match became {
        Became::Moved { meant, other }
        | Became::Replaced { meant, other }
        | Became::Shared { meant, other } => (meant.as_str(), other.as_str()),
        Became::OneRenamed { meant } | Became::OneGone { meant } => (meant.as_str(), ""),
        Became::Unknown | Became::Renamed(_) | Became::Anew { .. } | Became::Gone => ("", ""),
    };
    let what = match (became, pipeline) {
        _ if problem.is_of_pipeline => "pipeline",
        (Became::Unknown, Some(_)) => "stage_in",
        _ => "stage",
    };
    let parts = [
        ("rule", rule.as_str()),
        ("wanted", wanted),
        ("pipeline", pipeline.as_deref().unwrap_or_default()),
        ("now", now),
        ("id", id),
        ("meant", meant),
        ("other", other),
        ("has", &has),
    ];
    let sentence = t.filled(&format!("rule.{what}_{}", became.code()), &parts);
    let hint = problem.end().map(|end| format!("; {}", t.text(&format!("rule.hint_{end}"))));
    let hint = hint.unwrap_or_default();
    let (what, mend) = if became.needs_id() {
        ("problem.rule_drifted", "rule.mend_id")
    } else {
        ("problem.rule", "rule.mend")
    };
    format!("{}: {sentence}{hint}. {}.", t.text(what), t.text(mend))
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
    problems.extend(admin.clock.wrong_by_ms().map(|ahead_ms| {
        let key = if ahead_ms > 0 { "problem.clock_ahead" } else { "problem.clock_behind" };
        t.filled(key, &[("minutes", &(ahead_ms.abs() / 60_000).to_string())])
    }));
    let shared_ids = admin.health.shared_ids(admin.clock.now_ms()).into_iter();
    let shared_ids = shared_ids.filter(|shared| shared.workspace == workspace.name);
    problems.extend(shared_ids.map(|SharedIds { dataset, events, .. }| {
        t.filled("problem.shared_ids", &[("dataset", &dataset), ("events", &events.to_string())])
    }));
    problems.extend(testing::sentences(workspace, admin.clock.now_ms(), t));
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
        let why = causes::said(&why, t);
        format!("{resting} ({origin}, {}): {why}. {until}: {}.", time(since_ms), time(until_ms))
    }));
    let mut drifted = admin.health.drifted();
    drifted.retain(|account| account.workspace == workspace.name);
    for DriftedAccount { origin, drifts, .. } in &drifted {
        problems.extend(drifts.iter().map(|drift| drift_of(origin, drift, workspace, t)));
    }
    let hides_history = |origin: &str| {
        drifted.iter().any(|one| one.origin == origin && one.drifts.contains(&Drift::HistoryHidden))
    };
    problems.extend(unsent::sentences(admin, workspace, &breakdown, t).await?);
    for problem in admin.store.problems(workspace.id).await? {
        problems.push(match problem {
            Problem::Paused { dataset, pause, queued, .. } => {
                let what = if pause.needs_you { "problem.paused" } else { "problem.waiting" };
                format!(
                    "{} {dataset}. {}. {}: {queued}.",
                    t.text(what),
                    causes::of_pause(&pause.cause, &pause.code, t),
                    t.text("problem.queued")
                )
            }
            // That is said already, with what mends it.
            Problem::Unanswered { origin, error, .. }
                if error == Drift::HISTORY_HIDDEN && hides_history(&origin) =>
            {
                continue;
            }
            Problem::NumbersAgain { dataset, sales, since_ms, last_ms } => {
                if !unsent::is_recent(last_ms, admin.clock.best_ms()) {
                    continue;
                }
                let since = local_time(since_ms, &workspace.time_zone);
                let parts = [("count", &*sales.to_string()), ("dataset", &dataset), ("since", &since)];
                t.filled("problem.numbers_again", &parts)
            }
            Problem::Unanswered { origin, questions, error } => format!(
                "{} ({origin}): {}. {}: {questions}.",
                t.text("problem.unanswered"),
                causes::said(&error, t),
                t.text("problem.questions")
            ),
        });
    }
    for catalogue in admin.store.catalogues(workspace.id).await? {
        let is_configured = workspace.upstreams.iter().any(|(origin, _)| *origin == catalogue.origin);
        if is_configured && catalogue.is_nameless() {
            let (what, mend) = (t.text("problem.other_account"), t.text("problem.other_account_mend"));
            problems.push(format!("{what} ({}). {mend}.", catalogue.origin));
        }
        for rule in &workspace.policy.rules {
            problems.extend(rule.problem(&catalogue).map(|problem| of_rule(&problem, t)));
        }
    }
    Ok(problems)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_that_can_never_apply_is_said_in_both_languages_with_what_mends_it() {
        let problem = |is_of_pipeline, pipeline: Option<&str>, became| RuleProblem {
            rule: "lead".into(),
            is_of_pipeline,
            wanted: "Old {now}".into(),
            pipeline: pipeline.map(str::to_owned),
            became,
            has: vec!["A".into(), "B".into()],
        };
        let renamed = || Became::Renamed("Hot".into());
        let anew = || Became::Anew { name: "Hot".into(), id: "990".into() };
        let stage = |became| problem(false, None, became);
        let turkish = |problem: &RuleProblem| of_rule(problem, Language::Turkish);
        for problem in [
            stage(Became::Unknown),
            problem(false, Some("Sales"), Became::Unknown),
            problem(false, Some("Sales"), renamed()),
            stage(renamed()),
            stage(anew()),
            stage(Became::Gone),
            problem(true, None, Became::Unknown),
            problem(true, None, renamed()),
            problem(true, None, anew()),
            problem(true, None, Became::Gone),
        ] {
            // As the log says it.
            let english = of_rule(&problem, Language::English);
            assert!(english.starts_with(&format!("A rule can never apply: {problem}. ")), "{english}");
            assert!(english.ends_with("runs kopru apply --since DATE for the deals that entered meanwhile."));
            let turkish = turkish(&problem);
            assert!(turkish.starts_with("Bir kural hiçbir zaman uygulanamaz: \"lead\" kural"), "{turkish}");
            assert!(turkish.contains("\"Old {now}\"") && turkish.contains(": A, B. "), "{turkish}");
            assert!(
                turkish.contains("kopru apply --since TARİH") && !turkish.contains("the CRM"),
                "{turkish}"
            );
        }
        let (meant, other) = (|| "880 (Sales / Cold)".to_owned(), || "881 (Sales / Hot)".to_owned());
        for became in [
            Became::Moved { meant: meant(), other: other() },
            Became::Replaced { meant: meant(), other: other() },
            Became::Shared { meant: meant(), other: other() },
            Became::OneRenamed { meant: meant() },
            Became::OneGone { meant: meant() },
        ] {
            for is_of_pipeline in [false, true] {
                let problem = problem(is_of_pipeline, None, became.clone());
                let english = of_rule(&problem, Language::English);
                let wanted = format!("A name in a rule does not say any more what was meant: {problem}. ");
                assert!(english.starts_with(&wanted), "{english}");
                assert!(english.contains("writes the id of what is meant into the rule"), "{english}");
                let turkish = turkish(&problem);
                assert!(turkish.starts_with("Bir kuraldaki ad artık kastedileni göstermiyor: "), "{turkish}");
                assert!(turkish.contains("kastedilen: 880 (Sales / Cold)"), "{turkish}");
                assert!(turkish.contains("kastedilenin kimliğini kurala yazar"), "{turkish}");
                assert_eq!(turkish.contains("881 (Sales / Hot)"), english.contains("881"), "{turkish}");
            }
        }
        for (wanted, end) in [("Closed won", Some("won")), ("LOST", Some("lost")), ("Wonder", None)] {
            let problem = RuleProblem { wanted: wanted.into(), ..stage(Became::Unknown) };
            for t in [Language::English, Language::Turkish] {
                let said = of_rule(&problem, t);
                let hint = end.map(|end| format!("stage = \"{end}\""));
                assert_eq!(said.contains("stage = "), hint.is_some(), "{said}");
                assert!(hint.is_none_or(|hint| said.contains(&hint)), "{said}");
            }
            let english = of_rule(&problem, Language::English);
            assert!(english.starts_with(&format!("A rule can never apply: {problem}. ")), "{english}");
        }
        assert!(turkish(&stage(renamed())).contains("aşamasının CRM'deki adı artık \"Hot\";"));
        assert!(turkish(&stage(anew())).contains("\"Hot\" aşamasının kimliği artık 990;"));
        let elsewhere = problem(false, Some("Sales"), Became::Unknown);
        assert!(turkish(&elsewhere).contains("\"Sales\" satış takip hattında yok"));
    }
}
