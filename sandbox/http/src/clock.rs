//! The sandbox's clock: real time, until somebody moves it or makes it run faster.
//!
//! Windows of days and retries of minutes are tried in seconds: time-outs of webhooks, the life of
//! tokens, deduplication and the age of events all ask this clock. It never runs backwards. Rate limits
//! are about real requests and stay with the machine's clock.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use tokio::sync::watch;

/// Fastest clock: a day in less than a second.
const FASTEST: f64 = 100_000.0;
/// A wait is looked at again after this much real time, whatever the clock says.
const LONGEST_WAIT: Duration = Duration::from_hours(1);

/// A clock that clones share.
#[derive(Debug, Clone)]
pub struct Clock {
    state: Arc<Mutex<ClockState>>,
    /// Notifies those who wait that the clock was changed.
    changed: watch::Sender<()>,
}

/// At `since` it showed `at_ms`, and it has run at `speed` from then on.
#[derive(Debug, Clone, Copy)]
struct ClockState {
    since: Instant,
    at_ms: i64,
    speed: f64,
}

impl ClockState {
    fn now_ms(&self) -> i64 {
        let gone = self.since.elapsed().as_secs_f64() * 1000.0 * self.speed;
        self.at_ms.saturating_add(gone as i64)
    }
}

impl Default for Clock {
    fn default() -> Self {
        let state = ClockState { since: Instant::now(), at_ms: machine_ms(), speed: 1.0 };
        Self { state: Arc::new(Mutex::new(state)), changed: watch::Sender::new(()) }
    }
}

impl Clock {
    /// Unix milliseconds.
    pub fn now_ms(&self) -> i64 {
        self.state().now_ms()
    }

    /// Unix seconds.
    pub fn now_s(&self) -> i64 {
        self.now_ms().div_euclid(1000)
    }

    /// How much faster than real time it runs.
    pub fn speed(&self) -> f64 {
        self.state().speed
    }

    /// Jumps ahead.
    pub fn advance(&self, by: Duration) {
        let by_ms = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
        self.change(|state| state.at_ms = state.at_ms.saturating_add(by_ms));
    }

    /// Runs at this many times real time from now on; kept between 1 and 100,000.
    pub fn run_at(&self, speed: f64) {
        let speed = if speed.is_nan() { 1.0 } else { speed.clamp(1.0, FASTEST) };
        self.change(|state| state.speed = speed);
    }

    /// Returns once the clock shows `at_ms`, also when somebody moves it there.
    pub async fn until(&self, at_ms: i64) {
        let mut changed = self.changed.subscribe();
        loop {
            let state = self.state();
            let missing_ms = at_ms.saturating_sub(state.now_ms());
            if missing_ms <= 0 {
                return;
            }
            let wait = Duration::from_secs_f64(missing_ms as f64 / 1000.0 / state.speed)
                .clamp(Duration::from_millis(1), LONGEST_WAIT);
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                // The sender lives in this very clock, so it cannot have gone.
                _ = changed.changed() => {}
            }
        }
    }

    fn state(&self) -> ClockState {
        *self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, with: impl FnOnce(&mut ClockState)) {
        {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            *state = ClockState { since: Instant::now(), at_ms: state.now_ms(), speed: state.speed };
            with(&mut state);
        }
        self.changed.send_replace(());
    }
}

fn machine_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn moved_and_sped_up_it_wakes_those_who_wait() {
        let clock = Clock::default();
        let start = clock.now_ms();
        let waiting = tokio::spawn({
            let clock = clock.clone();
            async move { clock.until(start + 3_600_000).await }
        });
        tokio::task::yield_now().await;
        clock.advance(Duration::from_mins(30));
        assert!(clock.now_ms() >= start + 1_800_000);
        clock.run_at(FASTEST);
        waiting.await.unwrap();
        assert!(clock.now_ms() >= start + 3_600_000);
        clock.run_at(f64::NAN);
        assert!((clock.speed() - 1.0).abs() < f64::EPSILON);
        clock.advance(Duration::MAX);
        assert_eq!(clock.now_ms(), i64::MAX, "the end of time is no overflow");
    }
}
