//! The loop between the doors and the way out: takes facts from the log, lets `core` decide, and
//! applies the decisions, which ends the work.
//!
//! It holds no knowledge of its own. A crash between taking and applying loses nothing: the
//! facts are still to be decided, and are decided again.
//!
//! A fact that cannot be taken, decided or applied is found by halving the turn that fails, and set
//! aside alone. What no fact has caused (a deadline, a sweep) is applied by itself, so that neither
//! stands in the way of the other.

mod dry_run;
mod expiry;
#[cfg(test)]
mod tests;
mod turn;

use std::{sync::Arc, time::Duration};

use kopru_core::{Decision, Incoming, Now, Policy, WorkingSet, decide};
use store::{Bear, Clock, DecisionStore, Failing, Lease};
use tokio::sync::watch;

pub use dry_run::{Becoming, DryRun, EXAMINED_MAX, dry_run, new_by_log};
pub use expiry::{Expiry, Retention};
use turn::Failure;

/// How many facts share one transaction.
const FACTS_PER_TURN: usize = 256;
/// How long to wait for a notify at most: a deadline that came into being meanwhile is seen then.
const WAIT_MAX: Duration = Duration::from_mins(1);
/// How long to wait at least where a deadline is over and nothing could be done about it.
const WAIT_MIN: Duration = Duration::from_secs(1);
/// How often to look whether the clock has been confirmed, while something waits for that.
const CLOCK_LOOK: Duration = Duration::from_secs(5);

/// Decides the facts of one workspace.
pub struct Processor {
    /// Where facts come from and decisions go.
    store: Arc<dyn DecisionStore>,
    /// The right to decide.
    lease: Lease,
    /// What the workspace has configured.
    policy: Arc<Policy>,
    /// Gives `now` to decisions.
    clock: Clock,
    /// How many facts the next turn takes: fewer while one of them fails.
    facts_per_turn: usize,
    failing: Failing,
    /// How a fact is decided; a test puts one here that panics.
    decide: fn(&mut WorkingSet, &Policy, &Incoming, Now) -> Decision,
}

/// When the next turn is worth taking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NextTurn {
    /// There is more to do.
    AtOnce,
    /// When there are new facts, or after so long.
    Within(Duration),
    /// Never: somebody else decides this workspace now, or the store is closed.
    Never,
}

impl Processor {
    /// A processor of the workspace that the lease is for.
    pub fn new(store: Arc<dyn DecisionStore>, lease: Lease, policy: Arc<Policy>, clock: Clock) -> Self {
        Self {
            store,
            lease,
            policy,
            clock,
            facts_per_turn: FACTS_PER_TURN,
            failing: Failing::default(),
            decide: |state, policy, fact, now| decide(state, policy, fact, now),
        }
    }

    /// Decides until asked to stop, or until another process has taken over.
    pub async fn run(mut self, mut stop: watch::Receiver<bool>) {
        let notify = self.store.wakeups().facts(self.lease.workspace);
        loop {
            let wait = match self.step().await {
                NextTurn::Never => return,
                NextTurn::AtOnce if *stop.borrow() => return,
                NextTurn::AtOnce => continue,
                NextTurn::Within(wait) => wait,
            };
            tokio::select! {
                () = notify.notified() => {}
                () = tokio::time::sleep(wait) => {}
                _ = stop.wait_for(|stop| *stop) => return,
            }
        }
    }

    /// Decides what there is, up to a bound. A turn that fails is taken again with half the facts; the
    /// one fact with which it still fails is set aside.
    pub async fn step(&mut self) -> NextTurn {
        match self.turn(self.facts_per_turn).await {
            Ok(turn) => {
                // While one fact is decided over and over, nothing around the others has to be loaded.
                self.facts_per_turn =
                    if turn.again { 1 } else { FACTS_PER_TURN.min(self.facts_per_turn * 2) };
                self.works();
                if turn.more { NextTurn::AtOnce } else { NextTurn::Within(self.wait(turn.next_deadline_ms)) }
            }
            Err(Failure::OfAFact(_)) if self.facts_per_turn > 1 => {
                self.facts_per_turn /= 2;
                NextTurn::AtOnce
            }
            Err(Failure::OfAFact(why)) => match self.set_aside(&why).await {
                Ok(()) => NextTurn::AtOnce,
                Err(error) => self.fails(&error),
            },
            Err(Failure::OfTheStore(store::Error::ErasedMeanwhile)) => NextTurn::AtOnce,
            Err(Failure::OfTheStore(error)) => self.fails(&error),
        }
    }

    /// Sets the next fact aside, unless the store fails whatever it is asked for: then that fact is not
    /// to blame.
    async fn set_aside(&mut self, why: &str) -> Result<(), store::Error> {
        self.store.take(self.lease, 0, i64::MIN).await?;
        if let Some(seq) = self.store.set_aside_next(self.lease, why).await? {
            turn::log_set_aside(self.lease, seq, why);
        }
        Ok(())
    }

    fn works(&mut self) {
        if self.failing.works() {
            tracing::info!(workspace = self.lease.workspace.0, "decisions are applied again");
        }
    }

    /// Leaves a failing store alone for a while; said once, however long it lasts.
    fn fails(&mut self, error: &store::Error) -> NextTurn {
        match self.failing.fails(error) {
            Bear::End => return NextTurn::Never,
            Bear::Say => {
                let workspace = self.lease.workspace.0;
                tracing::error!(
                    error = error as &dyn std::error::Error,
                    workspace,
                    "decisions cannot be applied"
                );
            }
            Bear::Wait => {}
        }
        NextTurn::Within(Failing::LEFT_ALONE)
    }

    /// How long there is nothing to do but for new facts.
    fn wait(&self, next_deadline_ms: Option<i64>) -> Duration {
        let Some(deadline_ms) = next_deadline_ms else { return WAIT_MAX };
        let now = self.now();
        let left_ms = u64::try_from(deadline_ms.saturating_sub(now.ms)).unwrap_or(0);
        if left_ms == 0 && !now.confirmed {
            return CLOCK_LOOK;
        }
        Duration::from_millis(left_ms).clamp(WAIT_MIN, WAIT_MAX)
    }

    fn now(&self) -> Now {
        Now { ms: self.clock.now_ms(), confirmed: self.clock.is_confirmed() }
    }
}
