//! The time that is handed to decisions.

/// A stored time may be this far ahead of the clock and still be the present, milliseconds: clocks
/// never agree to the second.
const AHEAD_MAX_MS: i64 = 5 * 60 * 1000;

/// What the clock shows, and whether somebody else agrees with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Now {
    /// Unix milliseconds.
    pub ms: i64,
    /// Whether an upstream has the same time. What only time can end, ends only then.
    pub confirmed: bool,
}

/// A time that is simply true.
impl From<i64> for Now {
    fn from(ms: i64) -> Self {
        Self { ms, confirmed: true }
    }
}

impl Now {
    /// How long ago something was stored, milliseconds. A time well ahead of now was written by a
    /// clock that was wrong: it counts as long ago, so that it binds nobody until it comes.
    pub(crate) fn age_ms(self, stored_ms: i64) -> i64 {
        let age_ms = self.ms.saturating_sub(stored_ms);
        if age_ms < -AHEAD_MAX_MS { i64::MAX } else { age_ms.max(0) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_ahead_of_the_clock_is_the_present_for_five_minutes_and_long_ago_beyond() {
        let now = Now::from(1_000_000_000);
        for (stored_ms, age_ms) in [
            (now.ms - 7, 7),
            (now.ms, 0),
            (now.ms + AHEAD_MAX_MS, 0),
            (now.ms + AHEAD_MAX_MS + 1, i64::MAX),
            (i64::MAX, i64::MAX),
            (i64::MIN, i64::MAX),
        ] {
            assert_eq!(now.age_ms(stored_ms), age_ms, "{stored_ms}");
        }
    }
}
