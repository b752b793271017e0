//! The writer: many changes, one commit.
//!
//! Changes that are waiting when a commit begins go into it together, each in a savepoint of its
//! own: one that fails takes nothing else with it. Batches form by themselves, because more
//! changes gather while the disk is busy.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::JoinHandle,
};

use kopru_core::WorkspaceId;
use rusqlite::{Connection, Params, types::FromSql};
use tokio::sync::mpsc;

use crate::{StoreError, seal::Seal};

/// What callers are told after a failure of the disk.
pub(super) const BROKEN: &str = "an earlier write failed; restart to see what is there";
/// How many changes share a commit.
const GROUP_MAX: usize = 256;
/// Pages in the log of changes after which it is copied into the file, when the writer is idle.
const CHECKPOINT_IDLE_PAGES: i64 = 512;
/// The same, idle or not.
const CHECKPOINT_BUSY_PAGES: i64 = 16_384;

/// A change; runs inside the transaction of its group, or is told why there is none.
pub(super) type Job = Box<dyn FnOnce(Result<&mut Txn<'_>, StoreError>) -> Done + Send>;

/// How a change went.
pub(super) enum Done {
    /// It stands if the commit does; the function tells the caller.
    Kept(Tell),
    /// It failed, and its caller knows.
    Undone(StoreError),
}

/// Tells a caller how the commit went.
pub(super) type Tell = Box<dyn FnOnce(Result<(), StoreError>) + Send>;

/// An open transaction.
pub(super) struct Txn<'a> {
    connection: &'a Connection,
    pub(super) seal: &'a Seal,
    heads: &'a mut Heads,
    deltas: BTreeMap<(u32, String), i64>,
}

/// The last numbers given out, by table and workspace. A number whose change failed is skipped.
type Heads = HashMap<(&'static str, u32), u64>;

impl Txn<'_> {
    /// Runs a statement; returns how many rows it changed.
    pub(super) fn run(&self, sql: &str, params: impl Params) -> Result<usize, StoreError> {
        Ok(self.connection.prepare_cached(sql)?.execute(params)?)
    }

    /// Reads one value.
    pub(super) fn one<T: FromSql>(&self, sql: &str, params: impl Params) -> Result<T, StoreError> {
        Ok(self.connection.prepare_cached(sql)?.query_row(params, |row| row.get(0))?)
    }

    pub(super) fn connection(&self) -> &Connection {
        self.connection
    }

    /// The next number of a table in a workspace.
    pub(super) fn next(
        &mut self,
        table: &'static str,
        column: &str,
        workspace: WorkspaceId,
    ) -> Result<u64, StoreError> {
        let last = match self.heads.get(&(table, workspace.0)) {
            Some(last) => *last,
            None => self.one(
                &format!("SELECT coalesce(max({column}), 0) FROM {table} WHERE workspace = ?"),
                [workspace.0],
            )?,
        };
        self.heads.insert((table, workspace.0), last + 1);
        Ok(last + 1)
    }

    /// Adds to a counter of the ledger; written once for the whole group.
    pub(super) fn count(&mut self, workspace: WorkspaceId, name: impl Into<String>, by: i64) {
        *self.deltas.entry((workspace.0, name.into())).or_default() += by;
    }
}

/// The writer's thread. Dropping it waits until the last change is written, so that whoever opens
/// the store next finds everything in it.
pub(super) struct Thread(Option<JoinHandle<()>>);

impl Drop for Thread {
    fn drop(&mut self) {
        if let Some(thread) = self.0.take() {
            let _ = thread.join();
        }
    }
}

/// Starts the writer thread. It ends when nobody can send changes any more.
pub(super) fn spawn(
    connection: Connection,
    waiting: mpsc::Receiver<Job>,
    seal: Arc<Seal>,
    broken: Arc<AtomicBool>,
) -> Result<Thread, StoreError> {
    let mut writer = Writer { connection, waiting, seal, broken, heads: HashMap::new() };
    let thread = std::thread::Builder::new()
        .name("kopru-writer".into())
        .spawn(move || writer.run())
        .map_err(|error| StoreError::Unwritable(error.to_string()))?;
    Ok(Thread(Some(thread)))
}

struct Writer {
    connection: Connection,
    waiting: mpsc::Receiver<Job>,
    seal: Arc<Seal>,
    broken: Arc<AtomicBool>,
    heads: Heads,
}

