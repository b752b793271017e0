//! What commands that ask the management API have in common.

use std::path::{Path, PathBuf};

use clap::{Args, builder::NonEmptyStringValueParser};
use jiff::{Timestamp, tz::TimeZone};
use reqwest::{Method, StatusCode};
use serde::de::DeserializeOwned;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::{
    Error, NEGATIVE, WRONG_USE,
    config::Config,
    config::{read_config, read_config_with},
    control::{self, ApiAnswer, service_runs},
    put_aside::say_what_still_knows,
};

/// The configuration and the workspace of a command.
#[derive(Args)]
pub struct Of {
    /// The configuration.
    #[arg(long, value_name = "FILE", default_value = "kopru.toml")]
    config: PathBuf,
    /// The workspace, if the configuration has more than one.
    #[arg(long, value_name = "NAME", value_parser = NonEmptyStringValueParser::new())]
    workspace: Option<String>,
}

/// The management API, as a command asks it about one workspace.
pub struct Asking {
    config: Config,
    workspace: String,
    /// Where its times are shown.
    pub zone: TimeZone,
}

impl Of {
    /// Reads the configuration and finds the workspace.
    pub fn read(&self) -> Result<Asking, Error> {
        let config = read_to_ask(&self.config)?;
        let names: Vec<&str> = config.workspaces.iter().map(|workspace| workspace.name.as_str()).collect();
        let workspace = match (&self.workspace, names.as_slice()) {
            (Some(workspace), _) => workspace.clone(),
            (None, [only]) => (*only).to_owned(),
            (None, _) => return Err(Error::WhichWorkspace(names.join(", "))),
        };
        let zone = config.workspaces.iter().find(|one| one.name == workspace);
        let zone = zone.map_or(TimeZone::UTC, |one| one.time_zone.clone());
        Ok(Asking { config, workspace, zone })
    }
}

impl Of {
    /// Reads the configuration, and gives the name that was said, whether the configuration has it or not.
    pub fn read_any(&self) -> Result<(Config, Option<String>), Error> {
        Ok((read_to_ask(&self.config)?, self.workspace.clone()))
    }
}

/// Reads a configuration to ask the service that runs with it: its secrets may stand in an environment that
/// the command does not have, and are not needed. Without a service they are.
pub fn read_to_ask(file: &Path) -> Result<Config, Error> {
    let with_secrets = read_config(file);
    if with_secrets.is_ok() {
        return with_secrets;
    }
    // As long as any secret must be, of the letters of any key, and each another one.
    let stand_in = |variable: &str| Some(capi::hex(&Sha256::digest(variable.as_bytes())));
    let without =
        read_config_with(file, &|variable| std::env::var(variable).ok().or_else(|| stand_in(variable)));
    match without {
        Ok(config) if service_runs(&config) => Ok(config),
        _ => with_secrets,
    }
}

impl Asking {
    /// The configuration.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The name of the workspace.
    pub fn workspace(&self) -> &str {
        &self.workspace
    }

    /// What the management API says of the workspace.
    pub async fn get(&self, path: &str, parameters: &[(&str, String)]) -> Result<ApiAnswer, Error> {
        self.call(Method::GET, path, parameters, None).await
    }

    /// Has the management API do something with the workspace.
    pub async fn post(&self, path: &str, body: &Value) -> Result<ApiAnswer, Error> {
        self.call(Method::POST, path, &[], Some(body)).await
    }

    async fn call(
        &self,
        method: Method,
        path: &str,
        parameters: &[(&str, String)],
        body: Option<&Value>,
    ) -> Result<ApiAnswer, Error> {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("workspace", &self.workspace).extend_pairs(parameters);
        call(&self.config, method, &format!("{path}?{}", query.finish()), body).await
    }
}

/// Asks the management API; what it refuses is an error.
pub async fn call(
    config: &Config,
    method: Method,
    path_and_query: &str,
    body: Option<&Value>,
) -> Result<ApiAnswer, Error> {
    let answer = control::call(config, method, path_and_query, body).await?;
    if answer.status.is_success() {
        say_what_still_knows(config, path_and_query, body);
        return Ok(answer);
    }
    Err(refused(answer.status, &answer.text))
}

