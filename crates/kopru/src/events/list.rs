//! `kopru events list` and `show`.

use clap::{Args, builder::NonEmptyStringValueParser};

use super::{Filter, event::ShownEvent};
use crate::{
    Error,
    ask::{Of, local},
    logging::out,
    table::print_table,
};

/// The arguments of a list.
#[derive(Args)]
pub struct Arguments {
    #[command(flatten)]
    of: Of,
    #[command(flatten)]
    filter: Filter,
    /// How many at most, up to 1000.
    #[arg(long, value_name = "COUNT", default_value_t = 50)]
    limit: usize,
    /// Only those older than the event with this id: the next page.
    #[arg(long, value_name = "EVENT_ID")]
    after: Option<String>,
    /// Answer in JSON.
    #[arg(long)]
    json: bool,
}

/// The arguments of showing one.
#[derive(Args)]
pub struct ShowArguments {
    #[command(flatten)]
    of: Of,
    /// The event's id.
    #[arg(value_name = "EVENT_ID", value_parser = NonEmptyStringValueParser::new())]
    event_id: String,
    /// Answer in JSON.
    #[arg(long)]
    json: bool,
}

/// Prints a list; returns whether anything is on it.
pub async fn list(arguments: &Arguments) -> Result<bool, Error> {
    let asking = arguments.of.read()?;
    let mut parameters = arguments.filter.pairs();
    parameters.push(("limit", arguments.limit.to_string()));
    parameters.extend(arguments.after.clone().map(|after| ("after", after)));
    let answer = asking.get("/api/v1/conversions", &parameters).await?;
    let events: Vec<ShownEvent> = answer.json()?;
    if arguments.json {
        out!("{}", server::indented(&answer.text));
        return Ok(!events.is_empty());
    }
    if events.is_empty() {
        out!("no event matches");
    } else {
        let head = std::iter::once(ShownEvent::HEAD.map(str::to_owned));
        let rows: Vec<_> = head.chain(events.iter().map(|event| event.cells(&asking.zone))).collect();
        print_table(&rows, 0..0);
    }
    match (&answer.stopped, events.last()) {
        (Some((to, after)), _) => {
            let to = local(to, &asking.zone);
            out!("looked back to {to}; for older ones add --after {after}");
        }
        (None, Some(last)) if events.len() == arguments.limit => {
            out!("for older ones add --after {}", last.event_id);
        }
        _ => {}
    }
    Ok(!events.is_empty())
}

/// Prints one event; returns whether there is one.
pub async fn show(arguments: &ShowArguments) -> Result<bool, Error> {
    let asking = arguments.of.read()?;
    let parameters = [("event_id", arguments.event_id.clone())];
    let answer = asking.get("/api/v1/conversions", &parameters).await?;
    let events: Vec<ShownEvent> = answer.json()?;
    if arguments.json {
        out!("{}", server::indented(&answer.text));
        return Ok(!events.is_empty());
    }
    let Some(event) = events.first() else {
        out!(
            "no event has this id; an event that came as a repetition is kept under the id of its first report: \
             kopru events list --event NAME finds that"
        );
        return Ok(false);
    };
    for (name, value) in event.parts(&asking.zone) {
        out!("{name:<10}{value}");
    }
    if let Some(body) = event.body() {
        out!("body\n{body}");
    }
    Ok(true)
}
