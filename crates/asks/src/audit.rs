//! The audit log of the account, read from where the last reading ended: what no webhook told of costs
//! nothing then.

use std::{collections::HashSet, time::Duration};

use kopru_core::{AuditLog, AuditRow, Fact, QuestionKind};
use sources::{AuditEntry, Call, Failure, Page};
use store::AuditRead;
use tokio::time::Instant;

use crate::{
    batcher::{chance, spread},
    error::Error,
    fetch::Fetching,
    host::Patience,
    inquirer::Inquirer,
    rest::{self, Rest},
    state::State,
};

/// How often it is read, at the latest.
const EVERY: Duration = Duration::from_hours(1);
/// How soon after a webhook it is read, and how far apart two readings are that webhooks ask for: so long for
/// each page that the first one had, as the second one begins with the same rows.
const AFTER_HINT: Duration = Duration::from_secs(2);
const BETWEEN: Duration = Duration::from_secs(10);
const BETWEEN_MAX: Duration = Duration::from_mins(1);
/// How long it waits for the first answer of the account: until then nobody confirms our clock.
const FOR_A_CLOCK: Duration = Duration::from_secs(5);
/// How far a reading goes back behind the end of the last one, seconds: the log may lag behind what happens.
const OVERLAP_S: i64 = 120;
/// Most rows of a fact.
const FACT_ROWS: usize = 100;
/// Most pages that are held in memory. A log that is longer is read in shorter spans of time, so that what
/// happened first is told first.
const PAGES_MAX: usize = 50;
/// Longest page, bytes.
const PAGE_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Reads the log of one account.
pub(crate) struct AuditReader {
    /// When it is read next, whatever is heard of.
    due: Instant,
    /// Something was heard of since the last reading began, and is looked for from then on.
    woken: Option<Instant>,
    /// How long after the last reading began.
    between: Duration,
    /// When the last reading began.
    begun: Option<Instant>,
    /// While it lasts it is not read.
    rest: Rest,
    reading: Option<Reading>,
    /// How long a span of time a reading takes in, seconds; unbounded if `None`.
    span_s: Option<i64>,
    /// The rows of the last reading that the next one may meet again.
    seen: HashSet<String>,
}

/// A reading that is under way.
struct Reading {
    since_s: i64,
    until_s: Option<i64>,
    next: Call,
    /// Newest first.
    entries: Vec<AuditEntry>,
    pages: usize,
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

    fn failed(&mut self, failure: &Failure) {
        (self.reading, self.due) = (None, Instant::now());
        self.rest.begin(rest::REFUSED, failure.wait);
    }
}

impl Inquirer {
    /// Reads the next page. Says why there is none.
    pub(crate) async fn read_audit_log(&self, state: &mut State) -> Result<(), Error> {
        let Some(reading) = self.audit_reading(&mut state.audit).await? else { return Ok(()) };
        match self.audit_page(reading).await {
            Ok(reading) => {
                self.mend(state, QuestionKind::StageLog);
                state.audit.rest.end();
                Ok(self.go_on(&mut state.audit, reading).await?)
            }
            Err(error) => {
                if let Error::Failure(failure) = &error {
                    state.audit.failed(failure);
                }
                Err(error)
            }
        }
    }

    /// The reading that is under way, or a new one; `None` if there is nothing to read yet.
    async fn audit_reading(&self, audit: &mut AuditReader) -> Result<Option<Reading>, store::Error> {
        if let Some(reading) = audit.reading.take() {
            return Ok(Some(reading));
        }
        let now = Instant::now();
        (audit.begun, audit.woken) = (Some(now), None);
        audit.due = now + spread(EVERY, chance());
        let now_s = self.clock.now_ms().div_euclid(1000);
        let Some(since_s) = self.store.audit_since(self.workspace(), self.origin()).await? else {
            if self.upstream.audit_log(now_s, None).is_some() && !self.clock.is_confirmed() {
                audit.due = now + FOR_A_CLOCK;
            } else {
                // The first start begins now, and it is soon known whether the log may be read.
                self.keep_audit(Vec::new(), now_s, now_s).await?;
                audit.due = now + BETWEEN;
            }
            return Ok(None);
        };
        let until_s = audit.span_s.map(|span_s| since_s.saturating_add(span_s)).filter(|s| *s < now_s);
        let first = self.upstream.audit_log(since_s.saturating_sub(OVERLAP_S), until_s);
        Ok(first.map(|next| Reading { since_s, until_s, next, entries: Vec::new(), pages: 0 }))
    }

