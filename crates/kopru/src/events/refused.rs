//! `kopru events refused`.

use clap::Args;
use jiff::tz::TimeZone;
use serde::Deserialize;

use crate::{
    Error,
    ask::{Of, local},
    logging::out,
};

/// The arguments of the list.
#[derive(Args)]
pub struct RefusedArguments {
    #[command(flatten)]
    of: Of,
    /// How many at most, up to 200.
    #[arg(long, value_name = "COUNT", default_value_t = 50)]
    limit: usize,
    /// Only those older than the one of this number: the next page.
    #[arg(long, value_name = "NUMBER")]
    after: Option<u64>,
    /// Answer in JSON.
    #[arg(long)]
    json: bool,
}

/// An event that was not taken, as the API shows it.
#[derive(Deserialize)]
struct RefusedShown {
    number: u64,
    received: Option<String>,
    key: Option<String>,
    event_name: Option<String>,
    event_id: Option<String>,
    subcode: Option<u32>,
    title: Option<String>,
    field: Option<String>,
    message: String,
}

impl RefusedShown {
    /// What came when, by which key; then what is wrong with it, where, and how to mend it.
    fn lines(&self, zone: &TimeZone) -> [String; 2] {
        let or_none = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
        let received = self.received.as_deref().map_or_else(|| "-".to_owned(), |at| local(at, zone));
        let (key, name, id) = (or_none(&self.key), or_none(&self.event_name), or_none(&self.event_id));
        let title = self.title.as_ref().map(|title| format!("{title}: ")).unwrap_or_default();
        let field = self.field.as_ref().map(|field| format!("{field}: ")).unwrap_or_default();
        let subcode = self.subcode.map(|subcode| format!(" ({subcode})")).unwrap_or_default();
        [format!("{received}  key {key}  {name}  {id}"), format!("  {title}{field}{}{subcode}", self.message)]
    }
}

/// Prints the events that were not taken; returns whether there is any.
pub async fn refused(arguments: &RefusedArguments) -> Result<bool, Error> {
    let asking = arguments.of.read()?;
    let mut parameters = vec![("limit", arguments.limit.to_string())];
    parameters.extend(arguments.after.map(|after| ("after", after.to_string())));
    let answer = asking.get("/api/v1/refused", &parameters).await?;
    let refused: Vec<RefusedShown> = answer.json()?;
    if arguments.json {
        out!("{}", server::indented(&answer.text));
        return Ok(!refused.is_empty());
    }
    if refused.is_empty() {
        out!("no event was refused in the last seven days, or none is kept");
    }
    for line in refused.iter().flat_map(|one| one.lines(&asking.zone)) {
        out!("{line}");
    }
    if let Some(last) = refused.last().filter(|_| refused.len() == arguments.limit) {
        out!("for older ones add --after {}", last.number);
    }
    Ok(!refused.is_empty())
}
