//! A lane: one dataset's queue, worked off in order, one request at a time.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use capi::limits::{EVENT_AGE_MARGIN_S, EVENT_AGE_MAX_S};
use kopru_core::Reason;
use store::{AttemptId, Bear, Clock, Failing, HotPath, Lease, OutcomeOf, Pause, Queued, Settled};
use tokio::{
    sync::watch,
    time::{Instant, sleep},
};

use crate::{
    graph::{Answer, Graph, works},
    pace::Pace,
    queue::Queue,
    verdict::{NextStep, is_over, judge, prolonged, systematic},
};

/// How many requests one refused batch may cost; the rest stays queued for the next turn.
const REQUESTS_PER_BATCH_MAX: usize = 64;
/// The longest wait for a notify: a clock may have been moved meanwhile.
const LOOK_AT_LEAST_EVERY: Duration = Duration::from_mins(1);
/// How long a request that is under way may still take when the lane is asked to stop. Whoever supervises
/// the process often kills it after 10 s.
const STOPPING_WITHIN: Duration = Duration::from_secs(6);
/// How long events that are too late by a clock that nobody confirms wait until they are looked at again,
/// and how often Meta is asked for the time meanwhile.
const CLOCK_ASKED_EVERY: Duration = Duration::from_secs(30);

/// Delivers the conversions of one dataset.
pub struct Lane<S> {
    queue: Queue<S>,
    graph: Arc<Graph>,
    clock: Clock,
    pace: Pace,
    /// When Meta may be asked for the time again.
    ask_time_from: Instant,
    failing: Failing,
}

impl<S: HotPath> Lane<S> {
    /// A lane for a dataset.
    pub fn new(
        store: Arc<S>,
        lease: Lease,
        dataset: String,
        graph: impl Into<Arc<Graph>>,
        clock: Clock,
    ) -> Self {
        Self {
            queue: Queue::new(store, lease, dataset),
            graph: graph.into(),
            clock,
            pace: Pace::new(),
            ask_time_from: Instant::now(),
            failing: Failing::default(),
        }
    }

    /// Delivers until asked to stop, or until another process has taken over. A request that is under
    /// way is finished first if it is answered soon; otherwise its attempt stays open, and the next start
    /// takes its events for sent without an answer.
    pub async fn run(self, stop: watch::Receiver<bool>) {
        let dataset = self.queue.dataset.clone();
        let mut stopping = stop.clone();
        let time_is_up = async move {
            let _ = stopping.wait_for(|stop| *stop).await;
            sleep(STOPPING_WITHIN).await;
        };
        tokio::select! {
            () = self.work(stop) => {}
            () = time_is_up => tracing::warn!(
                dataset, "stopped without waiting for Meta's answer; the events of this request may count twice"
            ),
        }
    }

    async fn work(mut self, mut stop: watch::Receiver<bool>) {
        let notify = self.queue.store.wakeups().queue(self.queue.lease.workspace, &self.queue.dataset);
        // An earlier run may have ended in the middle of a request.
        let mut known = false;
        loop {
            let turn =
                if known { self.turn(&stop).await } else { self.queue.interrupted().await.map(|()| None) };
            known |= turn.is_ok();
            if *stop.borrow() {
                return;
            }
            match turn {
                Ok(wait) => {
                    self.failing.works();
                    let Some(wait) = wait else { continue };
                    tokio::select! {
                        () = notify.notified() => {}
                        () = sleep(wait.min(LOOK_AT_LEAST_EVERY)) => {}
                        _ = stop.wait_for(|stop| *stop) => return,
                    }
                }
                Err(error) => {
                    match self.failing.fails(&error) {
                        Bear::End => return,
                        Bear::Say => {
                            let dataset = &self.queue.dataset;
                            tracing::error!(
                                error = &error as &dyn std::error::Error,
                                dataset,
                                "delivery cannot read or write the store; it keeps trying"
                            );
                        }
                        Bear::Wait => {}
                    }
                    tokio::select! {
                        () = sleep(Failing::LEFT_ALONE) => {}
                        _ = stop.wait_for(|stop| *stop) => return,
                    }
                }
            }
        }
    }

