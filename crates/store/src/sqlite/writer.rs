//! The writer: many changes, one commit.
//!
//! Changes that wait go into the commit together, until it has lasted long enough. One that can fail
//! by itself has a savepoint of its own and takes nothing else with it. Groups form by themselves,
//! because more changes gather while the disk is busy.

mod copy;
mod flusher;
mod inbox;
mod txn;
mod wal;

use std::{
    collections::BTreeSet,
    rc::Rc,
    sync::Arc,
    thread::JoinHandle,
    time::{Duration, Instant},
};

use kopru_core::WorkspaceId;
use rusqlite::Connection;

use super::{health::WriterHealth, once::OnceKeys};
use crate::{Error, Wakeups, keyring::Keyring};
pub(super) use copy::CopyJob;
use flusher::Group;
pub(super) use flusher::{Flush, Flusher, Flushing};
use inbox::{Dequeued, Inbox, inbox};
pub(super) use inbox::{Job, Outbox};
use txn::{Memory, Sums};
pub(super) use txn::{NOT_MADE, RECEIVED, Txn};
pub(super) use wal::{FILE_KEPT, Log};

/// What callers get after a failure of the disk.
pub(super) const BROKEN: &str = "an earlier write failed; restart to see what is there";
/// How many changes share a commit.
const GROUP_MAX: usize = 256;
/// How long changes join a commit that is under way: whoever comes then waits for the next.
const GROUP_TIME: Duration = Duration::from_millis(10);
/// How long a group that waits for the disk leaves others alone: each commit costs as much as a dozen of
/// changes, and each look at what has come takes a processor from those who bring it.
const GATHER_STEP: Duration = Duration::from_micros(300);
/// How much the changes of a commit may write.
const GROUP_BYTES_MAX: usize = 8 * 1024 * 1024;
/// How many commits give each change a savepoint after one without it has failed.
const CAREFUL_COMMITS: u32 = 1_000;
/// A pause in which the log of changes is copied into the file.
const PAUSE: Duration = Duration::from_millis(50);
/// A pause in which the log's file is cut, and in which a store that failed is tried again.
const LONG_PAUSE: Duration = Duration::from_secs(1);

type Change = Box<dyn FnOnce(Result<&mut Txn<'_>, Error>) -> Done + Send>;

/// How a change went.
pub(super) enum Done {
    /// It stands if the commit does; the function answers the caller.
    Kept(OnCommit),
    /// It failed, and its caller knows.
    Undone(Error),
}

/// Answers a caller how the commit went.
pub(super) type OnCommit = Box<dyn FnOnce(Result<(), Error>) + Send>;

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

/// What the writer works with.
pub(super) struct Tools {
    pub(super) connection: Connection,
    pub(super) log: Option<Log>,
    pub(super) flusher: Flusher,
    pub(super) keys: Arc<Keyring>,
    pub(super) once: Arc<OnceKeys>,
    pub(super) health: WriterHealth,
    pub(super) wakeups: Arc<Wakeups>,
}

/// Starts the writer thread. It ends when nobody can send changes any more.
pub(super) fn spawn(tools: Tools) -> Result<(Outbox, Thread), Error> {
    let unwritable = Error::unwritable;
    let (outbox, inbox) = inbox().map_err(unwritable)?;
    let thread = std::thread::Builder::new()
        .name("kopru-writer".into())
        .spawn(move || Writer::new(tools, inbox).run())
        .map_err(unwritable)?;
    Ok((outbox, Thread(Some(thread))))
}

struct Writer {
    /// Shared with a copy that is under way, on the same thread.
    connection: Rc<Connection>,
    log: Option<Log>,
    flusher: Flusher,
    keys: Arc<Keyring>,
    health: WriterHealth,
    wakeups: Arc<Wakeups>,
    inbox: Inbox,
    memory: Memory,
    /// How many commits still give each change a savepoint.
    careful: u32,
}

/// What a commit has written.
struct CommitDone {
    /// How many facts.
    received: u64,
    /// The workspaces of which outcomes were told.
    told: BTreeSet<WorkspaceId>,
    /// When it began.
    committing: Instant,
}

/// How far the log was tidied since the last commit.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Tidy {
    Not,
    Copied,
    Cut,
}

