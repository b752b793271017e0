//! A store made of a backup.
//!
//! Everything happens to a copy in a folder of its own: it is checked there, and changes places with the store
//! at the end, in one step. Until then nothing of what is there has changed.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

use rusqlite::OptionalExtension;
use rustix::fs::{CWD, RenameFlags, renameat_with};
use tempfile::TempDir;

use super::{
    backup::{self, BACKUP_MS, folder_of},
    checksum::{self, Checksum},
    file, journal, losses, private,
    received::{self, ReceivedCount},
    whole,
};
use crate::{
    CopyProgress, Error, Restore, RestoreDone, RestoreStep, Temporary, remove_leftovers, temporary::PUT_ASIDE,
};

/// Restores a store, and says how far it is.
///
/// # Errors
/// [`Error::UnusableBackup`] with what is wrong with the backup, [`Error::StoreExists`] where a store is and
/// not to be replaced, [`Error::InUse`] while a process has it open. Nothing has changed then.
pub fn restore(
    restore: &Restore<'_>,
    progress: &mut dyn FnMut(RestoreStep, CopyProgress),
) -> Result<RestoreDone, Error> {
    let Restore { backup, folder, key, replace, clock } = restore;
    // Where it leads elsewhere, the store changes there.
    let folder = &folder.canonicalize().unwrap_or_else(|_| folder.to_path_buf());
    let unusable =
        |cause| Error::UnusableBackup { file: backup.display().to_string(), cause: Box::new(cause) };
    let not_restored = |cause: io::Error| Error::NotRestored {
        folder: folder.display().to_string(),
        cause: std::sync::Arc::new(cause),
    };
    let mut opened = open(backup).map_err(unusable)?;
    let is_there = file::database_exists(folder);
    if is_there && !replace {
        return Err(Error::StoreExists(folder.display().to_string()));
    }
    let _held = if folder.exists() { Some(file::lock(folder)?) } else { None };
    let checksum = verified(&mut opened, progress).map_err(unusable)?;
    // What is said of a file without a checksum goes by what it is.
    file::inspect(backup, key).map_err(unusable)?;
    let Some(checksum) = checksum else {
        let is_backup = backup::made_ms(backup).is_some();
        return Err(unusable(if is_backup { Error::NoChecksum } else { Error::NoBackup }));
    };

    // Beside the store: a folder can change places only within its file system.
    let beside = folder_of(folder);
    fs::create_dir_all(&beside).map_err(not_restored)?;
    remove_leftovers(&beside);
    let (prepared, _new) = Temporary::Restore.folder_in(&beside).map_err(not_restored)?;
    let database = file::database_in(prepared.path());
    let mut copy = private::options().open(&database).map_err(not_restored)?;
    let of = checksum.of;
    let mut copied = |done| progress(RestoreStep::Copying, CopyProgress { done, of });
    // Without the checksum, which the copy has to have as well.
    checksum.verify(&mut opened, &mut copy, &mut copied).map_err(|cause| match cause {
        Error::Altered { .. } => unusable(cause),
        cause => Error::NotRestored { folder: folder.display().to_string(), cause: cause.into_cause() },
    })?;
    check(&database, progress).map_err(unusable)?;
    let restored_s = clock.now_ms() / 1000;
    let (made_ms, held) = mark(&database, restored_s).map_err(unusable)?;
    let missing = received::said_in(folder).map(|said| said.saturating_sub(held));
    ReceivedCount::open(prepared.path(), held).map_err(not_restored)?;
    // Whoever was erased since the backup is erased again when the store is opened.
    journal::carry(folder, prepared.path()).map_err(not_restored)?;
    for kept in [database.as_path(), prepared.path()] {
        File::open(kept).and_then(|file| file.sync_all()).map_err(not_restored)?;
    }
    let aside = take_place(prepared, folder, is_there, restored_s).map_err(not_restored)?;
    File::open(&beside).and_then(|beside| beside.sync_all()).map_err(not_restored)?;
    Ok(RestoreDone { made_ms, held, missing, aside })
}

/// Opens a backup, if it is a database of SQLite that is not cut off.
fn open(backup: &Path) -> Result<File, Error> {
    let opened = File::open(backup).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Error::NoFile,
        _ => Error::unwritable(error),
    })?;
    if !opened.metadata().map_err(Error::unwritable)?.is_file() {
        return Err(Error::NotAStore);
    }
    whole::is_whole(backup)?;
    Ok(opened)
}

/// Compares a backup with the checksum at its end; returns that, if there is one.
fn verified(
    backup: &mut File,
    progress: &mut dyn FnMut(RestoreStep, CopyProgress),
) -> Result<Option<Checksum>, Error> {
    let Some(checksum) = checksum::at_end(backup).map_err(Error::unwritable)? else { return Ok(None) };
    let of = checksum.of;
    checksum.verify(backup, &mut io::sink(), &mut |done| {
        progress(RestoreStep::Verifying, CopyProgress { done, of });
    })?;
    Ok(Some(checksum))
}

