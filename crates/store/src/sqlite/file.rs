//! The folder of a store: its lock, its database and the layout in it.

use std::{
    fs::{File, TryLockError},
    path::{Path, PathBuf},
    time::Duration,
};

use kopru_core::Catalogue;
use rusqlite::{Connection, OpenFlags, OptionalExtension, config::DbConfig, params};

use super::{
    rows::json_column,
    writer::{FILE_KEPT, RECEIVED},
};
use crate::{DataKey, Error};

/// How long a statement waits for another process's lock.
pub(super) const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// Stored in the file; another number means another layout.
const SCHEMA: i64 = 6;
/// A change of one workspace touches pages of its own, and each goes into the log as a whole: small
/// pages keep the log short when many workspaces write at a time.
const PAGE_BYTES: i64 = 4096;
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
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// A connection that writes.
pub(super) fn writer(file: &Path) -> Result<Connection, Error> {
    let connection = Connection::open(file)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.pragma_update(None, "page_size", PAGE_BYTES)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "wal_autocheckpoint", 0)?;
    connection.pragma_update(None, "journal_size_limit", FILE_KEPT)?;
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

/// Makes the tables in a new file, and compares key and layout in an old one. Until 0.1.0 there
/// is one layout and nothing to migrate from.
pub(super) fn migrate(connection: &Connection, key: &DataKey) -> Result<(), Error> {
    let version: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if version == 0 {
        connection.execute_batch("BEGIN IMMEDIATE")?;
        connection.execute_batch(include_str!("schema.sql"))?;
        connection
            .execute("INSERT INTO meta (key, value) VALUES ('data_key', ?)", params![key.fingerprint()])?;
        connection.pragma_update(None, "user_version", SCHEMA)?;
        connection.execute_batch("COMMIT")?;
    } else if version != SCHEMA {
        return Err(Error::corrupt(format!("layout {version}; this version of Kopru reads {SCHEMA}")));
    }
    let sealed_with: Option<String> = connection
        .query_row("SELECT value FROM meta WHERE key = 'data_key'", [], |row| row.get(0))
        .optional()?;
    if sealed_with.as_deref() == Some(&key.fingerprint()) { Ok(()) } else { Err(Error::WrongKey) }
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
    let read = || -> Result<Vec<Catalogue>, Error> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(database_in(folder), flags)?;
        let mut statement = connection.prepare(
            "SELECT catalogue.state FROM catalogue JOIN workspace ON workspace.id = catalogue.workspace
             WHERE workspace.name = ?",
        )?;
        let mut rows = statement.query([workspace])?;
        let mut catalogues = Vec::new();
        while let Some(row) = rows.next()? {
            catalogues.extend(json_column::<Catalogue>(row, 0));
        }
        Ok(catalogues)
    };
    read().unwrap_or_default()
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
