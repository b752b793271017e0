//! Keeps the write-ahead log short: its bytes have a bound, and it shrinks while the store is open.
//!
//! A second connection on a thread of its own copies the log into the file while the writer goes on.
//! When little is left to copy, the writer copies the rest and begins the log anew. That waits for
//! readers that still read from the log, which are short.

use std::{
    ffi::c_int,
    fs::File,
    path::{Path, PathBuf},
    sync::{
        Arc, Condvar, Mutex, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    thread::JoinHandle,
    time::Duration,
};

use rusqlite::{Connection, hooks::Wal};

use super::{
    super::file::{BUSY_TIMEOUT, PAGE_BYTES},
    Flush,
};
use crate::Error;

const MIB: u64 = 1024 * 1024;
/// With so much that is not in the file yet, copying begins beside the writer.
const COPY_AT: u64 = 32 * MIB;
/// How many pages it grows between two looks: a look costs as much as a small change.
const LOOK_EVERY_PAGES: u32 = 128;
/// A rest that the writer copies itself.
const SHORT: u64 = 2 * MIB;
/// From this length on the log begins anew as soon as the rest is short.
const RESTART_AT: u64 = 40 * MIB;
/// From this length on the writer waits until the log has begun anew, so that with the largest
/// group on top it stays below 128 MiB.
const LENGTH_MAX: u64 = 80 * MIB;
/// After a restart the log's file is cut to this length.
pub(in super::super) const FILE_KEPT: u64 = 56 * MIB;
/// A pause leaves no longer file than this.
const IDLE_MAX: u64 = MIB;
/// How long a restart waits for readers while the log may still grow.
const PATIENCE: Duration = Duration::from_millis(20);
/// After a restart that did not succeed, the log grows by this much before the next try.
const GROWS_BEFORE_RETRY: u64 = 4 * MIB;
/// How often the copying is repeated for what was written meanwhile.
const ROUNDS_MAX: usize = 4;
/// What stands before each page in the log.
const FRAME_HEADER: u64 = 24;
const PAGE_AND_HEADER: u64 = PAGE_BYTES.unsigned_abs() + FRAME_HEADER;

/// The length of the log, in bytes.
#[derive(Debug, Clone, Copy, Default)]
struct Length {
    whole: u64,
    /// What is not in the file yet.
    rest: u64,
}

/// The writer's view of the log.
pub(in super::super) struct Log {
    copier: Copier,
    file: PathBuf,
    /// Below this length no restart is tried.
    not_before: u64,
    /// How many pages it has after the last commit, as SQLite says.
    pages: Arc<AtomicU32>,
    /// How many it had when it was last looked at.
    looked_at: u32,
}

impl Log {
    pub(in super::super) fn new(
        database: &Path,
        writer: &mut Connection,
        copier: Connection,
    ) -> Result<Self, Error> {
        let mut file = database.as_os_str().to_owned();
        file.push("-wal");
        let pages = Arc::new(AtomicU32::new(0));
        let now = Arc::clone(&pages);
        writer.wal_hook(Some(move |_: &mut Wal, pages: c_int| {
            let pages = u32::try_from(pages).unwrap_or(0);
            let before = now.swap(pages, Ordering::Relaxed);
            let new = pages.checked_sub(before).unwrap_or(pages);
            metrics::counter!("kopru_wal_written_bytes_total").increment(u64::from(new) * PAGE_AND_HEADER);
            Ok(())
        }))?;
        Ok(Self { copier: Copier::spawn(copier)?, file: file.into(), not_before: 0, pages, looked_at: 0 })
    }

    /// What makes the log durable. Its file stays the same for as long as the writer has it open.
    pub(in super::super) fn flush(&self) -> std::io::Result<Flush> {
        let log = File::options().write(true).open(&self.file)?;
        Ok(Box::new(move || log.sync_data()))
    }

    /// Looks at the log after a commit, once it has grown or begun anew.
    pub(super) fn after_commit(&mut self, writer: &Connection) {
        let pages = self.pages.load(Ordering::Relaxed);
        if (self.looked_at..self.looked_at + LOOK_EVERY_PAGES).contains(&pages) {
            return;
        }
        self.looked_at = pages;
        metrics::gauge!("kopru_wal_bytes").set(self.file_bytes() as f64);
        let Ok(length) = length(writer, "NOOP") else { return };
        if length.rest >= COPY_AT || (length.whole >= RESTART_AT && length.rest > SHORT) {
            self.copier.wake();
        }
        if length.whole < RESTART_AT {
            self.not_before = 0;
        } else if length.whole >= self.not_before {
            let long = length.whole >= LENGTH_MAX;
            if long {
                self.copier.wait(BUSY_TIMEOUT);
            }
            if (long || length.rest <= SHORT) && self.copier.is_idle() {
                let patience = if long { BUSY_TIMEOUT } else { PATIENCE };
                let restarted = begin_anew(writer, "RESTART", patience);
                self.not_before = if restarted { 0 } else { length.whole + GROWS_BEFORE_RETRY };
                if long && !restarted {
                    tracing::warn!(
                        bytes = length.whole,
                        "something reads the write-ahead log for long; it grows"
                    );
                }
            }
        }
    }

    /// A short pause: whatever is left is copied.
    pub(super) fn in_a_pause(&self, writer: &Connection) {
        if length(writer, "NOOP").is_ok_and(|length| length.rest > SHORT) {
            self.copier.wake();
        }
    }

    /// A longer pause: the file is cut. Returns whether it is short now.
    pub(super) fn in_a_long_pause(&self, writer: &Connection) -> bool {
        let short = self.file_bytes() <= IDLE_MAX || begin_anew(writer, "TRUNCATE", PATIENCE);
        metrics::gauge!("kopru_wal_bytes").set(self.file_bytes() as f64);
        short
    }

    /// The end: everything goes into the database itself, whichever connection is the last to close.
    pub(super) fn at_the_end(&self, writer: &Connection) {
        self.copier.wait(BUSY_TIMEOUT);
        begin_anew(writer, "TRUNCATE", BUSY_TIMEOUT);
    }

    fn file_bytes(&self) -> u64 {
        std::fs::metadata(&self.file).map_or(0, |file| file.len())
    }
}

/// Copies the rest and makes the next write begin the log anew; returns whether it will.
fn begin_anew(writer: &Connection, how: &str, patience: Duration) -> bool {
    let done = writer
        .busy_timeout(patience)
        .and_then(|()| {
            writer.query_row(&format!("PRAGMA wal_checkpoint({how})"), [], |row| row.get::<_, i64>(0))
        })
        .inspect_err(|error| {
            tracing::warn!(
                error = error as &dyn std::error::Error,
                "the write-ahead log could not be copied into the file"
            );
        });
    let _ = writer.busy_timeout(BUSY_TIMEOUT);
    matches!(done, Ok(0))
}

/// Runs a checkpoint, and reads how long the log is. `NOOP` only looks.
fn length(connection: &Connection, how: &str) -> Result<Length, Error> {
    let page: u64 = connection.prepare_cached("PRAGMA page_size")?.query_row([], |row| row.get(0))?;
    let (all, copied): (i64, i64) = connection
        .prepare_cached(&format!("PRAGMA wal_checkpoint({how})"))?
        .query_row([], |row| Ok((row.get(1)?, row.get(2)?)))?;
    let bytes = |frames: i64| u64::try_from(frames).unwrap_or(0) * (page + FRAME_HEADER);
    Ok(Length { whole: bytes(all), rest: bytes(all - copied) })
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Task {
    Idle,
    Copy,
    Stop,
}

/// The thread that copies beside the writer.
struct Copier {
    task: Arc<(Mutex<Task>, Condvar)>,
    thread: Option<JoinHandle<()>>,
}

impl Copier {
    fn spawn(connection: Connection) -> Result<Self, Error> {
        let task = Arc::new((Mutex::new(Task::Idle), Condvar::new()));
        let shared = Arc::clone(&task);
        let thread = std::thread::Builder::new()
            .name("kopru-wal".into())
            .spawn(move || copy_when_told(&connection, &shared))
            .map_err(Error::unwritable)?;
        Ok(Self { task, thread: Some(thread) })
    }

    fn wake(&self) {
        let mut task = self.task.0.lock().unwrap_or_else(PoisonError::into_inner);
        if *task == Task::Idle {
            *task = Task::Copy;
            self.task.1.notify_all();
        }
    }

    fn is_idle(&self) -> bool {
        *self.task.0.lock().unwrap_or_else(PoisonError::into_inner) == Task::Idle
    }

    fn wait(&self, at_most: Duration) {
        let task = self.task.0.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = self.task.1.wait_timeout_while(task, at_most, |task| *task != Task::Idle);
    }
}

impl Drop for Copier {
    fn drop(&mut self) {
        *self.task.0.lock().unwrap_or_else(PoisonError::into_inner) = Task::Stop;
        self.task.1.notify_all();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn copy_when_told(connection: &Connection, (task, changed): &(Mutex<Task>, Condvar)) {
    let mut now = task.lock().unwrap_or_else(PoisonError::into_inner);
    loop {
        now = changed.wait_while(now, |task| *task == Task::Idle).unwrap_or_else(PoisonError::into_inner);
        if *now == Task::Stop {
            return;
        }
        drop(now);
        copy(connection);
        now = task.lock().unwrap_or_else(PoisonError::into_inner);
        if *now == Task::Copy {
            *now = Task::Idle;
            changed.notify_all();
        }
    }
}

/// Copies what there is. Once the log is long enough to begin anew, also what was written meanwhile, until
/// the rest is short; before that it would only copy the same pages more often.
fn copy(connection: &Connection) {
    let mut before = u64::MAX;
    for _ in 0..ROUNDS_MAX {
        match length(connection, "PASSIVE") {
            Ok(Length { whole, rest }) if whole >= RESTART_AT && rest > SHORT / 2 && rest < before => {
                before = rest;
            }
            Ok(_) => return,
            Err(error) => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "the write-ahead log could not be copied into the file"
                );
                return;
            }
        }
    }
}
