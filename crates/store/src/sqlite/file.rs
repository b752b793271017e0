//! The folder of a store: its lock, its database and the layout in it.

use std::{
    fs::{File, Permissions, TryLockError},
    os::unix::fs::{DirBuilderExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
    time::Duration,
};

use kopru_core::{Adopted, Catalogue, Reason, State};
use rusqlite::{Connection, OpenFlags, config::DbConfig};

use super::{
    losses::LOST_RECORDS,
    migrations, private,
    rows::json_column,
    whole::{beside, has_log, is_whole},
    writer::{FILE_KEPT, RECEIVED},
};
use crate::{DataKey, Error, KeyScope, LostRecords};

/// How long a statement waits for another process's lock.
pub(super) const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// A change of one workspace touches pages of its own, and each goes into the log as a whole: small
/// pages keep the log short when many workspaces write at a time.
pub(super) const PAGE_BYTES: i64 = 4096;
/// Page cache of the writer, and of each reader, in KiB.
const WRITER_CACHE_KIB: i64 = 16 * 1024;
const READER_CACHE_KIB: i64 = 2 * 1024;
/// Prepared statements that a connection keeps: all of them.
const STATEMENTS_KEPT: usize = 128;

/// Whether there is a store in a folder already.
pub fn database_exists(folder: &Path) -> bool {
    database_in(folder).exists()
}

/// The database's file.
pub(crate) fn database_in(folder: &Path) -> PathBuf {
    folder.join("kopru.db")
}

pub(super) fn unwritable(folder: &Path) -> impl Fn(std::io::Error) -> Error {
    move |error| Error::unwritable(format!("{}: {error}", folder.display()))
}

/// Makes the folder if it is not there, and locks it. The lock is on the folder itself: there is no
/// file that somebody could delete under a running process.
pub(super) fn lock(folder: &Path) -> Result<File, Error> {
    make_folder(folder).map_err(unwritable(folder))?;
    let lock = File::open(folder).map_err(unwritable(folder))?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(Error::InUse(folder.display().to_string())),
        Err(TryLockError::Error(error)) => Err(unwritable(folder)(error)),
    }
}

/// Makes a folder that only its owner can look into.
fn make_folder(folder: &Path) -> std::io::Result<()> {
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// Makes the database's file if it is not there, and takes what others may do with the files of a store from
/// them. What SQLite makes beside the database has the mode of that.
pub(super) fn keep_private(folder: &Path) -> std::io::Result<()> {
    let database = database_in(folder);
    private::options().open(&database)?;
    let beside = ["-wal", "-shm", "-journal"].map(|end| beside(&database, end));
    let others = ["received", "erasures"].map(|name| folder.join(name));
    for file in [database].into_iter().chain(beside).chain(others) {
        let is_open = std::fs::metadata(&file).is_ok_and(|file| file.permissions().mode() & 0o077 != 0);
        // Whoever is not its owner cannot, and may only read it all the same.
        if is_open && let Err(error) = std::fs::set_permissions(&file, Permissions::from_mode(0o600)) {
            let error = &error as &dyn std::error::Error;
            tracing::warn!(error, file = %file.display(), "others of this machine may be able to read this file");
        }
    }
    Ok(())
}

/// A connection that writes.
pub(super) fn writer(file: &Path) -> Result<Connection, Error> {
    let connection = Connection::open(file)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.pragma_update(None, "page_size", PAGE_BYTES)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    // The log is flushed beside the writer, see `writer/flusher.rs`; whatever copies it into the file flushes
    // both.
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "wal_autocheckpoint", 0)?;
    connection.pragma_update(None, "journal_size_limit", FILE_KEPT)?;
    // What is deleted is overwritten, so that nothing of a person who is erased stays in a free place.
    connection.pragma_update(None, "secure_delete", true)?;
    connection.pragma_update(None, "cache_size", -WRITER_CACHE_KIB)?;
    // What a change undoes when it fails is a few pages: kept in memory, not in a file for each group.
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    prepared(connection)
}

