//! `kopru report`: what the store holds, of a running service or of one that is stopped.

use std::process::ExitCode;

use clap::{Args, Subcommand, ValueEnum};
use serde_json::Value;
use store::views::Ledger;

use crate::{
    Error, NEGATIVE,
    ask::{Of, exit_code},
    fail,
    logging::out,
};

/// What can be reported.
#[derive(Subcommand)]
pub enum ReportCommand {
    /// Everything that came in and what became of it, in counts.
    ///
    /// Exits with 1 if they do not balance. A running service is asked; otherwise the store is opened.
    ///
    /// Example: kopru report ledger --config kopru.toml --json
    Ledger(Arguments),
}

/// The arguments of every report.
#[derive(Args)]
pub struct Arguments {
    #[command(flatten)]
    of: Of,
    /// How it is printed.
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
    /// The same as --format json.
    #[arg(long, conflicts_with = "format")]
    json: bool,
}

/// How a report is printed.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Lines for a person
    Table,
    /// What the management API answers
    Json,
}

/// Prints a report.
pub async fn command(command: ReportCommand) -> ExitCode {
    let ReportCommand::Ledger(arguments) = command;
    match ledger(&arguments).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(NEGATIVE),
        Err(error) => fail(exit_code(&error), &error),
    }
}

/// Prints the ledger; returns whether it balances.
async fn ledger(arguments: &Arguments) -> Result<bool, Error> {
    let answer = arguments.of.read()?.get("/api/v1/ledger", &[]).await?;
    let ledger: Ledger = answer.json()?;
    if arguments.json || arguments.format == Format::Json {
        out!("{}", serde_json::to_string_pretty(&answer.json::<Value>()?).map_err(Error::Summary)?);
    } else {
        print_table(&ledger);
    }
    Ok(ledger.balanced)
}

fn print_table(ledger: &Ledger) {
    let Ledger { refused_at_door, facts, conversions, balanced } = ledger;
    print_part(
        "records",
        &[
            ("received", facts.received),
            ("used", facts.used),
            ("ignored", facts.ignored),
            ("duplicate", facts.duplicate),
            ("waiting", facts.waiting),
            ("pending", facts.pending),
            ("set aside", facts.set_aside),
        ],
    );
    print_part(
        "events",
        &[
            ("created", conversions.created),
            ("accepted", conversions.accepted),
            ("duplicate", conversions.duplicate),
            ("suppressed", conversions.suppressed),
            ("failed", conversions.failed),
            ("waiting", conversions.waiting),
            ("queued", conversions.queued),
        ],
    );
    let refused: Vec<(&str, i64)> =
        refused_at_door.iter().map(|(reason, count)| (reason.as_str(), *count)).collect();
    print_part("refused", &refused);
    out!("{:<10}{}", "balanced", if *balanced { "yes" } else { "NO: please report this" });
}

/// Lines of one part; its name stands in the first.
fn print_part(name: &str, counts: &[(&str, i64)]) {
    for (place, (what, count)) in counts.iter().enumerate() {
        out!("{:<10}{what:<20}{count:>12}", if place == 0 { name } else { "" });
    }
}
