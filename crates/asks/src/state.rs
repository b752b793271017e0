//! What an inquirer has in hand, and who rests because of a failure.

use std::{collections::HashMap, sync::Arc, time::Duration};

use kopru_core::QuestionKind;
use sources::{Concerns, Drift, Failure, Upstream};
use store::AskDue;
use tokio::time::Instant;

use crate::{
    audit::AuditReader,
    batcher::{Batcher, Blamed, List},
    inquirer::Inquirer,
    rest::{self, Rest},
    setup_reader::SetupReader,
};

/// What the inquirer has in hand.
pub(crate) struct State {
    upstream: Arc<dyn Upstream>,
    pub batchers: HashMap<QuestionKind, Batcher>,
    /// While it lasts the account is asked nothing.
    pub account: Rest,
    /// Why it rests.
    pub why: &'static str,
    /// A person was told that they have to mend something.
    pub told: bool,
    pub names_due: Instant,
    pub audit: AuditReader,
    pub setup: SetupReader,
}

impl State {
    pub fn new(upstream: Arc<dyn Upstream>) -> Self {
        Self {
            upstream,
            batchers: HashMap::new(),
            account: Rest::default(),
            why: "",
            told: false,
            names_due: Instant::now(),
            audit: AuditReader::new(),
            setup: SetupReader::new(),
        }
    }

    /// The same with nothing in hand.
    pub fn emptied(self) -> Self {
        Self { batchers: HashMap::new(), told: false, ..self }
    }

    pub fn batcher(&mut self, kind: QuestionKind) -> &mut Batcher {
        let list_max = self.upstream.list_max(kind);
        self.batchers.entry(kind).or_insert_with(|| Batcher::new(list_max))
    }
}

impl Inquirer {
    /// A list failed: whom it concerns rests, and their questions are put off.
    pub(crate) async fn failed(
        &self,
        state: &mut State,
        kind: QuestionKind,
        list: List,
        failure: &Failure,
        due: &mut HashMap<QuestionKind, Vec<AskDue>>,
    ) -> Result<(), store::Error> {
        let is_history = kind == QuestionKind::StageLog && failure.concerns == Concerns::Rights;
        let why = if is_history { Drift::HISTORY_HIDDEN } else { failure.why };
        if is_history {
            self.history_is(Some(Drift::HistoryHidden));
        }
        let account = |state: &mut State, bounds| {
            state.why = why;
            state.account.begin(bounds, failure.wait)
        };
        let wait = match failure.concerns {
            Concerns::TooOften => account(state, rest::REFUSED),
            Concerns::NeedsYou => account(state, rest::NEEDS_YOU),
            Concerns::Unreachable => account(state, rest::DOWN),
            Concerns::Path | Concerns::Rights => {
                let batcher = state.batcher(kind);
                let is_alive = batcher.is_alive();
                let (mut held, rests) = match batcher.failed(list, why, rest::REFUSED, failure.wait) {
                    // Most likely all of the path is refused; but something on the way may dislike one
                    // record only. Two more requests tell.
                    Blamed::Parts => return Ok(()),
                    Blamed::Record(asks) if is_alive => {
                        return self.put_off(asks, why, Duration::ZERO).await;
                    }
                    Blamed::Record(asks) => (asks, false),
                    Blamed::Down(asks) => (asks, true),
                };
                if !rests {
                    batcher.rest.begin(rest::REFUSED, failure.wait);
                }
                let wait = batcher.rest.left();
                if batcher.rest.is_first() {
                    self.say_rest(Some(kind), why, wait);
                    // A right to the history is the account's own; what else is refused may be refused to all.
                    if !is_history {
                        self.tell_provider(wait);
                    }
                }
                batcher.why = why;
                held.extend(batcher.give_back().into_iter().chain(due.remove(&kind).unwrap_or_default()));
                self.show(state);
                return self.put_off(held, why, wait).await;
            }
            Concerns::Anybody => {
                // Whoever is to blame: who asks to wait is not asked meanwhile.
                let wait = failure.wait.map(|_| account(state, rest::DOWN)).unwrap_or_default();
                if !wait.is_zero() && state.account.is_first() {
                    self.say_rest(None, why, wait);
                }
                self.say_who_rests(state);
                return match state.batcher(kind).failed(list, why, rest::DOWN, None) {
                    Blamed::Parts => Ok(()),
                    Blamed::Record(asks) => self.put_off(asks, why, wait).await,
                    Blamed::Down(mut held) => {
                        let rest = &state.batcher(kind).rest;
                        if rest.is_first() {
                            self.say_rest(Some(kind), why, rest.left());
                        }
                        held.extend(due.remove(&kind).unwrap_or_default());
                        self.show(state);
                        self.put_off(held, why, wait).await
                    }
                };
            }
        };
        if failure.concerns == Concerns::TooOften && state.account.is_first() {
            self.tell_provider(wait);
        }
        let needs_you = failure.concerns == Concerns::NeedsYou;
        if state.account.is_first() || (needs_you && !state.told) {
            state.told = needs_you;
            if needs_you {
                let origin = self.origin();
                tracing::warn!(
                    origin,
                    error = why,
                    "the CRM needs you: put a token that it takes into the configuration and start again"
                );
            } else {
                self.say_rest(None, why, wait);
            }
        }
        self.show(state);
        let mut held = list.asks;
        held.extend(state.batchers.values_mut().flat_map(Batcher::give_back));
        held.extend(due.drain().flat_map(|(_, asks)| asks));
        // While nobody can be reached, each question waits by its own tries.
        let at_least = if failure.concerns == Concerns::Unreachable { Duration::ZERO } else { wait };
        self.put_off(held, why, at_least).await
    }

