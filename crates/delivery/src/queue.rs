//! A lane's queue. One damaged row never stops the others: what the store cannot do with many rows it is
//! asked to do with fewer, until the row is found.

use std::{
    collections::HashSet,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use kopru_core::Reason;
use store::{
    AttemptId, Claimed, LaneKey, Lease, Member, OpenAttempt, OutcomeOf, Pause, PauseScope, QueueStore,
    Queued, Settled,
};

use crate::{body::Ready, owned::Owned};

/// How many rows are passed over at most; with more, the store is broken, not a row.
const SKIPPED_MAX: usize = 1000;

pub(crate) struct Queue {
    pub store: Arc<dyn QueueStore>,
    pub lease: Lease,
    pub lane: LaneKey,
    /// Rows that the store cannot even end. They are passed over until the next start.
    skipped: Mutex<HashSet<u64>>,
    /// How many rows attempts hold: the store leaves them out by itself.
    under_way: AtomicUsize,
}

impl Queue {
    pub(crate) fn new(store: Arc<dyn QueueStore>, lease: Lease, lane: LaneKey) -> Self {
        Self { store, lease, lane, skipped: Mutex::default(), under_way: AtomicUsize::new(0) }
    }

    /// Takes the attempts of an earlier run for interrupted.
    pub(crate) async fn interrupted(&self) -> Result<(), store::Error> {
        self.store.interrupted(self.lease, &self.lane).await
    }

    /// What is due and nobody's, in order, at most `limit`.
    pub(crate) async fn claim(
        &self,
        limit: usize,
        owned: &Owned,
        now_ms: i64,
    ) -> Result<Claimed, store::Error> {
        let aside = self.skipped().len() + owned.len().saturating_sub(self.under_way.load(Ordering::SeqCst));
        let mut asked = limit + aside;
        let mut claimed = loop {
            match self.store.claim(self.lease, &self.lane, asked, now_ms).await {
                Err(error) if is_of_a_row(&error) && asked > 1 => asked /= 2,
                claimed => break claimed?,
            }
        };
        let skipped = self.skipped();
        claimed.ready.retain(|member| !skipped.contains(&member.number) && !owned.keeps(member));
        claimed.unreadable.retain(|number| !skipped.contains(number) && !owned.has(*number));
        claimed.ready.truncate(limit);
        claimed.ready.sort_unstable_by_key(|member| member.number);
        Ok(claimed)
    }

    /// What is needed of conversions that leave now; what cannot be read back is set aside.
    pub(crate) async fn complete(
        &self,
        batch: Vec<Queued>,
        now_ms: i64,
    ) -> Result<Vec<Queued>, store::Error> {
        let Claimed { ready, unreadable } = self.store.complete(self.lease, &self.lane, batch).await?;
        if !unreadable.is_empty() {
            self.set_aside(&unreadable, now_ms).await?;
        }
        Ok(ready)
    }

    /// When the next conversion is due, Unix milliseconds.
    pub(crate) async fn next_due(&self) -> Result<Option<i64>, store::Error> {
        self.store.next_due(self.lease, &self.lane).await
    }

    /// Makes an attempt durable. `None` if that fails because of one of the members.
    pub(crate) async fn open(
        &self,
        ready: &Ready,
        members: Vec<Member>,
        now_ms: i64,
    ) -> Result<Option<OpenAttempt>, store::Error> {
        let open = |members| self.store.open(self.lease, &self.lane, members, now_ms);
        let opened = match open(members).await {
            Err(error) if is_of_a_row(&error) => {
                // Only if the store works without them, and once more does not with them.
                let empty = open(Vec::new()).await?.attempt;
                self.store.settle(self.lease, &self.lane, Some(empty), Vec::new(), now_ms).await?;
                open(ready.members()).await
            }
            opened => opened,
        };
        match opened {
            Err(error) if is_of_a_row(&error) => Ok(None),
            opened => opened.map(Some),
        }
    }

    /// So many rows are held by an attempt, until what is returned is dropped.
    pub(crate) fn holds(&self, rows: usize) -> RowsUnderWay<'_> {
        self.under_way.fetch_add(rows, Ordering::SeqCst);
        RowsUnderWay { under_way: &self.under_way, rows }
    }

    /// Keeps how members go on; `attempt` is over then. After a failure it is none, if it is over all the
    /// same.
    pub(crate) async fn settle(
        &self,
        attempt: &mut Option<AttemptId>,
        outcomes: &[OutcomeOf],
        now_ms: i64,
    ) -> Result<(), store::Error> {
        match self.store.settle(self.lease, &self.lane, *attempt, outcomes.to_vec(), now_ms).await {
            Err(error) if is_of_a_row(&error) => self.settle_apart(attempt, outcomes, now_ms).await,
            kept => kept,
        }
    }

    /// Keeps what can be kept, and passes over the rest.
    async fn settle_apart(
        &self,
        attempt: &mut Option<AttemptId>,
        outcomes: &[OutcomeOf],
        now_ms: i64,
    ) -> Result<(), store::Error> {
        // The store works without them, or it is not their fault. The members are held by no attempt then,
        // which is what outcomes without one need.
        self.store.settle(self.lease, &self.lane, *attempt, Vec::new(), now_ms).await?;
        *attempt = None;
        let mut stuck = Vec::new();
        let mut parts = vec![outcomes];
        while let Some(part) = parts.pop() {
            match self.store.settle(self.lease, &self.lane, None, part.to_vec(), now_ms).await {
                Err(error) if is_of_a_row(&error) && part.len() > 1 => {
                    let (first, second) = part.split_at(part.len() / 2);
                    parts.extend([second, first]);
                }
                Err(error) if is_of_a_row(&error) => {
                    stuck.extend(part.iter().map(|outcome| (outcome.number, error.clone())));
                }
                kept => kept?,
            }
        }
        for (number, error) in stuck {
            let mut skipped = self.skipped();
            if skipped.len() >= SKIPPED_MAX {
                return Err(error);
            }
            let (error, lane) = (&error as &dyn std::error::Error, &self.lane);
            tracing::error!(error, %lane, number, "a damaged conversion is passed over");
            skipped.insert(number);
        }
        Ok(())
    }

    /// Ends conversions that cannot be read back.
    pub(crate) async fn set_aside(&self, numbers: &[u64], now_ms: i64) -> Result<(), store::Error> {
        for number in numbers {
            let lane = &self.lane;
            tracing::error!(%lane, number, "a conversion cannot be read back and was set aside");
        }
        let settled = Settled::Failed { reason: Reason::Unreadable, reply: None };
        let outcome = |number: &u64| OutcomeOf { number: *number, settled: settled.clone() };
        let outcomes: Vec<OutcomeOf> = numbers.iter().map(outcome).collect();
        self.settle(&mut None, &outcomes, now_ms).await
    }

    pub(crate) async fn pause(&self, scope: &PauseScope, pause: Option<Pause>) -> Result<(), store::Error> {
        self.store.pause(self.lease, scope, pause).await
    }

    fn skipped(&self) -> MutexGuard<'_, HashSet<u64>> {
        self.skipped.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Rows that an attempt holds.
pub(crate) struct RowsUnderWay<'a> {
    under_way: &'a AtomicUsize,
    rows: usize,
}

impl Drop for RowsUnderWay<'_> {
    fn drop(&mut self) {
        self.under_way.fetch_sub(self.rows, Ordering::SeqCst);
    }
}

/// Whether one row may be to blame; a full disk, for example, is nobody's fault.
fn is_of_a_row(error: &store::Error) -> bool {
    matches!(error, store::Error::Corrupt(_) | store::Error::Database(_))
}
