//! `kopru report`: what the store holds, of a running service or of one that is stopped.

mod ads;
mod ledger;

use std::process::ExitCode;

use clap::{Args, Subcommand, ValueEnum};

use crate::{NEGATIVE, ask::Of, ask::exit_code, fail};

/// What can be reported.
#[derive(Subcommand)]
pub enum ReportCommand {
    /// What became of the events of each ad: taken by Meta, not sent, refused, on their way, and what those
    /// that Meta took are worth.
    ///
    /// By the days of the business on which the events happened. A running service is asked; otherwise the
    /// store is opened.
    ///
    /// Example: kopru report ads --since 2026-05-01 --until 2026-06-01 --format csv
    Ads(ads::AdsArguments),
    /// Everything that came in and what became of it, in counts.
    ///
    /// Exits with 1 if they do not balance. A running service is asked; otherwise the store is opened.
    ///
    /// Example: kopru report ledger --config kopru.toml --json
    Ledger(Arguments),
    /// The same counts as two sums, each with what it is the sum of.
    ///
    /// Exits with 1 if they do not balance. A running service is asked; otherwise the store is opened.
    ///
    /// Example: kopru report balance
    Balance(Arguments),
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
    /// Lines for a spreadsheet
    Csv,
}

impl Arguments {
    fn format(&self) -> Format {
        if self.json { Format::Json } else { self.format }
    }
}

/// Prints a report.
pub async fn command(command: ReportCommand) -> ExitCode {
    let printed = match command {
        ReportCommand::Ads(arguments) => ads::print(&arguments).await.map(|()| true),
        ReportCommand::Ledger(arguments) => ledger::print(&arguments, ledger::Look::Counts).await,
        ReportCommand::Balance(arguments) => ledger::print(&arguments, ledger::Look::Sums).await,
    };
    match printed {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(NEGATIVE),
        Err(error) => fail(exit_code(&error), &error),
    }
}

/// A line of a spreadsheet. What it could take for a formula is marked as a text.
fn csv_line(cells: &[String]) -> String {
    let quoted = cells.iter().map(|cell| {
        let mark = if cell.starts_with(['=', '+', '@', '\t', '\r']) { "'" } else { "" };
        if cell.contains([',', '"', '\n', '\r']) {
            format!("\"{mark}{}\"", cell.replace('"', "\"\""))
        } else {
            format!("{mark}{cell}")
        }
    });
    quoted.collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spreadsheet_takes_each_cell_for_what_it_is() {
        for (cell, written) in [
            ("Purchase", "Purchase"),
            ("-3", "-3"),
            ("a,b", "\"a,b\""),
            ("say \"yes\"", "\"say \"\"yes\"\"\""),
            ("=1+1", "'=1+1"),
            ("@sum(a1,a2)", "\"'@sum(a1,a2)\""),
        ] {
            assert_eq!(csv_line(&[String::new(), cell.into()]), format!(",{written}"));
        }
    }
}