    /// There was an answer: whatever rested because of failures goes on.
    pub(crate) fn mend(&self, state: &mut State, kind: QuestionKind) {
        self.host.provider().answers();
        if kind == QuestionKind::StageLog {
            self.history_is(None);
        }
        let of_account = state.account.end();
        let of_kind = state.batcher(kind).rest.end();
        state.told = false;
        if of_account || of_kind {
            let path = (!of_account).then_some(kind);
            tracing::info!(origin = self.origin(), ?path, "the CRM answers again");
            self.show(state);
        }
    }

    fn tell_provider(&self, wait: Duration) {
        if let Some(wait) =
            self.host.provider().refuses(self.host.account(self.upstream.access().configured()), wait)
        {
            let wait_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
            tracing::info!(
                origin = self.origin(),
                wait_ms,
                "several accounts are refused: all of the provider rest"
            );
        }
    }

    fn say_rest(&self, path: Option<QuestionKind>, why: &'static str, wait: Duration) {
        let wait_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
        let path = path.map_or_else(|| "all".to_owned(), |kind| format!("{kind:?}"));
        tracing::info!(
            origin = self.origin(),
            path,
            error = why,
            wait_ms,
            "the CRM gives no answer that can be used; it is asked again, less and less often"
        );
    }

    /// Shows the longest rest.
    fn show(&self, state: &State) {
        let rests = state.batchers.values().map(|batcher| &batcher.rest).chain([&state.account]);
        let longest = rests.map(Rest::left).max().unwrap_or_default();
        metrics::gauge!("kopru_upstream_rest_seconds", "origin" => self.origin().to_owned())
            .set(longest.as_secs_f64());
        self.say_who_rests(state);
    }

    /// Says whether the account rests: by itself until there is an answer, or with others of its provider.
    pub(crate) fn say_who_rests(&self, state: &State) {
        let together = self.host.provider().rest();
        let own = state.account.span().map(|(since, until)| (since, until, state.why));
        let others =
            together.map(|(since, until)| (since, until, "other accounts of its provider are refused"));
        let provider = together.map(|_| self.host.provider_name());
        self.rests.say(own.or(others), provider, self.clock.now_ms());
    }
}
