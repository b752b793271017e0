//! `kopru backup`.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::{Args, builder::NonEmptyStringValueParser};
use jiff::Timestamp;
use store::{BackupMade, Clock};

use crate::{
    Error,
    ask::{exit_code, read_to_ask},
    config::Config,
    control,
    data_key::key_place,
    fail,
    logging::out,
    open::open_store,
    progress::ProgressLine,
};

/// The arguments.
#[derive(Args)]
pub struct Arguments {
    /// The file to write.
    #[arg(value_name = "FILE", value_parser = NonEmptyStringValueParser::new())]
    file: String,
    /// The configuration.
    #[arg(long, value_name = "CONFIG", default_value = "kopru.toml")]
    config: PathBuf,
    /// Replace the file if it is there.
    #[arg(long)]
    force: bool,
    /// Answer in JSON.
    #[arg(long)]
    json: bool,
}

/// Makes a backup.
pub async fn command(arguments: &Arguments) -> ExitCode {
    match back_up(arguments).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(exit_code(&error), &error),
    }
}

async fn back_up(arguments: &Arguments) -> Result<(), Error> {
    let Arguments { file, config, force, json } = arguments;
    let config = read_to_ask(config)?;
    // The service may have started in another folder.
    let unreadable = |cause| Error::Unreadable { name: file.clone(), cause };
    let file = std::path::absolute(file).map_err(unreadable)?;
    let mut line = ProgressLine::new("copied");
    let made = match control::back_up(&config, &file, *force, &mut line).await? {
        Some(made) => made,
        None => of_closed_store(&config, &file, *force, line).await?,
    };
    print(&made, &key_place(&config, &arguments.config), *json);
    Ok(())
}

/// Where no service runs.
async fn of_closed_store(
    config: &Config,
    file: &Path,
    force: bool,
    mut line: ProgressLine,
) -> Result<BackupMade, Error> {
    let store = open_store(config)?;
    let heard = Box::new(move |progress| line.show(progress));
    Ok(store.back_up(file, force, &Clock::system(), heard).await?)
}

fn print(made: &BackupMade, key: &str, json: bool) {
    let BackupMade { file, made_ms, bytes, key_fingerprint, replaced_ms } = made;
    let file = file.display();
    let time = |ms| Timestamp::from_millisecond(ms).map(|time| time.to_string()).unwrap_or_default();
    let (made, replaced) = (time(*made_ms), replaced_ms.map(time));
    if json {
        let answer = serde_json::json!({
            "file": file.to_string(), "made": made, "bytes": bytes, "replaced": replaced,
            "data_key": { "fingerprint": key_fingerprint, "place": key },
        });
        out!("{}", server::indented(&answer.to_string()));
        return;
    }
    out!("{file} holds the store as of {made} ({bytes} bytes)");
    if let Some(replaced) = replaced {
        out!("the backup of {replaced} that was there is replaced");
    }
    let key = match key.strip_prefix("env:") {
        Some(variable) => format!("the value of the environment variable {variable}"),
        None if key == "store.key" => "what store.key says in the configuration".to_owned(),
        None => key.to_owned(),
    };
    out!("it does not hold the data key, without which nothing in it can be read: keep {key}");
    out!("(fingerprint {key_fingerprint}) as well, and elsewhere");
}