impl Writer {
    fn new(tools: Tools, inbox: Inbox) -> Self {
        let Tools { connection, log, flusher, keys, once, health, wakeups } = tools;
        let (connection, memory) = (Rc::new(connection), Memory::new(once));
        Self { connection, log, flusher, keys, health, wakeups, inbox, memory, careful: 0 }
    }

    fn run(&mut self) {
        let _log_on_panic = LogOnPanic;
        let mut tidy = Tidy::Cut;
        loop {
            let patience = match tidy {
                Tidy::Not => Some(PAUSE),
                Tidy::Copied => Some(LONG_PAUSE),
                Tidy::Cut => self.health.may_recover().then_some(LONG_PAUSE),
            };
            match self.inbox.next(patience) {
                Dequeued::Job(first) => {
                    self.commit_and_tidy(first);
                    tidy = Tidy::Not;
                }
                Dequeued::Copy(copy) => {
                    self.copy(copy);
                    tidy = Tidy::Not;
                }
                Dequeued::Nothing => tidy = self.pause(tidy),
                Dequeued::Closed => {
                    if let Some(log) = self.log.as_ref().filter(|_| !self.health.is_broken()) {
                        log.at_the_end(&self.connection);
                    }
                    return;
                }
            }
        }
    }

    fn commit_and_tidy(&mut self, first: Job) {
        self.commit(first);
        if !self.health.is_broken()
            && let Some(log) = &mut self.log
        {
            log.after_commit(&self.connection);
        }
    }

    fn pause(&mut self, tidy: Tidy) -> Tidy {
        if tidy != Tidy::Not && self.health.may_recover() {
            self.try_again();
        }
        let log = self.log.as_ref().filter(|_| !self.health.is_broken());
        let Some(log) = log else { return Tidy::Cut };
        match tidy {
            Tidy::Not => {
                log.in_a_pause(&self.connection);
                Tidy::Copied
            }
            Tidy::Copied if !log.in_a_long_pause(&self.connection) => Tidy::Copied,
            _ => Tidy::Cut,
        }
    }

    /// Finds out with a small write whether a store that failed can be written again.
    fn try_again(&self) {
        let connection = &self.connection;
        let tried = connection.execute_batch(
            "BEGIN IMMEDIATE; INSERT OR REPLACE INTO meta (key, value) VALUES ('tried', datetime()); COMMIT",
        );
        if tried.is_err() && !connection.is_autocommit() {
            let _ = connection.execute_batch("ROLLBACK");
        }
        self.health.note(&tried.map_err(Error::from));
    }

    /// Commits a group. A failure of the disk undoes all of it, and every caller gets the error.
    fn commit(&mut self, first: Job) {
        if self.health.is_broken() {
            (first.run)(Err(Error::unwritable(BROKEN)));
            return;
        }
        let mut kept = Vec::new();
        let outcome = self.write(first, &mut kept);
        self.health.note(&outcome.as_ref().map(drop).map_err(Clone::clone));
        self.careful = self.careful.saturating_sub(1);
        match outcome {
            Ok(CommitDone { received, told, committing }) => {
                self.memory.once.commit();
                self.flusher.take(Group { kept, received, committing });
                for workspace in told {
                    self.wakeups.wake_outcomes(workspace);
                }
            }
            Err(error) => {
                if !self.connection.is_autocommit() {
                    let _ = self.connection.execute_batch("ROLLBACK");
                }
                self.memory.heads.clear();
                self.memory.once.roll_back();
                if !matches!(error, Error::Full(_)) {
                    self.careful = CAREFUL_COMMITS;
                }
                for on_commit in kept {
                    on_commit(Err(error.clone()));
                }
            }
        }
    }

