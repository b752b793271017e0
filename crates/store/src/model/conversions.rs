//! Conversions as decisions make and change them.

use kopru_core::{Cause, Conversion, Node, Reason, Sent, State, Stop};

use super::Rows;
use crate::{AttemptId, LaneKey};

#[derive(Debug, Clone)]
pub(super) struct ConversionRow {
    /// As it was decided last. What has left of it and when it is due follow from the rest.
    pub(super) decided: Conversion,
    pub(super) created_ms: i64,
    pub(super) revision: u64,
    /// Where it stands in the queue.
    pub(super) place: Option<QueuePlace>,
    pub(super) attempts: u32,
    /// When an attempt first left that ended without an answer: Meta may have it.
    pub(super) unknown_ms: Option<i64>,
    pub(super) may_count_twice: bool,
    /// As it left last.
    pub(super) body: Option<String>,
    pub(super) reply: Option<String>,
    pub(super) settled_ms: Option<i64>,
    /// Which keys it carried.
    pub(super) carried: String,
    /// Kept long enough: only counted, and not made again.
    pub(super) gone: bool,
    /// Of an activity.
    pub(super) told: Option<ActivityRow>,
}

/// What an activity has beside what every conversion has.
#[derive(Debug, Clone)]
pub(super) struct ActivityRow {
    /// By what its person is recognised.
    pub(super) who: Vec<Node>,
    /// By what its id is recognised.
    pub(super) id_key: [u8; 16],
    /// The last attempt that has held it.
    pub(super) attempt: Option<AttemptId>,
}

#[derive(Debug, Clone, Default)]
pub(super) struct QueuePlace {
    pub(super) due_ms: i64,
    /// Attempts that count against the bound on tries.
    pub(super) tries: u32,
    /// The attempt that holds it.
    pub(super) attempt: Option<AttemptId>,
    /// When the last attempt left.
    pub(super) opened_ms: Option<i64>,
    /// When it was first put off.
    pub(super) put_off_ms: Option<i64>,
}

impl ConversionRow {
    /// As it is now.
    pub(super) fn now(&self) -> Conversion {
        let held = self.place.as_ref().is_some_and(|place| place.attempt.is_some());
        let sent = match (self.unknown_ms, held) {
            (Some(_), true) => Sent::UnknownUnderWay,
            (Some(_), false) => Sent::Unknown,
            (None, true) => Sent::UnderWay,
            (None, false) if self.attempts > 0 => Sent::NotTaken,
            (None, false) => Sent::Never,
        };
        let due_ms = self.place.as_ref().map(|place| place.due_ms).or(self.decided.due_ms);
        Conversion { due_ms, sent, stored: Some(self.decided.state), ..self.decided.clone() }
    }

    /// What changes with each change that somebody who has claimed it has to see.
    pub(super) fn revision(&self) -> u64 {
        let due_ms = self.place.as_ref().filter(|_| self.told.is_some()).map(|place| place.due_ms);
        due_ms.and_then(|due_ms| u64::try_from(due_ms).ok()).unwrap_or(self.revision)
    }

    /// Replaces what is known of it, and moves it into or out of the queue.
    fn replace(&mut self, decided: Conversion, now_ms: i64) {
        let due_before_ms = self.now().due_ms;
        let is_queued = LaneKey::of(&decided).is_some();
        let due_ms = decided.due_ms.unwrap_or(now_ms);
        self.place = match self.place.take().filter(|_| is_queued) {
            Some(place) if decided.due_ms == due_before_ms => Some(place),
            // Somebody wants it sooner.
            Some(place) => Some(QueuePlace { due_ms, put_off_ms: None, ..place }),
            None => is_queued.then(|| QueuePlace { due_ms, ..QueuePlace::default() }),
        };
        self.settled_ms = has_ended(&decided).then_some(now_ms);
        self.decided = decided;
        self.revision += 1;
        if self.decided.reason == Some(Reason::Erased) {
            self.wipe();
        }
    }

    /// Forgets by what Meta was to recognise the person, what left and what Meta said.
    pub(super) fn wipe(&mut self) {
        (self.decided.identity, self.body, self.reply) = (None, None, None);
    }

    /// Erases whom it is about; returns whether it ends by that. What an attempt holds ends with the attempt.
    pub(super) fn erase(&mut self, now_ms: i64) -> bool {
        let (before, stop) = (self.now(), Stop::suppressed(Reason::Erased));
        let is_open = matches!(before.state, State::Queued | State::Waiting);
        let (is_held, may_be_known) = (before.sent.is_under_way(), before.sent.is_unknown());
        match (is_open, is_held) {
            (true, true) => self.rewrite(Conversion { stop: Some(stop), ..before }),
            (true, false) if self.told.is_some() => {
                self.place = None;
                self.stand_as(before.stopped(stop), now_ms);
            }
            (true, false) => self.replace(before.stopped(stop), now_ms),
            (false, _) => self.wipe(),
        }
        is_open && !is_held && !may_be_known
    }

