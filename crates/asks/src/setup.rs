//! How an account is set up, read from time to time: no webhook says that a webhook is switched off, that a
//! field is gone, or that whoever asks has lost a right.

use std::{
    collections::{BTreeMap, HashMap},
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use kopru_core::{QuestionKind, Wanted};
use sources::{AnswerMax, Concerns, Drift, Failure, Page, SetupPart, Upstream};
use store::Clock;
use tokio::time::Instant;

use crate::{
    batcher::{List, chance, spread},
    error::Error,
    fetch::Fetching,
    host::{Host, Patience},
    inquirer::Inquirer,
    rest::{self, Rest},
    state::State,
};

/// How often it is read, at the latest.
const EVERY: Duration = Duration::from_hours(1);
/// The same while something has to be mended: whoever mends it wants to see that.
const WHILE_DRIFTED: Duration = Duration::from_mins(5);
/// Most of the pages of one part.
const PART_MAX: AnswerMax = AnswerMax { pages: 8, bytes: 4 * 1024 * 1024 };

/// The secret part of the address at which an account's webhooks come in.
#[derive(Clone)]
pub struct HookKey(pub String);

impl fmt::Debug for HookKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HookKey(..)")
    }
}

/// Reads the parts of one account in turn.
pub(crate) struct SetupReader {
    due: Instant,
    /// What is still to be read now, the next one last.
    left: Vec<SetupPart>,
    rest: Rest,
}

impl SetupReader {
    pub fn new() -> Self {
        Self { due: Instant::now(), left: Vec::new(), rest: Rest::default() }
    }

    /// When it wants to read.
    pub fn due(&self) -> Instant {
        let due = if self.left.is_empty() { self.due } else { Instant::now() };
        self.rest.until().map_or(due, |rest| rest.max(due))
    }

    fn next_part(&mut self) -> Option<SetupPart> {
        if self.left.is_empty() {
            self.left = SetupPart::ALL.into_iter().rev().collect();
        }
        self.left.pop()
    }
}

/// Hears everything that is needed of an account and missing, each time that it has changed.
type OnChange = dyn Fn(Vec<Drift>) + Send + Sync;

/// Says what is needed of an account and missing.
#[derive(Clone)]
pub struct DriftNotices {
    on_change: Arc<OnChange>,
    /// By the part in which it was found; without one it was found in the audit log.
    said: Arc<Mutex<BTreeMap<Option<SetupPart>, Vec<Drift>>>>,
}

impl DriftNotices {
    /// Notices that are heard by this.
    pub fn new(on_change: impl Fn(Vec<Drift>) + Send + Sync + 'static) -> Self {
        Self { on_change: Arc::new(on_change), said: Arc::default() }
    }

    /// Says what a reading has found in a part, if that has changed.
    pub(crate) fn say(&self, origin: &str, part: Option<SetupPart>, found: &[Drift]) {
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        let before = said.insert(part, found.to_vec()).unwrap_or_default();
        if before == found {
            return;
        }
        for drift in found.iter().filter(|drift| !before.contains(drift)) {
            tracing::warn!(origin, "{drift}; `kopru check` says what mends it");
        }
        if found.is_empty() {
            tracing::info!(origin, "the account is set up as it is needed again");
        }
        (self.on_change)(said.values().flatten().cloned().collect());
    }

    /// Nothing is known any more.
    pub(crate) fn end(&self) {
        self.said.lock().unwrap_or_else(PoisonError::into_inner).clear();
        (self.on_change)(Vec::new());
    }

    fn is_silent(&self) -> bool {
        self.said.lock().unwrap_or_else(PoisonError::into_inner).values().all(Vec::is_empty)
    }
}

impl fmt::Debug for DriftNotices {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DriftNotices(..)")
    }
}

/// Who reads how an account is set up.
#[derive(Clone, Copy)]
pub struct Setup<'a> {
    /// Where the account lives.
    pub host: &'a Host,
    /// What its bytes mean.
    pub upstream: &'a dyn Upstream,
    /// By what it knows who asks.
    pub token: &'a str,
    /// The secret part of the address to which its webhooks go.
    pub hook_key: &'a HookKey,
    /// The fields that rules name.
    pub wanted: &'a Wanted,
    /// Hears the time of every answer.
    pub clock: &'a Clock,
}

