//! The queue: what is due, attempts and how they end, pauses.

use async_trait::async_trait;
use kopru_core::{Reason, State};

use super::{
    Model, Rows,
    conversions::{ConversionRow, QueuePlace},
};
use crate::{
    AttemptId, Claimed, Error, LaneKey, Lease, Member, OpenAttempt, OutcomeOf, Pause, PauseScope, QueueStore,
    Queued, Settled,
    bounds::{ACTIVITY_HELD_MAX_MS, HELD_MAX_MS, ORDER_KEPT_MS},
};

impl ConversionRow {
    pub(super) fn event_ms(&self) -> i64 {
        self.decided.event_s.saturating_mul(1000)
    }

    /// Puts it back into the queue.
    fn again(&mut self, due_ms: Option<i64>, reply: Option<String>, counts: bool, now_ms: i64) {
        let Some(place) = &mut self.place else { return };
        if !counts && place.attempt.is_some() {
            place.tries = place.tries.saturating_sub(1);
        }
        place.attempt = None;
        if let Some(due_ms) = due_ms {
            place.due_ms = due_ms;
            place.put_off_ms = place.put_off_ms.or(Some(now_ms));
        }
        self.reply = reply;
    }

    /// How one goes on that this attempt holds, or none does.
    fn settle(&mut self, settled: Settled, now_ms: i64) {
        match settled {
            Settled::Accepted { reply } => {
                // Its sale may have been undone while it was on its way.
                let reason = Reason::once_taken(self.decided.stop.as_ref().map(|stop| stop.reason));
                self.end(State::Accepted, reason, Some(reply), now_ms);
            }
            // What it was refused for may have changed while it was on its way.
            Settled::Failed { reason: Reason::RefusedByMeta, reply } if self.has_changed() => {
                self.again(None, reply, true, now_ms);
            }
            Settled::Failed { reason, reply } => self.end(State::Failed, Some(reason), reply, now_ms),
            // Nor have its bytes been refused.
            Settled::BytesRefused { .. } if self.told.is_some() && self.attempt().is_none() => {}
            Settled::BytesRefused { reply } => {
                self.again(None, reply, false, now_ms);
                self.unknown_ms = None;
            }
            Settled::Again { due_ms, reply, counts } => self.again(due_ms, reply, counts, now_ms),
            // An activity that no attempt holds has not left.
            Settled::Unknown { due_ms, reply, .. } if self.told.is_some() && self.attempt().is_none() => {
                self.again(due_ms, reply, true, now_ms);
            }
            Settled::Unknown { due_ms, reply, may_count_twice } => {
                self.unknown_ms = self.unknown_ms.or(self.place.as_ref().and_then(|place| place.opened_ms));
                self.may_count_twice |= may_count_twice;
                self.again(due_ms, reply, false, now_ms);
            }
            Settled::Stopped { stop, revision } => self.stop(stop, revision, now_ms),
        }
    }

    /// Whether decisions have made something else of it since an attempt holds it.
    fn has_changed(&self) -> bool {
        self.decided.stop.as_ref().is_some_and(|stop| stop.reason == Reason::ChangedMeanwhile)
    }
}

impl Rows {
    /// What stands in the queue of a lane, or of all.
    pub(super) fn queue(
        &self,
        lane: Option<&LaneKey>,
    ) -> impl Iterator<Item = (u64, &ConversionRow, &QueuePlace)> {
        let places =
            self.conversions.iter().filter_map(|(number, row)| Some((*number, row, row.place.as_ref()?)));
        places.filter(move |(_, row, _)| lane.is_none() || LaneKey::of(&row.decided).as_ref() == lane)
    }

