//! `kopru restore`.

use std::{path::PathBuf, process::ExitCode};

use clap::Args;
use jiff::Timestamp;
use store::{Clock, CopyProgress, Restore, RestoreDone, RestoreStep};

use crate::{
    Error, WRONG_USE,
    ask::exit_code,
    config::read_config,
    data_key::{existing_key, kept_key},
    fail,
    logging::out,
    progress::ProgressLine,
};

/// The arguments.
#[derive(Args)]
pub struct Arguments {
    /// The backup.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The configuration.
    #[arg(long, value_name = "CONFIG", default_value = "kopru.toml")]
    config: PathBuf,
    /// Put a store that is there aside, and say where.
    #[arg(long)]
    replace: bool,
    /// Answer in JSON.
    #[arg(long)]
    json: bool,
}

/// Restores a store.
pub fn command(arguments: &Arguments) -> ExitCode {
    match restore(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        // Stop the service first.
        Err(error @ Error::Store(store::Error::InUse(_))) => fail(WRONG_USE, &error),
        Err(error) => fail(exit_code(&error), &error),
    }
}

fn restore(arguments: &Arguments) -> Result<(), Error> {
    let Arguments { file, config, replace, json } = arguments;
    let config = read_config(config)?;
    let mut shown: Option<(RestoreStep, ProgressLine)> = None;
    let mut show = |step, progress: CopyProgress| {
        if shown.as_ref().is_none_or(|(before, _)| *before != step) {
            let what = match step {
                RestoreStep::Copying => "copied",
                RestoreStep::Checking => "checked",
            };
            shown = Some((step, ProgressLine::new(what)));
        }
        if let Some((_, line)) = &mut shown {
            line.show(progress);
        }
    };
    let (folder, clock) = (&config.store_path, Clock::system());
    let wanted =
        Restore { backup: file, folder, key: &existing_key(&config)?, replace: *replace, clock: &clock };
    let done = match store::restore(&wanted, &mut show) {
        // Made before the key was changed, perhaps.
        Err(store::Error::UnusableBackup { file, cause }) => {
            let kept = match &*cause {
                store::Error::WrongKey { sealed_with, .. } => kept_key(&config, sealed_with),
                _ => None,
            };
            let Some(kept) = kept else { return Err(store::Error::UnusableBackup { file, cause }.into()) };
            let done = store::restore(&Restore { key: &kept.key, ..wanted }, &mut show)?;
            kept.take_place()?;
            done
        }
        done => done?,
    };
    drop(shown);
    print(&done, &folder.display().to_string(), *json);
    Ok(())
}

fn print(done: &RestoreDone, folder: &str, json: bool) {
    let RestoreDone { made_ms, held, missing, aside } = done;
    let made = Timestamp::from_millisecond(*made_ms).map(|time| time.to_string()).unwrap_or_default();
    let aside = aside.as_ref().map(|aside| aside.display().to_string());
    if json {
        let answer = serde_json::json!({
            "folder": folder, "made": made, "records": held, "missing": missing, "aside": aside,
        });
        out!("{}", server::indented(&answer.to_string()));
        return;
    }
    out!("{folder} holds the store as of {made} again, with {held} incoming records");
    match missing {
        None => out!("what came in since then is missing; how much that is cannot be known here"),
        Some(0) => out!("nothing is missing that had come in since then"),
        Some(missing) => out!(
            "{missing} records that came in since then are missing: their senders will not send them again"
        ),
    }
    if let Some(aside) = aside {
        out!("what was there before is in {aside}");
    }
    out!("events that may have left since then wait for your word once `kopru serve` runs:");
    out!("kopru events list --reason held_after_restore");
}