    /// Forgets whom it is about who was erased while it was on its way, once it has ended.
    pub(super) fn forget(&mut self) {
        let has_ended = !matches!(self.decided.state, State::Queued | State::Waiting);
        let is_erased = self.decided.stop.as_ref().is_some_and(|stop| stop.reason == Reason::Erased);
        if has_ended && is_erased {
            self.wipe();
        }
    }

    /// Replaces what is known of it beside how far it is and by what Meta recognises the person.
    fn rewrite(&mut self, decided: Conversion) {
        let Conversion { state, identity, .. } = self.decided.clone();
        self.decided = Conversion { state, identity, ..decided };
        self.revision += 1;
    }

    /// Takes it out of the queue if nothing has changed since this revision was claimed.
    pub(super) fn stop(&mut self, stop: Stop, revision: u64, now_ms: i64) {
        let is_free = self.place.as_ref().is_some_and(|place| place.attempt.is_none());
        if is_free && self.revision() == revision && self.told.is_some() {
            self.place = None;
            self.stand_as(self.decided.clone().stopped(stop), now_ms);
        } else if is_free && self.revision() == revision {
            self.replace(self.now().stopped(stop), now_ms);
        }
    }

    pub(super) fn end(&mut self, state: State, reason: Option<Reason>, reply: Option<String>, now_ms: i64) {
        (self.decided.state, self.decided.reason) = (state, reason);
        (self.reply, self.settled_ms, self.place) = (reply, Some(now_ms), None);
        self.decided.due_ms.take_if(|_| self.told.is_some());
    }

    /// Brings it back if it ended because it could not be read; says whether it had.
    pub(super) fn retry(&mut self, told_may_come_back: bool) -> bool {
        let is_unreadable =
            (self.decided.state, self.decided.reason) == (State::Failed, Some(Reason::Unreadable));
        if self.gone || !is_unreadable {
            return false;
        }
        let can_leave = self.decided.deadline_ms.is_none() && self.decided.dataset.is_some();
        let due_ms = self.settled_ms.unwrap_or(0);
        if self.told.is_some() {
            if told_may_come_back {
                self.come_back(due_ms);
                let (state, reason) = (State::Queued, None);
                self.stand_as(Conversion { state, reason, ..self.decided.clone() }, 0);
            }
            return told_may_come_back;
        }
        self.place = can_leave.then(|| QueuePlace { due_ms, ..QueuePlace::default() });
        self.decided.state = if can_leave { State::Queued } else { State::Waiting };
        (self.decided.reason, self.settled_ms) = (None, None);
        self.revision += 1;
        true
    }
}

impl Rows {
    pub(super) fn numbered(&self, event_id: &str) -> Option<u64> {
        let mut named = self.conversions.iter().rev().filter(|(_, row)| row.told.is_none() && !row.gone);
        named.find(|(_, row)| row.decided.event_id == event_id).map(|(number, _)| *number)
    }

    /// Makes a conversion, unless there is one of this id.
    pub(super) fn create(&mut self, one: Conversion, now_ms: i64) {
        let mut made = self.conversions.values().filter(|row| row.told.is_none());
        if made.any(|row| row.decided.event_id == one.event_id) {
            return;
        }
        let number = self.conversions.last_key_value().map_or(1, |(last, _)| last + 1);
        let due_ms = one.due_ms.unwrap_or(now_ms);
        let row = ConversionRow {
            created_ms: now_ms,
            revision: 0,
            place: LaneKey::of(&one).map(|_| QueuePlace { due_ms, ..QueuePlace::default() }),
            attempts: 0,
            unknown_ms: None,
            may_count_twice: false,
            body: None,
            carried: String::new(),
            gone: false,
            reply: None,
            settled_ms: has_ended(&one).then_some(now_ms),
            told: None,
            decided: one,
        };
        self.conversions.insert(number, row);
    }

    /// Changes a conversion, as far as it may be changed still: what has ended since it was loaded stays
    /// ended, and what has left is frozen.
    pub(super) fn update(&mut self, decided: Conversion, now_ms: i64) {
        if let Cause::Activity(_) = decided.cause {
            return self.change_told(decided, now_ms);
        }
        let Some(row) = self.numbered(&decided.event_id).and_then(|number| self.conversions.get_mut(&number))
        else {
            return;
        };
        let before = row.now();
        if decided.stored.is_some_and(|stored| stored != before.state) {
            return;
        }
        let has_left = before.sent.is_under_way() || before.sent.is_unknown();
        match (before.state, decided.state) {
            // Decided before it left.
            (State::Queued, _) if has_left && decided.sent != before.sent => {
                row.rewrite(before.frozen(&decided));
            }
            // Decided in the knowledge that it has.
            (State::Queued, State::Queued) if has_left => row.rewrite(decided),
            (State::Accepted, State::Accepted) | (State::Duplicate, State::Duplicate) => row.rewrite(decided),
            (State::Accepted | State::Duplicate, _) => {}
            // Only whoever knows how it ended takes it up again.
            (State::Failed, _) if decided.stored.is_none() => {}
            _ => row.replace(decided, now_ms),
        }
    }
}

/// Whether a decision has ended it.
fn has_ended(one: &Conversion) -> bool {
    matches!(one.state, State::Suppressed | State::Failed)
}
