//! Says something that may happen any number of times: the first time, and then only now and then with
//! how often it happened.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

/// What happened since it was last said.
pub(crate) struct LogThrottle {
    every: Duration,
    state: Mutex<LogState>,
}

#[derive(Default)]
struct LogState {
    said: Option<Instant>,
    times: u64,
}

impl LogThrottle {
    pub(crate) fn new(every: Duration) -> Self {
        Self { every, state: Mutex::default() }
    }

    /// Notes that it happened. Returns how often since it was last said, if it is to be said now.
    pub(crate) fn say(&self) -> Option<u64> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.times += 1;
        if state.said.is_some_and(|said| said.elapsed() < self.every) {
            return None;
        }
        state.said = Some(Instant::now());
        Some(std::mem::take(&mut state.times))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_first_is_said_and_the_others_are_counted() {
        let often = LogThrottle::new(Duration::from_mins(1));
        assert_eq!([(); 4].map(|()| often.say()), [Some(1), None, None, None]);
        tokio::time::advance(Duration::from_mins(1)).await;
        assert_eq!([(); 2].map(|()| often.say()), [Some(4), None]);
    }
}
