//! A lane: the queue of one dataset and one route, worked off in order, up to eight requests side by side.
//!
//! What is due leaves at once when nothing is under way. Beside other requests one more leaves when it is
//! full, or when the last one has left a moment ago: so batches form while Meta is quick, and a slow answer
//! does not hold up what comes after. Whatever goes wrong makes the lane go one request at a time, until Meta
//! takes something again.

use std::{
    collections::HashMap,
    panic::resume_unwind,
    sync::{Arc, Mutex, atomic::AtomicBool},
    time::Duration,
};

use kopru_core::Policy;
use store::{Bear, Clock, Failing, LaneKey, Lease, QueueStore, Queued};
use tokio::{
    sync::watch,
    task::{Id, JoinError, JoinSet},
    time::{Instant, sleep},
};

use crate::{
    graph::Graph,
    late::{CLOCK_ASKED_EVERY, is_late},
    owned::{Holding, Owned},
    pace::Pace,
    pauses::{Paused, Pauses, hold_until},
    queue::Queue,
    scopes::Scopes,
    worker::{Batch, BatchJob, Shared},
};

/// How many requests of a lane may be under way.
const IN_FLIGHT_MAX: usize = 8;
/// How long after the last request another one leaves beside it that is not full.
const GATHERED_FOR: Duration = Duration::from_millis(200);
/// How often a lane that gathers looks whether a request is full already: looking reads what is due.
const LOOK_WHILE_GATHERING: Duration = Duration::from_millis(100);
/// The longest wait for a notify: a clock may have been moved meanwhile.
const LOOK_AT_LEAST_EVERY: Duration = Duration::from_mins(1);
/// How soon a lane looks again when something is due that may not leave yet: an earlier event of its cause
/// is put off, or under way in another lane, which wakes nobody.
const LOOK_WHILE_HELD_UP: Duration = Duration::from_secs(1);
/// How long requests that are under way may still take when the lane is asked to stop. Whoever supervises
/// the process often kills it after 10 s.
const STOPPING_WITHIN: Duration = Duration::from_secs(6);

/// Delivers the conversions of one dataset and route.
pub struct Lane {
    shared: Arc<Shared>,
    /// Requests that are under way.
    workers: JoinSet<Result<(), store::Error>>,
    /// What each of them has for itself.
    holdings: HashMap<Id, Vec<Holding>>,
    owned: Owned,
    /// Until when it is not looked whether a request is full.
    look_from: Instant,
    /// When Meta may be asked for the time again.
    ask_time_from: Instant,
    failing: Failing,
}

/// Why a lane ends before it is asked to stop.
enum Ended {
    /// The store is gone, or somebody else has taken over.
    Store,
    /// A worker has panicked.
    Panic(JoinError),
}

impl Lane {
    /// A lane for a dataset and a route.
    pub fn new(
        store: Arc<dyn QueueStore>,
        lease: Lease,
        lane: LaneKey,
        policy: Arc<Policy>,
        graph: impl Into<Arc<Graph>>,
        clock: Clock,
        scopes: Scopes,
    ) -> Self {
        let graph = graph.into();
        let shared = Shared {
            pauses: Pauses::new(&lane, &graph, scopes),
            queue: Queue::new(store, lease, lane),
            graph,
            policy,
            clock,
            pace: Mutex::new(Pace::new()),
            splitting: tokio::sync::Mutex::new(()),
            has_taken: AtomicBool::new(false),
        };
        Self {
            shared: Arc::new(shared),
            workers: JoinSet::new(),
            holdings: HashMap::new(),
            owned: Owned::default(),
            look_from: Instant::now(),
            ask_time_from: Instant::now(),
            failing: Failing::default(),
        }
    }

    /// Delivers until asked to stop, or until another process has taken over. Requests that are under
    /// way are finished first if they are answered soon; otherwise their attempts stay open, and the next
    /// start takes their events for sent without an answer.
    ///
    /// # Panics
    /// When a request's worker does, after the others have ended, so that whoever supervises starts anew.
    pub async fn run(mut self, stop: watch::Receiver<bool>) {
        let shared = Arc::clone(&self.shared);
        let mut stopping = stop.clone();
        let time_is_up = async move {
            let _ = stopping.wait_for(|stop| *stop).await;
            sleep(STOPPING_WITHIN).await;
        };
        tokio::pin!(time_is_up);
        let ended = tokio::select! {
            ended = self.work(stop) => ended,
            // The store hangs.
            () = &mut time_is_up => return unanswered(&shared.queue.lane),
        };
        shared.pace().halt();
        let all = async { while self.workers.join_next().await.is_some() {} };
        tokio::select! {
            () = all => {}
            () = time_is_up => unanswered(&shared.queue.lane),
            () = sleep(STOPPING_WITHIN), if ended.is_some() => unanswered(&shared.queue.lane),
        }
        if let Some(Ended::Panic(error)) = ended
            && let Ok(panic) = error.try_into_panic()
        {
            resume_unwind(panic);
        }
    }

