//! The SQLite provider: one writer with group commit on its own thread, short readers beside it.
//!
//! `journal_mode=WAL, synchronous=FULL`: a commit that returned survives power loss. Checkpoints
//! run when the writer is idle, so they do not stand in the way of an acknowledgement.

mod asks;
mod counts;
mod decisions;
mod hot;
mod log;
mod queue;
pub(crate) mod state;
mod writer;

use std::{
    fs::File,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use kopru_core::WorkspaceId;
use rusqlite::{Connection, OptionalExtension, params};
use tokio::sync::{mpsc, oneshot};

use crate::{Bells, DataKey, StoreError, seal::Seal};
use writer::{BROKEN, Done, Job, Txn};

/// How many writes may wait for the writer before callers wait in turn.
const WRITES_WAITING_MAX: usize = 4096;
/// How many idle reader connections are kept.
const READERS_IDLE_MAX: usize = 8;
/// How long a statement waits for another process's lock.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// Stored in the file; another number means another layout.
const SCHEMA: i64 = 1;

/// A store in one SQLite file.
pub struct Sqlite {
    jobs: mpsc::Sender<Job>,
    readers: Arc<Readers>,
    seal: Arc<Seal>,
    bells: Bells,
    /// Set when the disk failed to write: nothing is acknowledged any more.
    broken: Arc<AtomicBool>,
    /// Dropped after `jobs`, which ends it, and before the lock.
    _writer: writer::Thread,
    /// Held as long as the store is open, so that no second process opens it.
    _lock: File,
}

struct Readers {
    file: PathBuf,
    idle: Mutex<Vec<Connection>>,
}

impl Sqlite {
    /// Opens the store in a folder, and makes it if it is not there.
    ///
    /// # Errors
    /// [`StoreError::InUse`] while another process has it open, [`StoreError::WrongKey`] when it
    /// was sealed with another key.
    pub fn open(folder: &Path, key: &DataKey) -> Result<Self, StoreError> {
        let unwritable =
            |error: std::io::Error| StoreError::Unwritable(format!("{}: {error}", folder.display()));
        make_folder(folder).map_err(unwritable)?;
        let lock = File::create(folder.join("lock")).map_err(unwritable)?;
        lock.try_lock().map_err(|_| StoreError::InUse(folder.display().to_string()))?;

        let file = database_in(folder);
        let connection = Connection::open(&file)?;
        prepare_writer(&connection)?;
        migrate(&connection, key)?;

        let seal = Arc::new(Seal::new(key)?);
        let broken = Arc::new(AtomicBool::new(false));
        let (jobs, waiting) = mpsc::channel(WRITES_WAITING_MAX);
        let writer = writer::spawn(connection, waiting, Arc::clone(&seal), Arc::clone(&broken))?;
        let readers = Arc::new(Readers { file, idle: Mutex::new(Vec::new()) });
        Ok(Self { jobs, readers, seal, bells: Bells::default(), broken, _writer: writer, _lock: lock })
    }

    /// The id of a workspace; makes it on first sight.
    pub async fn workspace(&self, name: &str) -> Result<WorkspaceId, StoreError> {
        let name = name.to_owned();
        self.write(move |txn| {
            txn.run("INSERT OR IGNORE INTO workspace (name) VALUES (?)", [&name])?;
            Ok(WorkspaceId(txn.one("SELECT id FROM workspace WHERE name = ?", [&name])?))
        })
        .await
    }

    /// Keeps a setting that outlives the process; read with [`Sqlite::setting`].
    pub async fn set_setting(&self, key: &'static str, value: String) -> Result<(), StoreError> {
        self.write(move |txn| {
            txn.run("INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)", (key, value)).map(drop)
        })
        .await
    }

    /// Whether the store can keep what it is given.
    pub fn is_writable(&self) -> bool {
        !self.broken.load(Ordering::Relaxed) && !self.jobs.is_closed()
    }

    /// Runs a change on the writer thread; returns when it is durable.
    async fn write<T: Send + 'static>(
        &self,
        change: impl FnOnce(&mut Txn<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.enqueue(true, change).await
    }

    /// Like [`Sqlite::write`], for a change that only adds rows.
    async fn add<T: Send + 'static>(
        &self,
        change: impl FnOnce(&mut Txn<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.enqueue(false, change).await
    }

    async fn enqueue<T: Send + 'static>(
        &self,
        fails_alone: bool,
        change: impl FnOnce(&mut Txn<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        if self.broken.load(Ordering::Relaxed) {
            return Err(StoreError::Unwritable(BROKEN.into()));
        }
        let (answer, answered) = oneshot::channel();
        let run = Box::new(move |txn: Result<&mut Txn<'_>, StoreError>| match txn.and_then(change) {
            Ok(value) => Done::Kept(Box::new(move |committed| {
                let _ = answer.send(committed.map(|()| value));
            })),
            Err(error) => {
                let _ = answer.send(Err(error.clone()));
                Done::Undone(error)
            }
        });
        self.jobs.send(Job { run, fails_alone }).await.map_err(|_| StoreError::Closed)?;
        answered.await.map_err(|_| StoreError::Closed)?
    }

    /// Runs a short read on a thread of its own.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Connection, &Seal) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let readers = Arc::clone(&self.readers);
        let seal = Arc::clone(&self.seal);
        tokio::task::spawn_blocking(move || {
            let connection = readers.borrow()?;
            // One transaction, so that everything read belongs together.
            let snapshot = connection.unchecked_transaction()?;
            let answer = question(&snapshot, &seal);
            drop(snapshot);
            readers.give_back(connection);
            answer
        })
        .await
        .map_err(|error| {
            if error.is_panic() { StoreError::Database("a read panicked".into()) } else { StoreError::Closed }
        })?
    }
}

