//! `kopru import`: past events of a file.
//!
//! The file is read twice: some rows of it to find out what its columns are, then all of it, some rows at a time. What
//! is in memory is bounded by a few thousand rows, however long the file is.

mod bytes;
mod columns;
mod format;
mod printable;
mod refused_file;
mod rows;
mod sending;
mod status_columns;
mod tally;

#[cfg(test)]
mod tests;

use std::{
    future::poll_fn,
    io::{BufRead as _, IsTerminal as _, Write as _},
    path::PathBuf,
    process::ExitCode,
    task::Poll,
};

use capi::{ActionSource, catalogue};
use clap::{Args, ValueEnum, builder::NonEmptyStringValueParser};
use jiff::tz::TimeZone;
use kopru_core::Consent;
use sources::files::{DayOrder, DecimalMark, RowForms};

use self::{
    columns::{Columns, SaidOfColumns},
    rows::{FileReader, FileRow, ReadRow},
    sending::RowSender,
    tally::{Tally, counted},
};
use crate::{
    Error, NEGATIVE,
    ask::{Of, exit_code},
    control::{ApiCaller, StoreUse},
    fail,
    logging::{out, say},
    now_s,
    progress::ProgressLine,
    stop::stop_requested,
};

/// The arguments.
#[derive(Args)]
pub struct Arguments {
    /// The file: CSV, or JSON lines of Meta's events or of flat objects. It is read twice.
    #[arg(value_name = "FILE", value_parser = NonEmptyStringValueParser::new())]
    file: String,
    #[command(flatten)]
    of: Of,
    /// Where the events are from: up to 40 lower-case letters, digits, hyphens, underscores and points. Events are
    /// reported by import:ORIGIN from then on.
    #[arg(long, value_name = "ORIGIN", value_parser = NonEmptyStringValueParser::new())]
    origin: String,
    /// The dataset, if more than one takes events of sites, apps and shops.
    #[arg(long, value_name = "ID", value_parser = NonEmptyStringValueParser::new())]
    dataset: Option<String>,
    /// What columns are, where their names do not say it: COLUMN=KEY, with commas between several. A column is named or
    /// numbered from 1; a key is Meta's name (event_time, em, ph, value, order_id, ...), name for a name in full,
    /// time_of_day, or none.
    #[arg(long, value_name = "COLUMN=KEY", value_delimiter = ',', value_parser = NonEmptyStringValueParser::new())]
    map: Vec<String>,
    /// Import those rows alone in whose column this stands, as "Status=paid". Said several times of one column, any of
    /// them; of several columns, all.
    #[arg(long, value_name = "COLUMN=TEXT", value_parser = NonEmptyStringValueParser::new())]
    only: Vec<String>,
    /// The name of events that say none. [default: Purchase, where there is an amount]
    #[arg(long, value_name = "NAME", value_parser = NonEmptyStringValueParser::new())]
    event: Option<String>,
    /// Where events happened that do not say it: website, app, email, phone_call, chat, physical_store,
    /// system_generated or other.
    #[arg(long, value_name = "WHERE", value_parser = action_source)]
    action_source: Option<String>,
    /// The currency of amounts that say none. [default: that of the workspace]
    #[arg(long, value_name = "CODE", value_parser = currency)]
    currency: Option<String>,
    /// The time zone of times that say none. [default: that of the workspace]
    #[arg(long, value_name = "ZONE", value_parser = zone)]
    time_zone: Option<TimeZone>,
    /// Which stands first in 05/06/2026. [default: what other dates of the file say]
    #[arg(long, value_name = "ORDER")]
    dates: Option<Dates>,
    /// What stands before the decimals in 12.500. [default: what other amounts of the file say]
    #[arg(long, value_name = "SIGN")]
    decimal: Option<Decimals>,
    /// Whose consent the events carry: sender (whoever sends reports only people who agreed), or field:COLUMN (this
    /// column says yes or no). A workspace with consent = "required" wants it.
    #[arg(long, value_name = "WHOSE", value_parser = NonEmptyStringValueParser::new())]
    consent: Option<String>,
    /// Send purchases too that a sale of the CRM seems to be: same person, amount and day.
    #[arg(long)]
    send_doubtful: bool,
    /// Only say what would come of it.
    #[arg(long)]
    dry_run: bool,
    /// Do not ask whether the columns are right.
    #[arg(long)]
    yes: bool,
    /// Write the rows that are refused or set aside into a new file, each with the reason. Only its owner may read it.
    #[arg(long, value_name = "FILE")]
    refused: Option<PathBuf>,
    /// Answer in JSON.
    #[arg(long)]
    json: bool,
}

