//! One batch on its way: sent, and split as long as Meta refuses it.

use std::{
    collections::VecDeque,
    future::pending,
    panic::resume_unwind,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use kopru_core::{Now, Policy, Route};
use store::{AttemptId, Clock, Failing, Member, OutcomeOf, Queued};
use tokio::{sync::watch, task::spawn_blocking, time::sleep};

use crate::{
    answer::Answer,
    body::{PreparedBodies, Ready, prepare},
    graph::Graph,
    late,
    pace::Pace,
    pauses::{Paused, Pauses, need_somebody},
    queue::Queue,
    request::EventsRequest,
    verdict::{At, NextStep},
};

/// How many requests one refused batch may cost; the rest stays queued for the next turn.
const REQUESTS_PER_BATCH_MAX: usize = 64;
/// How many bodies are made between two looks at what else there is to do: some hundred microseconds.
const MADE_AT_ONCE: usize = 16;

/// What the requests of a lane share.
pub(crate) struct Shared {
    pub queue: Queue,
    pub graph: Arc<Graph>,
    pub policy: Arc<Policy>,
    pub clock: Clock,
    pub pauses: Pauses,
    pub pace: Mutex<Pace>,
    /// Whoever splits a batch: one at a time, so that a connection that refuses everything costs few events.
    pub splitting: tokio::sync::Mutex<()>,
    /// Meta has taken events in this run.
    pub has_taken: AtomicBool,
}

/// Events whose membership of an attempt is durable.
struct OpenRequest {
    attempt: AttemptId,
    ready: Ready,
    /// Members that stay behind.
    behind: Vec<OutcomeOf>,
}

/// What a worker does.
pub(crate) enum BatchJob {
    /// Sends events.
    Send(Batch),
    /// Finds out without events whether pauses are over.
    FindOut(Paused),
    /// Asks Meta without events what time it is.
    AskTime,
}

/// Events that one worker has for itself.
pub(crate) struct Batch {
    /// To be sent.
    pub in_time: Vec<Queued>,
    /// Too late by this machine's clock.
    pub late: Vec<Queued>,
    /// Whether Meta is to be asked for the time.
    pub asks_time: bool,
    /// Pauses that may be over: the events find out.
    pub paused: Paused,
    /// How often the lane had halted when they were claimed.
    pub halts: u64,
}

impl Shared {
    pub(crate) fn pace(&self) -> MutexGuard<'_, Pace> {
        self.pace.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does one job to its end.
    pub(crate) async fn work(&self, job: BatchJob, stop: watch::Receiver<bool>) -> Result<(), store::Error> {
        match job {
            BatchJob::FindOut(paused) => self.find_out(paused).await,
            BatchJob::AskTime => {
                self.send(EventsRequest::empty()).await;
                Ok(())
            }
            BatchJob::Send(Batch { in_time, late, asks_time, paused, halts }) => {
                if !in_time.is_empty() {
                    self.deliver(in_time, paused, halts, stop).await?;
                } else if asks_time {
                    self.send(EventsRequest::empty()).await;
                }
                if late.is_empty() {
                    return Ok(());
                }
                let (outcomes, now_ms) = late::end(&late, &self.clock);
                self.queue.settle(&mut None, &outcomes, now_ms).await
            }
        }
    }

    /// Ends pauses when there is nothing to find it out with. What needed a person is asked for with a
    /// request without events.
    async fn find_out(&self, paused: Paused) -> Result<(), store::Error> {
        if need_somebody(&paused) && self.send(EventsRequest::empty()).await.works().is_err() {
            self.pauses.prolong(&self.queue, &paused, self.clock.best_ms()).await
        } else {
            self.pauses.end(&self.queue, paused).await
        }
    }

    /// Sends a batch, and splits it as long as Meta refuses it. Between two requests whatever was not
    /// sent yet is queued, so it can end after any of them.
    async fn deliver(
        &self,
        batch: Vec<Queued>,
        mut paused: Paused,
        halts: u64,
        mut stop: watch::Receiver<bool>,
    ) -> Result<(), store::Error> {
        let batch = self.queue.complete(batch, self.clock.best_ms()).await?;
        let mut parts = VecDeque::from([batch]);
        let mut splitting = None;
        for request in 0..REQUESTS_PER_BATCH_MAX {
            let Some(mut part) = parts.pop_front() else { break };
            if request > 0 {
                if splitting.is_none() {
                    splitting = Some(self.splitting.lock().await);
                }
                let limits = self.pauses.limits();
                if !limits.rest.is_zero() {
                    break;
                }
                tokio::select! {
                    () = sleep(limits.gap), if !limits.gap.is_zero() => {}
                    _ = stop.wait_for(|stop| *stop), if !limits.gap.is_zero() => {}
                    else => {}
                }
            }
            if *stop.borrow() || self.pace().halts() != halts {
                break;
            }
            let most = self.pace().part_max();
            if part.len() > most {
                parts.push_front(part.split_off(most));
            }
            let Some(opened) = self.open(part, &mut parts).await? else { continue };
            match self.attempt(opened, need_somebody(&paused)).await? {
                NextStep::GoOn => {
                    self.pauses.taken(&self.queue, std::mem::take(&mut paused)).await?;
                    self.note_taken().await?;
                }
                // The first part goes first, so that order is kept as far as it can be.
                NextStep::Split(first, second) => {
                    parts.push_front(second);
                    parts.push_front(first);
                }
                NextStep::Refused(_, rest) if rest.is_empty() => {}
                NextStep::Refused(_, rest) => parts.push_front(rest),
                NextStep::GivenUp => {}
                NextStep::Stop { .. } => return Ok(()),
                NextStep::Pause(scope, pause) => {
                    return self.pauses.pause(&self.queue, scope, pause, self.clock.best_ms()).await;
                }
            }
        }
        Ok(())
    }

    /// Makes the bodies of a part and its attempt durable; `None` if nothing of it leaves now. A part that
    /// one row spoils is halved.
    async fn open(
        &self,
        part: Vec<Queued>,
        parts: &mut VecDeque<Vec<Queued>>,
    ) -> Result<Option<OpenRequest>, store::Error> {
        let now = Now { ms: self.clock.best_ms(), confirmed: self.clock.is_confirmed() };
        let (prepared, members) = self.prepare(part, now).await;
        if !prepared.unreadable.is_empty() {
            self.queue.set_aside(&prepared.unreadable, now.ms).await?;
        }
        if !prepared.stopped.is_empty() {
            self.queue.settle(&mut None, &prepared.stopped, now.ms).await?;
        }
        let Some(ready) = prepared.ready else { return Ok(None) };
        let Some(opened) = self.queue.open(&ready, members, now.ms).await? else {
            let mut part = ready.part;
            if let [only] = part.as_slice() {
                self.queue.set_aside(&[only.number], now.ms).await?;
            } else {
                parts.push_front(part.split_off(part.len() / 2));
                parts.push_front(part);
            }
            return Ok(None);
        };
        let attempt = opened.attempt;
        let (ready, behind) = ready.without(&opened.moved);
        if ready.part.is_empty() {
            self.end(attempt, &behind).await?;
            return Ok(None);
        }
        Ok(Some(OpenRequest { attempt, ready, behind }))
    }

    /// Makes the bodies of a part. Those of a large one are made on a thread of their own, so that no sender at a door
    /// waits for them meanwhile.
    async fn prepare(&self, part: Vec<Queued>, now: Now) -> (PreparedBodies, Vec<Member>) {
        if part.len() <= MADE_AT_ONCE {
            return prepare(part, &self.policy, now);
        }
        let policy = Arc::clone(&self.policy);
        match spawn_blocking(move || prepare(part, &policy, now)).await {
            Ok(prepared) => prepared,
            Err(error) => match error.try_into_panic() {
                Ok(panic) => resume_unwind(panic),
                // The runtime ends, and with it whoever would have sent them.
                Err(_) => pending().await,
            },
        }
    }

    /// Sends an attempt, and keeps how it ended.
    async fn attempt(&self, opened: OpenRequest, held: bool) -> Result<NextStep, store::Error> {
        let OpenRequest { attempt, ready: Ready { part, request, .. }, behind } = opened;
        let left = self.pace().leaves(held);
        let answer = {
            let _held = self.queue.holds(part.len());
            self.send(request).await
        };
        let at = At { lane: &self.queue.lane, now_ms: self.clock.best_ms() };
        let mut verdict = self.pace().hear(&answer, part, left, at);
        verdict.outcomes.extend(behind);
        self.end(attempt, &verdict.outcomes).await?;
        Ok(verdict.next)
    }

    /// Sends events, or none to see whether Meta answers.
    async fn send(&self, request: EventsRequest) -> Answer {
        let answer = self.graph.send(request).await;
        metrics::counter!(
            "kopru_graph_requests_total",
            "dataset" => self.queue.lane.dataset.clone(),
            "outcome" => answer.outcome()
        )
        .increment(1);
        if let Some(date_ms) = answer.metas_date_ms() {
            self.clock.hear(date_ms);
        }
        self.pauses.used(&self.queue, answer.usage());
        answer
    }

    /// Keeps how an attempt ended. A store that fails is asked again until it has it: whoever went on
    /// without would send the same events again and not know it.
    async fn end(&self, attempt: AttemptId, outcomes: &[OutcomeOf]) -> Result<(), store::Error> {
        let mut attempt = Some(attempt);
        let mut said = false;
        loop {
            match self.queue.settle(&mut attempt, outcomes, self.clock.best_ms()).await {
                Err(error) if !matches!(error, store::Error::Fenced(_) | store::Error::Closed) => {
                    if !std::mem::replace(&mut said, true) {
                        let (error, lane) = (&error as &dyn std::error::Error, &self.queue.lane);
                        tracing::error!(error, %lane, "the end of an attempt cannot be kept; it is tried again");
                    }
                    sleep(Failing::LEFT_ALONE).await;
                }
                kept => return kept,
            }
        }
    }

    /// Notes, once a run, that Meta takes events of the account that the dataset is linked to.
    async fn note_taken(&self) -> Result<(), store::Error> {
        let Route::Messaging(_) = self.queue.lane.route else { return Ok(()) };
        if self.has_taken.swap(true, Ordering::Relaxed) {
            return Ok(());
        }
        let dataset = &self.queue.lane.dataset;
        let linked = self.policy.dataset(dataset).and_then(|dataset| dataset.waba_id.as_deref());
        let Some(account) = linked else { return Ok(()) };
        let noted = self.queue.store.note_taken(self.queue.lease, dataset, account).await;
        self.has_taken.store(noted.is_ok(), Ordering::Relaxed);
        noted
    }
}