    /// Sends what is due; returns how long to wait if there was nothing to do.
    async fn turn(&mut self, stop: &watch::Receiver<bool>) -> Result<Option<Duration>, store::Error> {
        if let Some(rest) = self.pace.rests_for() {
            return Ok(Some(rest));
        }
        let now_ms = self.clock.now_ms();
        let pause = self.queue.paused().await?;
        if let Some(pause) = &pause
            && !is_over(pause, now_ms)
        {
            return Ok(Some(until(pause.until_ms, now_ms)));
        }
        let mut claimed = self.queue.claim(self.pace.claimed_max(pause.is_some()), now_ms).await?;
        claimed.ready.truncate(self.pace.batch_max());
        if !claimed.unreadable.is_empty() {
            self.queue.set_aside(&claimed.unreadable, now_ms).await?;
        } else if claimed.ready.is_empty() {
            return match (self.queue.next_due().await?, pause) {
                (None, Some(pause)) => self.find_out(&pause).await,
                (Some(next_ms), _) if next_ms > now_ms => Ok(Some(until(next_ms, now_ms))),
                _ => Ok(Some(LOOK_AT_LEAST_EVERY)),
            };
        }
        let (late, in_time): (Vec<_>, Vec<_>) =
            claimed.ready.into_iter().partition(|member| is_late(member, now_ms));
        if !in_time.is_empty() {
            self.deliver(in_time, pause, stop).await?;
        } else if !late.is_empty() && !self.clock.is_confirmed() {
            self.ask_time().await;
        }
        self.end_late(&late).await?;
        Ok(None)
    }

    /// Ends a pause when there is nothing to find it out with. What needed a person is asked for with a
    /// request without events.
    async fn find_out(&mut self, pause: &Pause) -> Result<Option<Duration>, store::Error> {
        if pause.needs_you && works(&self.send(&[]).await).is_err() {
            self.queue.pause(Some(prolonged(pause, self.clock.now_ms()))).await?;
        } else {
            self.go_on().await?;
        }
        Ok(None)
    }

    /// Asks Meta for the time, with a request without events, unless it was asked just now.
    async fn ask_time(&mut self) {
        if Instant::now() >= self.ask_time_from {
            self.ask_time_from = Instant::now() + CLOCK_ASKED_EVERY;
            self.send(&[]).await;
        }
    }

    /// Ends what is too late; by a clock that nobody confirms it is only put off.
    async fn end_late(&mut self, late: &[Queued]) -> Result<(), store::Error> {
        if late.is_empty() {
            return Ok(());
        }
        // Confirmed before and after, so that the time in between was not read from a clock that jumped.
        let was_confirmed = self.clock.is_confirmed();
        let now_ms = self.clock.now_ms();
        let is_confirmed = was_confirmed && self.clock.is_confirmed();
        let put_off = Settled::Again {
            due_ms: now_ms + i64::try_from(CLOCK_ASKED_EVERY.as_millis()).unwrap_or(0),
            reply: Some("too late by this machine's clock, which no upstream has confirmed".to_owned()),
            may_count_twice: false,
            // There was no attempt that could be taken back from the count.
            counts: true,
        };
        let outcome = |member: &Queued| {
            let ends = is_confirmed && is_late(member, now_ms);
            let too_late = || Settled::Failed { reason: Reason::TooLate, reply: None };
            OutcomeOf { number: member.number, settled: if ends { too_late() } else { put_off.clone() } }
        };
        self.queue.settle(None, late.iter().map(outcome).collect(), now_ms).await
    }

