//! Kommo's limit: 7 requests in a second, and a block for those who do not stop.
//!
//! Kommo counts by address; every client of the sandbox is the same machine, so there is one count.
//! The documentation says that repeat offenders are blocked with 403, not after how many refusals nor
//! for how long: those two numbers are the sandbox's own.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// Requests that fit into one second, wherever that second begins.
const MOST_PER_SECOND: usize = 7;
const SECOND: Duration = Duration::from_secs(1);
/// This many refusals within a minute lead to a block.
const REFUSALS_BEFORE_BLOCK: usize = 20;
const MINUTE: Duration = Duration::from_mins(1);
/// How long a block lasts.
const BLOCK: Duration = Duration::from_secs(5);

/// What the limit says to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Admission {
    Admitted,
    /// 429.
    TooMany,
    /// 403.
    Blocked,
}

/// The requests of the last second and the refusals of the last minute.
#[derive(Debug, Default)]
pub(crate) struct Limit {
    admitted: VecDeque<Instant>,
    refused: VecDeque<Instant>,
    blocked_until: Option<Instant>,
}

impl Limit {
    pub(crate) fn ask(&mut self, now: Instant) -> Admission {
        if self.blocked_until.is_some_and(|until| now < until) {
            return Admission::Blocked;
        }
        self.blocked_until = None;
        forget(&mut self.admitted, now, SECOND);
        forget(&mut self.refused, now, MINUTE);
        if self.admitted.len() < MOST_PER_SECOND {
            self.admitted.push_back(now);
            return Admission::Admitted;
        }
        if self.refused.len() >= REFUSALS_BEFORE_BLOCK {
            self.refused.clear();
            self.blocked_until = Some(now + BLOCK);
            return Admission::Blocked;
        }
        self.refused.push_back(now);
        Admission::TooMany
    }
}

fn forget(times: &mut VecDeque<Instant>, now: Instant, after: Duration) {
    while times.front().is_some_and(|time| now.duration_since(*time) >= after) {
        times.pop_front();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seven_a_second_twenty_refusals_then_a_block_that_ends() {
        let mut limit = Limit::default();
        let start = Instant::now();
        let at = |millis| start + Duration::from_millis(millis);
        for request in 0..7 {
            assert_eq!(limit.ask(at(request * 100)), Admission::Admitted);
        }
        assert_eq!(limit.ask(at(999)), Admission::TooMany);
        assert_eq!(limit.ask(at(1000)), Admission::Admitted, "the first request has left the window");
        for _ in 0..19 {
            assert_eq!(limit.ask(at(1001)), Admission::TooMany);
        }
        assert_eq!(limit.ask(at(1001)), Admission::Blocked);
        assert_eq!(limit.ask(at(6000)), Admission::Blocked, "even at a polite rate");
        assert_eq!(limit.ask(at(6001)), Admission::Admitted);
    }
}