/// Reads all of it, a table after the other.
fn check(database: &Path, progress: &mut dyn FnMut(RestoreStep, CopyProgress)) -> Result<(), Error> {
    let connection = file::alone(database)?;
    // The first stands for what belongs to no table.
    let mut tables = vec!["sqlite_schema".to_owned()];
    let mut listed = connection.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'")?;
    tables.extend(listed.query_map([], |row| row.get(0))?.collect::<Result<Vec<String>, _>>()?);
    for (done, table) in tables.iter().enumerate() {
        let found: String =
            connection.query_row(&format!("PRAGMA quick_check('{table}')"), [], |row| row.get(0))?;
        if found != "ok" {
            // What it says may hold a value of what is stored.
            return Err(Error::corrupt(format!("the table {table}")));
        }
        let progressed = CopyProgress { done: done as u64 + 1, of: tables.len() as u64 };
        progress(RestoreStep::Checking, progressed);
    }
    Ok(())
}

/// Writes down from when the backup is and when it was restored; returns when it was made, and how many records
/// it holds.
fn mark(database: &Path, restored_s: i64) -> Result<(i64, u64), Error> {
    let connection = file::alone(database)?;
    let made_ms: Option<String> = connection
        .query_row("SELECT value FROM meta WHERE key = ?", [BACKUP_MS], |row| row.get(0))
        .optional()?;
    let made_ms: i64 = made_ms.and_then(|made| made.parse().ok()).ok_or(Error::NoBackup)?;
    losses::hold_back(&connection, made_ms / 1000, restored_s)?;
    // A copy of this store that somebody makes otherwise is no backup of this time, and what the store of then
    // had lost is not what is missing now.
    connection.execute("DELETE FROM meta WHERE key IN (?, ?)", [BACKUP_MS, losses::LOST_RECORDS])?;
    let held = file::facts_held(&connection)?;
    connection.close().map_err(|(_, error)| error)?;
    Ok((made_ms, held))
}

/// Puts a prepared folder where the store is to be; returns where the store is that was there.
fn take_place(
    prepared: TempDir,
    folder: &Path,
    is_there: bool,
    restored_s: i64,
) -> io::Result<Option<PathBuf>> {
    if !folder.exists() {
        fs::rename(prepared.path(), folder)?;
        let _ = prepared.keep();
        return Ok(None);
    }
    let aside = free_name(folder, restored_s);
    exchange(prepared, folder, &aside)?;
    if !is_there {
        // Of a store that is gone; with anything else in it the folder stays aside.
        for leftover in ["received", "control.sock", "erasures"] {
            let _ = fs::remove_file(aside.join(leftover));
        }
        if fs::remove_dir(&aside).is_ok() {
            return Ok(None);
        }
    } else if let Err(error) = file::keep_private(&aside) {
        let error = &error as &dyn std::error::Error;
        tracing::warn!(error, "others of this machine may be able to read what was put aside");
    }
    Ok(Some(aside))
}

/// A name for the store that was there, which nothing else has.
fn free_name(folder: &Path, restored_s: i64) -> PathBuf {
    let named = |suffix: &str| {
        let mut name = folder.as_os_str().to_owned();
        name.push(format!("{PUT_ASIDE}{restored_s}{suffix}"));
        PathBuf::from(name)
    };
    let mut names = std::iter::once(named("")).chain((2..).map(|number: u32| named(&format!("-{number}"))));
    names.find(|name| !name.exists()).unwrap_or_else(|| named(""))
}

/// Lets a prepared folder change places with a store's, which is aside then. A crash leaves one or the other.
fn exchange(prepared: TempDir, folder: &Path, aside: &Path) -> io::Result<()> {
    // First it gets the name that the store's folder will have: what has the name of something temporary is
    // removed after a crash, and must never be the only store there is.
    fs::rename(prepared.path(), aside)?;
    let name = prepared.keep();
    match renameat_with(CWD, aside, CWD, folder, RenameFlags::EXCHANGE) {
        Ok(()) => Ok(()),
        // A file system that cannot.
        Err(rustix::io::Errno::INVAL | rustix::io::Errno::NOSYS | rustix::io::Errno::NOTSUP) => {
            in_two_steps(&name, folder, aside)
        }
        Err(error) => {
            let _ = fs::remove_dir_all(aside);
            Err(error.into())
        }
    }
}

/// The same by two names: after a crash in between there is no store where it should be, but one aside.
fn in_two_steps(prepared: &Path, folder: &Path, aside: &Path) -> io::Result<()> {
    fs::rename(aside, prepared)?;
    let moved = fs::rename(folder, aside).inspect_err(|_| {
        let _ = fs::remove_dir_all(prepared);
    });
    moved?;
    fs::rename(prepared, folder).inspect_err(|_| {
        let _ = fs::rename(aside, folder);
    })
}
