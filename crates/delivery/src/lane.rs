//! A lane: one dataset's queue, worked off in order, one request at a time.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use capi::limits::{EVENT_AGE_MARGIN_S, EVENT_AGE_MAX_S, EVENTS_PER_REQUEST_MAX};
use kopru_core::Reason;
use store::{AttemptId, Claimed, Clock, HotPath, Lease, OutcomeOf, Pause, Queued, Settled, StoreError};
use tokio::sync::watch;

use crate::{
    graph::Graph,
    verdict::{Blame, Next, judge, systematic},
};

/// How many requests one refused batch may cost; the rest stays queued for the next turn.
const REQUESTS_PER_BATCH_MAX: usize = 64;
/// After this many equal refusals of single events in a row, one more finds out whether the
/// connection is to blame.
const EQUAL_REFUSALS_MAX: u32 = 3;
/// How often to look without a bell.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How long to leave a failing store alone.
const AFTER_FAILURE: Duration = Duration::from_secs(1);

/// Delivers the conversions of one dataset.
pub struct Lane<S> {
    store: Arc<S>,
    lease: Lease,
    dataset: String,
    graph: Graph,
    clock: Clock,
    /// Code and subcode of the last refusal of a single event, and how often it came without a
    /// success in between.
    refusals: ((u32, Option<u32>), u32),
    /// How often in a row the rest had to be left for later.
    failures: u32,
    /// Until when it is left, Unix milliseconds, so that later events do not overtake it at once.
    rest_until_ms: i64,
}

impl<S: HotPath> Lane<S> {
    /// A lane for a dataset.
    pub fn new(store: Arc<S>, lease: Lease, dataset: String, graph: Graph, clock: Clock) -> Self {
        Self { store, lease, dataset, graph, clock, refusals: ((0, None), 0), failures: 0, rest_until_ms: 0 }
    }

