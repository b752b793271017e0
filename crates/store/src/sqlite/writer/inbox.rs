//! What waits for the writer: what doors bring goes first, and neither side starves the other.

use std::time::Duration;

use tokio::{
    runtime::{Builder, Runtime},
    sync::mpsc::{self, Receiver, Sender, error::TryRecvError},
    time::timeout,
};

use super::{Change, CopyJob};
use crate::Error;

/// How many changes of each kind may wait for the writer before callers wait in turn.
const WAITING_MAX: usize = 4096;
/// How long doors may keep the writer while other changes wait, before one of those has its turn.
const DOORS_AT_ONCE: Duration = Duration::from_millis(5);

/// A change that waits for the writer.
pub(in super::super) struct Job {
    /// Runs inside the transaction of its group, or gets the reason why there is none.
    pub(in super::super) run: Change,
    /// Whether it can fail by itself, and then takes nothing else with it. A change that only adds
    /// rows fails with the disk, and so with its whole group; it is spared the savepoint, which
    /// costs more than the row.
    pub(in super::super) fails_alone: bool,
    /// Whether a sender outside waits for it.
    pub(in super::super) from_door: bool,
    /// The size of what it writes, roughly.
    pub(in super::super) bytes: usize,
}

/// Where changes are handed in.
pub(in super::super) struct Outbox {
    doors: Sender<Job>,
    others: Sender<Job>,
    copies: Sender<CopyJob>,
}

impl Outbox {
    pub(in super::super) async fn send(&self, job: Job) -> Result<(), Error> {
        let queue = if job.from_door { &self.doors } else { &self.others };
        queue.send(job).await.map_err(|_| Error::Closed)
    }

    /// Hands in a copy, which begins when none is under way.
    pub(in super::super) async fn copy(&self, copy: CopyJob) -> Result<(), Error> {
        self.copies.send(copy).await.map_err(|_| Error::Closed)
    }

    pub(in super::super) fn is_closed(&self) -> bool {
        self.others.is_closed()
    }

    /// Waits until the writer has ended.
    pub(in super::super) async fn closed(&self) {
        self.others.closed().await;
    }
}

/// What the writer finds.
pub(super) enum Dequeued {
    Job(Job),
    Copy(CopyJob),
    /// Nothing came for as long as the writer was willing to wait.
    Nothing,
    /// Nobody can hand in anything any more.
    Closed,
}

pub(super) struct Inbox {
    doors: Receiver<Job>,
    others: Receiver<Job>,
    copies: Receiver<CopyJob>,
    /// How long doors have kept the writer since another change had its turn.
    doors_took: Duration,
    clock: Runtime,
}

pub(super) fn inbox() -> std::io::Result<(Outbox, Inbox)> {
    let (to_doors, doors) = mpsc::channel(WAITING_MAX);
    let (to_others, others) = mpsc::channel(WAITING_MAX);
    let (to_copies, copies) = mpsc::channel(1);
    let clock = Builder::new_current_thread().enable_time().build()?;
    let inbox = Inbox { doors, others, copies, doors_took: Duration::ZERO, clock };
    Ok((Outbox { doors: to_doors, others: to_others, copies: to_copies }, inbox))
}

impl Inbox {
    /// What waits already.
    pub(super) fn waiting(&mut self) -> Option<Job> {
        match self.look() {
            Dequeued::Job(job) => Some(job),
            Dequeued::Copy(_) | Dequeued::Nothing | Dequeued::Closed => None,
        }
    }

    fn look(&mut self) -> Dequeued {
        if self.doors_took >= DOORS_AT_ONCE
            && let Ok(job) = self.others.try_recv()
        {
            return Dequeued::Job(job);
        }
        let doors = match self.doors.try_recv() {
            Ok(job) => return Dequeued::Job(job),
            Err(why) => why,
        };
        match self.others.try_recv() {
            Ok(job) => Dequeued::Job(job),
            Err(TryRecvError::Disconnected) if doors == TryRecvError::Disconnected => Dequeued::Closed,
            Err(_) => Dequeued::Nothing,
        }
    }

    /// The next change, waiting for it no longer than `patience`.
    pub(super) fn next(&mut self, patience: Option<Duration>) -> Dequeued {
        match self.look() {
            Dequeued::Nothing => {}
            found => return found,
        }
        let Self { doors, others, copies, clock, .. } = self;
        let first = async {
            tokio::select! {
                biased;
                Some(job) = doors.recv() => Dequeued::Job(job),
                Some(job) = others.recv() => Dequeued::Job(job),
                Some(copy) = copies.recv() => Dequeued::Copy(copy),
                else => Dequeued::Closed,
            }
        };
        match patience {
            None => clock.block_on(first),
            Some(patience) => {
                clock.block_on(async { timeout(patience, first).await.unwrap_or(Dequeued::Nothing) })
            }
        }
    }

    /// Takes note of how long a change took.
    pub(super) fn took(&mut self, from_door: bool, time: Duration) {
        self.doors_took = if from_door { self.doors_took + time } else { Duration::ZERO };
    }
}