    /// The reading with one page more; without a next call it is at its end.
    async fn audit_page(&self, mut reading: Reading) -> Result<(Reading, Option<Call>), Error> {
        let token = self.account().token(None).await?;
        let (host, upstream) = (&*self.host, &*self.upstream);
        let fetching =
            Fetching { host, upstream, token: &token, patience: Patience::LIST, clock: &self.clock };
        let (status, body) = fetching.page(&reading.next, PAGE_BYTES_MAX).await?;
        let not_understood = |_| Failure::NOT_UNDERSTOOD;
        let entries = upstream.audit_entries(&Page { status, body: &body }).map_err(not_understood)?;
        let next = upstream.next(&reading.next, &body).map_err(not_understood)?;
        reading.entries.extend(entries);
        reading.pages += 1;
        Ok((reading, next))
    }

    async fn go_on(
        &self,
        audit: &mut AuditReader,
        (reading, next): (Reading, Option<Call>),
    ) -> Result<(), store::Error> {
        let newest_s = reading.entries.iter().map(|entry| entry.row.at_s).max().unwrap_or(reading.since_s);
        let span_s = reading.until_s.unwrap_or(newest_s).saturating_sub(reading.since_s);
        match next.filter(|next| *next != reading.next) {
            Some(next) if reading.pages < PAGES_MAX => {
                audit.reading = Some(Reading { next, ..reading });
                return Ok(());
            }
            Some(_) if span_s > 1 => {
                (audit.span_s, audit.due) = (Some(span_s / 2), Instant::now());
                return Ok(());
            }
            _ => {}
        }
        audit.between = between(reading.pages);
        let upto_s = reading.until_s.unwrap_or(newest_s).max(reading.since_s);
        let mut entries = reading.entries;
        // Newest first, as they came; within a second the later one stands first as well.
        entries.reverse();
        entries.sort_by_key(|entry| entry.row.at_s);
        let mut met = std::mem::take(&mut audit.seen);
        audit.seen = entries
            .iter()
            .filter(|one| one.row.at_s >= upto_s - OVERLAP_S)
            .map(|one| one.id.clone())
            .collect();
        let news = entries.into_iter().filter(|entry| met.insert(entry.id.clone()));
        let news: Vec<AuditRow> = news.map(|entry| entry.row).collect();
        self.keep_audit(news, reading.since_s, upto_s).await?;
        if reading.until_s.is_some() {
            audit.due = Instant::now();
            audit.span_s = Some(span_s.saturating_mul(2).max(1));
        } else {
            audit.span_s = None;
        }
        Ok(())
    }

    async fn keep_audit(&self, rows: Vec<AuditRow>, since_s: i64, upto_s: i64) -> Result<(), store::Error> {
        let origin = self.origin().to_owned();
        let part =
            |rows: &[AuditRow]| Fact::AuditLog(AuditLog { origin: origin.clone(), rows: rows.to_vec() });
        let facts = rows.chunks(FACT_ROWS).map(part).collect();
        let read = AuditRead { origin: origin.clone(), since_s, upto_s };
        let now_ms = self.clock.now_ms();
        self.store.keep_audit(self.workspace(), self.upstream.kind(), now_ms, facts, read).await
    }
}

/// How far apart a reading of so many pages and the next one are.
fn between(pages: usize) -> Duration {
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