    /// Sends a batch, and splits it as long as Meta refuses it. Between two requests whatever was not
    /// sent yet is queued, so it can end after any of them.
    async fn deliver(
        &mut self,
        batch: Vec<Queued>,
        mut pause: Option<Pause>,
        stop: &watch::Receiver<bool>,
    ) -> Result<(), store::Error> {
        let mut parts = VecDeque::from([batch]);
        for _ in 0..REQUESTS_PER_BATCH_MAX {
            if *stop.borrow() {
                break;
            }
            let Some(mut part) = parts.pop_front() else { break };
            if part.len() > self.pace.part_max() {
                parts.push_front(part.split_off(self.pace.part_max()));
            }
            let members: Vec<u64> = part.iter().map(|member| member.number).collect();
            let Some(attempt) = self.queue.open(&members, self.clock.now_ms()).await? else {
                if members.len() > 1 {
                    parts.push_front(part.split_off(members.len() / 2));
                    parts.push_front(part);
                } else {
                    self.queue.set_aside(&members, self.clock.now_ms()).await?;
                }
                continue;
            };
            let answer = self.send(&part).await;
            self.pace.before.held = pause.as_ref().is_some_and(|pause| pause.needs_you);
            let verdict = judge(&answer, part, self.pace.before, self.clock.now_ms());
            self.end(attempt, verdict.outcomes).await?;
            self.pace.heard(&answer, members.len());
            let failures = std::mem::take(&mut self.pace.before.failures);
            match verdict.next {
                NextStep::GoOn => {
                    self.pace.delivered();
                    if pause.take().is_some() {
                        self.go_on().await?;
                    }
                }
                // The first part goes first, so that order is kept as far as it can be.
                NextStep::Split(first, second) => {
                    parts.push_front(second);
                    parts.push_front(first);
                }
                NextStep::Refused(blame, rest) => {
                    if self.pace.is_systematic(&blame) {
                        return self.rest(systematic(&blame, self.clock.now_ms()), pause.as_ref()).await;
                    }
                    if !rest.is_empty() {
                        parts.push_front(rest);
                    }
                }
                NextStep::GivenUp => self.pace.before.given_up = true,
                NextStep::Stop { rest } => {
                    self.pace.before.failures = failures.saturating_add(1);
                    self.pace.rest(rest);
                    return Ok(());
                }
                NextStep::Pause(new) => return self.rest(new, pause.as_ref()).await,
            }
        }
        Ok(())
    }

    /// Sends events, or none to see whether Meta answers.
    async fn send(&self, events: &[Queued]) -> Answer {
        let answer = self.graph.send(events.iter().map(|member| member.body.as_str())).await;
        metrics::counter!(
            "kopru_graph_requests_total",
            "dataset" => self.queue.dataset.clone(),
            "outcome" => answer.outcome()
        )
        .increment(1);
        if let Some(date_ms) = answer.metas_date_ms() {
            self.clock.hear(date_ms);
        }
        answer
    }

    /// Keeps how an attempt ended. A store that fails is asked again until it has it: whoever went on
    /// without would send the same events again and not know it.
    async fn end(&mut self, attempt: AttemptId, outcomes: Vec<OutcomeOf>) -> Result<(), store::Error> {
        let mut said = false;
        loop {
            match self.queue.settle(Some(attempt), outcomes.clone(), self.clock.now_ms()).await {
                Err(error) if !matches!(error, store::Error::Fenced(_) | store::Error::Closed) => {
                    if !std::mem::replace(&mut said, true) {
                        let dataset = &self.queue.dataset;
                        tracing::error!(
                            error = &error as &dyn std::error::Error,
                            dataset,
                            "the end of an attempt cannot be kept; it is tried again"
                        );
                    }
                    sleep(Failing::LEFT_ALONE).await;
                }
                kept => return kept,
            }
        }
    }

    /// Pauses; says so once, not each time that one event finds it unchanged.
    async fn rest(&self, pause: Pause, before: Option<&Pause>) -> Result<(), store::Error> {
        let is_news =
            before.is_none_or(|before| (&before.code, before.needs_you) != (&pause.code, pause.needs_you));
        if is_news {
            let Pause { needs_you, code, .. } = &pause;
            let meaning = meaning(code);
            tracing::warn!(dataset = self.queue.dataset, needs_you, code, meaning, "delivery paused");
        }
        self.queue.pause(Some(pause)).await
    }

    async fn go_on(&self) -> Result<(), store::Error> {
        self.queue.pause(None).await?;
        tracing::info!(dataset = self.queue.dataset, "delivery goes on");
        Ok(())
    }
}

/// Whether Meta would find the event too old by the time it arrives.
fn is_late(member: &Queued, now_ms: i64) -> bool {
    now_ms / 1000 > member.event_s.saturating_add(EVENT_AGE_MAX_S - EVENT_AGE_MARGIN_S)
}

/// How long until a time.
fn until(at_ms: i64, now_ms: i64) -> Duration {
    Duration::from_millis(u64::try_from(at_ms.saturating_sub(now_ms)).unwrap_or(0).max(1))
}

/// What a pause's code means, in our own words: Meta's may hold names.
fn meaning(code: &str) -> &'static str {
    let mut numbers = code.split('/').map(|number| number.parse().ok());
    let Some(code) = numbers.next().flatten() else { return "somebody else than Meta answers" };
    let subcode = numbers.next().flatten().and_then(capi::subcodes::find).map(|found| found.title);
    subcode.or_else(|| capi::code_meaning(code)).unwrap_or("nobody knows this code")
}
