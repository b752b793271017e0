//! The key that seals the store, and `kopru data-key`.

mod rotate;

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
};

use serde::Deserialize;
use store::{DataKey, Temporary, remove_leftovers};

use crate::{Error, config::Config};
pub use rotate::{DataKeyCommand, command};

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

/// The data key of a store that is to be restored, which is never made.
pub fn existing_key(config: &Config) -> Result<DataKey, Error> {
    let file = key_file(&config.store_path);
    let is_there = fs::metadata(&file).is_ok_and(|file| file.len() > 0);
    if config.data_key.is_none() && !is_there {
        return Err(Error::BackupKeyMissing { file: file.display().to_string() });
    }
    data_key(config)
}

/// Where the data key is: a file, a variable of the environment, or the key of the configuration that says it.
/// `file` is the configuration.
pub fn key_place(config: &Config, file: &Path) -> String {
    match &config.data_key {
        Some(_) => variable_of_key(file).unwrap_or_else(|| "store.key".to_owned()),
        None => key_file(&config.store_path).display().to_string(),
    }
}

/// The variable that a configuration takes the data key from, as `env:NAME`. A key that stands in the file
/// itself is not shown.
fn variable_of_key(file: &Path) -> Option<String> {
    #[derive(Deserialize)]
    struct Written {
        store: WrittenStore,
    }
    #[derive(Deserialize)]
    struct WrittenStore {
        key: String,
    }
    let written: Written = toml::from_str(&fs::read_to_string(file).ok()?).ok()?;
    Some(written.store.key).filter(|key| key.starts_with("env:"))
}

/// A data key in a file that is named after its fingerprint: one that is about to become the store's, or was
/// it.
pub struct KeptKey {
    /// The key.
    pub key: DataKey,
    /// Where the key of the store is, as which it takes place.
    pub place: PathBuf,
    file: PathBuf,
}

/// The kept key of this fingerprint; `None` if there is none, or the configuration says the key.
pub fn kept_key(config: &Config, fingerprint: &str) -> Option<KeptKey> {
    let place = key_file(&config.store_path);
    let file = kept_file(&place, fingerprint);
    let key = DataKey::from_hex(&fs::read_to_string(&file).ok()?).ok()?;
    let is_it = config.data_key.is_none() && key.fingerprint() == fingerprint;
    is_it.then_some(KeptKey { key, place, file })
}

impl KeptKey {
    /// Keeps a new key, durably, beside the present one.
    fn keep(config: &Config, key: DataKey) -> Result<Self, Error> {
        let place = key_file(&config.store_path);
        let file = kept_file(&place, &key.fingerprint());
        write_secret(&file, &key.to_hex())
            .map_err(|cause| Error::KeyNotKept { file: file.display().to_string(), cause })?;
        Ok(Self { key, place, file })
    }

    /// Makes it the key with which the store is opened. The one before is kept under its own fingerprint:
    /// backups of before need it. Says where that is.
    pub fn take_place(&self) -> Result<Option<PathBuf>, Error> {
        let moved = || -> std::io::Result<Option<PathBuf>> {
            let before = fs::read_to_string(&self.place).ok().and_then(|hex| DataKey::from_hex(&hex).ok());
            let before = before.map(|before| kept_file(&self.place, &before.fingerprint()));
            if let Some(before) = before.as_ref().filter(|before| !before.exists()) {
                fs::hard_link(&self.place, before)?;
            }
            fs::rename(&self.file, &self.place)?;
            fs::File::open(folder_of(&self.place))?.sync_all()?;
            Ok(before)
        };
        moved().map_err(|cause| Error::KeyNotKept { file: self.place.display().to_string(), cause })
    }
}

fn kept_file(place: &Path, fingerprint: &str) -> PathBuf {
    let mut name = place.as_os_str().to_owned();
    name.push(format!(".{fingerprint}"));
    PathBuf::from(name)
}

fn folder_of(file: &Path) -> &Path {
    file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Where the key of a store is, wherever a command is called from.
pub fn key_file(store: &Path) -> PathBuf {
    let mut name = std::path::absolute(store).unwrap_or_else(|_| store.to_owned()).into_os_string();
    name.push(".key");
    PathBuf::from(name)
}

/// Makes a file that only its owner reads, and that is there whole or not at all. An empty one gives
/// way; one that another process made meanwhile does not.
fn write_secret(file: &Path, text: &str) -> std::io::Result<()> {
    let folder = folder_of(file);
    fs::create_dir_all(folder)?;
    remove_leftovers(folder);
    let mut written = Temporary::Key.file_in(folder)?;
    writeln!(written, "{text}")?;
    written.as_file().sync_all()?;
    if fs::metadata(file).is_ok_and(|old| old.len() == 0) {
        fs::remove_file(file)?;
    }
    written.persist_noclobber(file).map_err(|error| error.error)?;
    fs::File::open(folder)?.sync_all()
}
