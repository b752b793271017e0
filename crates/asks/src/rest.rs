//! A time in which nothing is asked. It lives in memory and by the clock that nobody can move.

use std::time::Duration;

use tokio::time::Instant;

/// The first and the longest rest when nobody says how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bounds {
    pub first: Duration,
    pub longest: Duration,
}

/// Asked too often, or not allowed to ask for this.
pub(crate) const REFUSED: Bounds = Bounds { first: Duration::from_secs(1), longest: Duration::from_mins(5) };
/// A person has to mend something, unless it was a hiccup.
pub(crate) const NEEDS_YOU: Bounds =
    Bounds { first: Duration::from_secs(5), longest: Duration::from_mins(1) };
/// Nothing that can be read comes back. Short, because questions that failed have due times of their
/// own: this only keeps new ones from being asked all the time while nobody answers.
pub(crate) const DOWN: Bounds = Bounds { first: Duration::from_secs(1), longest: Duration::from_secs(4) };
/// The longest wait that an upstream may ask for.
const STATED_MAX: Duration = Duration::from_hours(1);

/// A rest: of an account, or of one of its paths.
#[derive(Debug, Default)]
pub(crate) struct Rest {
    until: Option<Instant>,
    /// When the first failure was since an answer.
    since: Option<Instant>,
    failures: u32,
}

impl Rest {
    /// Begins one, longer each time until [`Rest::end`]; returns how long.
    pub fn begin(&mut self, bounds: Bounds, stated: Option<Duration>) -> Duration {
        let doubled = bounds.first.saturating_mul(1_u32.checked_shl(self.failures).unwrap_or(u32::MAX));
        let ours = doubled.min(bounds.longest);
        let wait = stated.filter(|stated| !stated.is_zero()).map_or(ours, |stated| stated.min(STATED_MAX));
        self.failures = self.failures.saturating_add(1);
        let now = Instant::now();
        (self.since, self.until) = (self.since.or(Some(now)), Some(now + wait));
        wait
    }

    /// Ends it, because there was an answer; returns whether there was anything to end.
    pub fn end(&mut self) -> bool {
        std::mem::take(self).failures > 0
    }

    /// How many failures there were since an answer.
    pub fn failures(&self) -> u32 {
        self.failures
    }

    /// Whether the failure was the first one since an answer.
    pub fn is_first(&self) -> bool {
        self.failures == 1
    }

    /// Since when there was no answer, and when it is or was over; `None` if there is nothing to end.
    pub fn span(&self) -> Option<(Instant, Instant)> {
        self.since.zip(self.until)
    }

    /// When it is over, if it is not.
    pub fn until(&self) -> Option<Instant> {
        self.until.filter(|until| *until > Instant::now())
    }

    /// How long it goes on.
    pub fn left(&self) -> Duration {
        self.until().map_or(Duration::ZERO, |until| until.duration_since(Instant::now()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_rest_doubles_until_there_is_an_answer() {
        let mut rest = Rest::default();
        let waits: Vec<u64> = (0..12).map(|_| rest.begin(REFUSED, None).as_secs()).collect();
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]);
        for _ in 0..100 {
            assert_eq!(rest.begin(REFUSED, None), REFUSED.longest);
        }
        let begun = rest.span().map(|(since, until)| until.duration_since(since));
        assert_eq!(begun, Some(REFUSED.longest), "since the first of them");
        assert!(rest.end() && !rest.end());
        assert_eq!(rest.span(), None);
        assert_eq!(rest.begin(NEEDS_YOU, None).as_secs(), 5);
        assert!(rest.is_first());
        tokio::time::advance(Duration::from_secs(4)).await;
        assert_eq!(rest.left().as_secs(), 1);
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(rest.until(), None);
    }

    #[tokio::test(start_paused = true)]
    async fn what_an_upstream_says_is_obeyed_within_an_hour() {
        for (stated_s, expected_s) in
            [(0, 1), (1, 1), (60, 60), (300, 300), (3_600, 3_600), (u64::MAX, 3_600)]
        {
            let wait = Rest::default().begin(REFUSED, Some(Duration::from_secs(stated_s)));
            assert_eq!(wait.as_secs(), expected_s, "{stated_s}");
        }
    }
}
