//! `kopru data-key rotate`.

use std::{path::PathBuf, process::ExitCode, sync::Arc};

use clap::{Args, Subcommand};
use reqwest::Method;
use serde_json::json;
use store::{DataKey, Store};

use super::{KeptKey, key_place};
use crate::{
    Error,
    ask::{call, exit_code, read_to_ask},
    config::Config,
    control::service_runs,
    fail,
    logging::out,
    open::open_store,
};

/// What can be done with the data key.
#[derive(Subcommand)]
pub enum DataKeyCommand {
    /// Wraps the keys of all businesses with a new data key. What they seal is not written anew.
    ///
    /// Without --to a new key is made in the file beside the store, and the old one is kept in a file named
    /// after its fingerprint: backups made before need it. With --to the new key is yours, and store.key has
    /// to name it before the next start. Works while the service runs or not.
    ///
    /// Example: kopru data-key rotate --to env:KOPRU_DATA_KEY_2
    Rotate(RotateArguments),
}

/// The arguments.
#[derive(Args)]
pub struct RotateArguments {
    /// The environment variable that holds the new key, 64 hexadecimal digits; `openssl rand -hex 32` makes
    /// one.
    #[arg(long, value_name = "env:NAME")]
    to: Option<String>,
    /// The configuration.
    #[arg(long, value_name = "CONFIG", default_value = "kopru.toml")]
    config: PathBuf,
    /// Answer in JSON.
    #[arg(long)]
    json: bool,
}

/// Does what is asked for.
pub async fn command(command: DataKeyCommand) -> ExitCode {
    let DataKeyCommand::Rotate(arguments) = command;
    match rotate(&arguments).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(exit_code(&error), &error),
    }
}

async fn rotate(arguments: &RotateArguments) -> Result<(), Error> {
    let config = read_to_ask(&arguments.config)?;
    let given = arguments.to.as_deref().map(given_key).transpose()?;
    let Some(key) = given else {
        if config.data_key.is_some() {
            return Err(Error::KeyGiven);
        }
        let made = DataKey::generate().map_err(Error::KeyNotMade)?;
        let sealed = SealedStore::of(&config)?;
        // There before the store needs it. Whoever opens the store after a crash finds it by its fingerprint.
        let kept = KeptKey::keep(&config, made)?;
        sealed.wrap_with(&config, &kept.key).await?;
        let before = kept.take_place()?.map(|before| before.display().to_string());
        print(&kept.key, &key_place(&config, &arguments.config), before.as_deref(), arguments.json);
        return Ok(());
    };
    SealedStore::of(&config)?.wrap_with(&config, &key).await?;
    let to = arguments.to.as_deref().unwrap_or_default();
    print(&key, to, None, arguments.json);
    Ok(())
}

/// Reads `env:NAME`. A key on the command line could be read by every process of the machine.
fn given_key(to: &str) -> Result<DataKey, Error> {
    let wrong = |problem| Error::NewKey { given: to.to_owned(), problem };
    let Some(name) = to.strip_prefix("env:") else {
        // Not repeated: it may be the key itself.
        let problem = "others can read what stands on a command line; put the key into the environment and \
                       write env:NAME";
        return Err(Error::NewKey { given: "…".to_owned(), problem });
    };
    let hex = std::env::var(name).map_err(|_| wrong("this environment variable is not set; set it"))?;
    DataKey::from_hex(&hex).map_err(|_| {
        wrong("a data key is 64 hexadecimal digits (32 bytes); `openssl rand -hex 32` makes one")
    })
}

/// A store whose data key is to be changed.
enum SealedStore {
    /// A service has it open.
    Served,
    /// Open here.
    Open(Arc<dyn Store>),
}

impl SealedStore {
    fn of(config: &Config) -> Result<Self, Error> {
        Ok(if service_runs(config) { Self::Served } else { Self::Open(open_store(config)?) })
    }

    /// Wraps all keys anew.
    async fn wrap_with(self, config: &Config, key: &DataKey) -> Result<(), Error> {
        match self {
            Self::Served => {
                let wanted = json!({ "key": *key.to_hex() });
                call(config, Method::POST, "/api/v1/data-key", Some(&wanted)).await?;
            }
            Self::Open(store) => store.rotate_data_key(key).await?,
        }
        Ok(())
    }
}

fn print(key: &DataKey, place: &str, before: Option<&str>, json: bool) {
    let fingerprint = key.fingerprint();
    if json {
        let answer = json!({ "fingerprint": fingerprint, "place": place, "before": before });
        out!("{}", server::indented(&answer.to_string()));
        return;
    }
    out!("the store is sealed with the data key {fingerprint} (its fingerprint) from {place}");
    if let Some(before) = before {
        out!("the key of before is kept in {before}: backups made before need it, nothing else does");
    } else {
        out!("set store.key = \"{place}\" before the next start; backups made before need the old key");
    }
}
