//! `kopru keys`: by what programs call Kopru.

use std::process::ExitCode;

use clap::{Args, Subcommand, builder::NonEmptyStringValueParser};
use serde::Deserialize;
use serde_json::json;

use crate::{
    Error, NEGATIVE,
    ask::{Asking, Of, exit_code, local},
    fail,
    logging::{out, say},
    table::print_table,
};

/// The scope of keys that report events.
const EVENTS: &str = "events";

/// What can be done with API keys.
#[derive(Subcommand)]
pub enum KeysCommand {
    /// Lists the keys of a workspace, oldest first, also those that were revoked.
    ///
    /// The keys themselves are stored nowhere, and never shown again. Exits with 1 if there is none.
    ///
    /// Example: kopru keys list --json
    List(ListArguments),
    /// Makes a key and prints it, once: only its hash is stored.
    ///
    /// The key alone goes to stdout, where it is used to stderr. A running service takes it from then on.
    ///
    /// Example: kopru keys make web-shop --scope events --consent sender > web-shop.key
    ///
    /// Example: kopru keys make web-shop --scope events --consent field:marketing_consent --strict
    ///
    /// Example: kopru keys make reports --scope read
    Make(MakeArguments),
    /// Revokes a key: it opens nothing from then on.
    ///
    /// Exits with 1 if no key of this name holds.
    ///
    /// Example: kopru keys revoke web-shop
    Revoke(RevokeArguments),
}

/// The arguments of a list.
#[derive(Args)]
pub struct ListArguments {
    #[command(flatten)]
    of: Of,
    /// Answer in JSON.
    #[arg(long)]
    json: bool,
}

/// The arguments of making one.
#[derive(Args)]
pub struct MakeArguments {
    #[command(flatten)]
    of: Of,
    /// What people call it: up to 40 lower-case letters, digits and hyphens. No other key of the workspace that
    /// holds has this name.
    #[arg(value_name = "NAME", value_parser = NonEmptyStringValueParser::new())]
    name: String,
    /// What it opens: events (reporting events to the workspace's datasets), read (reading the management API),
    /// manage (changing by it as well). Several have commas between them.
    #[arg(long, value_name = "SCOPE", required = true, value_delimiter = ',', hide_possible_values = true,
          value_parser = [EVENTS, "read", "manage"])]
    scope: Vec<String>,
    /// Whose consent the events of a key with the scope events carry: sender (whoever sends reports only people who
    /// agreed), or field:NAME (the field of an event's custom_data that says yes or no).
    #[arg(long, value_name = "CONSENT", value_parser = NonEmptyStringValueParser::new())]
    consent: Option<String>,
    /// One bad event refuses its whole request, as Meta does; without this the others are taken.
    #[arg(long)]
    strict: bool,
    /// Answer in JSON.
    #[arg(long)]
    json: bool,
}