    /// Runs changes in one transaction for as long as there are some.
    fn write(&mut self, first: Job, kept: &mut Vec<OnCommit>) -> Result<CommitDone, Error> {
        let began = Instant::now();
        if let Err(error) = execute(&self.connection, "BEGIN IMMEDIATE") {
            (first.run)(Err(error.clone()));
            return Err(error);
        }
        let mut sums = Sums::default();
        let mut bytes = 0;
        let mut next = Some(first);
        let mut since = began;
        while let Some(job) = next {
            bytes += job.bytes;
            let from_door = job.from_door;
            self.run_one(job, &mut sums, kept)?;
            let now = Instant::now();
            self.inbox.took(from_door, now - since);
            since = now;
            let full = kept.len() >= GROUP_MAX || bytes >= GROUP_BYTES_MAX || now - began >= GROUP_TIME;
            next = if full { None } else { self.inbox.waiting().or_else(|| self.gather()) };
        }
        sums.stand(Txn::new(&self.connection, &self.keys, &mut self.memory))?;
        let (received, told) = (sums.received(), sums.workspaces_of_conversions());
        sums.write(&self.connection)?;
        let committing = Instant::now();
        execute(&self.connection, "COMMIT")?;
        Ok(CommitDone { received, told, committing })
    }

    /// Waits for more while the group before is not durable yet: until then its own commit could only wait.
    #[expect(clippy::disallowed_methods, reason = "the writer's own thread, while the disk is busy")]
    fn gather(&mut self) -> Option<Job> {
        while self.flusher.is_busy() {
            std::thread::sleep(GATHER_STEP);
            if let Some(job) = self.inbox.waiting() {
                return Some(job);
            }
        }
        None
    }

    fn run_one(&mut self, job: Job, sums: &mut Sums, kept: &mut Vec<OnCommit>) -> Result<(), Error> {
        let connection = &self.connection;
        let alone = job.fails_alone || self.careful > 0;
        if alone && let Err(error) = execute(connection, "SAVEPOINT job") {
            (job.run)(Err(error.clone()));
            return Err(error);
        }
        let mut txn = Txn::new(connection, &self.keys, &mut self.memory);
        match (job.run)(Ok(&mut txn)) {
            Done::Kept(on_commit) => {
                sums.add(txn.changed);
                self.memory.once.keep();
                kept.push(on_commit);
            }
            // SQLite undoes the whole transaction by itself when the disk is full or fails.
            Done::Undone(error) if !alone || connection.is_autocommit() => return Err(error),
            Done::Undone(_) => {
                execute(connection, "ROLLBACK TO job")?;
                // Numbers that the job took are free again.
                self.memory.heads.clear();
                self.memory.once.undo();
            }
        }
        if alone { execute(connection, "RELEASE job") } else { Ok(()) }
    }
}

fn execute(connection: &Connection, sql: &str) -> Result<(), Error> {
    connection.prepare_cached(sql)?.execute([])?;
    Ok(())
}

/// Runs a change in a transaction of its own, before there is a writer.
pub(super) fn alone<T>(
    connection: &Connection,
    keys: &Keyring,
    change: impl FnOnce(&mut Txn<'_>) -> Result<T, Error>,
) -> Result<T, Error> {
    let transaction = connection.unchecked_transaction()?;
    let (mut memory, mut sums) = (Memory::new(Arc::default()), Sums::default());
    let mut txn = Txn::new(&transaction, keys, &mut memory);
    let value = change(&mut txn)?;
    sums.add(txn.changed);
    sums.stand(Txn::new(&transaction, keys, &mut memory))?;
    sums.write(&transaction)?;
    transaction.commit()?;
    Ok(value)
}

/// Says so if the writer ends by a panic.
struct LogOnPanic;

impl Drop for LogOnPanic {
    fn drop(&mut self) {
        if std::thread::panicking() {
            tracing::error!("the store's writer has ended; nothing can be written until a restart");
        }
    }
}

#[cfg(test)]
mod tests;
