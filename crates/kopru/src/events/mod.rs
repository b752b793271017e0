//! `kopru events`: what stands still or has ended, and what to do with it.

mod change;
mod count;
mod event;
mod list;
mod refused;

use std::process::ExitCode;

use clap::{Args, Subcommand, builder::NonEmptyStringValueParser};
use serde_json::{Map, Value};

use crate::{NEGATIVE, ask::exit_code, fail};
pub use {count::Count, event::ShownEvent};

/// What can be done with events.
#[derive(Subcommand)]
pub enum EventsCommand {
    /// Lists events, newest first.
    ///
    /// Exits with 1 if there is none.
    ///
    /// Example: kopru events list --state failed --since 2026-05-28
    List(list::Arguments),
    /// Shows all that is known of one event.
    ///
    /// Example: kopru events show e06e8d058699c69289d9f77f976f9133
    Show(list::ShowArguments),
    /// Lists events that were not taken, newest first: when they came, with which key, and how to mend them.
    ///
    /// Those of the last seven days, as far as they are kept: up to 60 a minute of a dataset. Shows nothing of a
    /// person. Exits with 1 if there is none.
    ///
    /// Example: kopru events refused --limit 10
    Refused(refused::RefusedArguments),
    /// Tries events again: what waits, was not sent or was refused is decided anew, and what is queued
    /// leaves now.
    ///
    /// What Meta has or is being told is left alone. Exits with 1 if nothing matches, with 2 if --yes is
    /// missing.
    ///
    /// Example: kopru events retry --reason refused_by_meta --since 2026-05-28 --yes
    Retry(change::Arguments),
    /// Drops events that wait or are queued: they are not sent.
    ///
    /// What Meta is being told is dropped if it turns out that Meta was not told. A retry takes it back.
    /// Exits with 1 if nothing matches, with 2 if --yes is missing.
    ///
    /// Example: kopru events drop --deal 5550001 --dry-run
    Drop(change::Arguments),
}

/// Which events are meant.
#[derive(Args)]
pub struct Filter {
    /// Only events with these ids.
    #[arg(value_name = "EVENT_ID", value_parser = NonEmptyStringValueParser::new())]
    ids: Vec<String>,
    /// In one of these states: queued, waiting, accepted, duplicate, suppressed, failed.
    #[arg(long, value_name = "STATE", value_parser = NonEmptyStringValueParser::new(), value_delimiter = ',')]
    state: Vec<String>,
    /// For one of these reasons, such as refused_by_meta or no_click.
    #[arg(long, value_name = "REASON", value_parser = NonEmptyStringValueParser::new(), value_delimiter = ',')]
    reason: Vec<String>,
    /// Of this name, such as Purchase.
    #[arg(long, value_name = "NAME", value_parser = NonEmptyStringValueParser::new())]
    event: Option<String>,
    /// For this dataset.
    #[arg(long, value_name = "ID", value_parser = NonEmptyStringValueParser::new())]
    dataset: Option<String>,
    /// Of this rule.
    #[arg(long, value_name = "ID", value_parser = NonEmptyStringValueParser::new())]
    rule: Option<String>,
    /// Of this deal, by its id in the CRM.
    #[arg(long, value_name = "ID", value_parser = NonEmptyStringValueParser::new())]
    deal: Option<String>,
    /// Happened at this time or later: a day, which begins at midnight where the business is, or a time with
    /// its offset, as 2026-05-28T20:26:40+03:00.
    #[arg(long, value_name = "TIME", value_parser = NonEmptyStringValueParser::new())]
    since: Option<String>,
    /// Happened before this time.
    #[arg(long, value_name = "TIME", value_parser = NonEmptyStringValueParser::new())]
    until: Option<String>,
}

impl Filter {
    /// As parameters of the API.
    fn pairs(&self) -> Vec<(&'static str, String)> {
        let lists = [("event_id", &self.ids), ("state", &self.state), ("reason", &self.reason)];
        let lists = lists.into_iter().flat_map(|(key, values)| values.iter().map(move |one| (key, one)));
        let single = [
            ("event", &self.event),
            ("dataset", &self.dataset),
            ("rule", &self.rule),
            ("deal", &self.deal),
            ("since", &self.since),
            ("until", &self.until),
        ];
        let single = single.into_iter().filter_map(|(key, value)| Some((key, value.as_ref()?)));
        lists.chain(single).map(|(key, value)| (key, value.clone())).collect()
    }

    /// As an object of the API.
    fn object(&self) -> Map<String, Value> {
        let mut object: Map<String, Value> = Map::new();
        for (key, value) in self.pairs() {
            if let Value::Array(values) = object.entry(key).or_insert_with(|| Value::Array(Vec::new())) {
                values.push(value.into());
            }
        }
        object
    }
}

/// Does what is asked for.
pub async fn command(command: EventsCommand) -> ExitCode {
    let done = match command {
        EventsCommand::List(arguments) => list::list(&arguments).await,
        EventsCommand::Show(arguments) => list::show(&arguments).await,
        EventsCommand::Refused(arguments) => refused::refused(&arguments).await,
        EventsCommand::Retry(arguments) => change::change(&arguments, change::RETRY).await,
        EventsCommand::Drop(arguments) => change::change(&arguments, change::DROP).await,
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(NEGATIVE),
        Err(error) => fail(exit_code(&error), &error),
    }
}
