//! The loop between the doors and the way out: takes facts from the log, lets `core` decide, and
//! applies the decisions together with the cursor.
//!
//! It holds no knowledge of its own. A crash between taking and applying loses nothing: the
//! cursor has not moved, and the same facts are decided again.

use std::{sync::Arc, time::Duration};

use kopru_core::{Policy, decide, expire};
use store::{Clock, Decided, HotPath, Lease, StoreError};
use tokio::sync::watch;

/// How many facts share one transaction.
const FACTS_PER_TURN: usize = 256;
/// How often to look without a bell, for deadlines.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How long to leave a failing store alone.
const AFTER_FAILURE: Duration = Duration::from_secs(1);

/// Decides the facts of one workspace.
pub struct Processor<S> {
    /// Where facts come from and decisions go.
    pub store: Arc<S>,
    /// The right to decide.
    pub lease: Lease,
    /// What the workspace has configured.
    pub policy: Arc<Policy>,
    /// Gives `now` to decisions.
    pub clock: Clock,
}

impl<S: HotPath> Processor<S> {
    /// Decides until told to stop, or until another process has taken over.
    pub async fn run(self, mut stop: watch::Receiver<bool>) {
        let bell = self.store.bells().facts(self.lease.workspace);
        loop {
            let wait = match self.turn().await {
                Ok(0) => LOOK_EVERY,
                Ok(_) if *stop.borrow() => return,
                Ok(_) => continue,
                Err(StoreError::Fenced(_) | StoreError::Closed) => return,
                Err(error) => {
                    tracing::error!(%error, workspace = self.lease.workspace.0, "decisions could not be applied");
                    AFTER_FAILURE
                }
            };
            tokio::select! {
                () = bell.notified() => {}
                () = tokio::time::sleep(wait) => {}
                _ = stop.wait_for(|stop| *stop) => return,
            }
        }
    }

    /// Decides what there is, up to a bound; returns how much that was.
    pub async fn turn(&self) -> Result<usize, StoreError> {
        let now_ms = self.clock.now_ms();
        let mut work = self.store.take(self.lease, FACTS_PER_TURN, now_ms).await?;
        let todo = work.facts.len() + work.expired.len() + work.unreadable.len();
        if todo == 0 {
            return Ok(0);
        }
        let decisions =
            work.facts.iter().map(|fact| decide(&mut work.state, &self.policy, fact, now_ms)).collect();
        let expired = work.expired.iter().map(expire).collect();
        self.store
            .apply(self.lease, Decided { decisions, set_aside: work.unreadable, expired, now_ms })
            .await?;
        Ok(todo)
    }
}
