//! Makes commits durable beside the writer, and answers their callers.
//!
//! SQLite would flush the write-ahead log within COMMIT, and the writer would stand still for as long as
//! the disk takes. It commits without a flush instead and goes on with the next group, while a thread of
//! its own flushes the log's file. Nobody is answered before that, and frames in the log are durable in
//! the order of their commits, so whatever was answered survives together with all that it built on.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
        mpsc::{self, Receiver, SyncSender},
    },
    thread::JoinHandle,
    time::Instant,
};

use tokio::runtime::Handle;

use super::{BROKEN, OnCommit};
use crate::{
    Error,
    sqlite::{health::WriterHealth, received::ReceivedCount},
};

/// How many groups may wait for the disk before the writer waits too.
const WAITING_MAX: usize = 2;

/// What makes the log durable.
pub(in super::super) type Flush = Box<dyn Fn() -> std::io::Result<()> + Send>;

/// A group that is committed and not durable yet.
pub(super) struct Group {
    pub(super) kept: Vec<OnCommit>,
    /// How many facts it adds.
    pub(super) received: u64,
    /// When its commit began.
    pub(super) committing: Instant,
}

/// What the flusher works with.
pub(in super::super) struct Flushing {
    pub(in super::super) flush: Flush,
    pub(in super::super) received: Option<ReceivedCount>,
    pub(in super::super) health: WriterHealth,
    /// Where callers wait.
    pub(in super::super) runtime: Option<Handle>,
}

/// The thread that flushes. Dropping it waits until the last group is answered.
pub(in super::super) struct Flusher {
    groups: Option<SyncSender<Group>>,
    under_way: Arc<AtomicUsize>,
    thread: Option<JoinHandle<()>>,
}

impl Flusher {
    pub(in super::super) fn spawn(mut tools: Flushing) -> Result<Self, Error> {
        let (groups, waiting) = mpsc::sync_channel(WAITING_MAX);
        let under_way = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&under_way);
        let thread = std::thread::Builder::new()
            .name("kopru-flush".into())
            .spawn(move || tools.run(&waiting, &counted))
            .map_err(Error::unwritable)?;
        Ok(Self { groups: Some(groups), under_way, thread: Some(thread) })
    }

    /// Whether a group is not durable yet. Once the thread has ended, nobody waits for it.
    pub(super) fn is_busy(&self) -> bool {
        let is_running = self.thread.as_ref().is_some_and(|thread| !thread.is_finished());
        is_running && self.under_way.load(Ordering::Acquire) > 0
    }

    /// Takes a group over. Waits while several others wait already.
    pub(super) fn take(&self, group: Group) {
        self.under_way.fetch_add(1, Ordering::AcqRel);
        let gone = self.groups.as_ref().and_then(|groups| groups.send(group).err());
        if let Some(mpsc::SendError(group)) = gone {
            answer(None, group.kept, &Err(Error::unwritable(BROKEN)));
        }
    }
}

impl Drop for Flusher {
    fn drop(&mut self) {
        self.groups = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Flushing {
    fn run(&mut self, waiting: &Receiver<Group>, under_way: &AtomicUsize) {
        while let Ok(first) = waiting.recv() {
            let groups: Vec<Group> = std::iter::once(first).chain(waiting.try_iter()).collect();
            let flushed = self.flush();
            under_way.fetch_sub(groups.len(), Ordering::AcqRel);
            for Group { kept, received, committing } in groups {
                metrics::histogram!("kopru_commit_seconds").record(committing.elapsed());
                if flushed.is_ok()
                    && let Some(file) = &mut self.received
                {
                    file.add(received);
                }
                answer(self.runtime.as_ref(), kept, &flushed);
            }
        }
    }

    /// After a flush that failed nobody knows what is on the disk, and another one that succeeds says
    /// nothing of it.
    fn flush(&self) -> Result<(), Error> {
        if self.health.is_broken() {
            return Err(Error::unwritable(BROKEN));
        }
        (self.flush)().map_err(Error::unwritable).inspect_err(|error| self.health.note(&Err(error.clone())))
    }
}

/// Answers all callers of a group. Within the runtime, where waking one of them costs a push into a
/// queue of the same thread; from here each would cost a lock and perhaps a call of the system.
fn answer(runtime: Option<&Handle>, kept: Vec<OnCommit>, outcome: &Result<(), Error>) {
    let outcome = outcome.clone();
    let answer_all = move || {
        for on_commit in kept {
            on_commit(outcome.clone());
        }
    };
    match runtime {
        Some(runtime) => drop(runtime.spawn(async move { answer_all() })),
        None => answer_all(),
    }
}
