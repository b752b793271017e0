//! How much callers may put into the sandbox, in bytes.
//!
//! What is put in stays until the sandbox ends, so it has no oldest that could leave: when the quota is
//! used up, further things are refused.

use std::io;
use std::time::{Duration, Instant};

use serde::Serialize;

/// Weighing everything takes a while: a full quota is not measured anew more often than this.
const BETWEEN_WEIGHINGS: Duration = Duration::from_secs(10);

/// Counts what is put in. What replaced something is counted twice until everything is weighed.
#[derive(Debug)]
pub(crate) struct ByteQuota {
    used: usize,
    most: usize,
    /// What the last weighing said, and when it was.
    weighed: Option<(usize, Instant)>,
}

impl ByteQuota {
    pub(crate) fn new(most: usize) -> Self {
        Self { used: 0, most, weighed: None }
    }

    /// Says whether so many more bytes fit. `weigh` says what everything takes together.
    pub(crate) fn take(&mut self, bytes: usize, now: Instant, weigh: impl FnOnce() -> usize) -> bool {
        let worth_it = self.weighed.is_none_or(|(weight, at)| {
            let grown = self.used.saturating_sub(weight) > self.most / 16;
            grown || now.duration_since(at) >= BETWEEN_WEIGHINGS
        });
        if self.used.saturating_add(bytes) > self.most && worth_it {
            self.used = weigh();
            self.weighed = Some((self.used, now));
        }
        let fits = bytes == 0 || self.used.saturating_add(bytes) <= self.most;
        if fits {
            self.used += bytes;
        }
        fits
    }
}

/// The bytes that something has as JSON.
pub fn weight(what: &impl Serialize) -> usize {
    struct Count(usize);
    impl io::Write for Count {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0 += bytes.len();
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut count = Count(0);
    // What is no JSON counts as far as it is.
    let _ = serde_json::to_writer(&mut count, what);
    count.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_quota_is_weighed_now_and_then() {
        let (start, mut quota) = (Instant::now(), ByteQuota::new(100));
        assert!(quota.take(60, start, || unreachable!()));
        assert!(quota.take(60, start, || 30), "half of it had been replaced");
        assert!(!quota.take(60, start, || 95), "and much has come since");
        assert!(!quota.take(60, start + Duration::from_secs(9), || unreachable!()));
        assert!(!quota.take(60, start + Duration::from_secs(10), || 90));
        assert!(quota.take(10, start + Duration::from_secs(10), || unreachable!()));
        assert!(quota.take(0, start + Duration::from_secs(20), || 200), "a request that puts nothing in");
        assert_eq!(weight(&["a", "ü"]), 10);
    }
}
