//! The writer: many changes, one commit.
//!
//! Changes that are waiting when a commit begins go into it together. One that can fail by itself has
//! a savepoint of its own and takes nothing else with it. Batches form by themselves, because more
//! changes gather while the disk is busy.

use std::{
    borrow::Cow,
    collections::{BTreeMap, HashMap},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::JoinHandle,
    time::Duration,
};

use kopru_core::WorkspaceId;
use rusqlite::{Connection, Params, types::FromSql};
use tokio::{
    runtime::{Builder, Runtime},
    sync::mpsc::{self, error::TryRecvError},
    time::timeout,
};

use crate::{StoreError, seal::Seal};

/// What callers are told after a failure of the disk.
pub(super) const BROKEN: &str = "an earlier write failed; restart to see what is there";
/// How many changes share a commit.
const GROUP_MAX: usize = 256;
/// After how long without a change the log of changes is copied into the file. While changes come
/// one after the other, copying would only stand in their way.
const IDLE_AFTER: Duration = Duration::from_millis(50);
/// How long the log may get if there is never such a pause, in pages of 8 KiB.
const LOG_PAGES_MAX: i64 = 16_384;
/// How often its length is looked at.
const COMMITS_PER_LOOK: u32 = 256;

/// A change that waits for the writer.
pub(super) struct Job {
    /// Runs inside the transaction of its group, or is told why there is none.
    pub(super) run: Change,
    /// Whether it can fail by itself, and then takes nothing else with it. A change that only adds
    /// rows fails with the disk, and so with its whole group; it is spared the savepoint, which
    /// costs more than the row.
    pub(super) fails_alone: bool,
}

type Change = Box<dyn FnOnce(Result<&mut Txn<'_>, StoreError>) -> Done + Send>;

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
    deltas: Vec<(Counter, i64)>,
}

/// A counter of a workspace's ledger.
type Counter = (u32, Cow<'static, str>);

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
    pub(super) fn count(&mut self, workspace: WorkspaceId, name: impl Into<Cow<'static, str>>, by: i64) {
        self.deltas.push(((workspace.0, name.into()), by));
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
    let unwritable = |error: std::io::Error| StoreError::Unwritable(error.to_string());
    let clock = Builder::new_current_thread().enable_time().build().map_err(unwritable)?;
    let mut writer = Writer { connection, waiting, seal, broken, heads: HashMap::new() };
    let thread = std::thread::Builder::new()
        .name("kopru-writer".into())
        .spawn(move || writer.run(&clock))
        .map_err(unwritable)?;
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
    fn run(&mut self, clock: &Runtime) {
        let mut commits = 0_u32;
        let mut copied = true;
        loop {
            let first = match self.waiting.try_recv() {
                Ok(job) => job,
                Err(TryRecvError::Disconnected) => return,
                Err(TryRecvError::Empty) if copied => match self.waiting.blocking_recv() {
                    Some(job) => job,
                    None => return,
                },
                Err(TryRecvError::Empty) => {
                    match clock.block_on(async { timeout(IDLE_AFTER, self.waiting.recv()).await }) {
                        Ok(Some(job)) => job,
                        Ok(None) => return,
                        Err(_) => {
                            self.checkpoint("PRAGMA wal_checkpoint(PASSIVE)");
                            copied = true;
                            continue;
                        }
                    }
                }
            };
            let mut group = vec![first];
            while group.len() < GROUP_MAX {
                let Ok(job) = self.waiting.try_recv() else { break };
                group.push(job);
            }
            self.commit(group);
            copied = false;
            commits += 1;
            if commits.is_multiple_of(COMMITS_PER_LOOK) && self.log_pages() > LOG_PAGES_MAX {
                self.checkpoint("PRAGMA wal_checkpoint(RESTART)");
            }
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
                (job.run)(Err(error.clone()));
            }
        }
    }

    fn write(&mut self, todo: &mut std::vec::IntoIter<Job>, kept: &mut Vec<Tell>) -> Result<(), StoreError> {
        self.connection.execute_batch("BEGIN IMMEDIATE")?;
        let mut deltas: BTreeMap<Counter, i64> = BTreeMap::new();
        while let Some(Job { fails_alone, .. }) = todo.as_slice().first() {
            let fails_alone = *fails_alone;
            if fails_alone {
                self.connection.prepare_cached("SAVEPOINT job")?.execute([])?;
            }
            let Some(job) = todo.next() else { break };
            let mut txn = Txn {
                connection: &self.connection,
                seal: &self.seal,
                heads: &mut self.heads,
                deltas: Vec::new(),
            };
            match (job.run)(Ok(&mut txn)) {
                Done::Kept(tell) => {
                    for (counter, by) in txn.deltas {
                        *deltas.entry(counter).or_default() += by;
                    }
                    kept.push(tell);
                }
                // SQLite undoes the whole transaction by itself when the disk is full or fails.
                Done::Undone(error) if !fails_alone || self.connection.is_autocommit() => return Err(error),
                Done::Undone(_) => {
                    self.connection.prepare_cached("ROLLBACK TO job")?.execute([])?;
                    // Numbers that the job took are free again.
                    self.heads.clear();
                }
            }
            if fails_alone {
                self.connection.prepare_cached("RELEASE job")?.execute([])?;
            }
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

    /// How many pages the log of changes has. `NOOP` only looks.
    fn log_pages(&self) -> i64 {
        self.connection.query_row("PRAGMA wal_checkpoint(NOOP)", [], |row| row.get(1)).unwrap_or(0)
    }

    /// Copies the log of changes into the file.
    fn checkpoint(&self, how: &str) {
        if let Err(error) = self.connection.query_row(how, [], |_| Ok(())) {
            tracing::warn!(%error, "checkpoint failed; it is tried again after the next write");
        }
    }
}

#[cfg(test)]
mod tests;