/// The arguments of revoking one.
#[derive(Args)]
pub struct RevokeArguments {
    #[command(flatten)]
    of: Of,
    /// The key's name.
    #[arg(value_name = "NAME", value_parser = NonEmptyStringValueParser::new())]
    name: String,
    /// Answer in JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Deserialize)]
struct ListedKey {
    name: String,
    scopes: Vec<String>,
    consent: Option<String>,
    strict: bool,
    made: String,
    revoked: Option<String>,
}

/// What is said of a key that was just made.
#[derive(Deserialize)]
struct ShownOnce {
    key: String,
}

/// What is said of a key that was to be revoked.
#[derive(Deserialize)]
struct WhenRevoked {
    revoked: Option<String>,
}

/// Does what is asked for.
pub async fn command(command: KeysCommand) -> ExitCode {
    let done = match command {
        KeysCommand::List(arguments) => list(&arguments).await,
        KeysCommand::Make(arguments) => make(&arguments).await,
        KeysCommand::Revoke(arguments) => revoke(&arguments).await,
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(NEGATIVE),
        Err(error) => fail(exit_code(&error), &error),
    }
}

/// Prints the keys; returns whether there is any.
async fn list(arguments: &ListArguments) -> Result<bool, Error> {
    let asking = arguments.of.read()?;
    let answer = asking.get("/api/v1/keys", &[]).await?;
    let keys: Vec<ListedKey> = answer.json()?;
    if arguments.json {
        out!("{}", server::indented(&answer.text));
        return Ok(!keys.is_empty());
    }
    if keys.is_empty() {
        out!("there is no key");
        return Ok(false);
    }
    let head = ["name", "scopes", "consent", "strict", "made", "revoked"].map(str::to_owned);
    let rows = keys.into_iter().map(|key| {
        let ListedKey { name, scopes, consent, strict, made, revoked } = key;
        let strict = if strict { "strict" } else { "" }.to_owned();
        let revoked = revoked.map_or_else(String::new, |at| local(&at, &asking.zone));
        let (consent, made) = (consent.unwrap_or_default(), local(&made, &asking.zone));
        [name, scopes.join(","), consent, strict, made, revoked]
    });
    let rows: Vec<_> = std::iter::once(head).chain(rows).collect();
    print_table(&rows, 0..0);
    Ok(true)
}

/// Makes a key and prints it.
async fn make(arguments: &MakeArguments) -> Result<bool, Error> {
    let MakeArguments { of, name, scope, consent, strict, json } = arguments;
    let asking = of.read()?;
    let wanted = json!({ "name": name, "scopes": scope, "consent": consent, "strict": strict });
    let answer = asking.post("/api/v1/keys", &wanted).await?;
    let ShownOnce { key } = answer.json()?;
    if *json {
        out!("{}", server::indented(&answer.text));
    } else {
        out!("{key}");
    }
    say("this key is not shown again: keep it where its program has its secrets");
    for line in where_used(&asking, scope) {
        say(&line);
    }
    if !answer.by_service {
        say("no service runs: it opens something when kopru runs");
    }
    Ok(true)
}

/// Where a key with these scopes is used, a line each.
fn where_used(asking: &Asking, scopes: &[String]) -> Vec<String> {
    let (config, workspace) = (asking.config(), asking.workspace());
    let mut lines = Vec::new();
    if scopes.iter().any(|scope| scope == EVENTS) {
        let configured = config.workspaces.iter().find(|one| one.name == workspace);
        let datasets = configured.iter().flat_map(|one| one.event_targets());
        let datasets: Vec<&str> = datasets.map(|target| target.dataset.as_str()).collect();
        let url = config.doors_url();
        lines.push(format!("base URL {url} in place of https://graph.facebook.com"));
        lines.push(match datasets.as_slice() {
            [] => format!(
                "no dataset of {workspace} takes events yet: list \"website\" under the routes of one"
            ),
            [only] => format!("dataset {only}"),
            all => format!("dataset one of {}", all.join(", ")),
        });
        lines.push("access token this key".to_owned());
    }
    if scopes.iter().any(|scope| scope != EVENTS) {
        let address = config.admin_listen;
        lines.push(format!(
            "management API http://{address}/api/v1/ of {workspace} alone, with the header Authorization: Bearer and \
             this key"
        ));
    }
    lines
}

/// Revokes a key; returns whether one of this name held.
async fn revoke(arguments: &RevokeArguments) -> Result<bool, Error> {
    let RevokeArguments { of, name, json } = arguments;
    let asking = of.read()?;
    let answer = asking.post("/api/v1/keys/revoke", &json!({ "name": name })).await?;
    let WhenRevoked { revoked } = answer.json()?;
    if *json {
        out!("{}", server::indented(&answer.text));
    } else if revoked.is_some() {
        out!("{name} is revoked");
    } else {
        out!("no key named {name} holds; kopru keys list names them");
    }
    Ok(revoked.is_some())
}