/// A connection that only copies the write-ahead log into the file.
pub(super) fn copier(file: &Path) -> Result<Connection, Error> {
    let connection = Connection::open(file)?;
    connection.pragma_update(None, "wal_autocheckpoint", 0)?;
    connection.pragma_update(None, "cache_size", -READER_CACHE_KIB)?;
    prepared(connection)
}

/// A connection to a file that is only written once, before anybody opens it: what makes it last is the flush
/// at the end.
pub(super) fn fresh(file: &Path) -> Result<Connection, Error> {
    let connection = Connection::open(file)?;
    connection.pragma_update(None, "journal_mode", "OFF")?;
    connection.pragma_update(None, "synchronous", "OFF")?;
    Ok(connection)
}

/// A connection to a file that nobody else has open, which it turns into one that stands alone, with no
/// write-ahead log beside it.
pub(super) fn alone(file: &Path) -> Result<Connection, Error> {
    let connection = Connection::open(file)?;
    connection.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
    connection.pragma_update(None, "journal_mode", "DELETE")?;
    Ok(connection)
}

/// A connection that only reads.
pub(super) fn reader(file: &Path) -> Result<Connection, Error> {
    let connection = Connection::open(file)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.pragma_update(None, "query_only", true)?;
    connection.pragma_update(None, "cache_size", -READER_CACHE_KIB)?;
    prepared(connection)
}

fn prepared(connection: Connection) -> Result<Connection, Error> {
    connection.set_prepared_statement_cache_capacity(STATEMENTS_KEPT);
    // A plan never depends on what is bound. Without this SQLite prepares a statement anew each time
    // that a value is bound to its LIMIT, which took a quarter of the time of many workspaces.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    #[cfg(test)]
    let connection = super::plans::watched(connection);
    Ok(connection)
}

/// Looks whether this version can read what is in a file, changing nothing.
pub(super) fn inspect(file: &Path, key: &DataKey) -> Result<(), Error> {
    let length = std::fs::metadata(file).map_or(0, |file| file.len());
    if length == 0 {
        // A new store has neither. What is only in the log is lost for good as soon as a new one is begun.
        return if has_log(file) { Err(Error::LogAlone) } else { Ok(()) };
    }
    is_whole(file)?;
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    if has_log(file) {
        let index = beside(file, "-shm");
        let is_new = !index.exists();
        let found = migrations::inspect(&Connection::open_with_flags(file, flags)?, key);
        if is_new {
            // Whoever opens the store makes it anew.
            let _ = std::fs::remove_file(index);
        }
        return found;
    }
    // Nobody else changes it, and nothing is to appear beside it.
    let flags = flags | OpenFlags::SQLITE_OPEN_URI;
    migrations::inspect(&Connection::open_with_flags(unchanging(file), flags)?, key)
}

/// The address of a file that does not change while it is open.
pub(super) fn unchanging(file: &Path) -> String {
    use std::os::unix::ffi::OsStrExt as _;
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"/.-_".contains(byte);
    let escaped =
        |byte: &u8| if plain(byte) { char::from(*byte).to_string() } else { format!("%{byte:02X}") };
    let path: String = file.as_os_str().as_bytes().iter().map(escaped).collect();
    format!("file:{path}?immutable=1")
}

/// How many facts the database holds.
pub(super) fn facts_held(connection: &Connection) -> Result<u64, Error> {
    Ok(connection.query_row(
        "SELECT coalesce(sum(counter.n), 0) FROM workspace
         JOIN counter ON counter.workspace = workspace.id AND counter.name = ?",
        [RECEIVED],
        |row| row.get(0),
    )?)
}

/// The stages that a workspace's CRMs were last known to have, read beside whoever has the store
/// open. Empty if there is no store yet, or it cannot be read.
pub fn last_known_stages(folder: &Path, workspace: &str) -> Vec<Catalogue> {
    let catalogues =
        "SELECT catalogue.state FROM catalogue JOIN workspace ON workspace.id = catalogue.workspace
                      WHERE workspace.name = ?";
    let read = read_beside(folder, |connection| {
        let mut statement = connection.prepare(catalogues)?;
        let mut rows = statement.query([workspace])?;
        let mut catalogues = Vec::new();
        while let Some(row) = rows.next()? {
            catalogues.extend(json_column::<Catalogue>(row, 0));
        }
        Ok(catalogues)
    });
    read.unwrap_or_default()
}