    /// Works until asked to stop, or until that makes no sense any more.
    async fn work(&mut self, mut stop: watch::Receiver<bool>) -> Option<Ended> {
        let queue = &self.shared.queue;
        let notify = queue.store.wakeups().queue(queue.lease.workspace, &queue.lane);
        let clock = self.shared.clock.clone();
        // An earlier run may have ended in the middle of a request.
        let mut known = false;
        loop {
            let turn = if known {
                self.turn(&stop).await
            } else {
                self.shared.queue.interrupted().await.map(|()| None)
            };
            known |= turn.is_ok();
            if *stop.borrow() {
                return None;
            }
            let mut asks_time = false;
            let done = match turn {
                Ok(None) => continue,
                Ok(Some(wait)) => {
                    if self.workers.is_empty() {
                        self.failing.works();
                    }
                    tokio::select! {
                        biased;
                        Some(ended) = self.workers.join_next_with_id() => match ended {
                            Ok((id, done)) => self.gives_back(id, done),
                            Err(error) => return Some(Ended::Panic(error)),
                        },
                        _ = stop.wait_for(|stop| *stop) => return None,
                        () = notify.notified() => continue,
                        () = clock.wanted() => {
                            asks_time = true;
                            Ok(())
                        }
                        () = sleep(wait.min(LOOK_AT_LEAST_EVERY)) => continue,
                    }
                }
                Err(error) => Err(error),
            };
            if asks_time {
                self.asks_time(&stop);
            }
            let Err(error) = done else { continue };
            match self.failing.fails(&error) {
                Bear::End => return Some(Ended::Store),
                Bear::Say => {
                    let (error, lane) = (&error as &dyn std::error::Error, &self.shared.queue.lane);
                    tracing::error!(error, %lane, "delivery cannot read or write the store; it keeps trying");
                }
                Bear::Wait => {}
            }
            tokio::select! {
                () = sleep(Failing::LEFT_ALONE) => {}
                _ = stop.wait_for(|stop| *stop) => return None,
            }
        }
    }

    /// Takes back what a worker had for itself.
    fn gives_back(&mut self, worker: Id, done: Result<(), store::Error>) -> Result<(), store::Error> {
        if let Some(holding) = self.holdings.remove(&worker) {
            self.owned.give_back(&holding);
        }
        if done.is_ok() {
            self.failing.works();
        }
        done
    }

    /// Lets a request leave if one may; returns how long to wait if there may be no more to do.
    async fn turn(&mut self, stop: &watch::Receiver<bool>) -> Result<Option<Duration>, store::Error> {
        let others = self.workers.len();
        let shared = Arc::clone(&self.shared);
        let halts = match self.may_leave(others) {
            Ok(halts) => halts,
            Err(rest) => return Ok(Some(rest)),
        };
        let now_ms = shared.clock.best_ms();
        let paused = shared.pauses.read(&shared.queue).await?;
        if let Some(until_ms) = hold_until(&paused, now_ms) {
            return Ok(Some(until(until_ms, now_ms)));
        }
        if !paused.is_empty() && others > 0 {
            return Ok(Some(LOOK_AT_LEAST_EVERY));
        }
        let (claimed_max, batch_max) = {
            let pace = shared.pace();
            (pace.claimed_max(!paused.is_empty()), pace.batch_max())
        };
        let mut claimed = shared.queue.claim(claimed_max, &self.owned, now_ms).await?;
        if !claimed.unreadable.is_empty() {
            shared.queue.set_aside(&claimed.unreadable, now_ms).await?;
        }
        let has_others = keep_one_envelope(&mut claimed.ready);
        let is_full = claimed.ready.len() >= batch_max;
        if claimed.ready.is_empty() {
            if !claimed.unreadable.is_empty() {
                return Ok(None);
            }
            return self.nothing_leaves(paused, now_ms, stop).await;
        }
        let gathers = shared.pace().left_within(GATHERED_FOR);
        if let Some(gathers) = gathers.filter(|_| others > 0 && !is_full) {
            self.look_from = Instant::now() + LOOK_WHILE_GATHERING;
            return Ok(Some(gathers));
        }
        claimed.ready.truncate(batch_max);
        self.leaves(claimed.ready, paused, halts, stop);
        // Whatever else is due has been claimed, unless the request is full or others need one of their own.
        Ok(if is_full || has_others { None } else { Some(GATHERED_FOR) })
    }