impl Setup<'_> {
    /// What is needed of the account and a part does not show.
    ///
    /// # Errors
    /// There is no answer that can be read; it says whom that concerns. An account that does not show the part
    /// to whoever asks is no error.
    pub async fn drifts(&self, part: SetupPart) -> Result<Vec<Drift>, Failure> {
        let calls = self.upstream.setup_calls(part, self.wanted);
        if calls.is_empty() {
            return Ok(Vec::new());
        }
        let pages = match self.fetching().pages_of(calls, PART_MAX).await {
            Ok(pages) => pages,
            // A plan without webhooks refuses as a missing right does.
            Err(Failure { concerns: Concerns::Rights | Concerns::Path | Concerns::NeedsYou, .. }) => {
                return Ok(vec![match part {
                    SetupPart::Hooks => Drift::HooksHidden,
                    SetupPart::Fields => Drift::FieldsHidden,
                }]);
            }
            Err(failure) => return Err(failure),
        };
        let drifts = self.upstream.drifts(part, &read(&pages), &self.hook_key.0, self.wanted);
        drifts.map_err(|_| Failure::NOT_UNDERSTOOD)
    }

    /// Whether the account shows its audit log to whoever asks.
    ///
    /// # Errors
    /// There is no answer that can be read.
    pub async fn shows_history(&self) -> Result<bool, Failure> {
        let now_s = self.clock.now_ms().div_euclid(1000);
        let Some(call) = self.upstream.audit_log(now_s, None) else { return Ok(true) };
        match self.fetching().page(&call, PART_MAX.bytes).await {
            Ok(_) => Ok(true),
            Err(Failure { concerns: Concerns::Rights, .. }) => Ok(false),
            Err(failure) => Err(failure),
        }
    }

    /// Has the account's webhooks tell us of everything that is needed, at `address` if it has none to us.
    ///
    /// # Errors
    /// It refuses, or there is no answer that can be read.
    pub async fn mend_hooks(&self, address: &str) -> Result<(), Failure> {
        let calls = self.upstream.setup_calls(SetupPart::Hooks, self.wanted);
        let pages = self.fetching().pages_of(calls, PART_MAX).await?;
        let call = self.upstream.mend_hooks(&read(&pages), &self.hook_key.0, address);
        match call.map_err(|_| Failure::NOT_UNDERSTOOD)? {
            Some(call) => self.fetching().page(&call, PART_MAX.bytes).await.map(|_| ()),
            None => Err(Failure::of_anybody("it has no call for that")),
        }
    }

    fn fetching(&self) -> Fetching<'_> {
        let Self { host, upstream, token, clock, .. } = *self;
        Fetching { host, upstream, token, patience: Patience::LIST, clock }
    }
}

fn read(pages: &[(u16, Vec<u8>)]) -> Vec<Page<'_>> {
    pages.iter().map(|(status, body)| Page { status: *status, body }).collect()
}

impl Inquirer {
    /// Reads the next part. Says why it cannot be read.
    pub(crate) async fn read_setup(&self, state: &mut State) -> Result<(), Error> {
        let token = self.account().token(None).await?;
        let Some(part) = state.setup.next_part() else { return Ok(()) };
        let setup = Setup {
            host: &self.host,
            upstream: &*self.upstream,
            token: &token,
            hook_key: &self.hook_key,
            wanted: &self.tenant.wanted,
            clock: &self.clock,
        };
        let found = setup.drifts(part).await;
        let reader = &mut state.setup;
        match found {
            Ok(found) => {
                self.drifts.say(self.origin(), Some(part), &found);
                reader.rest.end();
                if reader.left.is_empty() {
                    let every = if self.drifts.is_silent() { EVERY } else { WHILE_DRIFTED };
                    reader.due = Instant::now() + spread(every, chance());
                }
                Ok(())
            }
            Err(failure) => {
                reader.left.push(part);
                reader.rest.begin(rest::REFUSED, failure.wait);
                Err(failure.into())
            }
        }
    }

    /// Whether the account shows its audit log.
    pub(crate) fn history_is_shown(&self, is_shown: bool) {
        let found = if is_shown { Vec::new() } else { vec![Drift::HistoryHidden] };
        self.drifts.say(self.origin(), None, &found);
    }

    /// What could not be read of how the account is set up: only what concerns all of it counts.
    pub(crate) async fn setup_failed(
        &self,
        state: &mut State,
        failure: &Failure,
    ) -> Result<(), store::Error> {
        if !matches!(failure.concerns, Concerns::TooOften | Concerns::Unreachable) {
            return Ok(());
        }
        let none = List { asks: Vec::new(), is_part: false };
        self.failed(state, QuestionKind::Catalogue, none, failure, &mut HashMap::new()).await
    }
}
