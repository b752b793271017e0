//! The inquirer of one account: gathers its questions, asks them in lists, keeps the answers.

use std::{collections::HashMap, sync::Arc, time::Duration};

use kopru_core::{Fact, JoinKey, Question, QuestionKind, WorkspaceId};
use sources::{AskedQuestion, Context, Kommo, Page, kommo::BATCH_MAX};
use store::{Answered, AskDue, Clock, HotPath, StoreError};
use tokio::{sync::watch, time::Instant};

use crate::host::{Host, HostError};

/// How far apart two list requests of one kind are, unless a list is full. What comes meanwhile
/// shares the second one.
const BETWEEN_LISTS: Duration = Duration::from_secs(1);
/// How often the names of stages are read anew: people rename them.
const NAMES_EVERY: Duration = Duration::from_hours(1);
/// How many questions are looked at together.
const LOOK_AT_MAX: usize = 1_000;
/// After so many tries one record that is never understood is given up.
const ODD_ROW_TRIES_MAX: u32 = 5;
/// How many bytes the pages of one list may have together.
const LIST_BYTES_MAX: usize = 64 * 1024 * 1024;
/// How many pages one list may have.
const PAGES_MAX: usize = 50;
/// How often to look while questions are gathering.
const LOOK_WHILE_BUSY: Duration = Duration::from_millis(100);
/// How often to look otherwise.
const LOOK_WHEN_QUIET: Duration = Duration::from_secs(1);
/// How long after the last question it counts as quiet.
const QUIET_AFTER: Duration = Duration::from_secs(3);
/// The first and the longest wait after a failure, milliseconds.
const BACK_OFF_MS: (i64, i64) = (1_000, 5 * 60 * 1_000);
/// The same when the account refuses us: a person has to mend it, unless it was a hiccup.
const REFUSED_MS: (i64, i64) = (5 * 1_000, 60 * 1_000);
/// How long a host is left alone when it says that it was asked too often.
const TOO_OFTEN: Duration = Duration::from_secs(10);
/// What is said of an answer that cannot be read.
const NOT_UNDERSTOOD: &str = "an answer that is not understood";

/// Asks one CRM account for one workspace.
pub struct Inquirer<S> {
    /// Where questions come from and answers go.
    pub store: Arc<S>,
    /// Whose questions.
    pub workspace: WorkspaceId,
    /// What the account's bytes mean.
    pub kommo: Kommo,
    /// Where the account lives.
    pub host: Arc<Host>,
    /// The account's access token.
    pub token: String,
    /// The workspace's joining key: answers are made free of personal data before they are kept.
    pub join: JoinKey,
    /// The country of phone numbers that name none.
    pub country: Option<String>,
    /// For due times.
    pub clock: Clock,
}

impl<S: HotPath> Inquirer<S> {
    /// Asks until told to stop.
    pub async fn run(self, mut stop: watch::Receiver<bool>) {
        let mut asked_last: HashMap<QuestionKind, Instant> = HashMap::new();
        let mut rung = Instant::now();
        let mut names_due = Instant::now();
        let bell = self.store.bells().asks(self.workspace, &self.kommo.origin);
        loop {
            if names_due <= Instant::now() && self.ask_names().await.is_ok() {
                names_due = Instant::now() + NAMES_EVERY;
            }
            // A question that is under way stays open, so nothing is lost by not waiting for it.
            let turn = tokio::select! {
                turn = self.turn(&mut asked_last) => turn,
                _ = stop.wait_for(|stop| *stop) => return,
            };
            match turn {
                Ok(true) => rung = Instant::now(),
                Ok(false) => {}
                Err(StoreError::Closed) => return,
                Err(error) => {
                    tracing::error!(%error, origin = self.kommo.origin, "questions could not be read");
                }
            }
            let wait = if rung.elapsed() < QUIET_AFTER { LOOK_WHILE_BUSY } else { LOOK_WHEN_QUIET };
            tokio::select! {
                () = bell.notified() => rung = Instant::now(),
                () = tokio::time::sleep(wait) => {}
                _ = stop.wait_for(|stop| *stop) => return,
            }
        }
    }

