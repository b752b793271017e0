//! The clock of the process. Decisions never read it: they are given `now`.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Instant, SystemTime, UNIX_EPOCH},
};

use tokio::sync::Notify;

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
    heard: Arc<Mutex<Heard>>,
    wanted: Arc<Notify>,
}

enum Heard {
    /// Nobody has said anything yet.
    Nothing,
    /// Somebody said the time at this moment, when the clock showed so many milliseconds and was so many ahead.
    Said { at: Instant, shown_ms: i64, ahead_ms: i64 },
    /// Whatever it shows is right: the clock of a test.
    Trusted,
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
        let heard = Arc::new(Mutex::new(Heard::Nothing));
        Self { now_ms: Arc::new(now_ms), heard, wanted: Arc::default() }
    }

    /// The same clock, confirmed whatever it shows: for tests that move it, and where nothing is decided.
    #[must_use]
    pub fn trusted(self) -> Self {
        Self { heard: Arc::new(Mutex::new(Heard::Trusted)), ..self }
    }

    /// Unix milliseconds.
    pub fn now_ms(&self) -> i64 {
        (self.now_ms)()
    }

    /// The time as far as it is known: what an upstream said, counted on, where that contradicts the machine's clock.
    /// Unix milliseconds.
    pub fn best_ms(&self) -> i64 {
        self.known_ms().unwrap_or_else(|| self.now_ms())
    }

    /// The same; `None` while nobody has said what time it is, or the clock has been moved since.
    pub fn known_ms(&self) -> Option<i64> {
        let ahead_ms = self.ahead_ms()?;
        Some(self.now_ms().saturating_sub(if agrees(ahead_ms) { 0 } else { ahead_ms }))
    }

    /// How far the clock is ahead of an upstream's that contradicts it, milliseconds; negative where it is behind.
    pub fn wrong_by_ms(&self) -> Option<i64> {
        self.ahead_ms().filter(|ahead_ms| !agrees(*ahead_ms))
    }

    /// Takes note of the time that an upstream's answer bears, Unix milliseconds.
    pub fn hear(&self, said_ms: i64) {
        let shown_ms = self.now_ms();
        let ahead_ms = shown_ms.saturating_sub(said_ms);
        let was_wrong = self.wrong_by_ms().is_some();
        let mut heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        if matches!(*heard, Heard::Trusted) {
            return;
        }
        *heard = Heard::Said { at: Instant::now(), shown_ms, ahead_ms };
        if !agrees(ahead_ms) && !was_wrong {
            let ahead_s = ahead_ms / 1000;
            tracing::error!(ahead_s, "the clock of this machine is wrong by what others say; set it right");
        }
    }

    /// Whether an upstream agrees with the clock, and it has not been moved since.
    pub fn is_confirmed(&self) -> bool {
        self.ahead_ms().is_some_and(agrees)
    }

    /// Asks whoever talks to an upstream anyway to hear what time it is.
    pub fn want(&self) {
        self.wanted.notify_one();
    }

    /// Ends when somebody wants to know what time it is; for one of those who wait.
    pub async fn wanted(&self) {
        self.wanted.notified().await;
    }

    fn ahead_ms(&self) -> Option<i64> {
        let heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        match &*heard {
            Heard::Nothing => None,
            Heard::Trusted => Some(0),
            Heard::Said { at, shown_ms, ahead_ms } => {
                let passed_ms = i64::try_from(at.elapsed().as_millis()).unwrap_or(i64::MAX);
                let moved_ms = self.now_ms().saturating_sub(shown_ms.saturating_add(passed_ms));
                agrees(moved_ms).then_some(*ahead_ms)
            }
        }
    }
}

fn agrees(ahead_ms: i64) -> bool {
    ahead_ms.checked_abs().is_some_and(|apart_ms| apart_ms <= AGREES_WITHIN_MS)
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
    fn a_clock_that_is_contradicted_is_known_to_be_wrong_until_it_is_moved() {
        for wrong_ms in [-72 * HOUR_MS, -HOUR_MS, HOUR_MS, 9 * 24 * HOUR_MS] {
            let (clock, shown) = movable();
            let right_ms = clock.now_ms();
            shown.fetch_add(wrong_ms, Ordering::Relaxed);
            assert_eq!((clock.known_ms(), clock.wrong_by_ms()), (None, None));
            assert_eq!(clock.best_ms(), right_ms + wrong_ms);
            clock.hear(right_ms);
            assert_eq!((clock.known_ms(), clock.wrong_by_ms()), (Some(right_ms), Some(wrong_ms)));
            assert_eq!((clock.best_ms(), clock.is_confirmed()), (right_ms, false));
            // Set right: nobody has said so yet.
            shown.fetch_sub(wrong_ms, Ordering::Relaxed);
            assert_eq!((clock.known_ms(), clock.best_ms()), (None, right_ms));
            clock.hear(right_ms + 1000);
            assert_eq!((clock.known_ms(), clock.wrong_by_ms()), (Some(right_ms), None), "it agrees");
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
