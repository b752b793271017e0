//! `kopru events retry` and `drop`.

use clap::Args;
use serde_json::Value;

use super::{Count, Filter};
use crate::{Error, ask::Of, logging::out};

/// The arguments of a change.
#[derive(Args)]
pub struct Arguments {
    #[command(flatten)]
    of: Of,
    #[command(flatten)]
    filter: Filter,
    /// Every event, where nothing else says which.
    #[arg(long)]
    all: bool,
    /// Do it; without this it is only counted.
    #[arg(long, conflicts_with = "dry_run")]
    yes: bool,
    /// Count what would come of it, and change nothing.
    #[arg(long)]
    dry_run: bool,
    /// Answer in JSON.
    #[arg(long)]
    json: bool,
}

/// A change.
#[derive(Clone, Copy)]
pub struct EventChange {
    path: &'static str,
    begun: &'static str,
}

/// Trying again.
pub const RETRY: EventChange =
    EventChange { path: "/api/v1/conversions/retry", begun: "they are tried again" };
/// Dropping.
pub const DROP: EventChange = EventChange { path: "/api/v1/conversions/drop", begun: "they are dropped" };

/// Counts, and does it if that was said; returns whether anything matched.
pub async fn change(arguments: &Arguments, change: EventChange) -> Result<bool, Error> {
    let Arguments { of, filter, all, yes, json, .. } = arguments;
    let mut object = filter.object();
    if object.is_empty() && !all {
        return Err(Error::WhichEvents);
    }
    object.insert("all".to_owned(), (*all).into());
    object.insert("dry_run".to_owned(), (!yes).into());
    let answer = of.read()?.post(change.path, &Value::Object(object)).await?;
    let count: Count = answer.json()?;
    // A count that ended early may have missed those that are meant.
    let is_any = count.matched > 0 || !count.done;
    if *json {
        out!("{}", server::indented(&answer.text));
    } else {
        count.lines().iter().for_each(|line| out!("{line}"));
        if *yes && count.changes() {
            out!("{}", change.begun);
        }
    }
    if *yes && count.changes() && !answer.by_service {
        crate::logging::say("no service runs: this is kept, and takes effect when kopru runs");
    }
    if is_any && !arguments.yes && !arguments.dry_run {
        return Err(Error::SayYes);
    }
    Ok(is_any)
}
