//! `kopru restore`.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

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
    put_aside::STILL_KNOWS,
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
    // What is said of both holds wherever it is read.
    let absolute = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let (file, folder) = (&absolute(file), &absolute(&config.store_path));
    let mut shown: Option<(RestoreStep, ProgressLine)> = None;
    let mut show = |step, progress: CopyProgress| {
        if shown.as_ref().is_none_or(|(before, _)| *before != step) {
            let what = match step {
                RestoreStep::Verifying => "verified",
                RestoreStep::Copying => "copied",
                RestoreStep::Checking => "checked",
            };
            shown = Some((step, ProgressLine::new(what)));
        }
        if let Some((_, line)) = &mut shown {
            line.show(progress);
        }
    };
    let clock = Clock::system();
    let wanted =
        Restore { backup: file, folder, key: &existing_key(&config)?, replace: *replace, clock: &clock };
    let (done, changed) = match store::restore(&wanted, &mut show) {
        // Made before the key was changed, perhaps.
        Err(store::Error::UnusableBackup { file, cause }) => {
            let kept = match &*cause {
                store::Error::WrongKey { sealed_with, .. } => kept_key(&config, sealed_with),
                _ => None,
            };
            let Some(kept) = kept else { return Err(store::Error::UnusableBackup { file, cause }.into()) };
            let done = store::restore(&Restore { key: &kept.key, ..wanted }, &mut show)?;
            let newer = kept.take_place()?;
            (done, Some(ChangedKey { fingerprint: kept.key.fingerprint(), place: kept.place, newer }))
        }
        done => (done?, None),
    };
    drop(shown);
    let folder = folder.display().to_string();
    if *json {
        print_json(&done, changed.as_ref(), &folder);
    } else {
        print(&done, changed.as_ref(), &folder);
    }
    Ok(())
}

/// The data key of a backup that was made before the key was changed.
struct ChangedKey {
    fingerprint: String,
    /// Where it is now.
    place: PathBuf,
    /// Where the one is that was there.
    newer: Option<PathBuf>,
}

fn time(ms: i64) -> String {
    Timestamp::from_millisecond(ms).map(|time| time.to_string()).unwrap_or_default()
}

fn print_json(done: &RestoreDone, changed: Option<&ChangedKey>, folder: &str) {
    let RestoreDone { made_ms, held, missing, aside } = done;
    let aside = aside.as_ref().map(|aside| aside.display().to_string());
    let changed = changed.map(|ChangedKey { fingerprint, place, newer }| {
        serde_json::json!({ "fingerprint": fingerprint, "place": place, "newer": newer })
    });
    let answer = serde_json::json!({
        "folder": folder, "made": time(*made_ms), "records": held, "missing": missing, "aside": aside,
        "data_key": changed,
    });
    out!("{}", server::indented(&answer.to_string()));
}

fn print(done: &RestoreDone, changed: Option<&ChangedKey>, folder: &str) {
    let RestoreDone { made_ms, held, missing, aside } = done;
    out!("{folder} holds the store as of {} again, with {held} incoming records", time(*made_ms));
    match missing {
        None => out!("what came in since then is missing; how much that is cannot be known here"),
        Some(0) => out!("nothing is missing that had come in since then"),
        Some(missing) => out!(
            "{missing} records that came in since then are missing: their senders will not send them again"
        ),
    }
    if let Some(aside) = aside {
        out!("what was there before is in {}", aside.display());
        out!("{STILL_KNOWS}");
    }
    if let Some(ChangedKey { fingerprint, place, newer }) = changed {
        out!(
            "the backup is older than the present data key: the key of then, {fingerprint} (its fingerprint),"
        );
        out!("is in {} again, and opens the store", place.display());
        if let Some(newer) = newer {
            out!(
                "the key that was there is kept in {}: backups that were made with it need it",
                newer.display()
            );
        }
        out!("if nobody may have the old key, change it again: kopru data-key rotate");
    }
    out!("events that may have left since then wait for your word once `kopru serve` runs:");
    out!("kopru events list --reason held_after_restore");
}
