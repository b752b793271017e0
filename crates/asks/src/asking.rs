//! What becomes of the questions of one list.

use std::time::Duration;

use capi::limits::EVENT_AGE_MAX_S;
use kopru_core::{Fact, QuestionKind};
use sources::{Access, AskedQuestion, Concerns, Failure};
use store::{Answered, AskDue};

use crate::{
    batcher::{List, chance, spread},
    error::Error,
    fetch::fetch,
    host::Patience,
    inquirer::Inquirer,
    rest::REFUSED,
};

impl Inquirer {
    /// Asks a list: for each question its fact, or nothing where the answer does not say it.
    pub(crate) async fn ask(&self, kind: QuestionKind, list: &List) -> Result<Vec<Option<Fact>>, Error> {
        let token = self.account().token(None).await?;
        match self.ask_with(&token, kind, list).await {
            Err(Failure { concerns: Concerns::NeedsYou, .. })
                if matches!(self.upstream.access(), Access::OAuth(_)) =>
            {
                let renewed = self.account().token(Some(&token)).await?;
                Ok(self.ask_with(&renewed, kind, list).await?)
            }
            answered => Ok(answered?),
        }
    }

    async fn ask_with(
        &self,
        token: &str,
        kind: QuestionKind,
        list: &List,
    ) -> Result<Vec<Option<Fact>>, Failure> {
        let asked: Vec<AskedQuestion<'_>> =
            list.asks.iter().map(|ask| AskedQuestion { question: &ask.question, upto: ask.upto }).collect();
        let patience = if list.is_part { Patience::PART } else { Patience::LIST };
        fetch(&self.host, &*self.upstream, token, kind, &asked, &self.tenant, patience, &self.clock).await
    }

    /// Keeps what was answered; returns the questions that were not.
    pub(crate) async fn keep(
        &self,
        list: List,
        facts: Vec<Option<Fact>>,
    ) -> Result<Vec<AskDue>, store::Error> {
        let mut odd = Vec::new();
        let mut answers = Vec::new();
        for (ask, fact) in list.asks.into_iter().zip(facts) {
            match fact {
                Some(fact) => answers.push(Answered { question: ask.question, upto: ask.upto, fact }),
                None => odd.push(ask),
            }
        }
        if !answers.is_empty() {
            self.store.answer(self.workspace(), self.upstream.kind(), self.clock.now_ms(), answers).await?;
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
    ) -> Result<(), store::Error> {
        let now_ms = self.clock.now_ms();
        let is_over = |ask: &AskDue| {
            let age_ms = now_ms.saturating_sub(ask.since_ms);
            let is_wanted_anyway = ask.question.kind() == QuestionKind::Catalogue;
            age_ms > EVENT_AGE_MAX_S * 1_000 && !is_wanted_anyway && self.clock.is_confirmed()
        };
        let (over, open): (Vec<_>, Vec<_>) = asks.into_iter().partition(is_over);
        if !over.is_empty() {
            let (origin, questions) = (self.origin(), over.len());
            tracing::info!(origin, questions, error = why, "questions end: nobody answered for seven days");
            let questions = over.into_iter().map(|ask| ask.question).collect();
            self.store.abandon(self.workspace(), questions).await?;
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
        self.store.postpone(self.workspace(), open.into_iter().map(later).collect(), why).await
    }
}