/// What the management API has refused, as an error.
pub fn refused(status: StatusCode, text: &str) -> Error {
    let said: Value = serde_json::from_str(text).unwrap_or_default();
    if let Some(problems) = said.get("problems").and_then(Value::as_array) {
        let lines = problems.iter().filter_map(Value::as_str).map(str::to_owned);
        return Error::RefusedConfig(lines.collect());
    }
    let message = said.get("error").and_then(Value::as_str);
    Error::Refused {
        is_wrong_use: status.is_client_error(),
        message: message.map_or_else(|| format!("the management API answered {status}"), by_option),
    }
}

/// Keys of requests that are options of commands of the same name.
const OPTIONS: [&str; 15] = [
    "workspace",
    "phone",
    "email",
    "contact",
    "deal",
    "state",
    "reason",
    "event",
    "dataset",
    "rule",
    "since",
    "until",
    "consent",
    "strict",
    "origin",
];

/// What the management API says of a key of its request, said of the option that it came from.
fn by_option(message: &str) -> String {
    let key = message.split_once(": ").map(|(key, _)| key);
    match key {
        Some(key) if OPTIONS.contains(&key) => format!("--{message}"),
        Some("name") => message.replacen("name", "NAME", 1),
        Some("scopes") => message.replacen("scopes", "--scope", 1),
        Some("event_id") => message.replacen("event_id", "EVENT_ID", 1),
        _ => message.to_owned(),
    }
}

impl ApiAnswer {
    /// The body, as what it is.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Error> {
        serde_json::from_str(&self.text).map_err(Error::Summary)
    }
}

/// The exit code of a command that could not do what it was asked for.
pub fn exit_code(error: &Error) -> u8 {
    match error {
        Error::Config(_)
        | Error::RefusedConfig(_)
        | Error::WhichWorkspace(_)
        | Error::WhichEvents
        | Error::SayYes
        | Error::SayYesImport
        | Error::NoImport { .. }
        | Error::ImportConsent
        | Error::ImportNeeds(..)
        | Error::NoColumns
        | Error::ColumnMissing(_)
        | Error::MapForm(_)
        | Error::OnlyForm(_)
        | Error::MapKey(_)
        | Error::MapColumn(_)
        | Error::SayYesErase(_)
        | Error::Whom
        | Error::WhomLine(_)
        | Error::WhichToErase
        | Error::OtherName { .. }
        | Error::UnknownFormerName { .. }
        | Error::Refused { is_wrong_use: true, .. }
        | Error::Key { .. }
        | Error::KeyMissing { .. }
        | Error::KeyUnreadable { .. }
        | Error::BackupKeyMissing { .. }
        | Error::NewKey { .. }
        | Error::KeyGiven => WRONG_USE,
        Error::Store(error) if error.is_wrong_use() => WRONG_USE,
        _ => NEGATIVE,
    }
}

/// A time of the API, as people of a zone read it.
pub fn local(time: &str, zone: &TimeZone) -> String {
    time.parse::<Timestamp>().map_or_else(
        |_| time.to_owned(),
        |at| at.to_zoned_datetime(zone.clone()).strftime("%Y-%m-%d %H:%M").to_string(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_of_a_key_is_said_of_its_option() {
        for (said, shown) in [
            ("phone: give a phone number", "--phone: give a phone number"),
            ("since: 2026 is not before until (2025)", "--since: 2026 is not before until (2025)"),
            ("event_id: give at most 5", "EVENT_ID: give at most 5"),
            ("name: give 1 to 40 letters", "NAME: give 1 to 40 letters"),
            ("scopes: give a list", "--scope: give a list"),
            ("consent: give sender", "--consent: give sender"),
            ("the store cannot be used at the moment", "the store cannot be used at the moment"),
            (
                "acme is still in the configuration: take it out",
                "acme is still in the configuration: take it out",
            ),
        ] {
            assert_eq!(by_option(said), shown);
        }
    }
}
