//! The SQLite provider: one writer with group commit on its own thread, few short readers beside it.
//!
//! `journal_mode=WAL`; what was answered survives power loss, because nobody is before the log is flushed. The log of
//! changes is copied into the file beside the writer, so that it does not stand in the way of an
//! acknowledgement.

mod activities;
mod adopted;
mod api_keys;
pub(crate) mod aside;
mod ask_store;
mod asks;
mod attempts;
mod audit;
mod backup;
mod changes;
mod chats;
mod checksum;
mod clicks;
pub(crate) mod conversions;
mod decision_store;
mod decisions;
mod erasure_store;
mod erasures;
mod fact_store;
mod fence;
pub(crate) mod file;
mod former;
mod health;
mod imported;
mod journal;
mod keys;
mod leases;
pub(crate) mod log;
mod losses;
mod marks;
mod migrations;
mod names;
mod once;
mod outcomes;
pub(crate) mod pauses;
#[cfg(test)]
mod plans;
mod private;
pub(crate) mod queue;
mod queue_store;
mod readers;
mod received;
mod restore;
mod retention;
mod revisits;
mod roll_ups;
pub(crate) mod rows;
pub(crate) mod state;
mod sweeps;
mod tokens;
mod unreadable;
mod views;
mod whole;
mod whole_store;
mod writer;
mod writes;

use std::{
    fs::File,
    path::{Path, PathBuf},
    sync::Arc,
};

use kopru_core::WorkspaceId;
use rusqlite::Connection;
use tokio::{runtime::Handle, sync::Mutex};

use crate::{DataKey, Error, Wakeups, keyring::Keyring, seal::Opener};
pub use file::{
    database_exists, last_known_accounts, last_known_adopted, last_known_event_keys, last_known_held,
    last_known_loss, last_known_stages,
};
use health::WriterHealth;
use journal::Journal;
pub use names::last_known_names;
use once::OnceKeys;
use readers::Readers;
use received::ReceivedCount;
pub use restore::restore;
use writer::{Flusher, Flushing, Log, Tools, Txn};
use writes::Writes;

/// How often the log of changes is tried to be emptied, each time as long as a statement waits.
const TRUNCATE_TRIES: usize = 3;

/// A store in one SQLite file.
pub struct Sqlite {
    /// Closed before the writer ends, which then has the log to itself.
    readers: Readers,
    writes: Arc<Writes>,
    keys: Arc<Keyring>,
    once: Arc<OnceKeys>,
    /// Held from when it is read until what it wraps is durable: none is wrapped by one that was changed.
    data_key: tokio::sync::RwLock<DataKey>,
    wakeups: Arc<Wakeups>,
    health: WriterHealth,
    lost_records: u64,
    folder: PathBuf,
    /// Held from the line of an erasure until its marks are in the store.
    journal: Mutex<Journal>,
    /// Dropped after `writes`, which ends it, and before the lock.
    _writer: writer::Thread,
    /// Held as long as the store is open, so that no second process opens it.
    _lock: File,
}

impl Sqlite {
    /// Opens the store in a folder, and makes it if it is not there.
    ///
    /// # Errors
    /// [`Error::InUse`] while another process has it open, [`Error::WrongKey`] when it
    /// was sealed with another key.
    pub fn open(folder: &Path, key: &DataKey) -> Result<Self, Error> {
        let lock = file::lock(folder)?;
        let database = file::database_in(folder);
        file::inspect(&database, key)?;
        file::keep_private(folder).map_err(file::unwritable(folder))?;
        let mut connection = file::writer(&database)?;
        migrations::apply(&connection, key)?;
        let keys = Arc::new(keys::load(&connection, key)?);
        let journal = erasures::replay(folder, &connection, &keys)?;
        let held = file::facts_held(&connection)?;
        let once = Arc::new(OnceKeys::load(&connection)?);
        let lost_records = received::said_in(folder).map_or(0, |said| said.saturating_sub(held));
        if lost_records > 0 {
            losses::note_lost(&connection, lost_records)?;
            tracing::error!(
                lost_records,
                held,
                "records that were acknowledged are not in the store: somebody removed its newest part \
                 (kopru.db-wal), put an older copy in its place, or the disk lost it; the senders will not send \
                 them again, and events that may have left since then wait for your word (kopru events list \
                 --reason held_after_restore)"
            );
        }
        let received = ReceivedCount::open(folder, held).map_err(file::unwritable(folder))?;
        metrics::gauge!("kopru_lost_records").set(lost_records as f64);

        let health = WriterHealth::default();
        let wakeups = Arc::new(Wakeups::default());
        let log = Log::new(&database, &mut connection, file::copier(&database)?)?;
        let flusher = Flusher::spawn(Flushing {
            flush: log.flush().map_err(file::unwritable(folder))?,
            received: Some(received),
            health: health.clone(),
            runtime: Handle::try_current().ok(),
        })?;
        let (jobs, writer) = writer::spawn(Tools {
            connection,
            log: Some(log),
            flusher,
            keys: Arc::clone(&keys),
            once: Arc::clone(&once),
            health: health.clone(),
            wakeups: Arc::clone(&wakeups),
        })?;
        let readers = Readers::new(&database)?;
        let data_key = tokio::sync::RwLock::new(key.clone());
        let writes = Arc::new(Writes { jobs, health: health.clone() });
        Ok(Self {
            writes,
            readers,
            keys,
            once,
            data_key,
            wakeups,
            health,
            lost_records,
            folder: folder.to_owned(),
            journal: Mutex::new(journal),
            _writer: writer,
            _lock: lock,
        })
    }

    /// Runs a change on the writer thread; returns when it is durable.
    async fn write<T: Send + 'static>(
        &self,
        change: impl FnOnce(&mut Txn<'_>) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        self.writes.write(change).await
    }

    /// Runs a short read of the hot path.
    async fn read<T: Send + 'static>(
        &self,
        workspace: WorkspaceId,
        question: impl FnOnce(&Connection, &Opener) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let keys = self.keys.of(workspace)?;
        self.read_all(move |connection| question(connection, keys.opener())).await
    }

    /// Runs a short read of the hot path that opens nothing.
    async fn read_all<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Connection) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        self.readers.hot.run(question).await
    }

    /// Runs a read for people.
    async fn page<T: Send + 'static>(
        &self,
        workspace: WorkspaceId,
        question: impl FnOnce(&Connection, &Opener) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let keys = self.keys.of(workspace)?;
        self.page_of_all(move |connection| question(connection, keys.opener())).await
    }

    /// Runs a read for people that opens nothing.
    async fn page_of_all<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Connection) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        self.readers.pages.run(question).await
    }
}

/// Copies the log of changes into the file and empties it. Whoever reads from it holds that up for a moment.
fn truncate_log(connection: &Connection) -> Result<(), Error> {
    for _ in 0..TRUNCATE_TRIES {
        let busy: i64 =
            connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0)).or_else(busy)?;
        if busy == 0 {
            return Ok(());
        }
    }
    tracing::warn!("the write-ahead log could not be emptied yet: something reads it for long");
    Ok(())
}

fn busy(error: rusqlite::Error) -> Result<i64, Error> {
    match error.sqlite_error_code() {
        Some(rusqlite::ErrorCode::DatabaseBusy | rusqlite::ErrorCode::DatabaseLocked) => Ok(1),
        _ => Err(error.into()),
    }
}

#[cfg(test)]
mod tests;
