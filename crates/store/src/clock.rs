//! The clock of the shell. Decisions never read it: they are given `now`.

use std::{
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

/// Gives Unix milliseconds.
pub type Clock = Arc<dyn Fn() -> i64 + Send + Sync>;

/// The system's clock.
pub fn system_clock() -> Clock {
    Arc::new(|| {
        SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |since| i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    })
}
