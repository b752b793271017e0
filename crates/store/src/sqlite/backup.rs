//! A backup: one file that holds all of a store but the data key.

use std::{
    fs::File,
    path::{Path, PathBuf},
};

use rusqlite::{Connection, OpenFlags};
use tempfile::NamedTempFile;
use tokio::sync::oneshot;

use super::{
    file,
    writer::{CopyJob, Outbox},
};
use crate::{BackupMade, Clock, Error, OnProgress};

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
    let shown = file.display().to_string();
    if !replace && file.symlink_metadata().is_ok() {
        return Err(Error::BackupExists(shown));
    }
    if file.symlink_metadata().is_ok() && !is_backup(file) {
        return Err(Error::ReplacesNoBackup(shown));
    }
    let not_written = |cause: Error| match cause {
        Error::Closed | Error::BackupExists(_) => cause,
        cause => Error::BackupNotWritten { file: shown.clone(), cause: cause.into_cause() },
    };
    let folder = folder_of(file);
    let (written, to) = blocking(move || {
        // Only its owner may read it.
        let written = NamedTempFile::with_prefix_in(".kopru-backup-", folder).map_err(Error::unwritable)?;
        let to = file::fresh(written.path())?;
        Ok((written, to))
    })
    .await
    .map_err(not_written)?;
    let (answer, answered) = oneshot::channel();
    jobs.copy(CopyJob { to, clock: clock.clone(), progress, answer }).await?;
    let made_ms = answered.await.map_err(|_| Error::Closed)?.map_err(not_written)?;
    let file = file.to_owned();
    blocking(move || finish(written, file, replace, made_ms)).await.map_err(not_written)
}

/// Whether a file is a backup, and not a store in use, a key or somebody's text.
fn is_backup(file: &Path) -> bool {
    let flags =
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI;
    let made = Connection::open_with_flags(file::unchanging(file), flags).and_then(|connection| {
        connection
            .query_row("SELECT value FROM meta WHERE key = ?", [BACKUP_MS], |row| row.get::<_, String>(0))
    });
    made.is_ok()
}

/// Writes down when it was made, makes it last, and gives it its name.
fn finish(written: NamedTempFile, file: PathBuf, replace: bool, made_ms: i64) -> Result<BackupMade, Error> {
    let connection = file::alone(written.path())?;
    connection.execute(
        "INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)",
        (BACKUP_MS, made_ms.to_string()),
    )?;
    let key_fingerprint =
        connection.query_row("SELECT value FROM meta WHERE key = 'data_key'", [], |row| row.get(0))?;
    connection.close().map_err(|(_, error)| error)?;
    written.as_file().sync_all().map_err(Error::unwritable)?;
    let bytes = written.as_file().metadata().map_err(Error::unwritable)?.len();
    let kept = if replace { written.persist(&file) } else { written.persist_noclobber(&file) };
    kept.map_err(|error| match error.error.kind() {
        std::io::ErrorKind::AlreadyExists => Error::BackupExists(file.display().to_string()),
        _ => Error::unwritable(error.error),
    })?;
    File::open(folder_of(&file)).and_then(|folder| folder.sync_all()).map_err(Error::unwritable)?;
    Ok(BackupMade { file, made_ms, bytes, key_fingerprint })
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
