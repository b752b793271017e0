//! `kopru serve`.

use std::{io::Write, path::Path, process::ExitCode, sync::Arc, time::Duration};

use sha2::{Digest, Sha256};
use store::{Clock, Store, StoreState};
use tokio::sync::mpsc;

use crate::{
    Error, NEGATIVE, WRONG_USE,
    ask::exit_code,
    config::{Config, read_config},
    fail, figures,
    hang_up::{HangUps, Reloads, log_hooks},
    open::open_or_make_store,
    run::Running,
    stop::stop_requested,
};

/// How often serve looks whether the store can still be written.
const LOOK_AT_STORE_EVERY: Duration = Duration::from_secs(1);
/// Where the hash of a made admin token is kept.
const ADMIN_TOKEN_HASH: &str = "admin_token_sha256";

pub async fn command(file: &Path) -> ExitCode {
    let config = match read_config(file) {
        Ok(config) => config,
        Err(error) => return fail(WRONG_USE, &error),
    };
    for notice in &config.notices {
        tracing::warn!("{notice}");
    }
    survive_file_limits();
    match serve(file, config).await {
        Ok(()) => ExitCode::SUCCESS,
        Err((code, error)) => fail(code, &error),
    }
}

/// A limit on the size of files ends a process without a word, unless it takes the signal: then the
/// write fails, and the store says so.
fn survive_file_limits() {
    #[cfg(unix)]
    {
        /// `SIGXFSZ` of Linux (but for MIPS), macOS and the BSDs.
        const FILE_SIZE_EXCEEDED: i32 = 25;
        let kind = tokio::signal::unix::SignalKind::from_raw(FILE_SIZE_EXCEEDED);
        if let Err(error) = tokio::signal::unix::signal(kind) {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "a limit on the size of files would end the process without a word"
            );
        }
    }
}

/// Returns when the disk has failed or the writer is gone, with what to say. A full disk recovers by
/// itself. Going on would only refuse everything: whoever supervises the process starts it again, and it
/// reads back what is really there.
async fn breaks(store: &dyn Store) -> &'static str {
    let disk_fails = async {
        while store.state() != StoreState::Broken {
            tokio::time::sleep(LOOK_AT_STORE_EVERY).await;
        }
    };
    tokio::select! {
        () = disk_fails => "the disk failed to write the store; start again to see what is there",
        () = store.writer_ended() => "the store's writer has ended; start again, and please report what is logged",
    }
}

async fn serve(file: &Path, config: Config) -> Result<(), (u8, Error)> {
    // From here on the signal ends nothing.
    let hang_ups = HangUps::listen();
    // Before the store is opened: it already has something to say.
    figures::recorder().map_err(|error| (NEGATIVE, error))?;
    let store = open_or_make_store(&config).map_err(|error| (exit_code(&error), error))?;
    let token = AdminToken::of(&config, &*store).await.map_err(|error| (NEGATIVE, error.into()))?;
    let (hooks, folder) = (config.hook_addresses(), config.store_path.clone());
    let (apply, requests) = mpsc::channel(1);
    let starting = Running::start(config, Arc::clone(&store), token.hash, Clock::system(), apply);
    let mut running = tokio::select! {
        started = starting => started.map_err(|error| (exit_code(&error), error))?,
        () = stop_requested() => return Ok(()),
    };
    running.open_control(&folder);
    token.print_once(&*store).await.map_err(|error| (NEGATIVE, error.into()))?;
    tracing::info!(doors = %running.public, dashboard = %format!("http://{}/", running.admin), "kopru is up");
    log_hooks(hooks);
    let reloads = Reloads { file: file.to_owned(), reloading: running.reloading() };
    let mut reloads = tokio::spawn(reloads.run(hang_ups, requests));
    let failure = tokio::select! {
        () = stop_requested() => None,
        word = breaks(&*store) => Some(Error::StoreEnded(word)),
        key = running.loses_a_listener() => Some(Error::ListenerEnded(key)),
        _ = &mut reloads => Some(Error::ReloadsEnded),
    };
    tracing::info!("stopping: what is under way is finished first");
    running.stop().await;
    failure.map_or(Ok(()), |word| Err((NEGATIVE, word)))
}

/// The admin token. Where the configuration gives none, one is made; only its hash is kept.
struct AdminToken {
    hash: [u8; 32],
    /// The token itself, if it was made just now and nobody has seen it.
    made: Option<String>,
}

impl AdminToken {
    async fn of(config: &Config, store: &dyn Store) -> Result<Self, store::Error> {
        if let Some(token) = &config.admin_token {
            return Ok(Self { hash: Sha256::digest(token.as_bytes()).into(), made: None });
        }
        if let Some(hex) = store.setting(ADMIN_TOKEN_HASH).await? {
            let hash =
                capi::from_hex(&hex).ok_or_else(|| store::Error::corrupt("the hash of the admin token"))?;
            return Ok(Self { hash, made: None });
        }
        let mut random = [0; 20];
        getrandom::fill(&mut random).map_err(store::Error::database)?;
        let token = capi::hex(&random);
        Ok(Self { hash: Sha256::digest(token.as_bytes()).into(), made: Some(token) })
    }

    /// Prints a token that was made: only when everything else has started, because it is not
    /// shown again.
    async fn print_once(self, store: &dyn Store) -> Result<(), store::Error> {
        if let Some(token) = self.made {
            let line = format!(
                "kopru: the admin token is {token} (shown once; set server.admin_token to choose your own)"
            );
            // A token that nobody could see is not kept: the next start makes another.
            if writeln!(std::io::stderr(), "{line}").is_ok() {
                store.set_setting(ADMIN_TOKEN_HASH, capi::hex(&self.hash)).await?;
            }
        }
        Ok(())
    }
}
