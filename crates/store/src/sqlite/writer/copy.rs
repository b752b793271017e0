//! A copy of the database, made by the writer between its commits.
//!
//! SQLite begins a copy anew whenever another connection has changed what is copied, so that one made beside
//! a busy writer never ends; one made as a whole by a reader holds on to the write-ahead log, which then grows
//! until the writer has to wait. What the connection changes that copies itself, SQLite writes into the copy
//! as well. So the writer copies: a short step after each commit, with no lock between two.

use std::{ops::ControlFlow, rc::Rc};

use rusqlite::{
    Connection,
    backup::{Backup, StepResult},
};
use tokio::sync::oneshot;

use super::Writer;
use crate::{Clock, CopyProgress, Error, OnProgress};

/// How many pages a step copies: a MiB. Whoever waits for a commit waits for one of them at most.
const PAGES_PER_STEP: i32 = if cfg!(test) { 4 } else { 256 };

/// A copy that is wanted. It ends early when nobody waits for it any more.
pub(in super::super) struct CopyJob {
    /// An empty database.
    pub(in super::super) to: Connection,
    pub(in super::super) clock: Clock,
    pub(in super::super) progress: OnProgress,
    /// What the copy holds is no older than this, Unix milliseconds.
    pub(in super::super) answer: oneshot::Sender<Result<i64, Error>>,
}

impl Writer {
    pub(super) fn copy(&mut self, copy: CopyJob) {
        let CopyJob { mut to, clock, mut progress, answer } = copy;
        let connection = Rc::clone(&self.connection);
        let copied = Backup::new(&connection, &mut to).map_err(Error::from).and_then(|backup| {
            loop {
                if let Some(job) = self.inbox.waiting() {
                    self.commit_and_tidy(job);
                }
                if self.health.is_broken() || answer.is_closed() {
                    return Err(Error::Closed);
                }
                if let ControlFlow::Break(at_ms) = step(&backup, &clock, &mut progress)? {
                    return Ok(at_ms);
                }
            }
        });
        drop(to);
        let _ = answer.send(copied);
    }
}

/// Copies some pages; breaks with when it began if those were the last.
fn step(
    backup: &Backup<'_, '_>,
    clock: &Clock,
    progress: &mut OnProgress,
) -> Result<ControlFlow<i64>, Error> {
    let began_ms = clock.now_ms();
    let stepped = backup.step(PAGES_PER_STEP)?;
    let count = |pages: i32| u64::try_from(pages).unwrap_or(0);
    let (left, of) = (count(backup.progress().remaining), count(backup.progress().pagecount));
    progress(CopyProgress { done: of.saturating_sub(left), of });
    match stepped {
        StepResult::Done => Ok(ControlFlow::Break(began_ms)),
        StepResult::More => Ok(ControlFlow::Continue(())),
        // Only another program could: no transaction of the writer is open now.
        _ => Err(Error::database("another program locks the database or the copy")),
    }
}
