//! `kopru serve`.

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
    time::Duration,
};

use sha2::{Digest, Sha256};
use store::{Clock, DataKey, Sqlite, StoreState};

use crate::{
    Error, NEGATIVE, WRONG_USE,
    config::{Config, ConfigProblem},
    fail, figures,
    run::Running,
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
    match serve(config).await {
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
async fn breaks(store: &Sqlite) -> &'static str {
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

/// Reads the configuration with the environment of this process.
pub fn read_config(file: &Path) -> Result<Config, Error> {
    let name = file.display().to_string();
    let text = fs::read_to_string(file).map_err(|error| {
        let mend = match error.kind() {
            std::io::ErrorKind::NotFound => "there is no such file; give its place with --config",
            std::io::ErrorKind::IsADirectory => "this is a folder; give the file in it with --config",
            std::io::ErrorKind::InvalidData => "this is not a text file; give kopru.toml with --config",
            std::io::ErrorKind::PermissionDenied => "it may not be read; run kopru as its owner",
            _ => "it cannot be read",
        };
        Error::Config(vec![ConfigProblem { place: name.clone(), message: format!("{mend} ({error})") }])
    })?;
    Config::read(&name, &text, &|variable| std::env::var(variable).ok()).map_err(Error::Config)
}

async fn serve(config: Config) -> Result<(), (u8, Error)> {
    // Before the store is opened: it already has something to say.
    figures::recorder().map_err(|error| (NEGATIVE, error))?;
    let key = data_key(&config).map_err(|error| (WRONG_USE, error))?;
    let store = Sqlite::open(&config.store_path, &key).map_err(|error| match error {
        store::Error::WrongKey => (WRONG_USE, error.into()),
        other => (NEGATIVE, other.into()),
    })?;
    let store = Arc::new(store);
    let token = AdminToken::of(&config, &store).await.map_err(|error| (NEGATIVE, error.into()))?;
    let hooks = config.hook_addresses();
    let mut running = Running::start(config, Arc::clone(&store), &key, token.hash, Clock::system())
        .await
        .map_err(|error| (NEGATIVE, error))?;
    token.print_once(&store).await.map_err(|error| (NEGATIVE, error.into()))?;
    tracing::info!(doors = %running.public, dashboard = %format!("http://{}/", running.admin), "kopru is up");
    for (workspace, kind, address) in hooks {
        tracing::info!(workspace, kind, address, "incoming connection");
    }
    let failure = tokio::select! {
        () = stop_requested() => None,
        word = breaks(&store) => Some(Error::StoreEnded(word)),
        key = running.loses_a_listener() => Some(Error::ListenerEnded(key)),
    };
    tracing::info!("stopping: what is under way is finished first");
    running.stop().await;
    failure.map_or(Ok(()), |word| Err((NEGATIVE, word)))
}

/// The data key: from the configuration, or from a file beside the store that only its owner
/// reads, made once.
pub fn data_key(config: &Config) -> Result<DataKey, Error> {
    if let Some(hex) = &config.data_key {
        return DataKey::from_hex(hex).map_err(|cause| Error::Key { place: "store.key".to_owned(), cause });
    }
    let file = key_file(&config.store_path);
    let shown = file.display().to_string();
    match fs::read_to_string(&file) {
        Ok(hex) if !hex.trim().is_empty() => {
            DataKey::from_hex(&hex).map_err(|cause| Error::Key { place: shown, cause })
        }
        Err(cause) if cause.kind() != std::io::ErrorKind::NotFound => {
            Err(Error::KeyUnreadable { file: shown, cause })
        }
        // A crash at the very first start may leave an empty file. Nothing was sealed with it.
        _ => {
            if store::database_exists(&config.store_path) {
                return Err(Error::KeyMissing { file: shown });
            }
            let key = DataKey::generate().map_err(Error::KeyNotMade)?;
            write_secret(&file, &key.to_hex())
                .map_err(|cause| Error::KeyNotKept { file: shown.clone(), cause })?;
            tracing::info!(file = %shown, "made a data key; back it up: without it the store cannot be read");
            Ok(key)
        }
    }
}

fn key_file(store: &Path) -> PathBuf {
    let mut name = store.as_os_str().to_owned();
    name.push(".key");
    PathBuf::from(name)
}

/// Makes a file that only its owner reads, and that is there whole or not at all. An empty one gives
/// way; one that another process made meanwhile does not.
fn write_secret(file: &Path, text: &str) -> std::io::Result<()> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let mut written = tempfile::NamedTempFile::new_in(folder)?;
    writeln!(written, "{text}")?;
    written.as_file().sync_all()?;
    if fs::metadata(file).is_ok_and(|old| old.len() == 0) {
        fs::remove_file(file)?;
    }
    written.persist_noclobber(file).map_err(|error| error.error)?;
    fs::File::open(folder)?.sync_all()
}

/// The admin token. Where the configuration gives none, one is made; only its hash is kept.
struct AdminToken {
    hash: [u8; 32],
    /// The token itself, if it was made just now and nobody has seen it.
    made: Option<String>,
}

impl AdminToken {
    async fn of(config: &Config, store: &Sqlite) -> Result<Self, store::Error> {
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
    async fn print_once(self, store: &Sqlite) -> Result<(), store::Error> {
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

/// Waits for Ctrl-C or the termination signal.
pub async fn stop_requested() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let (Ok(mut terminate), Ok(mut hang_up)) =
            (signal(SignalKind::terminate()), signal(SignalKind::hangup()))
        {
            loop {
                tokio::select! {
                    _ = tokio::signal::ctrl_c() => return,
                    _ = terminate.recv() => return,
                    _ = hang_up.recv() => {
                        tracing::warn!("kopru.toml is read at the start only: restart to apply its changes");
                    }
                }
            }
        }
    }
    let _ = tokio::signal::ctrl_c().await;
}