    async fn ask_names(&self) -> Result<(), StoreError> {
        let question = Question::Catalogue { origin: self.kommo.origin.clone() };
        self.store.ask(self.workspace, question, self.clock.now_ms()).await
    }

    /// Asks what is due; returns whether that was anything.
    async fn turn(&self, asked_last: &mut HashMap<QuestionKind, Instant>) -> Result<bool, StoreError> {
        let now_ms = self.clock.now_ms();
        let due = self.store.asks_due(&self.kommo.origin, &[self.workspace], LOOK_AT_MAX, now_ms).await?;
        let mut by_kind: HashMap<QuestionKind, Vec<AskDue>> = HashMap::new();
        for ask in due {
            by_kind.entry(ask.question.kind()).or_default().push(ask);
        }
        let any = !by_kind.is_empty();
        let mut kinds: Vec<_> = by_kind.into_iter().collect();
        kinds.sort_by_key(|(kind, _)| *kind);
        for (kind, asks) in kinds {
            let rested = asked_last.get(&kind).is_none_or(|last| last.elapsed() >= BETWEEN_LISTS);
            let mut lists = asks.chunks(BATCH_MAX).filter(|list| rested || list.len() == BATCH_MAX);
            while let Some(list) = lists.next() {
                asked_last.insert(kind, Instant::now());
                match self.ask_all(kind, list).await {
                    Ok(()) => {}
                    Err(Failed::Store(error)) => return Err(error),
                    // Asking the others now would only fail alike.
                    Err(Failed::Account(failure)) => {
                        for list in lists.by_ref() {
                            self.put_off(list, &failure).await?;
                        }
                    }
                }
            }
        }
        Ok(any)
    }

    /// Asks a list. If the answer is not understood, one row is to blame: its halves are asked by
    /// themselves, so that one odd deal never holds up the others. Any other failure is the account's,
    /// and holds for the rest of the list.
    async fn ask_all(&self, kind: QuestionKind, list: &[AskDue]) -> Result<(), Failed> {
        let mut lists = vec![list];
        while let Some(list) = lists.pop() {
            let asked: Vec<AskedQuestion<'_>> =
                list.iter().map(|ask| AskedQuestion { question: &ask.question, upto: ask.upto }).collect();
            let read = self.fetch(kind, &asked).await.and_then(|pages| self.read(&asked, &pages));
            match read {
                Ok(facts) => self.keep(list, facts).await?,
                Err(failure) if failure.blames_a_row => {
                    if list.len() > 1 {
                        lists.extend(list.chunks(list.len().div_ceil(2)).rev());
                    } else if let Some(facts) = self.give_up(list, &asked) {
                        self.keep(list, facts).await?;
                    } else {
                        self.put_off(list, &failure).await?;
                    }
                }
                Err(failure) => {
                    lists.push(list);
                    for list in lists {
                        self.put_off(list, &failure).await?;
                    }
                    return Err(Failed::Account(failure));
                }
            }
        }
        Ok(())
    }

