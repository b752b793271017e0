//! A dataset's queue as its lane sees it. One damaged row never stops the others: what the store cannot
//! do with many rows it is asked to do with fewer, until the row is found.

use std::{collections::HashSet, sync::Arc};

use kopru_core::Reason;
use store::{AttemptId, Claimed, HotPath, Lease, OutcomeOf, Pause, Queued, Settled};

/// How many rows are passed over at most; with more, the store is broken, not a row.
const SKIPPED_MAX: usize = 1000;

pub(crate) struct Queue<S> {
    pub store: Arc<S>,
    pub lease: Lease,
    pub dataset: String,
    /// Rows that the store cannot even end. They are passed over until the next start.
    skipped: HashSet<u64>,
}

impl<S: HotPath> Queue<S> {
    pub(crate) fn new(store: Arc<S>, lease: Lease, dataset: String) -> Self {
        Self { store, lease, dataset, skipped: HashSet::new() }
    }

    /// Takes the attempts of an earlier run for interrupted.
    pub(crate) async fn interrupted(&self) -> Result<(), store::Error> {
        self.store.interrupted(self.lease, &self.dataset).await
    }

    /// What is due, in order, at most `limit`. A body that Meta could not read either is unreadable.
    pub(crate) async fn claim(&self, limit: usize, now_ms: i64) -> Result<Claimed, store::Error> {
        let mut limit = limit + self.skipped.len();
        let mut claimed = loop {
            match self.store.claim(self.lease, &self.dataset, limit, now_ms).await {
                Err(error) if is_of_a_row(&error) && limit > 1 => limit /= 2,
                claimed => break claimed?,
            }
        };
        claimed.ready.retain(|member| !self.skipped.contains(&member.number));
        claimed.unreadable.retain(|number| !self.skipped.contains(number));
        let (mut ready, broken): (Vec<_>, Vec<_>) = claimed.ready.into_iter().partition(is_object);
        ready.sort_unstable_by_key(|member| member.number);
        claimed.unreadable.extend(broken.iter().map(|member| member.number));
        Ok(Claimed { ready, ..claimed })
    }

    /// When the next conversion is due, Unix milliseconds.
    pub(crate) async fn next_due(&self) -> Result<Option<i64>, store::Error> {
        self.store.next_due(self.lease, &self.dataset).await
    }

    /// Makes the membership of an attempt durable. `None` if that fails because of one of the members.
    pub(crate) async fn open(&self, members: &[u64], now_ms: i64) -> Result<Option<AttemptId>, store::Error> {
        let open = |members| self.store.open(self.lease, &self.dataset, members, now_ms);
        match open(members.to_vec()).await {
            Err(error) if is_of_a_row(&error) => {}
            opened => return opened.map(Some),
        }
        // Only if the store works without them, and once more does not with them.
        let empty = open(Vec::new()).await?;
        self.store.settle(self.lease, &self.dataset, Some(empty), Vec::new(), now_ms).await?;
        match open(members.to_vec()).await {
            Err(error) if is_of_a_row(&error) => Ok(None),
            opened => opened.map(Some),
        }
    }

    /// Keeps how members go on; `attempt` is over then.
    pub(crate) async fn settle(
        &mut self,
        attempt: Option<AttemptId>,
        outcomes: Vec<OutcomeOf>,
        now_ms: i64,
    ) -> Result<(), store::Error> {
        match self.store.settle(self.lease, &self.dataset, attempt, outcomes.clone(), now_ms).await {
            Err(error) if is_of_a_row(&error) => self.settle_apart(attempt, outcomes, now_ms).await,
            kept => kept,
        }
    }

    /// Keeps what can be kept, and passes over the rest.
    async fn settle_apart(
        &mut self,
        attempt: Option<AttemptId>,
        outcomes: Vec<OutcomeOf>,
        now_ms: i64,
    ) -> Result<(), store::Error> {
        let mut stuck = Vec::new();
        let mut parts = vec![outcomes];
        while let Some(mut part) = parts.pop() {
            match self.store.settle(self.lease, &self.dataset, None, part.clone(), now_ms).await {
                Err(error) if is_of_a_row(&error) && part.len() > 1 => {
                    parts.push(part.split_off(part.len() / 2));
                    parts.push(part);
                }
                Err(error) if is_of_a_row(&error) => {
                    stuck.extend(part.iter().map(|outcome| (outcome.number, error.clone())));
                }
                kept => kept?,
            }
        }
        // The store works without them, or it is not their fault.
        self.store.settle(self.lease, &self.dataset, attempt, Vec::new(), now_ms).await?;
        for (number, error) in stuck {
            if self.skipped.len() >= SKIPPED_MAX {
                return Err(error);
            }
            tracing::error!(
                error = &error as &dyn std::error::Error,
                dataset = self.dataset,
                number,
                "a damaged conversion is passed over"
            );
            self.skipped.insert(number);
        }
        Ok(())
    }

    /// Ends conversions that cannot be read back.
    pub(crate) async fn set_aside(&mut self, numbers: &[u64], now_ms: i64) -> Result<(), store::Error> {
        for number in numbers {
            tracing::error!(
                dataset = self.dataset,
                number,
                "a conversion cannot be read back and was set aside"
            );
        }
        let settled = Settled::Failed { reason: Reason::Unreadable, reply: None };
        let outcome = |number: &u64| OutcomeOf { number: *number, settled: settled.clone() };
        self.settle(None, numbers.iter().map(outcome).collect(), now_ms).await
    }

    pub(crate) async fn paused(&self) -> Result<Option<Pause>, store::Error> {
        self.store.paused(self.lease, &self.dataset).await
    }

    pub(crate) async fn pause(&self, pause: Option<Pause>) -> Result<(), store::Error> {
        self.store.pause(self.lease, &self.dataset, pause).await
    }
}

/// Whether one row may be to blame; a full disk, for example, is nobody's fault.
fn is_of_a_row(error: &store::Error) -> bool {
    matches!(error, store::Error::Corrupt(_) | store::Error::Database(_))
}

/// Whether the body is what Meta expects of one event. One that is not would sink every batch with it.
fn is_object(member: &Queued) -> bool {
    serde_json::from_str::<&serde_json::value::RawValue>(&member.body)
        .is_ok_and(|value| value.get().starts_with('{'))
}
