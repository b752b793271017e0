//! One turn: take, decide, apply.

use std::panic::{AssertUnwindSafe, catch_unwind};

use kopru_core::{Decision, Effect, Now, Outcome, Seq, expire, revisit, sweep};
use store::{Decided, Lease, Work};

use super::Processor;

/// What a turn has left to do.
pub(super) struct Turn {
    /// Whether the next turn has something to do already.
    pub(super) more: bool,
    /// Whether its last fact is to be decided again.
    pub(super) again: bool,
    /// When the next conversion will have waited as long as it can, Unix milliseconds.
    pub(super) next_deadline_ms: Option<i64>,
}

/// Why a turn did not come to its end. Nothing of it was applied.
pub(super) enum Failure {
    /// One of its facts may be the cause. In words, without anything of the fact.
    OfAFact(String),
    /// None of its facts is.
    OfTheStore(store::Error),
}

impl From<store::Error> for Failure {
    fn from(error: store::Error) -> Self {
        match error {
            store::Error::Corrupt(_) | store::Error::Database(_) => Self::OfAFact(error.to_string()),
            error => Self::OfTheStore(error),
        }
    }
}

impl Processor {
    /// Decides so many facts, and what no fact has caused.
    pub(super) async fn turn(&self, facts: usize) -> Result<Turn, Failure> {
        let now = self.now();
        // By a clock with which nobody agrees, nothing has waited long enough.
        let over_ms = if now.confirmed { now.ms } else { i64::MIN };
        let mut work = self.store.take(self.lease, facts, over_ms).await?;
        let taken = work.facts.len() + work.unreadable.len();

        let decisions = self.decide(&mut work, now)?;
        let effects = || decisions.iter().flat_map(|decision| &decision.effects);
        let next_deadline_ms = effects().filter_map(deadline_ms).chain(work.next_deadline_ms).min();
        let last = decisions.last();
        let again = last.is_some_and(|decision| decision.outcome == Outcome::Again);
        let more = taken >= facts
            || last.is_some_and(Decision::ends_turn)
            || effects().any(|effect| matches!(effect, Effect::Sweep { .. }));
        if taken > 0 {
            let set_aside = std::mem::take(&mut work.unreadable);
            let decided = Decided {
                decisions,
                set_aside: set_aside.clone(),
                now_ms: now.ms,
                erasures: work.erasures,
                ..Decided::default()
            };
            self.store.apply(self.lease, decided).await?;
            for aside in &set_aside {
                log_set_aside(self.lease, aside.seq, &aside.why);
            }
        }
        let went_on = self.look_again(work, now).await?;
        Ok(Turn { more: more || went_on, again, next_deadline_ms })
    }

    /// Decides the facts. If one of them panics, the state of the whole turn is worth nothing.
    fn decide(&self, work: &mut Work, now: Now) -> Result<Vec<Decision>, Failure> {
        let Work { facts, state, unreadable, .. } = work;
        let decide_all = || {
            let mut decisions = Vec::with_capacity(facts.len());
            for fact in facts.iter() {
                let decision = (self.decide)(state, &self.policy, fact, now);
                let ends_turn = decision.ends_turn();
                decisions.push(decision);
                if ends_turn {
                    // What lies behind belongs to another turn, be it readable or not.
                    unreadable.retain(|aside| aside.seq < fact.seq);
                    break;
                }
            }
            decisions
        };
        catch_unwind(AssertUnwindSafe(decide_all))
            .map_err(|_| Failure::OfAFact("deciding it panicked; that is a mistake in Kopru".to_owned()))
    }

    /// Ends what has waited too long, and does a step of a sweep and of a revisit. Says whether there was
    /// anything to do and it was done.
    async fn look_again(&self, mut work: Work, now: Now) -> Result<bool, Failure> {
        if work.expired.is_empty() && work.sweep.is_none() && work.revisit.is_none() {
            return Ok(false);
        }
        let (state, policy) = (&mut work.state, &self.policy);
        let expired =
            work.expired.iter().filter_map(|one| self.alone(|| expire(state, policy, one, now))).collect();
        let swept = work.sweep.map(|step| {
            let deals = step.deals.iter();
            let effects = deals
                .filter_map(|deal| self.alone(|| sweep(state, policy, std::slice::from_ref(deal), now)))
                .flatten()
                .collect();
            (step, effects)
        });
        let revisited = work.revisit.map(|step| {
            let effects = self.alone(|| revisit(state, policy, &step, now)).unwrap_or_default();
            (step, effects)
        });
        let erasures = work.erasures;
        let decided = Decided { expired, swept, revisited, now_ms: now.ms, erasures, ..Decided::default() };
        match self.store.apply(self.lease, decided).await.map_err(Failure::from) {
            Ok(()) => Ok(true),
            Err(Failure::OfAFact(error)) => {
                tracing::warn!(error, workspace = self.lease.workspace.0, "what has waited cannot be ended");
                Ok(false)
            }
            Err(failure) => Err(failure),
        }
    }

    /// Looks at one thing; if that panics, only that one is left as it is.
    fn alone<T>(&self, look: impl FnOnce() -> T) -> Option<T> {
        let seen = catch_unwind(AssertUnwindSafe(look)).ok();
        if seen.is_none() {
            tracing::error!(workspace = self.lease.workspace.0, "looking again at something panicked");
        }
        seen
    }
}

fn deadline_ms(effect: &Effect) -> Option<i64> {
    match effect {
        Effect::Create(one) | Effect::Update(one) => one.deadline_ms,
        _ => None,
    }
}

pub(super) fn log_set_aside(lease: Lease, seq: Seq, why: &str) {
    tracing::warn!(workspace = lease.workspace.0, seq, why, "a fact was set aside");
}