    /// After many tries a record of which the CRM cannot speak counts as one that it does not have.
    fn give_up(&self, list: &[AskDue], asked: &[AskedQuestion<'_>]) -> Option<Vec<Fact>> {
        let tries = list.iter().map(|ask| ask.tries).max()?;
        let nothing: Vec<_> = (tries >= ODD_ROW_TRIES_MAX).then_some((204, Vec::new())).into_iter().collect();
        self.read(asked, &nothing).ok()
    }

    /// Fetches all pages of all requests.
    async fn fetch(
        &self,
        kind: QuestionKind,
        asked: &[AskedQuestion<'_>],
    ) -> Result<Vec<(u16, Vec<u8>)>, Failure> {
        let mut pages = Vec::new();
        let mut bytes = 0;
        for first in self.kommo.requests(kind, asked) {
            let mut next = Some(first);
            while let Some(path) = next {
                if pages.len() >= PAGES_MAX || bytes > LIST_BYTES_MAX {
                    return Err(Failure::row("the answer is too long"));
                }
                let fetched = self.host.get(&path, &self.token).await?;
                match fetched.status {
                    200 | 204 => {}
                    429 => {
                        self.host.rest(TOO_OFTEN);
                        return Err(Failure::later("asked too often (HTTP 429)"));
                    }
                    401 => return Err(Failure::refused("the access token is not accepted (HTTP 401)")),
                    403 => {
                        self.host.rest(TOO_OFTEN);
                        return Err(Failure::refused("access is refused (HTTP 403)"));
                    }
                    404 => return Err(Failure::refused("there is no such account (HTTP 404)")),
                    400 | 414 | 422 => return Err(Failure::row("the CRM does not understand the question")),
                    402 => return Err(Failure::refused("the account is not paid for (HTTP 402)")),
                    500..=599 => return Err(Failure::later("the CRM has a fault of its own (HTTP 5xx)")),
                    _ => return Err(Failure::later(NOT_UNDERSTOOD)),
                }
                next = self.kommo.next_page(&fetched.body);
                if next.as_ref() == Some(&path) {
                    return Err(Failure::row(NOT_UNDERSTOOD));
                }
                bytes += fetched.body.len();
                pages.push((fetched.status, fetched.body));
            }
        }
        Ok(pages)
    }

    fn read(&self, asked: &[AskedQuestion<'_>], pages: &[(u16, Vec<u8>)]) -> Result<Vec<Fact>, Failure> {
        let pages: Vec<Page<'_>> =
            pages.iter().map(|(status, body)| Page { status: *status, body }).collect();
        let context = Context { join: &self.join, country: self.country.as_deref() };
        let facts = self.kommo.answer(asked, &pages, &context).ok();
        facts.filter(|facts| facts.len() == asked.len()).ok_or(Failure::row(NOT_UNDERSTOOD))
    }

    async fn keep(&self, list: &[AskDue], facts: Vec<Fact>) -> Result<(), StoreError> {
        let answers = list
            .iter()
            .zip(facts)
            .map(|(ask, fact)| Answered { question: ask.question.clone(), upto: ask.upto, fact })
            .collect();
        self.store.answer(self.workspace, "kommo", self.clock.now_ms(), answers).await
    }

    async fn put_off(&self, list: &[AskDue], failure: &Failure) -> Result<(), StoreError> {
        let tries = list.iter().map(|ask| ask.tries).max().unwrap_or(0);
        let (first_ms, longest_ms) = if failure.refused { REFUSED_MS } else { BACK_OFF_MS };
        let wait_ms = first_ms.checked_shl(tries.min(20)).unwrap_or(longest_ms).min(longest_ms);
        tracing::warn!(
            origin = self.kommo.origin,
            questions = list.len(),
            error = failure.why,
            wait_ms,
            "the CRM gave no answer that can be used; it is asked again"
        );
        let due_ms = self.clock.now_ms() + wait_ms;
        let questions = list.iter().map(|ask| (ask.question.clone(), due_ms)).collect();
        self.store.postpone(self.workspace, questions, failure.why).await
    }
}

/// Why a list has no answer.
struct Failure {
    why: &'static str,
    /// Whether a person has to mend something first.
    refused: bool,
    /// Whether one row of many can be the cause.
    blames_a_row: bool,
}

impl Failure {
    fn later(why: &'static str) -> Self {
        Self { why, refused: false, blames_a_row: false }
    }

    fn refused(why: &'static str) -> Self {
        Self { why, refused: true, blames_a_row: false }
    }

    fn row(why: &'static str) -> Self {
        Self { why, refused: false, blames_a_row: true }
    }
}

impl From<HostError> for Failure {
    fn from(error: HostError) -> Self {
        Self::later(error.0)
    }
}

/// Why asking ended early.
enum Failed {
    Store(StoreError),
    /// The account did not answer; the list is put off.
    Account(Failure),
}

impl From<StoreError> for Failed {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}