    /// Delivers until told to stop, or until another process has taken over. A request that is
    /// under way is finished first.
    pub async fn run(mut self, mut stop: watch::Receiver<bool>) {
        let bell = self.store.bells().queue(self.lease.workspace, &self.dataset);
        loop {
            let wait = match self.turn(&stop).await {
                Ok(None) if *stop.borrow() => return,
                Ok(None) => continue,
                Ok(Some(wait)) => wait,
                Err(StoreError::Fenced(_) | StoreError::Closed) => return,
                Err(error) => {
                    tracing::error!(%error, dataset = self.dataset, "delivery could not read or write the store");
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

    /// Sends what is due; returns how long to wait if there was nothing to do.
    async fn turn(&mut self, stop: &watch::Receiver<bool>) -> Result<Option<Duration>, StoreError> {
        let now_ms = self.now_ms();
        if now_ms < self.rest_until_ms {
            return Ok(Some(until(self.rest_until_ms, now_ms)));
        }
        let pause = self.store.paused(self.lease, &self.dataset).await?;
        if let Some(pause) = &pause
            && now_ms < pause.until_ms
        {
            return Ok(Some(until(pause.until_ms, now_ms)));
        }
        // After a pause one event finds out whether it is over.
        let limit = if pause.is_some() { 1 } else { EVENTS_PER_REQUEST_MAX };
        let Claimed { ready: mut batch, unreadable } =
            self.store.claim(self.lease, &self.dataset, limit, now_ms).await?;
        if !unreadable.is_empty() {
            self.store.settle(self.lease, &self.dataset, None, cannot_be_read(&unreadable), now_ms).await?;
            return Ok(None);
        }
        batch.sort_unstable_by_key(|member| member.number);
        if batch.is_empty() {
            let next = self.store.next_due(self.lease, &self.dataset).await?;
            return Ok(Some(next.map_or(LOOK_EVERY, |next_ms| until(next_ms, now_ms))));
        }
        let (late, in_time): (Vec<_>, Vec<_>) = batch.into_iter().partition(|member| is_late(member, now_ms));
        if !late.is_empty() {
            self.store.settle(self.lease, &self.dataset, None, too_late(&late), now_ms).await?;
        }
        if !in_time.is_empty() {
            self.deliver(in_time, pause.is_some(), stop).await?;
        }
        Ok(None)
    }

    /// Sends a batch, and splits it as long as Meta refuses it. Between two requests whatever was not
    /// sent yet is queued, so it can end after any of them.
    async fn deliver(
        &mut self,
        batch: Vec<Queued>,
        mut paused: bool,
        stop: &watch::Receiver<bool>,
    ) -> Result<(), StoreError> {
        let mut parts = VecDeque::from([batch]);
        for _ in 0..REQUESTS_PER_BATCH_MAX {
            if *stop.borrow() {
                break;
            }
            let Some(mut part) = parts.pop_front() else { break };
            if self.refusals.1 >= EQUAL_REFUSALS_MAX && part.len() > 1 {
                parts.push_front(part.split_off(1));
            }
            let members = part.iter().map(|member| member.number).collect();
            let attempt = self.store.open(self.lease, &self.dataset, members, self.now_ms()).await?;
            let answer = self.graph.send(part.iter().map(|member| member.body.as_str())).await;
            let verdict = judge(&answer, part, self.failures, self.now_ms());
            self.end(attempt, verdict.outcomes, stop).await?;
            let failures = std::mem::take(&mut self.failures);
            match verdict.next {
                Next::GoOn => {
                    self.refusals.1 = 0;
                    if std::mem::take(&mut paused) {
                        tracing::info!(dataset = self.dataset, "delivery goes on");
                        self.store.pause(self.lease, &self.dataset, None).await?;
                    }
                }
                // The first part goes first, so that order is kept as far as it can be.
                Next::Split(first, second) => {
                    parts.push_front(second);
                    parts.push_front(first);
                }
                Next::Refused(blame, rest) => {
                    if self.is_systematic(&blame) {
                        return self.rest(systematic(&blame, self.now_ms())).await;
                    }
                    if !rest.is_empty() {
                        parts.push_front(rest);
                    }
                }
                Next::Stop { rest_ms } => {
                    self.failures = failures.saturating_add(1);
                    self.rest_until_ms = self.now_ms() + rest_ms;
                    return Ok(());
                }
                Next::Pause(pause) => return self.rest(pause).await,
            }
        }
        Ok(())
    }

    /// Keeps how an attempt ended. A store that fails is asked again until it has it: whoever went on
    /// without would send the same events again and not know it.
    async fn end(
        &self,
        attempt: AttemptId,
        outcomes: Vec<OutcomeOf>,
        stop: &watch::Receiver<bool>,
    ) -> Result<(), StoreError> {
        loop {
            let kept =
                self.store.settle(self.lease, &self.dataset, Some(attempt), outcomes.clone(), self.now_ms());
            match kept.await {
                Err(error)
                    if !matches!(error, StoreError::Fenced(_) | StoreError::Closed) && !*stop.borrow() =>
                {
                    tracing::error!(%error, dataset = self.dataset, "the end of an attempt could not be kept");
                    tokio::time::sleep(AFTER_FAILURE).await;
                }
                kept => return kept,
            }
        }
    }

    async fn rest(&self, pause: Pause) -> Result<(), StoreError> {
        tracing::warn!(
            dataset = self.dataset,
            needs_you = pause.needs_you,
            code = pause.code,
            "delivery paused"
        );
        self.store.pause(self.lease, &self.dataset, Some(pause)).await
    }

    /// Counts equal refusals in a row; whether they are too many to blame the events.
    fn is_systematic(&mut self, blame: &Blame) -> bool {
        let before = if self.refusals.0 == blame.kind { self.refusals.1 } else { 0 };
        self.refusals = (blame.kind, before + 1);
        self.refusals.1 > EQUAL_REFUSALS_MAX
    }

    fn now_ms(&self) -> i64 {
        self.clock.now_ms()
    }
}

/// Whether Meta would find the event too old by the time it arrives.
fn is_late(member: &Queued, now_ms: i64) -> bool {
    now_ms / 1000 > member.event_s + EVENT_AGE_MAX_S - EVENT_AGE_MARGIN_S
}

fn cannot_be_read(numbers: &[u64]) -> Vec<OutcomeOf> {
    let settled = Settled::Failed { reason: Reason::Unreadable, reply: None };
    numbers.iter().map(|number| OutcomeOf { number: *number, settled: settled.clone() }).collect()
}

fn too_late(members: &[Queued]) -> Vec<OutcomeOf> {
    members
        .iter()
        .map(|member| OutcomeOf {
            number: member.number,
            settled: Settled::Failed { reason: Reason::TooLate, reply: None },
        })
        .collect()
}

/// How long until a time, at most as long as one looks without a bell.
fn until(at_ms: i64, now_ms: i64) -> Duration {
    Duration::from_millis(u64::try_from(at_ms - now_ms).unwrap_or(0).max(1)).min(LOOK_EVERY)
}
