//! When the audit log of the account is read next, and how far its reading is.

use std::{collections::HashSet, time::Duration};

use sources::{AuditEntry, Call, Failure};
use tokio::time::Instant;

use crate::rest::{self, Rest};

/// How often it is read, at the latest.
pub(crate) const EVERY: Duration = Duration::from_hours(1);
/// How soon after a webhook it is read, and how far apart two readings are that webhooks ask for: so long for
/// each page that the first one had, as the second one begins with the same rows.
const AFTER_HINT: Duration = Duration::from_secs(2);
pub(crate) const BETWEEN: Duration = Duration::from_secs(10);
const BETWEEN_MAX: Duration = Duration::from_mins(1);

/// Reads the log of one account.
pub(crate) struct AuditReader {
    /// When it is read next, whatever is heard of.
    pub due: Instant,
    /// Something was heard of since the last reading began, and is looked for from then on.
    pub woken: Option<Instant>,
    /// How long after the last reading began.
    pub between: Duration,
    /// When the last reading began.
    pub begun: Option<Instant>,
    /// While it lasts it is not read.
    pub rest: Rest,
    pub reading: Option<Reading>,
    /// How long a span of time a reading takes in, seconds; unbounded if `None`.
    pub span_s: Option<i64>,
    /// The time of the newest row that is known, Unix seconds, while the log is read in spans: no span ends
    /// behind it.
    pub newest_s: Option<i64>,
    /// Whether the reading goes on where the last one ended a moment ago.
    pub goes_on: bool,
    /// The rows of the last reading that the next one may meet again.
    pub seen: HashSet<String>,
}

/// A reading that is under way.
pub(crate) struct Reading {
    pub since_s: i64,
    pub until_s: Option<i64>,
    pub next: Call,
    /// Newest first.
    pub entries: Vec<AuditEntry>,
    pub pages: usize,
}

impl AuditReader {
    pub fn new() -> Self {
        Self {
            due: Instant::now(),
            woken: None,
            between: BETWEEN,
            begun: None,
            rest: Rest::default(),
            reading: None,
            span_s: None,
            newest_s: None,
            goes_on: false,
            seen: HashSet::new(),
        }
    }

    /// When it wants to be read.
    pub fn due(&self) -> Instant {
        let apart = self.begun.map(|begun| begun + self.between);
        let woken = self.woken.map(|soon| apart.map_or(soon, |apart| apart.max(soon)));
        let due = match (&self.reading, woken) {
            (Some(_), _) => Instant::now(),
            (None, Some(woken)) => woken.min(self.due),
            (None, None) => self.due,
        };
        self.rest.until().map_or(due, |rest| rest.max(due))
    }

    /// Something was heard of: others may not have been.
    pub fn wake(&mut self) {
        self.woken.get_or_insert_with(|| Instant::now() + AFTER_HINT);
    }

    pub fn failed(&mut self, failure: &Failure) {
        self.begin_anew();
        self.rest.begin(rest::REFUSED, failure.wait);
    }

    /// What was read and not kept is read once more.
    pub fn begin_anew(&mut self) {
        (self.reading, self.due, self.goes_on) = (None, Instant::now(), false);
    }
}

/// How far apart a reading of so many pages and the next one are.
pub(crate) fn between(pages: usize) -> Duration {
    u32::try_from(pages.max(1)).map_or(BETWEEN_MAX, |pages| BETWEEN.saturating_mul(pages).min(BETWEEN_MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_longer_log_is_read_again_later_and_webhooks_of_one_second_ask_once() {
        for (pages, seconds) in [(0, 10), (1, 10), (3, 30), (6, 60), (50, 60)] {
            let begun = Instant::now();
            let mut audit = AuditReader::new();
            (audit.begun, audit.due) = (Some(begun), begun + EVERY);
            assert_eq!(audit.due(), begun + EVERY, "nothing was heard of");
            // Before the end of the reading is known, and after it.
            audit.wake();
            audit.between = between(pages);
            tokio::time::advance(AFTER_HINT).await;
            audit.wake();
            assert_eq!(audit.due() - begun, Duration::from_secs(seconds), "after {pages} pages");
            tokio::time::advance(EVERY / 2).await;
            audit.woken = None;
            audit.wake();
            assert_eq!(audit.due(), Instant::now() + AFTER_HINT, "long after the last one");
        }
    }
}
