//! One list: its requests, what they say, and what becomes of its questions.

use std::time::Duration;

use capi::limits::EVENT_AGE_MAX_S;
use kopru_core::{Fact, QuestionKind};
use sources::{AskedQuestion, Context, Kommo, Page};
use store::{Answered, AskDue, HotPath, StoreError};

use crate::{
    failure::{Failure, NOT_UNDERSTOOD, judge},
    host::{Fetched, HostError, Patience},
    inquirer::Inquirer,
    pile::{List, chance, spread},
    rest::REFUSED,
};

impl<S: HotPath> Inquirer<S> {
    /// Asks a list: for each question its fact, or nothing where the answer does not say it.
    pub(crate) async fn fetch(&self, kind: QuestionKind, list: &List) -> Result<Vec<Option<Fact>>, Failure> {
        let asked: Vec<AskedQuestion<'_>> =
            list.asks.iter().map(|ask| AskedQuestion { question: &ask.question, upto: ask.upto }).collect();
        let pages = self.pages(kind, &asked, list.is_part).await?;
        let pages: Vec<Page<'_>> =
            pages.iter().map(|(status, body)| Page { status: *status, body }).collect();
        let context = Context { join: &self.join, country: self.country.as_deref() };
        let facts = self.kommo.answer(&asked, &pages, &context).ok();
        facts.filter(|facts| facts.len() == asked.len()).ok_or(Failure::of_anybody(NOT_UNDERSTOOD))
    }

    /// All pages of all requests, each with its status.
    async fn pages(
        &self,
        kind: QuestionKind,
        asked: &[AskedQuestion<'_>],
        is_part: bool,
    ) -> Result<Vec<(u16, Vec<u8>)>, Failure> {
        let patience = if is_part { Patience::PART } else { Patience::LIST };
        let max = Kommo::answer_max(kind, asked.len());
        let mut left = max.bytes;
        let mut pages = Vec::new();
        for first in self.kommo.requests(kind, asked) {
            let mut next = Some(first);
            let mut count = 0;
            while let Some(path) = next {
                if count == max.pages {
                    return Err(HostError::TooLong.into());
                }
                count += 1;
                let (status, body) = self.page(&path, patience, left).await?;
                left = left.saturating_sub(body.len());
                next = self.kommo.next_page(&body).map_err(|_| Failure::of_anybody(NOT_UNDERSTOOD))?;
                if next.as_ref() == Some(&path) {
                    return Err(HostError::TooLong.into());
                }
                pages.push((status, body));
            }
        }
        Ok(pages)
    }

    async fn page(
        &self,
        path: &str,
        patience: Patience,
        bytes_max: usize,
    ) -> Result<(u16, Vec<u8>), Failure> {
        let fetched = self.host.get(path, &self.token, patience, bytes_max).await;
        let status =
            fetched.as_ref().map_or_else(|_| "none".to_owned(), |fetched| fetched.status.to_string());
        let origin = self.kommo.origin.clone();
        metrics::counter!("kopru_upstream_requests_total", "origin" => origin, "status" => status)
            .increment(1);
        let Fetched { status, date_ms, retry_after, body } = fetched?;
        if let Some(said_ms) = date_ms {
            self.clock.hear(said_ms);
        }
        let said = body.as_deref().ok().filter(|_| !matches!(status, 200..=299)).and_then(Kommo::retry_after);
        let wait = retry_after.max(said);
        judge(status, wait)?;
        Ok((status, body?))
    }

    /// Keeps what was answered; returns the questions that were not.
    pub(crate) async fn keep(&self, list: List, facts: Vec<Option<Fact>>) -> Result<Vec<AskDue>, StoreError> {
        let mut odd = Vec::new();
        let mut answers = Vec::new();
        for (ask, fact) in list.asks.into_iter().zip(facts) {
            match fact {
                Some(fact) => answers.push(Answered { question: ask.question, upto: ask.upto, fact }),
                None => odd.push(ask),
            }
        }
        if !answers.is_empty() {
            self.store.answer(self.workspace, "kommo", self.clock.now_ms(), answers).await?;
        }
        Ok(odd)
    }

    /// Puts questions off, each by its own tries but at least for `wait`. Those whose answer could not
    /// be of use any more end, once an upstream agrees with our clock.
    pub(crate) async fn put_off(
        &self,
        asks: Vec<AskDue>,
        why: &'static str,
        wait: Duration,
    ) -> Result<(), StoreError> {
        let now_ms = self.clock.now_ms();
        let is_over = |ask: &AskDue| {
            let age_ms = now_ms.saturating_sub(ask.since_ms);
            let is_wanted_anyway = ask.question.kind() == QuestionKind::Catalogue;
            age_ms > EVENT_AGE_MAX_S * 1_000 && !is_wanted_anyway && self.clock.is_confirmed()
        };
        let (over, open): (Vec<_>, Vec<_>) = asks.into_iter().partition(is_over);
        if !over.is_empty() {
            let (origin, questions) = (&self.kommo.origin, over.len());
            tracing::info!(origin, questions, error = why, "questions end: nobody answered for seven days");
            let questions = over.into_iter().map(|ask| ask.question).collect();
            self.store.abandon(self.workspace, questions).await?;
        }
        if open.is_empty() {
            return Ok(());
        }
        // What failed together comes back together: each time of its own would be a request of its own.
        let chance = chance();
        let later = |ask: AskDue| {
            let doubled = REFUSED.first.saturating_mul(1_u32.checked_shl(ask.tries).unwrap_or(u32::MAX));
            let wait = spread(doubled.min(REFUSED.longest), chance).max(wait);
            (ask.question, now_ms.saturating_add(i64::try_from(wait.as_millis()).unwrap_or(i64::MAX)))
        };
        self.store.postpone(self.workspace, open.into_iter().map(later).collect(), why).await
    }
}
