//! What would come of a revisit, without doing it.

use std::{
    collections::{BTreeMap, BTreeSet},
    panic::{AssertUnwindSafe, catch_unwind},
};

use capi::Money;
use kopru_core::{
    AuditLog, Cause, Conversion, Effect, Fact, Incoming, Now, Policy, Reason, Revisit, RevisitPlace,
    RevisitStep, Seq, State, WorkspaceId, decide, revisit,
};
use store::{DecisionStore, REVISIT_ROWS};

/// How many conversions and deals are looked at.
pub const EXAMINED_MAX: usize = 20_000;

/// What would come of a revisit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DryRun {
    /// Conversions that are meant.
    pub matched: usize,
    /// Those that are not among them, since they would only be made.
    pub new: usize,
    /// Those that would change or be made.
    pub would: Becoming,
    /// Of those, the ones that would only be made.
    pub would_new: Becoming,
    /// Those that are meant and would stay as they are.
    pub unchanged: usize,
    /// Of those, Meta has these.
    pub accepted: usize,
    /// Of those, attempts hold these: what Meta answers counts, and where it tells nothing, what was asked
    /// for.
    pub under_way: usize,
    /// Of those, the ones that are not sent for want of a permission, which asking again does not give.
    pub not_permitted: BTreeMap<Reason, usize>,
    /// Whether everything was looked at.
    pub is_done: bool,
}

/// What would become of conversions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Becoming {
    /// How many, by the state that they would have.
    pub states: BTreeMap<State, usize>,
    /// What those would be worth that would be queued, by currency.
    pub value: BTreeMap<String, Money>,
}

/// Decides the steps of a revisit and applies none of them. Each step meets the store as it is, as though
/// the steps before it had changed nothing.
///
/// # Errors
/// The store cannot be read.
pub async fn dry_run(
    store: &dyn DecisionStore,
    workspace: WorkspaceId,
    policy: &Policy,
    plan: Revisit,
    now: Now,
) -> Result<DryRun, store::Error> {
    let mut counting = Counting::default();
    let mut place = RevisitPlace::default();
    for _ in 0..EXAMINED_MAX.div_ceil(REVISIT_ROWS) {
        let (step, mut state) = store.revisit_step(workspace, plan.clone(), place).await?;
        // A decision that panics changes nothing, as in a turn.
        let decided = catch_unwind(AssertUnwindSafe(|| revisit(&mut state, policy, &step, now)));
        counting.count(&step, decided.unwrap_or_default());
        let Some(next) = step.next else {
            counting.run.is_done = true;
            break;
        };
        place = next;
    }
    Ok(counting.ended())
}

/// How many events parts of a CRM's audit log would make that there are not yet, each decided on the store as it is.
///
/// # Errors
/// The store cannot be read.
pub async fn new_by_log(
    store: &dyn DecisionStore,
    workspace: WorkspaceId,
    policy: &Policy,
    parts: Vec<AuditLog>,
    now: Now,
) -> Result<usize, store::Error> {
    let mut new = BTreeSet::new();
    for part in parts {
        let fact = Fact::AuditLog(part);
        let mut state = store.around(workspace, fact.clone()).await?;
        let incoming = Incoming { seq: Seq::MAX, received_ms: now.ms, fact };
        // A decision that panics makes nothing, as in a turn.
        let decided = catch_unwind(AssertUnwindSafe(|| decide(&mut state, policy, &incoming, now)));
        let effects = decided.map(|decision| decision.effects).unwrap_or_default();
        new.extend(effects.into_iter().filter_map(|effect| match effect {
            Effect::Create(one) => Some(one.event_id),
            _ => None,
        }));
    }
    Ok(new.len())
}

/// Counts each conversion once, though several steps may reach it.
#[derive(Default)]
struct Counting {
    run: DryRun,
    meant: BTreeMap<String, WhyLeft>,
    changed: BTreeMap<String, (State, Option<(String, Money)>)>,
}

/// Why a conversion that is meant stays as it is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum WhyLeft {
    AsItIs,
    MetaHasIt,
    UnderWay,
    NotPermitted(Reason),
}

impl Counting {
    fn count(&mut self, step: &RevisitStep, effects: Vec<Effect>) {
        for one in &step.conversions {
            self.meant.insert(name_of(one), WhyLeft::of(one));
        }
        for effect in effects {
            let (Effect::Create(one) | Effect::Update(one)) = effect else { continue };
            let holds = one.state == State::Queued && one.sent.is_under_way();
            if !holds {
                let name = name_of(&one);
                let value = one.currency.zip(one.value).filter(|_| one.state == State::Queued);
                self.changed.entry(name).or_insert((one.state, value));
            }
        }
    }

    fn ended(self) -> DryRun {
        let Self { mut run, meant, changed } = self;
        let left: Vec<WhyLeft> =
            meant.iter().filter(|(id, _)| !changed.contains_key(*id)).map(|(_, left)| *left).collect();
        let count = |why| left.iter().filter(|left| **left == why).count();
        for (id, (state, value)) in &changed {
            run.would.add(*state, value.as_ref());
            if !meant.contains_key(id) {
                run.would_new.add(*state, value.as_ref());
            }
        }
        for why in &left {
            if let WhyLeft::NotPermitted(reason) = why {
                *run.not_permitted.entry(*reason).or_default() += 1;
            }
        }
        DryRun {
            matched: meant.len(),
            new: run.would_new.states.values().sum(),
            unchanged: left.len(),
            accepted: count(WhyLeft::MetaHasIt),
            under_way: count(WhyLeft::UnderWay),
            ..run
        }
    }
}

/// By what a conversion is told apart. Senders give activities their ids: events of several names may share one.
fn name_of(one: &Conversion) -> String {
    match one.cause {
        Cause::Activity(_) => format!("{}/{}", one.made_by, one.event_id),
        Cause::Deal(_) | Cause::Contact(_) => one.event_id.clone(),
    }
}

impl Becoming {
    fn add(&mut self, state: State, value: Option<&(String, Money)>) {
        *self.states.entry(state).or_default() += 1;
        if let Some((currency, value)) = value {
            let sum = self.value.entry(currency.clone()).or_insert(Money::ZERO);
            *sum = sum.checked_add(*value).unwrap_or(*sum);
        }
    }
}

impl WhyLeft {
    fn of(one: &Conversion) -> Self {
        match one.state {
            State::Accepted | State::Duplicate => Self::MetaHasIt,
            State::Queued if one.sent.is_under_way() => Self::UnderWay,
            State::Suppressed => match one.reason {
                Some(reason) if reason.may_be_permitted() || reason == Reason::ConsentRefused => {
                    Self::NotPermitted(reason)
                }
                _ => Self::AsItIs,
            },
            _ => Self::AsItIs,
        }
    }
}