impl Readers {
    fn borrow(&self) -> Result<Connection, StoreError> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        if let Some(connection) = idle {
            return Ok(connection);
        }
        let connection = Connection::open(&self.file)?;
        connection.busy_timeout(BUSY_TIMEOUT)?;
        connection.pragma_update(None, "query_only", true)?;
        connection.set_prepared_statement_cache_capacity(64);
        Ok(connection)
    }

    fn give_back(&self, connection: Connection) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < READERS_IDLE_MAX {
            idle.push(connection);
        }
    }
}

/// Whether there is a store in a folder already.
pub fn database_exists(folder: &Path) -> bool {
    database_in(folder).exists()
}

/// Makes a folder that only its owner can look into.
fn make_folder(folder: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// The database's file.
pub(crate) fn database_in(folder: &Path) -> PathBuf {
    folder.join("kopru.db")
}

fn prepare_writer(connection: &Connection) -> Result<(), StoreError> {
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.pragma_update(None, "page_size", 8192)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "wal_autocheckpoint", 0)?;
    connection.set_prepared_statement_cache_capacity(128);
    Ok(())
}

/// Makes the tables in a new file, and compares key and layout in an old one. Until 0.1.0 there
/// is one layout and nothing to migrate from.
fn migrate(connection: &Connection, key: &DataKey) -> Result<(), StoreError> {
    let version: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if version == 0 {
        connection.execute_batch("BEGIN IMMEDIATE")?;
        connection.execute_batch(include_str!("schema.sql"))?;
        connection
            .execute("INSERT INTO meta (key, value) VALUES ('data_key', ?)", params![key.fingerprint()])?;
        connection.pragma_update(None, "user_version", SCHEMA)?;
        connection.execute_batch("COMMIT")?;
    } else if version != SCHEMA {
        return Err(StoreError::Corrupt(format!("layout {version}; this version of Kopru reads {SCHEMA}")));
    }
    let sealed_with: Option<String> = connection
        .query_row("SELECT value FROM meta WHERE key = 'data_key'", [], |row| row.get(0))
        .optional()?;
    if sealed_with.as_deref() == Some(&key.fingerprint()) { Ok(()) } else { Err(StoreError::WrongKey) }
}
