//! `kopru apply`: the running service takes its configuration again.

use std::{path::PathBuf, process::ExitCode};

use clap::Args;
use jiff::tz::TimeZone;
use reqwest::Method;
use serde::Deserialize;
use serde_json::json;

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
        print(&answer.json()?, &config, *dry_run);
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

fn print(applied: &ApplyReport, config: &Config, is_dry: bool) {
    let would = if is_dry { "would count" } else { "counts" };
    for WorkspaceReport { workspace, rules, looked_at_again, logs_read_again } in &applied.workspaces {
        let zone = config.workspaces.iter().find(|one| one.name == *workspace);
        let zone = zone.map_or(TimeZone::UTC, |one| one.time_zone.clone());
        for RuleReport { rule, since } in rules {
            let since = since.as_deref().map_or_else(String::new, |since| local(since, &zone));
            out!("{workspace}: the rule {rule:?} {would} since {since}");
        }
        let lines = looked_at_again.iter().flat_map(Count::lines);
        lines.for_each(|line| out!("{workspace}: {line}"));
        if let Some(LogsReport { since, accounts, would }) = logs_read_again {
            let since = since.as_deref().map_or_else(String::new, |since| local(since, &zone));
            let accounts = accounts.join(", ");
            if let Some(LogsWouldBring { new, has_more }) = would {
                let least = if *has_more { "at least " } else { "" };
                out!(
                    "{workspace}: and {least}{new} new from deals that moved since {since} as the audit log of \
                     {accounts} tells; each is read before it is known whether it can be sent"
                );
            } else if is_dry {
                out!(
                    "{workspace}: not in this count: deals that moved since {since} and that only the audit log of \
                     {accounts} knows; it could not be read now"
                );
            } else {
                out!(
                    "{workspace}: the audit log of {accounts} is read again since {since}: deals that only it knows \
                     become events as they are found"
                );
            }
        }
    }
    if !applied.count_at_start.is_empty() {
        out!(
            "these keys count only at a start; restart to apply them: {}",
            applied.count_at_start.join(", ")
        );
    }
}