    fn claim(&self, lane: &LaneKey, limit: usize, now_ms: i64) -> Vec<Queued> {
        let mut due: Vec<(bool, i64, u64, &ConversionRow)> = self
            .queue(Some(lane))
            .filter(|(.., place)| place.attempt.is_none())
            .map(|(number, row, place)| (place.due_ms > now_ms, place.due_ms, number, row))
            .filter(|(is_later, due_ms, _, row)| {
                let held_max_ms = if row.told.is_some() { ACTIVITY_HELD_MAX_MS } else { HELD_MAX_MS };
                !is_later || (*due_ms > now_ms + held_max_ms && row.event_ms() <= now_ms)
            })
            .filter(|(.., number, row)| !self.is_held_up(*number, row, now_ms))
            .collect();
        due.sort_by_key(|(is_later, due_ms, number, _)| (*is_later, *due_ms, *number));
        due.truncate(limit);
        let queued = due.into_iter().map(|(.., number, row)| row.queued(number));
        queued.map(|one| Queued { conversion: self.enriched(one.number, one.conversion), ..one }).collect()
    }

    /// Whether an earlier one of its cause is under way, or was put off a short while ago.
    fn is_held_up(&self, number: u64, row: &ConversionRow, now_ms: i64) -> bool {
        let mut earlier = self
            .queue(None)
            .filter(|(other, before, _)| *other < number && before.decided.cause == row.decided.cause);
        // What sites tell has no order.
        row.told.is_none()
            && earlier.any(|(.., place)| {
                let put_off_ms = now_ms - ORDER_KEPT_MS + 1..=now_ms + HELD_MAX_MS;
                place.attempt.is_some() || place.put_off_ms.is_some_and(|at_ms| put_off_ms.contains(&at_ms))
            })
    }

    fn open(&mut self, lane: &LaneKey, members: Vec<Member>, now_ms: i64) -> OpenAttempt {
        self.attempts += 1;
        let attempt = self.attempts;
        let mut moved = Vec::new();
        for Member { number, revision, body, carried, may_count_twice } in members {
            let row = self.conversions.get_mut(&number);
            let row = row
                .filter(|row| row.revision() == revision && LaneKey::of(&row.decided).as_ref() == Some(lane));
            let Some(row) = row.filter(|row| row.is_held_by(None)) else {
                moved.push(number);
                continue;
            };
            if let Some(place) = &mut row.place {
                (place.attempt, place.opened_ms) = (Some(attempt), Some(now_ms));
                place.tries += 1;
            }
            row.attempts += 1;
            row.body = Some(body);
            if !carried.is_empty() {
                row.carried = carried;
            }
            row.may_count_twice |= may_count_twice;
        }
        self.open_told(lane, attempt, now_ms);
        OpenAttempt { attempt, moved }
    }

    fn settle(&mut self, attempt: Option<AttemptId>, outcomes: Vec<OutcomeOf>, now_ms: i64) {
        for OutcomeOf { number, settled } in outcomes {
            let Some(row) = self.conversions.get_mut(&number) else { continue };
            let is_stop = matches!(settled, Settled::Stopped { .. });
            if is_stop || row.is_held_by(attempt) {
                if row.is_held_by(attempt) {
                    row.note_attempt();
                }
                row.settle(settled, now_ms);
                row.forget();
            }
        }
        // Whoever has no outcome of its own stays where it was.
        for row in self.conversions.values_mut() {
            if attempt.is_some() && row.is_held_by(attempt) {
                row.note_attempt();
                if let Some(place) = &mut row.place {
                    place.attempt = None;
                }
            }
        }
        if let Some((_, ended)) = attempt.and_then(|attempt| self.told.attempts.get_mut(&attempt)) {
            *ended = true;
        }
        self.follow_purchases(now_ms);
    }

    /// Ends the attempts of a lane, or of all, whose answers nobody will read any more.
    pub(super) fn interrupted(&mut self, lane: Option<&LaneKey>) {
        for row in self.conversions.values_mut().filter(|row| row.place.is_some() && !row.is_held_by(None)) {
            if lane.is_none() || LaneKey::of(&row.decided).as_ref() == lane {
                row.note_attempt();
                if let Some((_, ended)) = row.attempt().and_then(|one| self.told.attempts.get_mut(&one)) {
                    *ended = true;
                }
                let reply = Some("interrupted: no answer was read".to_owned());
                let may_count_twice = row.decided.route.deduplication_window_s().is_none();
                row.settle(Settled::Unknown { due_ms: None, reply, may_count_twice }, 0);
            }
        }
    }
}

