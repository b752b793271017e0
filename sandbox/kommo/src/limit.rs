//! Kommo's limit: 7 requests in a second, and a block for those who do not stop.
//!
//! Kommo counts by address, and so does the sandbox: 127.0.0.2 has a count of its own. The documentation says that repeat offenders are blocked with 403, not after how many refusals nor
//! for how long: those two numbers are the sandbox's own.

use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;
use std::time::{Duration, Instant};

/// Requests that fit into one window, wherever it begins.
const MOST_PER_WINDOW: usize = 7;
/// A second, less some jitter: a client that asks every 1/7 s is within the limit, though its first request
/// has waited for the connection and came late.
const WINDOW: Duration = Duration::from_millis(940);
/// This many refusals within a minute lead to a block.
const REFUSALS_BEFORE_BLOCK: usize = 20;
const MINUTE: Duration = Duration::from_mins(1);
/// How long a block lasts.
const BLOCK: Duration = Duration::from_secs(5);

/// Addresses that are remembered; the one that was quiet for the longest time is forgotten.
const MOST_ADDRESSES: usize = 1024;

/// What the limit says to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Admission {
    Admitted,
    /// 429.
    TooMany,
    /// 403.
    Blocked,
}

/// The counts of all addresses.
#[derive(Debug, Default)]
pub(crate) struct Limits {
    by_address: HashMap<IpAddr, (Instant, Limit)>,
}

impl Limits {
    pub(crate) fn ask(&mut self, address: IpAddr, now: Instant) -> Admission {
        if self.by_address.len() >= MOST_ADDRESSES && !self.by_address.contains_key(&address) {
            let quietest = self.by_address.iter().min_by_key(|(_, (asked, _))| *asked);
            if let Some(quietest) = quietest.map(|(address, _)| *address) {
                self.by_address.remove(&quietest);
            }
        }
        let (asked, limit) = self.by_address.entry(address).or_insert_with(|| (now, Limit::default()));
        *asked = now;
        limit.ask(now)
    }
}

/// The requests of the last second and the refusals of the last minute.
#[derive(Debug, Default)]
struct Limit {
    admitted: VecDeque<Instant>,
    refused: VecDeque<Instant>,
    blocked_until: Option<Instant>,
}

impl Limit {
    fn ask(&mut self, now: Instant) -> Admission {
        if self.blocked_until.is_some_and(|until| now < until) {
            return Admission::Blocked;
        }
        self.blocked_until = None;
        forget(&mut self.admitted, now, WINDOW);
        forget(&mut self.refused, now, MINUTE);
        if self.admitted.len() < MOST_PER_WINDOW {
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
        assert_eq!(limit.ask(at(939)), Admission::TooMany);
        assert_eq!(limit.ask(at(940)), Admission::Admitted, "the first request has left the window");
        for _ in 0..19 {
            assert_eq!(limit.ask(at(941)), Admission::TooMany);
        }
        assert_eq!(limit.ask(at(941)), Admission::Blocked);
        assert_eq!(limit.ask(at(5940)), Admission::Blocked, "even at a polite rate");
        assert_eq!(limit.ask(at(5941)), Admission::Admitted);
    }

    #[test]
    fn s10_a_client_that_keeps_to_seven_a_second_is_never_throttled() {
        let mut limit = Limit::default();
        let start = Instant::now();
        // The first request needs a connection and comes 50 ms late, every second one 5 ms.
        for request in 0..100_u64 {
            let late = if request == 0 { 50 } else { request % 2 * 5 };
            let at = start + Duration::from_micros(request * 1_000_000 / 7) + Duration::from_millis(late);
            assert_eq!(limit.ask(at), Admission::Admitted, "request {request}");
        }
        let mut faster = Limit::default();
        let refused = (0..100).filter(|request| {
            faster.ask(start + Duration::from_millis(request * 1000 / 8)) != Admission::Admitted
        });
        assert!(refused.count() > 0, "eight a second are too many");
    }

    #[test]
    fn every_address_has_its_own_count_and_few_are_remembered() {
        let mut limits = Limits::default();
        let now = Instant::now();
        let address = |number: u32| IpAddr::from(number.to_be_bytes());
        for _ in 0..7 {
            assert_eq!(limits.ask(address(1), now), Admission::Admitted);
        }
        assert_eq!(limits.ask(address(1), now), Admission::TooMany);
        for other in 2..2000 {
            assert_eq!(limits.ask(address(other), now + Duration::from_millis(1)), Admission::Admitted);
        }
        assert_eq!(limits.by_address.len(), MOST_ADDRESSES);
    }
}
