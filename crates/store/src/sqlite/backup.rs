//! A backup: one file that holds all of a store but the data key, and ends with its checksum.

use std::{
    fs::File,
    io,
    path::{Path, PathBuf},
};

use rusqlite::{Connection, OpenFlags};
use tempfile::NamedTempFile;
use tokio::sync::oneshot;

use super::{
    checksum, file,
    writer::{CopyJob, Outbox},
};
use crate::{BackupMade, Clock, Error, OnProgress, Temporary, remove_leftovers};

/// Under which key a backup says when it was made, Unix milliseconds.
pub(super) const BACKUP_MS: &str = "backup_ms";

/// Copies the database beside the writer, under another name until it is whole.
pub(super) async fn back_up(
    jobs: &Outbox,
    file: &Path,
    replace: bool,
    clock: &Clock,
    progress: OnProgress,
) -> Result<BackupMade, Error> {
    let (shown, place) = (file.display().to_string(), file.to_owned());
    let not_written = |cause: Error| match cause {
        Error::Closed => cause,
        cause if cause.is_wrong_use() => cause,
        cause => Error::BackupNotWritten { file: shown.clone(), cause: cause.into_cause() },
    };
    let begun = blocking(move || {
        let replaced_ms = takes_place_of(&place, replace)?;
        let folder = folder_of(&place);
        remove_leftovers(&folder);
        let written = Temporary::Backup.file_in(&folder).map_err(Error::unwritable)?;
        let to = file::fresh(written.path())?;
        Ok((replaced_ms, written, to))
    });
    let (replaced_ms, written, to) = begun.await.map_err(not_written)?;
    let (answer, answered) = oneshot::channel();
    jobs.copy(CopyJob { to, clock: clock.clone(), progress, answer }).await?;
    let made_ms = answered.await.map_err(|_| Error::Closed)?.map_err(not_written)?;
    let file = file.to_owned();
    let made = blocking(move || finish(written, file, replace, made_ms)).await.map_err(not_written)?;
    Ok(BackupMade { replaced_ms, ..made })
}

/// When the backup was made that is where another one is to be written; `None` if nothing is there.
///
/// # Errors
/// It may not be replaced, or there is no folder to write to.
fn takes_place_of(file: &Path, replace: bool) -> Result<Option<i64>, Error> {
    let shown = || file.display().to_string();
    match file.symlink_metadata() {
        Ok(there) if there.is_dir() => Err(Error::BackupIsFolder(shown())),
        Ok(_) => match made_ms(file) {
            None => Err(Error::ReplacesNoBackup(shown())),
            Some(_) if !replace => Err(Error::BackupExists(shown())),
            made_ms => Ok(made_ms),
        },
        Err(_) => {
            let folder = folder_of(file);
            let missing = [io::ErrorKind::NotFound, io::ErrorKind::NotADirectory];
            match folder.metadata() {
                Ok(there) if there.is_dir() => Ok(None),
                // What else is wrong is said by whoever writes to it.
                Err(error) if !missing.contains(&error.kind()) => Ok(None),
                _ => Err(Error::NoBackupFolder(folder.display().to_string())),
            }
        }
    }
}

/// When a backup was made; `None` if a file is none, but a store in use, a key or somebody's text.
pub(super) fn made_ms(file: &Path) -> Option<i64> {
    let flags =
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI;
    let connection = Connection::open_with_flags(file::unchanging(file), flags).ok()?;
    let made: rusqlite::Result<String> =
        connection.query_row("SELECT value FROM meta WHERE key = ?", [BACKUP_MS], |row| row.get(0));
    made.ok()?.parse().ok()
}

/// Writes down when it was made and its checksum, makes it last, and gives it its name.
fn finish(
    mut written: NamedTempFile,
    file: PathBuf,
    replace: bool,
    made_ms: i64,
) -> Result<BackupMade, Error> {
    let connection = file::alone(written.path())?;
    connection.execute(
        "INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)",
        (BACKUP_MS, made_ms.to_string()),
    )?;
    let key_fingerprint =
        connection.query_row("SELECT value FROM meta WHERE key = 'data_key'", [], |row| row.get(0))?;
    connection.close().map_err(|(_, error)| error)?;
    checksum::append(written.as_file_mut()).map_err(Error::unwritable)?;
    written.as_file().sync_all().map_err(Error::unwritable)?;
    let bytes = written.as_file().metadata().map_err(Error::unwritable)?.len();
    let kept = if replace { written.persist(&file) } else { written.persist_noclobber(&file) };
    kept.map_err(|error| match error.error.kind() {
        io::ErrorKind::AlreadyExists => Error::BackupExists(file.display().to_string()),
        _ => Error::unwritable(error.error),
    })?;
    File::open(folder_of(&file)).and_then(|folder| folder.sync_all()).map_err(Error::unwritable)?;
    Ok(BackupMade { file, made_ms, bytes, key_fingerprint, replaced_ms: None })
}

/// The folder in which a file is.
pub(super) fn folder_of(file: &Path) -> PathBuf {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
    folder.unwrap_or(Path::new(".")).to_owned()
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    tokio::task::spawn_blocking(work).await.map_err(|_| Error::Closed)?
}