impl Writer {
    fn run(&mut self) {
        while let Some(first) = self.waiting.blocking_recv() {
            let mut group = vec![first];
            while group.len() < GROUP_MAX {
                let Ok(job) = self.waiting.try_recv() else { break };
                group.push(job);
            }
            self.commit(group);
            self.checkpoint();
        }
    }

    /// Commits the group. A failure of the disk undoes all of it, and every caller is told.
    fn commit(&mut self, group: Vec<Job>) {
        let mut todo = group.into_iter();
        let mut kept = Vec::with_capacity(todo.len());
        let outcome = if self.broken.load(Ordering::Relaxed) {
            Err(StoreError::Unwritable(BROKEN.into()))
        } else {
            self.write(&mut todo, &mut kept)
        };
        if let Err(error) = &outcome {
            let _ = self.connection.execute_batch("ROLLBACK");
            self.heads.clear();
            // After a failed fsync nobody knows what is on the disk: stop acknowledging.
            if matches!(error, StoreError::Unwritable(_) | StoreError::Corrupt(_)) {
                self.broken.store(true, Ordering::Relaxed);
                tracing::error!(%error, "the store failed to write; nothing is acknowledged until a restart");
            } else {
                tracing::warn!(%error, "the store could not commit");
            }
        }
        for tell in kept {
            tell(outcome.clone());
        }
        // Those that did not get their turn are told the same.
        if let Err(error) = outcome {
            for job in todo {
                job(Err(error.clone()));
            }
        }
    }

    fn write(&mut self, todo: &mut std::vec::IntoIter<Job>, kept: &mut Vec<Tell>) -> Result<(), StoreError> {
        self.connection.execute_batch("BEGIN IMMEDIATE")?;
        let mut deltas: BTreeMap<(u32, String), i64> = BTreeMap::new();
        while todo.len() > 0 {
            self.connection.prepare_cached("SAVEPOINT job")?.execute([])?;
            let Some(job) = todo.next() else { break };
            let mut txn = Txn {
                connection: &self.connection,
                seal: &self.seal,
                heads: &mut self.heads,
                deltas: BTreeMap::new(),
            };
            match job(Ok(&mut txn)) {
                Done::Kept(tell) => {
                    for (counter, by) in txn.deltas {
                        *deltas.entry(counter).or_default() += by;
                    }
                    kept.push(tell);
                }
                // SQLite undoes the whole transaction by itself when the disk is full or fails.
                Done::Undone(error) if self.connection.is_autocommit() => return Err(error),
                Done::Undone(_) => {
                    self.connection.prepare_cached("ROLLBACK TO job")?.execute([])?;
                    // Numbers that the job took are free again.
                    self.heads.clear();
                }
            }
            self.connection.prepare_cached("RELEASE job")?.execute([])?;
        }
        for ((workspace, name), by) in deltas.into_iter().filter(|(_, by)| *by != 0) {
            self.connection
                .prepare_cached(
                    "INSERT INTO counter (workspace, name, n) VALUES (?1, ?2, ?3)
                     ON CONFLICT (workspace, name) DO UPDATE SET n = n + ?3",
                )?
                .execute((workspace, name, by))?;
        }
        self.connection.execute_batch("COMMIT")?;
        Ok(())
    }

    /// Copies the log of changes into the file: when nothing waits, or when it has grown long.
    fn checkpoint(&mut self) {
        let idle = self.waiting.is_empty();
        let size = |row: &rusqlite::Row<'_>| row.get::<_, i64>(1);
        // NOOP only reads the size of the log.
        let pages = self.connection.query_row("PRAGMA wal_checkpoint(NOOP)", [], size).unwrap_or(0);
        let (limit, mode) = if idle {
            (CHECKPOINT_IDLE_PAGES, "PRAGMA wal_checkpoint(PASSIVE)")
        } else {
            (CHECKPOINT_BUSY_PAGES, "PRAGMA wal_checkpoint(TRUNCATE)")
        };
        if pages > limit
            && let Err(error) = self.connection.query_row(mode, [], size)
        {
            tracing::warn!(%error, "checkpoint failed; it is tried again after the next write");
        }
    }
}

#[cfg(test)]
mod tests;
