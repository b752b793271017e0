//! The audit log of the account, read from where the last reading ended: what no webhook told of costs
//! nothing then.

use std::{collections::HashSet, time::Duration};

use kopru_core::{AuditLog, AuditRow, Fact, QuestionKind};
use sources::{Call, Concerns, Drift, Failure, Page};
use store::AuditRead;
use tokio::time::Instant;

use crate::{
    audit::{AuditReader, BETWEEN, EVERY, Reading, between},
    batcher::{chance, spread},
    error::Error,
    fetch::Fetching,
    host::{Patience, Unanswered},
    inquirer::Inquirer,
    state::State,
};

/// How long it waits for the first answer of the account: until then nobody confirms our clock.
const FOR_A_CLOCK: Duration = Duration::from_secs(5);
/// How far a reading goes back behind the end of the last one, seconds: the log may lag behind what happens,
/// and the first place is told by our clock.
const OVERLAP_S: i64 = 300;
/// Most rows of a fact.
const FACT_ROWS: usize = 100;
/// Most pages and rows that are held in memory. A log that is longer is read in shorter spans of time, so that
/// what happened first is told first.
const PAGES_MAX: usize = 50;
const ROWS_MAX: usize = 10_000;
/// How far our clock may be from the account's, seconds, where one confirms the other. What has a later time
/// says nothing of how far the log was read.
const CLOCKS_APART_S: i64 = 300;
/// How often reading it fails before somebody is told.
const FAILURES_BORNE: u32 = 3;
/// Longest page, bytes.
const PAGE_BYTES_MAX: usize = 4 * 1024 * 1024;

impl Inquirer {
    /// Reads the next page. Says why there is none.
    pub(crate) async fn read_audit_log(&self, state: &mut State) -> Result<(), Error> {
        let read = self.audit_step(state).await;
        match &read {
            Ok(()) => {}
            Err(Error::Store(_)) => state.audit.begin_anew(),
            Err(Error::Failure(failure)) => {
                state.audit.failed(failure);
                if state.audit.rest.failures() >= FAILURES_BORNE && failure.concerns == Concerns::Anybody {
                    self.history_is(Some(Drift::HistoryUnread));
                }
            }
        }
        read
    }

    async fn audit_step(&self, state: &mut State) -> Result<(), Error> {
        let Some(reading) = self.audit_reading(&mut state.audit).await? else { return Ok(()) };
        let reading = self.audit_page(reading).await?;
        self.mend(state, QuestionKind::StageLog);
        state.audit.rest.end();
        Ok(self.go_on(&mut state.audit, reading).await?)
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
        let until_s = audit.span_s.map(|span_s| since_s.saturating_add(span_s));
        let until_s = until_s.filter(|until_s| audit.newest_s.is_some_and(|newest_s| *until_s < newest_s));
        let overlap_s = if audit.goes_on { 0 } else { OVERLAP_S };
        let first = self.upstream.audit_log(since_s.saturating_sub(overlap_s), until_s);
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
        if next.as_ref() == Some(&reading.next) {
            return Err(Failure::from(Unanswered::TooLong).into());
        }
        reading.entries.extend(entries);
        reading.pages += 1;
        Ok((reading, next))
    }

    async fn go_on(
        &self,
        audit: &mut AuditReader,
        (reading, next): (Reading, Option<Call>),
    ) -> Result<(), store::Error> {
        let latest_s = self.clock.now_ms().div_euclid(1000).saturating_add(CLOCKS_APART_S);
        let times = reading.entries.iter().map(|entry| entry.row.at_s).filter(|at_s| *at_s <= latest_s);
        let newest_s = times.max().unwrap_or(reading.since_s);
        let span_s = reading.until_s.unwrap_or(newest_s).saturating_sub(reading.since_s);
        match next {
            Some(next) if reading.pages < PAGES_MAX && reading.entries.len() < ROWS_MAX => {
                audit.reading = Some(Reading { next, ..reading });
                return Ok(());
            }
            Some(_) if span_s > 1 => {
                audit.newest_s.get_or_insert(newest_s);
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
        let recent = entries.iter().filter(|one| one.row.at_s >= upto_s - OVERLAP_S);
        let recent: HashSet<String> = recent.map(|one| one.id.clone()).collect();
        let mut met = HashSet::new();
        let news =
            entries.into_iter().filter(|one| !audit.seen.contains(&one.id) && met.insert(one.id.clone()));
        let news: Vec<AuditRow> = news.map(|entry| entry.row).collect();
        self.keep_audit(news, reading.since_s, upto_s).await?;
        audit.seen = recent;
        audit.goes_on = reading.until_s.is_some();
        if audit.goes_on {
            audit.due = Instant::now();
            audit.span_s = Some(span_s.saturating_mul(2).max(1));
        } else {
            (audit.span_s, audit.newest_s) = (None, None);
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
