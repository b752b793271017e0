//! In what portions a lane goes on, how many requests it sends side by side, and when it rests: what it has
//! learned from the answers so far.

use std::time::Duration;

use capi::limits::EVENTS_PER_REQUEST_MAX;
use store::Queued;
use tokio::time::Instant;

use crate::{
    answer::Answer,
    verdict::{At, Before, Blame, NextStep, Verdict, judge, systematic},
};

/// After this many equal refusals of single events in a row, one more finds out whether the
/// connection is to blame.
const EQUAL_REFUSALS_MAX: u32 = 3;
/// After this many requests in a row to which Meta did not answer, one event may be why: events go by their
/// due time instead of in order, so that the one does not lead every request.
const UNANSWERED_MAX: u32 = 5;

pub(crate) struct Pace {
    before: Before,
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
    /// When the last request left.
    last_left: Option<Instant>,
    /// How often the lane had to leave the rest for later. Whoever had begun before does so, too.
    halts: u64,
    /// Something went wrong: nothing leaves beside what is under way.
    is_halted: bool,
}

/// What of the pace a request leaves with.
#[derive(Clone, Copy)]
pub(crate) struct Left {
    /// The trouble that was known. What leaves together and fails together has failed once.
    halts: u64,
    /// Its members find out whether what needed a person was mended.
    pub held: bool,
}

impl Pace {
    pub(crate) fn new() -> Self {
        Self {
            before: Before::default(),
            refusals: ((0, None), 0),
            size: EVENTS_PER_REQUEST_MAX,
            in_doubt: false,
            rest_until: Instant::now(),
            last_left: None,
            halts: 0,
            is_halted: false,
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

    /// Whether only one request at a time may be under way: until Meta has taken something after whatever
    /// went wrong.
    pub(crate) fn is_alone(&self) -> bool {
        let Before { failures, strange, given_up, held: _ } = self.before;
        self.is_halted || self.in_doubt || given_up || failures + strange + self.refusals.1 > 0
    }

    /// Nothing is under way.
    pub(crate) fn idle(&mut self) {
        self.is_halted = false;
    }

    /// A request leaves, or is about to.
    pub(crate) fn leave(&mut self) {
        self.last_left = Some(Instant::now());
    }

    /// If the last request left within this time, how much of the time remains.
    pub(crate) fn left_within(&self, time: Duration) -> Option<Duration> {
        let remains = (self.last_left? + time).saturating_duration_since(Instant::now());
        (!remains.is_zero()).then_some(remains)
    }

    /// What a request leaves with.
    pub(crate) fn leaves(&mut self, held: bool) -> Left {
        self.leave();
        Left { halts: self.halts, held }
    }

    /// How often the rest was left for later.
    pub(crate) fn halts(&self) -> u64 {
        self.halts
    }

    /// Lets whoever is under way end after the request at hand.
    pub(crate) fn halt(&mut self) {
        self.halts += 1;
        self.is_halted = true;
    }

    /// For how long the rest is still left.
    pub(crate) fn rests_for(&self) -> Option<Duration> {
        let left = self.rest_until.saturating_duration_since(Instant::now());
        (!left.is_zero()).then_some(left)
    }

    /// Takes note of the answer to a batch, and says what follows.
    pub(crate) fn hear(&mut self, answer: &Answer, batch: Vec<Queued>, left: Left, at: At<'_>) -> Verdict {
        // What left before the last trouble is part of it.
        let is_news = left.halts == self.halts;
        let sent = batch.len();
        let mut verdict = judge(answer, batch, Before { held: left.held, ..self.before }, at);
        self.resize(answer, sent, is_news);
        let failures = std::mem::take(&mut self.before.failures);
        match &verdict.next {
            NextStep::GoOn => {
                self.refusals.1 = 0;
                self.before.given_up = false;
            }
            NextStep::Split(..) => {}
            NextStep::Refused(blame, _) => {
                if self.is_systematic(blame) {
                    let (scope, pause) = systematic(blame, at);
                    verdict.next = NextStep::Pause(scope, pause);
                    self.halt();
                }
            }
            NextStep::GivenUp => self.before.given_up = true,
            NextStep::Stop { rest } => {
                self.before.failures = failures.saturating_add(u32::from(is_news));
                self.rest_until = self.rest_until.max(Instant::now() + *rest);
                self.halt();
            }
            NextStep::Pause(..) => self.halt(),
        }
        verdict
    }

    /// Fewer events at a time as long as Meta does not answer, and more when it does.
    fn resize(&mut self, answer: &Answer, sent: usize, is_news: bool) {
        match answer {
            Answer::NeverLeft(_) => {}
            Answer::Read { .. } if !answer.is_strange() => {
                self.before.strange = 0;
                self.size = (self.size * 2).min(EVENTS_PER_REQUEST_MAX);
                self.in_doubt &= self.size < EVENTS_PER_REQUEST_MAX;
            }
            Answer::Read { .. } | Answer::Lost(_) => {
                let strange = u32::from(answer.is_strange() && is_news);
                self.before.strange = self.before.strange.saturating_add(strange);
                self.size = (sent / 2).max(1);
                self.in_doubt |= self.before.failures + 1 >= UNANSWERED_MAX;
            }
        }
    }

    /// Counts equal refusals in a row; whether they are too many to blame the events.
    fn is_systematic(&mut self, blame: &Blame) -> bool {
        let before = if self.refusals.0 == blame.kind { self.refusals.1 } else { 0 };
        self.refusals = (blame.kind, before + 1);
        self.refusals.1 > EQUAL_REFUSALS_MAX
    }
}
