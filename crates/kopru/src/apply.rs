//! `kopru apply`: the running service takes its configuration again.

use std::{path::PathBuf, process::ExitCode};

use clap::Args;
use jiff::{Timestamp, tz::TimeZone};
use reqwest::Method;
use serde::Deserialize;
use serde_json::json;
use server::GivenTime;

use crate::{
    Error,
    ask::{call, exit_code, local, read_to_ask},
    config::Config,
    events::Count,
    fail,
    logging::{out, say},
};

/// The arguments.
#[derive(Args)]
pub struct Arguments {
    /// The configuration: the file that the service reads.
    #[arg(short = 'f', long = "config", value_name = "FILE", default_value = "kopru.toml")]
    file: PathBuf,
    /// Rules that count from a later time count from this one, though not from longer ago than the 7 days
    /// that Meta takes: a day, or a time with its offset, as 2026-05-28T20:26:40+03:00.
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// Say what would be looked at again and sent, and change nothing.
    #[arg(long)]
    dry_run: bool,
    /// Answer in JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Deserialize)]
struct ApplyReport {
    count_at_start: Vec<String>,
    workspaces: Vec<WorkspaceReport>,
}

#[derive(Deserialize)]
struct WorkspaceReport {
    workspace: String,
    rules: Vec<RuleReport>,
    looked_at_again: Option<Count>,
    logs_read_again: Option<LogsReport>,
}

#[derive(Deserialize)]
struct LogsReport {
    since: Option<String>,
    accounts: Vec<String>,
    would: Option<LogsWouldBring>,
}

#[derive(Deserialize)]
struct LogsWouldBring {
    new: usize,
    has_more: bool,
}

#[derive(Deserialize)]
struct RuleReport {
    rule: String,
    since: Option<String>,
}

/// Applies the configuration.
pub async fn command(arguments: &Arguments) -> ExitCode {
    match apply(arguments).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(exit_code(&error), &error),
    }
}

async fn apply(arguments: &Arguments) -> Result<(), Error> {
    let Arguments { file, since, dry_run, json } = arguments;
    let config = read_to_ask(file)?;
    // The service may have started in another folder.
    let real = file.canonicalize().unwrap_or_else(|_| file.clone());
    let body = json!({ "file": real.to_string_lossy(), "since": since, "dry_run": dry_run });
    let answer = call(&config, Method::POST, "/api/v1/apply", Some(&body)).await?;
    if *json {
        out!("{}", server::indented(&answer.text));
    } else {
        let lines = lines(&answer.json()?, &config, since.as_deref(), *dry_run);
        for line in lines {
            out!("{line}");
        }
        let file = file.display();
        if *dry_run {
            out!("nothing has changed");
        } else if answer.by_service {
            out!("the service has taken {file}");
        }
    }
    if !answer.by_service && !dry_run {
        say(match since {
            Some(_) => "no service runs: this is kept, and takes effect when kopru runs",
            None => "no service runs: its next start takes the configuration anyway",
        });
    }
    Ok(())
}

/// What is said of a configuration that was taken, or would be.
fn lines(applied: &ApplyReport, config: &Config, asked_since: Option<&str>, is_dry: bool) -> Vec<String> {
    let mut lines = Vec::new();
    for WorkspaceReport { workspace, rules, looked_at_again, logs_read_again } in &applied.workspaces {
        let zone = config.workspaces.iter().find(|one| one.name == *workspace);
        let zone = zone.map_or(TimeZone::UTC, |one| one.time_zone.clone());
        let rules = rules.iter().map(|rule| rule.line(&zone, asked_since, is_dry));
        let counted: Vec<String> = looked_at_again.iter().flat_map(Count::lines_of_apply).collect();
        let logs = logs_read_again.as_ref().map(|logs| logs.line(&zone, is_dry, !counted.is_empty()));
        lines.extend(rules.chain(counted).chain(logs).map(|line| format!("{workspace}: {line}")));
    }
    if !applied.count_at_start.is_empty() {
        let keys = applied.count_at_start.join(", ");
        lines.push(format!("these keys count only at a start; restart to apply them: {keys}"));
    }
    lines
}

impl RuleReport {
    fn line(&self, zone: &TimeZone, asked_since: Option<&str>, is_dry: bool) -> String {
        let would = if is_dry { "would count" } else { "counts" };
        let since = self.since.as_deref().map_or_else(String::new, |since| local(since, zone));
        let mended = if self.counts_from_before(zone, asked_since) {
            ": it has made no event before it was changed, so it counts for all that it could have made, of the \
             last 7 days"
        } else {
            ""
        };
        format!("the rule {:?} {would} since {since}{mended}", self.rule)
    }

    /// Whether it counts from before what was asked for: only a rule that is mended does so.
    fn counts_from_before(&self, zone: &TimeZone, asked_since: Option<&str>) -> bool {
        let Some(since) = self.since.as_deref().and_then(|since| since.parse::<Timestamp>().ok()) else {
            return false;
        };
        let asked = asked_since.and_then(|asked| asked.parse::<GivenTime>().ok());
        asked.is_none_or(|asked| since.as_second() < asked.seconds(zone))
    }
}

impl LogsReport {
    /// `is_more` is whether something was counted before it.
    fn line(&self, zone: &TimeZone, is_dry: bool, is_more: bool) -> String {
        let since = self.since.as_deref().map_or_else(String::new, |since| local(since, zone));
        let accounts = self.accounts.join(", ");
        match &self.would {
            Some(LogsWouldBring { new: 0, has_more: false }) => format!(
                "nothing {}new from deals that moved since {since} as the audit log of {accounts} tells",
                if is_more { "else " } else { "" }
            ),
            Some(LogsWouldBring { new, has_more }) => format!(
                "{}{}{new} new from deals that moved since {since} as the audit log of {accounts} tells; each is read \
                 before it is known whether it can be sent",
                if is_more { "and " } else { "" },
                if *has_more { "at least " } else { "" }
            ),
            None if is_dry => format!(
                "not in this count: deals that moved since {since} and that only the audit log of {accounts} knows; \
                 it could not be read now"
            ),
            None => format!(
                "the audit log of {accounts} is read again since {since}: deals that only it knows become events \
                 as they are found"
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_that_was_mended_says_why_it_counts_from_before_what_was_asked_for() {
        let rule = RuleReport { rule: "sale".into(), since: Some("2026-11-22T11:29:00Z".into()) };
        let says_why = |asked| rule.line(&TimeZone::UTC, asked, true).contains("made no event");
        assert!(says_why(Some("2026-11-29")) && says_why(None));
        assert!(!says_why(Some("2026-11-22T14:29:00+03:00")) && !says_why(Some("2026-11-01")));
        let line = rule.line(&TimeZone::UTC, Some("2026-11-22"), false);
        assert_eq!(line, "the rule \"sale\" counts since 2026-11-22 11:29");
    }

    #[test]
    fn what_a_log_brings_begins_with_and_only_behind_something() {
        let logs = |new, has_more| LogsReport {
            since: Some("2026-11-22T11:29:00Z".into()),
            accounts: vec!["kommo:acme".into()],
            would: Some(LogsWouldBring { new, has_more }),
        };
        for (new, has_more, is_more, begins) in [
            (0, false, false, "nothing new from deals that moved since 2026-11-22 11:29"),
            (0, false, true, "nothing else new from"),
            (2, false, false, "2 new from"),
            (2, true, true, "and at least 2 new from"),
            (0, true, false, "at least 0 new from"),
        ] {
            let line = logs(new, has_more).line(&TimeZone::UTC, true, is_more);
            assert!(line.starts_with(begins), "{line}");
        }
    }
}