/// The accounts of which a workspace has had chats, read as [`last_known_stages`] does.
pub fn last_known_accounts(folder: &Path, workspace: &str) -> Vec<String> {
    let accounts = "SELECT heard.account FROM heard JOIN workspace ON workspace.id = heard.workspace
                    WHERE workspace.name = ? ORDER BY heard.account";
    let read = read_beside(folder, |connection| {
        let mut statement = connection.prepare(accounts)?;
        statement.query_map([workspace], |row| row.get(0))?.collect()
    });
    read.unwrap_or_default()
}

/// The configuration that a workspace had last, read as [`last_known_stages`] does.
pub fn last_known_adopted(folder: &Path, workspace: &str) -> Option<Adopted> {
    let text: String = read_beside(folder, |connection| {
        connection.query_row("SELECT adopted FROM workspace WHERE name = ?", [workspace], |row| row.get(0))
    })?;
    serde_json::from_str(&text).ok()
}

/// What a store has lost when it was last found that it had, read as [`last_known_stages`] does.
pub fn last_known_loss(folder: &Path) -> Option<LostRecords> {
    let text: String = read_beside(folder, |connection| {
        connection.query_row("SELECT value FROM meta WHERE key = ?", [LOST_RECORDS], |row| row.get(0))
    })?;
    serde_json::from_str(&text).ok()
}

/// How many events of a workspace wait for somebody's word because they may have left before the store was
/// restored or lost its newest part, read as [`last_known_stages`] does.
pub fn last_known_held(folder: &Path, workspace: &str) -> i64 {
    let count = "SELECT coalesce(sum(tally.n), 0) FROM tally JOIN workspace ON workspace.id = tally.workspace
                 WHERE workspace.name = ? AND tally.state = ? AND tally.reason = ?";
    let (state, reason) = (State::Waiting.code(), Reason::HeldAfterRestore.code());
    read_beside(folder, |connection| {
        connection.query_row(count, (workspace, state, reason), |row| row.get(0))
    })
    .unwrap_or(0)
}

/// The names of a workspace's keys that hold and may report events, read as [`last_known_stages`] does.
pub fn last_known_event_keys(folder: &Path, workspace: &str) -> Vec<String> {
    let keys =
        "SELECT api_key.name, api_key.scopes FROM api_key JOIN workspace ON workspace.id = api_key.workspace
                WHERE workspace.name = ? AND api_key.revoked_ms IS NULL ORDER BY api_key.number";
    let read = read_beside(folder, |connection| {
        let mut statement = connection.prepare(keys)?;
        let keys = statement.query_map([workspace], |row| Ok((row.get(0)?, row.get(1)?)))?;
        keys.collect::<Result<Vec<(String, String)>, _>>()
    });
    let may = |scopes: &str| scopes.split(',').any(|scope| scope == KeyScope::Events.code());
    read.unwrap_or_default().into_iter().filter(|(_, scopes)| may(scopes)).map(|(name, _)| name).collect()
}

/// Reads beside whoever has the store open; `None` if there is no store yet, or it cannot be read.
fn read_beside<T>(
    folder: &Path,
    question: impl FnOnce(&Connection) -> Result<T, rusqlite::Error>,
) -> Option<T> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(database_in(folder), flags).ok()?;
    question(&connection).ok()
}

#[cfg(test)]
mod tests {
    use rusqlite::StatementStatus;

    use super::*;

    #[test]
    fn a_statement_is_prepared_once_whatever_is_bound() {
        let folder = tempfile::tempdir().unwrap();
        let file = database_in(folder.path());
        for connection in [writer(&file).unwrap(), copier(&file).unwrap(), reader(&file).unwrap()] {
            let mut statement =
                connection.prepare("SELECT name FROM sqlite_schema WHERE type = ? LIMIT ?").unwrap();
            for limit in 1..=5 {
                assert!(statement.query(("table", limit)).unwrap().next().unwrap().is_none());
            }
            assert_eq!(statement.get_status(StatementStatus::RePrepare), 0);
        }
    }
}
