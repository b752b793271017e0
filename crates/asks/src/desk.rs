//! What an inquirer has in hand, and who rests because of a failure.

use std::{collections::HashMap, sync::Arc, time::Duration};

use kopru_core::QuestionKind;
use sources::{Concerns, Failure, Upstream};
use store::{AskDue, HotPath, StoreError, Tokens};
use tokio::time::Instant;

use crate::{
    inquirer::Inquirer,
    pile::{List, Pile, Verdict},
    rest::{self, Rest},
};

/// What the inquirer has in hand.
pub(crate) struct Desk {
    upstream: Arc<dyn Upstream>,
    pub piles: HashMap<QuestionKind, Pile>,
    /// While it lasts the account is asked nothing.
    pub account: Rest,
    /// A person was told that they have to mend something.
    pub told: bool,
    pub names_due: Instant,
}

impl Desk {
    pub fn new(upstream: Arc<dyn Upstream>) -> Self {
        Self {
            upstream,
            piles: HashMap::new(),
            account: Rest::default(),
            told: false,
            names_due: Instant::now(),
        }
    }

    /// The same with nothing in hand.
    pub fn emptied(self) -> Self {
        Self { piles: HashMap::new(), told: false, ..self }
    }

    pub fn pile(&mut self, kind: QuestionKind) -> &mut Pile {
        let list_max = self.upstream.list_max(kind);
        self.piles.entry(kind).or_insert_with(|| Pile::new(list_max))
    }
}

impl<S: HotPath + Tokens> Inquirer<S> {
    /// A list failed: whom it concerns rests, and their questions are put off.
    pub(crate) async fn failed(
        &self,
        desk: &mut Desk,
        kind: QuestionKind,
        list: List,
        failure: &Failure,
        due: &mut HashMap<QuestionKind, Vec<AskDue>>,
    ) -> Result<(), StoreError> {
        let why = failure.why;
        let account = |desk: &mut Desk, bounds| desk.account.begin(bounds, failure.wait);
        let wait = match failure.concerns {
            Concerns::TooOften => account(desk, rest::REFUSED),
            Concerns::NeedsYou => account(desk, rest::NEEDS_YOU),
            Concerns::Unreachable => account(desk, rest::DOWN),
            Concerns::Path => {
                let pile = desk.pile(kind);
                let is_alive = pile.is_alive();
                let (mut held, rests) = match pile.failed(list, why, rest::REFUSED, failure.wait) {
                    // Most likely all of the path is refused; but something on the way may dislike one
                    // record only. Two more requests tell.
                    Verdict::Parts => return Ok(()),
                    Verdict::Record(asks) if is_alive => {
                        return self.put_off(asks, why, Duration::ZERO).await;
                    }
                    Verdict::Record(asks) => (asks, false),
                    Verdict::Down(asks) => (asks, true),
                };
                if !rests {
                    pile.rest.begin(rest::REFUSED, failure.wait);
                }
                let wait = pile.rest.left();
                if pile.rest.is_first() {
                    self.say_rest(Some(kind), why, wait);
                    self.tell_provider(wait);
                }
                pile.why = why;
                held.extend(pile.give_back().into_iter().chain(due.remove(&kind).unwrap_or_default()));
                self.show(desk);
                return self.put_off(held, why, wait).await;
            }
            Concerns::Anybody => {
                // Whoever is to blame: who asks to wait is not asked meanwhile.
                let wait = failure.wait.map(|_| account(desk, rest::DOWN)).unwrap_or_default();
                if !wait.is_zero() && desk.account.is_first() {
                    self.say_rest(None, why, wait);
                }
                return match desk.pile(kind).failed(list, why, rest::DOWN, None) {
                    Verdict::Parts => Ok(()),
                    Verdict::Record(asks) => self.put_off(asks, why, wait).await,
                    Verdict::Down(mut held) => {
                        let rest = &desk.pile(kind).rest;
                        if rest.is_first() {
                            self.say_rest(Some(kind), why, rest.left());
                        }
                        held.extend(due.remove(&kind).unwrap_or_default());
                        self.show(desk);
                        self.put_off(held, why, wait).await
                    }
                };
            }
        };
        if failure.concerns == Concerns::TooOften && desk.account.is_first() {
            self.tell_provider(wait);
        }
        let needs_you = failure.concerns == Concerns::NeedsYou;
        if desk.account.is_first() || (needs_you && !desk.told) {
            desk.told = needs_you;
            self.say_rest(None, why, wait);
        }
        self.show(desk);
        let mut held = list.asks;
        held.extend(desk.piles.values_mut().flat_map(Pile::give_back));
        held.extend(due.drain().flat_map(|(_, asks)| asks));
        // While nobody can be reached, each question waits by its own tries.
        let at_least = if failure.concerns == Concerns::Unreachable { Duration::ZERO } else { wait };
        self.put_off(held, why, at_least).await
    }

    /// There was an answer: whatever rested because of failures goes on.
    pub(crate) fn mend(&self, desk: &mut Desk, kind: QuestionKind) {
        self.host.provider().answers();
        let of_account = desk.account.end();
        let of_kind = desk.pile(kind).rest.end();
        desk.told = false;
        if of_account || of_kind {
            let path = (!of_account).then_some(kind);
            tracing::info!(origin = self.origin(), ?path, "the CRM answers again");
            self.show(desk);
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
        tracing::info!(
            origin = self.origin(),
            ?path,
            error = why,
            wait_ms,
            "the CRM gives no answer that can be used; it is asked again, less and less often"
        );
    }

    /// Shows the longest rest.
    fn show(&self, desk: &Desk) {
        let rests = desk.piles.values().map(|pile| &pile.rest).chain([&desk.account]);
        let longest = rests.map(Rest::left).max().unwrap_or_default();
        metrics::gauge!("kopru_upstream_rest_seconds", "origin" => self.origin().to_owned())
            .set(longest.as_secs_f64());
    }
}
