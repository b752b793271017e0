//! `kopru serve`.

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
};

use sha2::{Digest, Sha256};
use store::{DataKey, Sqlite, StoreError, system_clock};

use crate::{
    NEGATIVE, WRONG_USE,
    config::{Config, Problem},
    fail,
    run::Running,
};

/// Where the hash of a made admin token is kept.
const ADMIN_TOKEN_HASH: &str = "admin_token_sha256";

pub async fn command(file: &Path) -> ExitCode {
    let config = match read_config(file) {
        Ok(config) => config,
        Err(problems) => return say_all(&problems),
    };
    for notice in &config.notices {
        tracing::warn!("{notice}");
    }
    match serve(config).await {
        Ok(()) => ExitCode::SUCCESS,
        Err((code, message)) => fail(code, &message),
    }
}

/// Reads the configuration with the environment of this process.
pub fn read_config(file: &Path) -> Result<Config, Vec<Problem>> {
    let name = file.display().to_string();
    let text = fs::read_to_string(file).map_err(|error| {
        let message = format!("cannot be read: {error}; give its place with --config");
        vec![Problem { place: name.clone(), message }]
    })?;
    Config::read(&name, &text, &|variable| std::env::var(variable).ok())
}

/// Prints every problem of a configuration on a line of its own.
pub fn say_all(problems: &[Problem]) -> ExitCode {
    for problem in problems {
        eprintln!("kopru: {problem}");
    }
    ExitCode::from(WRONG_USE)
}

async fn serve(config: Config) -> Result<(), (u8, String)> {
    let key = data_key(&config).map_err(|message| (WRONG_USE, message))?;
    let store = Sqlite::open(&config.store_path, &key).map_err(|error| match error {
        StoreError::WrongKey => (WRONG_USE, error.to_string()),
        other => (NEGATIVE, other.to_string()),
    })?;
    let store = Arc::new(store);
    let token = admin_token(&config, &store).await.map_err(|error| (NEGATIVE, error.to_string()))?;
    let hooks = config.hook_addresses();
    let running = Running::start(config, store, &key, token, system_clock())
        .await
        .map_err(|error| (NEGATIVE, error.to_string()))?;
    tracing::info!(doors = %running.public, dashboard = %format!("http://{}/", running.admin), "kopru is up");
    for (workspace, kind, address) in hooks {
        tracing::info!(workspace, kind, address, "incoming connection");
    }
    told_to_stop().await;
    tracing::info!("stopping: what is under way is finished first");
    running.stop().await;
    Ok(())
}

/// The data key: from the configuration, or from a file beside the store that only its owner
/// reads, made once.
pub fn data_key(config: &Config) -> Result<DataKey, String> {
    if let Some(hex) = &config.data_key {
        return DataKey::from_hex(hex).map_err(|error| format!("store.key: {error}"));
    }
    let file = key_file(&config.store_path);
    let shown = file.display();
    match fs::read_to_string(&file) {
        Ok(hex) => DataKey::from_hex(&hex).map_err(|error| format!("{shown}: {error}")),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let key =
                DataKey::generate().map_err(|error| format!("no randomness for a data key: {error}"))?;
            write_secret(&file, &key.to_hex()).map_err(|error| {
                format!("{shown}: the data key cannot be kept there: {error}; set store.key")
            })?;
            tracing::info!(file = %shown, "made a data key; back it up: without it the store cannot be read");
            Ok(key)
        }
        Err(error) => Err(format!("{shown}: {error}")),
    }
}

fn key_file(store: &Path) -> PathBuf {
    let mut name = store.as_os_str().to_owned();
    name.push(".key");
    PathBuf::from(name)
}

/// Writes a file that only its owner reads, and that is there after a power cut.
fn write_secret(file: &Path, text: &str) -> std::io::Result<()> {
    if let Some(folder) = file.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        fs::create_dir_all(folder)?;
    }
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut opened = options.open(file)?;
    opened.write_all(text.as_bytes())?;
    opened.write_all(b"\n")?;
    opened.sync_all()
}

/// The hash of the admin token. Where the configuration gives none, one is made and printed once;
/// only its hash is kept.
async fn admin_token(config: &Config, store: &Sqlite) -> Result<[u8; 32], StoreError> {
    if let Some(token) = &config.admin_token {
        return Ok(Sha256::digest(token.as_bytes()).into());
    }
    if let Some(hash) = store.setting(ADMIN_TOKEN_HASH).await? {
        // 64 hexadecimal digits, like a data key.
        let mut bytes = [0; 32];
        let read = (0..64).step_by(2).zip(&mut bytes).all(|(place, byte)| {
            hash.get(place..place + 2)
                .and_then(|digits| u8::from_str_radix(digits, 16).ok())
                .map(|value| *byte = value)
                .is_some()
        });
        return if read { Ok(bytes) } else { Err(StoreError::Corrupt("the hash of the admin token".into())) };
    }
    let mut random = [0; 20];
    getrandom::fill(&mut random).map_err(|error| StoreError::Database(error.to_string()))?;
    let token = capi::hex(&random);
    let hash: [u8; 32] = Sha256::digest(token.as_bytes()).into();
    store.set_setting(ADMIN_TOKEN_HASH, capi::hex(&hash)).await?;
    eprintln!("kopru: the admin token is {token} (shown once; set server.admin_token to choose your own)");
    Ok(hash)
}

/// Waits for Ctrl-C or the termination signal.
pub async fn told_to_stop() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    let _ = tokio::signal::ctrl_c().await;
}