impl ConversionRow {
    /// Remembers the attempt that holds an activity, as it comes back from it.
    fn note_attempt(&mut self) {
        let attempt = self.attempt();
        if let Some(told) = &mut self.told {
            told.attempt = attempt.or(told.attempt);
        }
    }

    fn attempt(&self) -> Option<AttemptId> {
        self.place.as_ref()?.attempt
    }

    /// Whether it stands in the queue, held by this attempt or by none.
    fn is_held_by(&self, attempt: Option<AttemptId>) -> bool {
        self.place.as_ref().is_some_and(|place| place.attempt == attempt)
    }

    fn queued(&self, number: u64) -> Queued {
        Queued {
            number,
            revision: self.revision(),
            conversion: self.now(),
            tries: self.place.as_ref().map_or(0, |place| place.tries),
            unknown: self.body.clone().zip(self.unknown_ms),
        }
    }
}

#[async_trait]
impl QueueStore for Model {
    async fn interrupted(&self, lease: Lease, lane: &LaneKey) -> Result<(), Error> {
        self.change_held(lease, |rows| rows.interrupted(Some(lane)))
    }

    async fn claim(&self, lease: Lease, lane: &LaneKey, limit: usize, now_ms: i64) -> Result<Claimed, Error> {
        let ready = self.look(lease.workspace, |rows| rows.claim(lane, limit, now_ms))?;
        Ok(Claimed { ready, unreadable: Vec::new() })
    }

    async fn complete(&self, _: Lease, _: &LaneKey, ready: Vec<Queued>) -> Result<Claimed, Error> {
        Ok(Claimed { ready, unreadable: Vec::new() })
    }

    async fn next_due(&self, lease: Lease, lane: &LaneKey) -> Result<Option<i64>, Error> {
        self.look(lease.workspace, |rows| {
            let free = rows.queue(Some(lane)).filter(|(.., place)| place.attempt.is_none());
            free.map(|(.., place)| place.due_ms).min()
        })
    }

    async fn open(
        &self,
        lease: Lease,
        lane: &LaneKey,
        members: Vec<Member>,
        now_ms: i64,
    ) -> Result<OpenAttempt, Error> {
        self.change_held(lease, |rows| rows.open(lane, members, now_ms))
    }

    async fn settle(
        &self,
        lease: Lease,
        _lane: &LaneKey,
        attempt: Option<AttemptId>,
        outcomes: Vec<OutcomeOf>,
        now_ms: i64,
    ) -> Result<(), Error> {
        let waits = |one: &OutcomeOf| matches!(&one.settled, Settled::Stopped { stop, .. } if stop.state == State::Waiting);
        let some_wait = outcomes.iter().any(waits);
        self.change_held(lease, |rows| rows.settle(attempt, outcomes, now_ms))?;
        if some_wait {
            self.wakeups.wake_facts(lease.workspace);
        }
        Ok(())
    }

    async fn pause(&self, lease: Lease, scope: &PauseScope, pause: Option<Pause>) -> Result<(), Error> {
        self.change_held(lease, |rows| {
            let before = rows.pauses.remove(scope);
            if let Some(pause) = pause {
                let since_ms = before.map_or(pause.since_ms, |before| before.since_ms);
                rows.pauses.insert(scope.clone(), Pause { since_ms, ..pause });
            }
        })
    }

    async fn paused(&self, lease: Lease, scopes: &[PauseScope]) -> Result<Vec<(PauseScope, Pause)>, Error> {
        self.look(lease.workspace, |rows| {
            let of = |scope: &PauseScope| rows.pauses.get(scope).map(|pause| (scope.clone(), pause.clone()));
            scopes.iter().filter_map(of).collect()
        })
    }

    async fn note_taken(&self, lease: Lease, dataset: &str, account: &str) -> Result<(), Error> {
        self.change_held(lease, |rows| rows.taken.insert((dataset.to_owned(), account.to_owned()))).map(drop)
    }
}
