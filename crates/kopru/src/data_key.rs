//! The key that seals the store.

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
};

use store::DataKey;

use crate::{Error, config::Config};

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
