//! How many bodies that nobody understands are kept of one hook.

use std::sync::{Mutex, PoisonError};

use tokio::time::Instant;

/// How many are kept at once after a quiet minute, and again each minute.
const KEPT_A_MINUTE: f64 = 60.0;
/// A large body counts as one more for each so many bytes.
const BYTES_OF_ONE_MORE: f64 = 256.0 * 1024.0;

/// A token bucket.
pub(super) struct Bucket(Mutex<(f64, Instant)>);

impl Bucket {
    pub(super) fn full() -> Self {
        Self(Mutex::new((KEPT_A_MINUTE, Instant::now())))
    }

    /// Whether a body of so many bytes may be kept.
    pub(super) fn takes(&self, bytes: usize) -> bool {
        let cost = 1.0 + (bytes as f64 / BYTES_OF_ONE_MORE).floor();
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (left, at) = *state;
        let now = Instant::now();
        let left = (left + (now - at).as_secs_f64() * KEPT_A_MINUTE / 60.0).min(KEPT_A_MINUTE);
        let kept = left >= cost;
        *state = (if kept { left - cost } else { left }, now);
        kept
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn so_many_a_minute_are_kept_and_large_ones_count_more() {
        let bucket = Bucket::full();
        assert_eq!((0..100).filter(|_| bucket.takes(5)).count(), 60);
        tokio::time::advance(Duration::from_secs(10)).await;
        assert_eq!((0..100).filter(|_| bucket.takes(5)).count(), 10);
        tokio::time::advance(Duration::from_hours(1)).await;
        assert_eq!((0..100).filter(|_| bucket.takes(4 * 1024 * 1024)).count(), 3);
    }
}