/// Which part of a date stands first.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Dates {
    DayFirst,
    MonthFirst,
}

/// What stands before decimals.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Decimals {
    Comma,
    Point,
}

fn zone(name: &str) -> Result<TimeZone, &'static str> {
    TimeZone::get(name).map_err(|_| "not a time zone; write for example Europe/Istanbul")
}

/// Where an event of a file can have happened: those of chats are made of the chats themselves.
fn known_sources() -> impl Iterator<Item = &'static str> {
    ActionSource::WORDS.iter().copied().filter(|word| *word != ActionSource::BusinessMessaging.as_str())
}

/// The same, for people.
fn action_sources() -> String {
    let words: Vec<&str> = known_sources().collect();
    let (last, others) = words.split_last().unwrap_or((&"", &[]));
    format!("{} or {last}", others.join(", "))
}

fn action_source(word: &str) -> Result<String, String> {
    if known_sources().any(|known| known == word) {
        Ok(word.to_owned())
    } else {
        Err(format!("known are {}", action_sources()))
    }
}

fn currency(code: &str) -> Result<String, &'static str> {
    let code = code.trim().to_ascii_uppercase();
    if catalogue::is_currency(&code) {
        Ok(code)
    } else {
        Err("not a currency of ISO 4217; write for example TRY")
    }
}

/// What is said of a row that may be a further product of an order.
const REPEATED: &str = "it has the id of the row above it and another amount, so only the first of them is told; if they are \
                        products of one order, add their amounts up in one row first";

/// How many rows are looked at to find out how they are written.
const SAMPLE_ROWS: usize = 1000;

/// Imports a file.
pub async fn command(arguments: &Arguments) -> ExitCode {
    match import(arguments).await {
        Ok(is_whole) => {
            if is_whole {
                ExitCode::SUCCESS
            } else {
                ExitCode::from(NEGATIVE)
            }
        }
        Err(error) => fail(exit_code(&error), &error),
    }
}

/// Whether every row is told, or was.
async fn import(arguments: &Arguments) -> Result<bool, Error> {
    let asking = arguments.of.read()?;
    let config = asking.config();
    let configured = config.workspaces.iter().find(|one| one.name == asking.workspace());
    let policy = configured.map(|one| &one.policy);
    if arguments.consent.is_none() && policy.is_some_and(|policy| policy.consent == Consent::Required) {
        return Err(Error::ImportConsent);
    }
    let forms = RowForms {
        zone: arguments.time_zone.clone().unwrap_or_else(|| asking.zone.clone()),
        order: arguments.dates.map(DayOrder::from),
        mark: arguments.decimal.map(DecimalMark::from),
        event_name: arguments.event.clone(),
        action_source: arguments.action_source.clone(),
        currency: arguments.currency.clone().or_else(|| policy.and_then(|policy| policy.currency.clone())),
        written_in: None,
    };
    let mut file = FileReader::open(&arguments.file)?;
    let sample = file.sample(SAMPLE_ROWS)?;
    let said =
        SaidOfColumns { map: &arguments.map, only: &arguments.only, consent: arguments.consent.as_deref() };
    let columns = Columns::of(&sample, &said, forms).inspect_err(|error| {
        // Without a column that is known, the first row may be a person's.
        if !matches!(error, Error::NoColumns) && !sample.header.is_empty() {
            say(&columns::listed(&sample.header));
        }
    })?;
    columns.described(&sample, now_s()).iter().for_each(|line| say(line));
    if !arguments.dry_run && !arguments.yes && !confirmed()? {
        return Err(Error::SayYesImport);
    }
    let parameters = [
        ("workspace", Some(asking.workspace())),
        ("origin", Some(arguments.origin.as_str())),
        ("dataset", arguments.dataset.as_deref()),
        ("consent", columns.consent_code().or(arguments.consent.as_deref())),
        ("send_doubtful", arguments.send_doubtful.then_some("true")),
        ("dry_run", arguments.dry_run.then_some("true")),
    ];
    let tally = Tally::new(arguments.refused.as_deref(), &sample)?;
    let caller = ApiCaller::open(config, StoreUse::First).await?;
    let by_service = caller.is_service();
    let mut sender = RowSender::new(&caller, &parameters, tally);
    let is_stopped = send_all(&mut sender, FileReader::again(&arguments.file, &sample)?, &columns).await?;
    let tally = sender.end().await?;
    if arguments.json {
        out!("{}", server::indented(&tally.json(arguments.dry_run, is_stopped).to_string()));
    } else {
        tally.print(arguments.dry_run, by_service);
    }
    if is_stopped {
        say("stopped before the end of the file; the same command goes on, and what was taken is known");
    }
    Ok(!is_stopped && tally.is_clean())
}

