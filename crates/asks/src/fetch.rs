//! One list: its calls and pages, and what they say.

use std::time::Duration;

use kopru_core::{Fact, QuestionKind};
use sources::{AnswerMax, AskedQuestion, Call, Concerns, Failure, Page, Tenant, Upstream};
use store::Clock;
use tokio::time::sleep;

use crate::host::{Fetched, Host, Patience, Unanswered};

/// How often a call is asked once more in the middle of an answer, and after how long, where the account says no
/// more than that it was too soon.
const TOO_SOON_MAX: usize = 3;
const TOO_SOON_WAIT: Duration = Duration::from_secs(2);

/// Asks questions of one kind: for each its fact, or nothing where the answer does not say it. The clock
/// hears the time of every answer.
///
/// # Errors
/// There is no answer that can be read; it says whom that concerns.
#[expect(clippy::too_many_arguments, reason = "whom, what, for whom and how")]
pub async fn fetch(
    host: &Host,
    upstream: &dyn Upstream,
    token: &str,
    kind: QuestionKind,
    asked: &[AskedQuestion<'_>],
    tenant: &Tenant,
    patience: Patience,
    clock: &Clock,
) -> Result<Vec<Option<Fact>>, Failure> {
    let fetching = Fetching { host, upstream, token, patience, clock };
    let pages = fetching.pages(kind, asked).await?;
    let pages: Vec<Page<'_>> = pages.iter().map(|(status, body)| Page { status: *status, body }).collect();
    let facts = upstream.answer(asked, &pages, tenant).ok();
    facts.filter(|facts| facts.len() == asked.len()).ok_or(Failure::NOT_UNDERSTOOD)
}

/// How calls are made.
pub(crate) struct Fetching<'a> {
    pub host: &'a Host,
    pub upstream: &'a dyn Upstream,
    pub token: &'a str,
    pub patience: Patience,
    pub clock: &'a Clock,
}

impl Fetching<'_> {
    /// All pages of all calls, each with its status.
    async fn pages(
        &self,
        kind: QuestionKind,
        asked: &[AskedQuestion<'_>],
    ) -> Result<Vec<(u16, Vec<u8>)>, Failure> {
        let max = self.upstream.answer_max(kind, asked.len());
        self.pages_of(self.upstream.calls(kind, asked), max).await
    }

    /// The same, of calls with their bounds.
    pub(crate) async fn pages_of(
        &self,
        calls: Vec<Call>,
        max: AnswerMax,
    ) -> Result<Vec<(u16, Vec<u8>)>, Failure> {
        let mut left = max.bytes;
        let mut pages = Vec::new();
        for first in calls {
            let mut next = Some(first);
            let mut count = 0;
            while let Some(call) = next {
                if count == max.pages {
                    return Err(Unanswered::TooLong.into());
                }
                count += 1;
                let (status, body) = self.page_in_time(&call, left, !pages.is_empty()).await?;
                left = left.saturating_sub(body.len());
                next = self.upstream.next(&call, &body).map_err(|_| Failure::NOT_UNDERSTOOD)?;
                if next.as_ref() == Some(&call) {
                    return Err(Unanswered::TooLong.into());
                }
                pages.push((status, body));
            }
        }
        Ok(pages)
    }

    /// The answer to one call. Where the account finds it too soon and the first ones are answered already, it is
    /// asked once more in a moment: they would all have to be asked again.
    async fn page_in_time(
        &self,
        call: &Call,
        bytes_max: usize,
        goes_on: bool,
    ) -> Result<(u16, Vec<u8>), Failure> {
        for _ in 0..TOO_SOON_MAX {
            match self.page(call, bytes_max).await {
                Err(failure) if goes_on && failure.concerns == Concerns::TooOften => {
                    let wait = failure.wait.unwrap_or(TOO_SOON_WAIT);
                    if wait > TOO_SOON_WAIT {
                        return Err(failure);
                    }
                    sleep(wait).await;
                }
                answer => return answer,
            }
        }
        self.page(call, bytes_max).await
    }

    /// The answer to one call, in its turn.
    pub(crate) async fn page(&self, call: &Call, bytes_max: usize) -> Result<(u16, Vec<u8>), Failure> {
        self.host.turn(self.upstream.access().configured()).await;
        let fetched = self.host.send(call, Some(self.token), self.patience, bytes_max).await;
        let status =
            fetched.as_ref().map_or_else(|_| "none".to_owned(), |fetched| fetched.status.to_string());
        let origin = self.upstream.origin().to_owned();
        metrics::counter!("kopru_upstream_requests_total", "origin" => origin, "status" => status)
            .increment(1);
        let Fetched { status, date_ms, retry_after, body } = fetched?;
        if let Some(said_ms) = date_ms {
            self.clock.hear(said_ms);
        }
        let said = body.as_deref().unwrap_or_default();
        self.upstream
            .judge(status, said)
            .map_err(|failure| Failure { wait: failure.wait.max(retry_after), ..failure })?;
        Ok((status, body?))
    }
}
