//! A store made of a backup.
//!
//! Everything happens to a copy in a folder of its own: it is checked there, and changes places with the store
//! at the end, in one step. Until then nothing of what is there has changed.

use std::{
    fs::{self, File},
    io::{self, Read, Write},
    path::{Path, PathBuf},
};

use kopru_core::Restored;
use rusqlite::{Connection, OptionalExtension};
use rustix::fs::{CWD, RenameFlags, renameat_with};
use tempfile::TempDir;

use super::{
    backup::{BACKUP_MS, folder_of},
    file, journal,
    received::{self, ReceivedCount},
};
use crate::{CopyProgress, Error, Restore, RestoreDone, RestoreStep};

/// Under which key a store says from which backup it was restored.
pub(super) const RESTORED: &str = "restored";
/// How much is copied between two looks at how far it is.
const CHUNK: usize = 1024 * 1024;

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
    File::open(backup).map_err(|cause| unusable(Error::unwritable(cause)))?;
    if fs::metadata(backup).is_ok_and(|file| file.len() == 0) {
        return Err(unusable(Error::NotAStore));
    }
    file::inspect(backup, key).map_err(unusable)?;
    let is_there = file::database_exists(folder);
    if is_there && !replace {
        return Err(Error::StoreExists(folder.display().to_string()));
    }
    let _held = if folder.exists() { Some(file::lock(folder)?) } else { None };

    // Beside the store: a folder can change places only within its file system.
    let beside = folder_of(folder);
    fs::create_dir_all(&beside).map_err(not_restored)?;
    let prepared = TempDir::with_prefix_in(".kopru-restore-", &beside).map_err(not_restored)?;
    let database = file::database_in(prepared.path());
    copy(backup, &database, progress).map_err(not_restored)?;
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
    let _new = file::lock(prepared.path())?;
    let aside = take_place(prepared, folder, is_there, restored_s).map_err(not_restored)?;
    File::open(&beside).and_then(|beside| beside.sync_all()).map_err(not_restored)?;
    Ok(RestoreDone { made_ms, held, missing, aside })
}

fn copy(from: &Path, to: &Path, progress: &mut dyn FnMut(RestoreStep, CopyProgress)) -> io::Result<()> {
    let (mut from, mut to) = (File::open(from)?, private(to)?);
    let of = from.metadata()?.len();
    let (mut done, mut chunk) = (0, vec![0; CHUNK]);
    loop {
        let read = from.read(&mut chunk)?;
        if read == 0 {
            return Ok(());
        }
        to.write_all(&chunk[..read])?;
        done += read as u64;
        progress(RestoreStep::Copying, CopyProgress { done, of });
    }
}

/// A new file that only its owner may read.
fn private(file: &Path) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt as _;
    File::options().write(true).create_new(true).mode(0o600).open(file)
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
    let meta = |key: &str| -> Result<Option<String>, Error> {
        let value = connection.query_row("SELECT value FROM meta WHERE key = ?", [key], |row| row.get(0));
        Ok(value.optional()?)
    };
    let made_ms: i64 = meta(BACKUP_MS)?.and_then(|made| made.parse().ok()).ok_or(Error::NoBackup)?;
    // What may have left after an earlier backup may still have.
    let earlier = meta(RESTORED)?.and_then(|text| serde_json::from_str::<Restored>(&text).ok());
    let backup_s = earlier.map_or(made_ms / 1000, |earlier| earlier.backup_s.min(made_ms / 1000));
    let restored = serde_json::to_string(&Restored { backup_s, restored_s })?;
    write(&connection, &restored)?;
    let held = file::facts_held(&connection)?;
    connection.close().map_err(|(_, error)| error)?;
    Ok((made_ms, held))
}

fn write(connection: &Connection, restored: &str) -> Result<(), Error> {
    connection.execute("INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)", (RESTORED, restored))?;
    // A copy of this store that somebody makes otherwise is no backup of this time.
    connection.execute("DELETE FROM meta WHERE key = ?", [BACKUP_MS])?;
    Ok(())
}

/// Puts a prepared folder where the store is to be; returns where the store is that was there.
fn take_place(
    prepared: TempDir,
    folder: &Path,
    is_there: bool,
    restored_s: i64,
) -> io::Result<Option<PathBuf>> {
    if !folder.exists() {
        fs::rename(prepared.keep(), folder)?;
        return Ok(None);
    }
    let before = exchange(prepared, folder)?;
    if !is_there {
        // Of a store that is gone; with anything else in it the folder is put aside.
        let leftovers = [before.join("received"), before.join("control.sock"), before.join("erasures")];
        for leftover in leftovers {
            let _ = fs::remove_file(leftover);
        }
        if fs::remove_dir(&before).is_ok() {
            return Ok(None);
        }
    }
    let aside = free_name(folder, restored_s);
    fs::rename(before, &aside)?;
    Ok(Some(aside))
}

/// A name for the store that was there, which nothing else has.
fn free_name(folder: &Path, restored_s: i64) -> PathBuf {
    let named = |suffix: &str| {
        let mut name = folder.as_os_str().to_owned();
        name.push(format!(".before-{restored_s}{suffix}"));
        PathBuf::from(name)
    };
    let mut names = std::iter::once(named("")).chain((2..).map(|number: u32| named(&format!("-{number}"))));
    names.find(|name| !name.exists()).unwrap_or_else(|| named(""))
}

/// Lets two folders change places; returns where the old one is now. A crash leaves one or the other.
fn exchange(prepared: TempDir, folder: &Path) -> io::Result<PathBuf> {
    match renameat_with(CWD, prepared.path(), CWD, folder, RenameFlags::EXCHANGE) {
        Ok(()) => Ok(prepared.keep()),
        // A file system that cannot: in two steps.
        Err(rustix::io::Errno::INVAL | rustix::io::Errno::NOSYS | rustix::io::Errno::NOTSUP) => {
            let prepared = prepared.keep();
            let mut before = prepared.as_os_str().to_owned();
            before.push("-before");
            let before = PathBuf::from(before);
            fs::rename(folder, &before)?;
            fs::rename(prepared, folder)?;
            Ok(before)
        }
        Err(error) => Err(error.into()),
    }
}