/// Sends all rows of a file; whether somebody has stopped it.
async fn send_all(
    sender: &mut RowSender<'_>,
    mut file: FileReader,
    columns: &Columns,
) -> Result<bool, Error> {
    let reader = columns.reader();
    let mut stop = std::pin::pin!(stop_requested());
    let mut line = ProgressLine::new("read");
    let started = std::time::Instant::now();
    let now_s = now_s();
    let mut before: Vec<String> = Vec::new();
    loop {
        let Some(row) = file.next()? else { return Ok(false) };
        let ReadRow { line: at, row, raw } = row;
        let event = match row {
            FileRow::Event(event) => Ok(event),
            FileRow::Broken(wrong) => Err(("", wrong)),
            FileRow::Cells(cells) => {
                if reader.continues(&cells, &before) {
                    sender.tally().continued();
                    continue;
                }
                if reader.is_sum(&cells) {
                    sender.tally().sum(at);
                    continue;
                }
                if reader.repeats(&cells, &before) {
                    sender.tally().advised(at, "", REPEATED);
                }
                let is_meant = columns.is_meant(&cells);
                let event = is_meant.then(|| reader.event(&cells, now_s));
                before = cells;
                let Some(event) = event else {
                    sender.tally().left_out();
                    continue;
                };
                event.map_err(|refused| (refused.key, refused.wrong))
            }
        };
        match event {
            Ok(event) => sender.add(at, raw, &event),
            Err((key, wrong)) => sender.tally().refused(at, &raw, key, wrong, None)?,
        }
        if sender.is_full() {
            sender.send().await?;
            let is_stopped = poll_fn(|context| Poll::Ready(stop.as_mut().poll(context).is_ready())).await;
            if is_stopped {
                return Ok(true);
            }
            line.show_with(file.progress(), &rate(sender.tally().rows(), started.elapsed()));
        }
    }
}

fn rate(rows: u64, elapsed: std::time::Duration) -> String {
    format!("{}, {:.0}/s", counted(rows), rows as f64 / elapsed.as_secs_f64().max(0.001))
}

/// Whether somebody at a terminal says yes.
fn confirmed() -> Result<bool, Error> {
    if !std::io::stdin().is_terminal() || !std::io::stderr().is_terminal() {
        return Ok(false);
    }
    let _ = write!(std::io::stderr(), "kopru: import these rows? [y/N] ");
    let mut answer = String::new();
    let read = std::io::stdin().lock().read_line(&mut answer);
    read.map_err(|cause| Error::Unreadable { name: "stdin".to_owned(), cause })?;
    Ok(["y", "yes", "e", "evet"].contains(&answer.trim().to_lowercase().as_str()))
}

impl From<Dates> for DayOrder {
    fn from(dates: Dates) -> Self {
        match dates {
            Dates::DayFirst => Self::DayFirst,
            Dates::MonthFirst => Self::MonthFirst,
        }
    }
}

impl From<Decimals> for DecimalMark {
    fn from(decimals: Decimals) -> Self {
        match decimals {
            Decimals::Comma => Self::Comma,
            Decimals::Point => Self::Point,
        }
    }
}
