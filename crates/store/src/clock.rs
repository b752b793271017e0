//! The clock of the process. Decisions never read it: they are given `now`.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Instant, SystemTime, UNIX_EPOCH},
};

/// How far the clock may be from an upstream's and still agree with it.
const AGREES_WITHIN_MS: i64 = 5 * 60 * 1000;

/// Gives Unix milliseconds, and knows whether somebody else agrees with them.
///
/// A machine may start with a clock that is days wrong. What only time can end (an event that is too
/// old for Meta) is therefore ended only while the clock is *confirmed*: an upstream's `Date` header,
/// read since the start, agreed within five minutes, and the clock has not been moved since.
#[derive(Clone)]
pub struct Clock {
    now_ms: Arc<dyn Fn() -> i64 + Send + Sync>,
    confirmed: Arc<Mutex<Confirmed>>,
}

enum Confirmed {
    /// Nobody has said anything yet, or somebody has contradicted.
    No,
    /// Somebody agreed at this moment, when the clock showed so many milliseconds.
    At(Instant, i64),
    /// Whatever it shows is right: the clock of a test.
    Always,
}

impl Clock {
    /// The system's clock.
    pub fn system() -> Self {
        Self::new(|| {
            SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .map_or(0, |since| i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
        })
    }

    /// A clock that shows what a function says, not confirmed yet.
    pub fn new(now_ms: impl Fn() -> i64 + Send + Sync + 'static) -> Self {
        Self { now_ms: Arc::new(now_ms), confirmed: Arc::new(Mutex::new(Confirmed::No)) }
    }

    /// The same clock, confirmed whatever it shows: for tests that move it, and where nothing is decided.
    #[must_use]
    pub fn trusted(self) -> Self {
        Self { confirmed: Arc::new(Mutex::new(Confirmed::Always)), ..self }
    }

    /// Unix milliseconds.
    pub fn now_ms(&self) -> i64 {
        (self.now_ms)()
    }

    /// Takes note of the time that an upstream's answer bears, Unix milliseconds.
    pub fn hear(&self, said_ms: i64) {
        let now_ms = self.now_ms();
        let agrees = (now_ms - said_ms).abs() <= AGREES_WITHIN_MS;
        let mut confirmed = self.confirmed.lock().unwrap_or_else(PoisonError::into_inner);
        match (&*confirmed, agrees) {
            (Confirmed::Always, _) => {}
            (_, true) => *confirmed = Confirmed::At(Instant::now(), now_ms),
            (_, false) => *confirmed = Confirmed::No,
        }
    }

    /// Whether an upstream agrees with the clock, and it has not been moved since.
    pub fn is_confirmed(&self) -> bool {
        let confirmed = self.confirmed.lock().unwrap_or_else(PoisonError::into_inner);
        match &*confirmed {
            Confirmed::No => false,
            Confirmed::Always => true,
            Confirmed::At(since, shown_ms) => {
                let passed_ms = i64::try_from(since.elapsed().as_millis()).unwrap_or(i64::MAX);
                (self.now_ms() - shown_ms.saturating_add(passed_ms)).abs() <= AGREES_WITHIN_MS
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicI64, Ordering};

    use super::*;

    const HOUR_MS: i64 = 3_600_000;

    fn movable() -> (Clock, Arc<AtomicI64>) {
        let shown = Arc::new(AtomicI64::new(1_000 * HOUR_MS));
        let clock = Clock::new({
            let shown = Arc::clone(&shown);
            move || shown.load(Ordering::Relaxed)
        });
        (clock, shown)
    }

    #[test]
    fn a_clock_is_confirmed_only_by_somebody_who_agrees() {
        let (clock, _) = movable();
        assert!(!clock.is_confirmed(), "nobody has said anything");
        clock.hear(clock.now_ms() + HOUR_MS);
        assert!(!clock.is_confirmed(), "somebody has another time");
        clock.hear(clock.now_ms() - 60_000);
        assert!(clock.is_confirmed());
        clock.hear(clock.now_ms() - 72 * HOUR_MS);
        assert!(!clock.is_confirmed(), "contradicted");
    }

    #[test]
    fn a_clock_that_was_moved_has_to_be_confirmed_again() {
        let (clock, shown) = movable();
        clock.hear(clock.now_ms());
        for moved in [72 * HOUR_MS, -72 * HOUR_MS] {
            shown.fetch_add(moved, Ordering::Relaxed);
            assert!(!clock.is_confirmed(), "moved by {moved}");
            shown.fetch_sub(moved, Ordering::Relaxed);
            assert!(clock.is_confirmed(), "moved back");
        }
    }

    #[test]
    fn a_trusted_clock_is_believed_whatever_is_said() {
        let (clock, shown) = movable();
        let clock = clock.trusted();
        clock.hear(0);
        shown.fetch_add(72 * HOUR_MS, Ordering::Relaxed);
        assert!(clock.is_confirmed());
    }
}