    /// How often the lane has halted, if a request may leave beside so many others; else for how long none
    /// does.
    fn may_leave(&self, others: usize) -> Result<u64, Duration> {
        let limits = self.shared.pauses.limits();
        let mut pace = self.shared.pace();
        if others == 0 {
            pace.idle();
        } else if others >= IN_FLIGHT_MAX || pace.is_alone() || limits.alone {
            return Err(LOOK_AT_LEAST_EVERY);
        }
        let gathers = self.look_from.saturating_duration_since(Instant::now());
        let gathers = if others > 0 { gathers } else { Duration::ZERO };
        let gap = pace.left_within(limits.gap).unwrap_or_default();
        let rest = pace.rests_for().unwrap_or_default().max(limits.rest).max(gap).max(gathers);
        if rest.is_zero() { Ok(pace.halts()) } else { Err(rest) }
    }

    /// What is done when nothing is due that may leave.
    async fn nothing_leaves(
        &mut self,
        paused: Paused,
        now_ms: i64,
        stop: &watch::Receiver<bool>,
    ) -> Result<Option<Duration>, store::Error> {
        Ok(Some(match self.shared.queue.next_due().await? {
            None if paused.is_empty() => LOOK_AT_LEAST_EVERY,
            None => {
                self.starts(BatchJob::FindOut(paused), Vec::new(), stop);
                LOOK_AT_LEAST_EVERY
            }
            Some(next_ms) if next_ms > now_ms => until(next_ms, now_ms),
            Some(_) => LOOK_WHILE_HELD_UP,
        }))
    }

    /// Hands a batch to a worker.
    fn leaves(&mut self, batch: Vec<Queued>, paused: Paused, halts: u64, stop: &watch::Receiver<bool>) {
        let holding = self.owned.take(&batch);
        let now_ms = self.shared.clock.best_ms();
        let (late, in_time): (Vec<_>, Vec<_>) = batch.into_iter().partition(|one| is_late(one, now_ms));
        let asks_time = in_time.is_empty() && !self.shared.clock.is_confirmed() && self.may_ask_time();
        if !in_time.is_empty() {
            self.shared.pace().leave();
        }
        self.starts(BatchJob::Send(Batch { in_time, late, asks_time, paused, halts }), holding, stop);
    }

    /// Asks Meta for the time, unless an answer to something else is about to bring it.
    fn asks_time(&mut self, stop: &watch::Receiver<bool>) {
        if self.workers.is_empty() && self.may_ask_time() {
            self.starts(BatchJob::AskTime, Vec::new(), stop);
        }
    }

    /// Whether Meta may be asked for the time: not if it was asked just now.
    fn may_ask_time(&mut self) -> bool {
        let may = Instant::now() >= self.ask_time_from;
        if may {
            self.ask_time_from = Instant::now() + CLOCK_ASKED_EVERY;
        }
        may
    }

    fn starts(&mut self, job: BatchJob, holding: Vec<Holding>, stop: &watch::Receiver<bool>) {
        let (shared, stop) = (Arc::clone(&self.shared), stop.clone());
        let worker = self.workers.spawn(async move { shared.work(job, stop).await });
        self.holdings.insert(worker.id(), holding);
    }
}

/// Leaves those for another request whose parameters are others than those of the first; says whether there are any.
fn keep_one_envelope(ready: &mut Vec<Queued>) -> bool {
    let all = ready.len();
    let envelope = ready.first().map(|first| first.conversion.envelope().to_owned()).unwrap_or_default();
    ready.retain(|one| one.conversion.envelope() == envelope);
    ready.len() < all
}

fn unanswered(lane: &LaneKey) {
    tracing::warn!(
        %lane,
        "stopped without waiting for Meta's answer; the events under way may count twice"
    );
}

/// How long until a time.
fn until(at_ms: i64, now_ms: i64) -> Duration {
    Duration::from_millis(u64::try_from(at_ms.saturating_sub(now_ms)).unwrap_or(0).max(1))
}
