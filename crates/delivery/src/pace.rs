//! In what portions a lane goes on, and when it rests: what it has learned from the answers so far.

use std::time::Duration;

use capi::limits::EVENTS_PER_REQUEST_MAX;
use tokio::time::Instant;

use crate::{
    graph::Answer,
    verdict::{Before, Blame},
};

/// After this many equal refusals of single events in a row, one more finds out whether the
/// connection is to blame.
const EQUAL_REFUSALS_MAX: u32 = 3;
/// After this many requests in a row to which Meta did not answer, one event may be why: events go by their
/// due time instead of in order, so that the one does not lead every request.
const UNANSWERED_MAX: u32 = 5;

pub(crate) struct Pace {
    pub before: Before,
    /// Code and subcode of the last refusal of a single event, and how often it came without a
    /// success in between.
    refusals: ((u32, Option<u32>), u32),
    /// How many events a request may hold: fewer after requests to which Meta did not answer, because
    /// one event may be why.
    size: usize,
    /// One event may be why Meta does not answer; until requests are as large again as they may be.
    in_doubt: bool,
    /// Until when the rest is left, so that later events do not overtake it at once. Not of the wall
    /// clock, which may be moved.
    rest_until: Instant,
}

impl Pace {
    pub(crate) fn new() -> Self {
        Self {
            before: Before::default(),
            refusals: ((0, None), 0),
            size: EVENTS_PER_REQUEST_MAX,
            in_doubt: false,
            rest_until: Instant::now(),
        }
    }

    /// How many events to claim. After a pause one finds out whether it is over.
    pub(crate) fn claimed_max(&self, is_paused: bool) -> usize {
        match (is_paused, self.in_doubt) {
            (true, _) => 1,
            (false, true) => self.size,
            // Those that were claimed are sorted, and only then cut to the size of a request.
            (false, false) => EVENTS_PER_REQUEST_MAX,
        }
    }

    /// How many events a batch may hold.
    pub(crate) fn batch_max(&self) -> usize {
        self.size
    }

    /// How many events a part of a batch may hold: one, while it is not clear whether the events are to
    /// blame.
    pub(crate) fn part_max(&self) -> usize {
        let blames_events = self.refusals.1 >= EQUAL_REFUSALS_MAX || self.before.given_up;
        if blames_events { 1 } else { EVENTS_PER_REQUEST_MAX }
    }

    /// Takes note of the answer to so many events: fewer at a time as long as Meta does not answer, and
    /// more when it does.
    pub(crate) fn heard(&mut self, answer: &Answer, sent: usize) {
        match answer {
            Answer::NeverLeft(_) => {}
            Answer::Read { .. } if !answer.is_strange() => {
                self.before.strange = 0;
                self.size = (self.size * 2).min(EVENTS_PER_REQUEST_MAX);
                self.in_doubt &= self.size < EVENTS_PER_REQUEST_MAX;
            }
            Answer::Read { .. } | Answer::Lost(_) => {
                let strange = u32::from(answer.is_strange());
                self.before.strange = self.before.strange.saturating_add(strange);
                self.size = (sent / 2).max(1);
                self.in_doubt |= self.before.failures + 1 >= UNANSWERED_MAX;
            }
        }
    }

    /// Meta has taken events.
    pub(crate) fn delivered(&mut self) {
        self.refusals.1 = 0;
        self.before.given_up = false;
    }

    /// Counts equal refusals in a row; whether they are too many to blame the events.
    pub(crate) fn is_systematic(&mut self, blame: &Blame) -> bool {
        let before = if self.refusals.0 == blame.kind { self.refusals.1 } else { 0 };
        self.refusals = (blame.kind, before + 1);
        self.refusals.1 > EQUAL_REFUSALS_MAX
    }

    /// Leaves the rest for later.
    pub(crate) fn rest(&mut self, rest: Duration) {
        self.rest_until = Instant::now() + rest;
    }

    /// For how long the rest is still left.
    pub(crate) fn rests_for(&self) -> Option<Duration> {
        let left = self.rest_until.saturating_duration_since(Instant::now());
        (!left.is_zero()).then_some(left)
    }
}
