//! The loop of an inquirer: whose turn it is, and how long to wait.

use std::{collections::HashMap, sync::Arc, time::Duration};

use kopru_core::{Question, QuestionKind};
use sources::Failure;
use store::{AskDue, Bear, Failing};
use tokio::{
    sync::watch,
    time::{Instant, sleep, sleep_until},
};

use crate::{
    batcher::{List, Next, chance, spread},
    error::Error,
    inquirer::Inquirer,
    rest,
    state::State,
};

/// How often the names of stages are read anew, at the latest: people rename them.
const NAMES_EVERY: Duration = Duration::from_hours(1);
/// How many questions of a kind are looked at together.
const LOOK_AT_MAX: usize = 1_000;
/// The longest time without a look: a notify that was missed costs no more than this.
const LOOK_AT_LEAST: Duration = Duration::from_mins(1);
/// The same while something is due that may not be asked yet: it hides when others are due.
const LOOK_WHILE_HELD: Duration = Duration::from_secs(5);
/// How long the audit log and the set-up wait behind questions.
const HELD_UP_MAX: Duration = Duration::from_mins(5);
/// The kinds, in the order in which they take turns.
const KINDS: [QuestionKind; 5] = [
    QuestionKind::Deal,
    QuestionKind::Contact,
    QuestionKind::Company,
    QuestionKind::StageLog,
    QuestionKind::Catalogue,
];

/// How to go on.
enum Then {
    /// There may be more to ask.
    More,
    /// Nothing can be asked before this; whether only names wait, for a place that is in no hurry.
    Wait(Instant, bool),
}

impl Inquirer {
    /// Asks until told to stop, or the store is closed. A renewal of tokens that is under way then ends
    /// first, within bounds.
    pub async fn run(self, stop: watch::Receiver<bool>) {
        self.take_turns(stop).await;
        self.rests.say(None, None, self.clock.now_ms());
        self.account().renewal_ends().await;
    }

    async fn take_turns(&self, mut stop: watch::Receiver<bool>) {
        let mut state = State::new(Arc::clone(&self.upstream));
        let mut failing = Failing::default();
        let mut place = None;
        let notify = self.store.wakeups().asks(self.workspace(), self.origin());
        loop {
            // A question that is under way stays open, so nothing is lost by not waiting for it.
            let then = tokio::select! {
                biased;
                _ = stop.wait_for(|stop| *stop) => return,
                then = self.step(&mut state, place.is_some()) => then,
            };
            place = None;
            let origin = self.origin();
            let (until, names_wait) = match then {
                Ok(then) => {
                    if failing.works() {
                        tracing::info!(origin, "the store works again, and questions are asked");
                    }
                    match then {
                        Then::More => continue,
                        Then::Wait(until, names_wait) => (until, names_wait),
                    }
                }
                Err(error) => {
                    match failing.fails(&error) {
                        Bear::End => return,
                        Bear::Say => {
                            tracing::error!(
                                error = &error as &dyn std::error::Error,
                                origin,
                                "questions wait until the store works again"
                            );
                        }
                        Bear::Wait => {}
                    }
                    // What was in hand is read anew.
                    state = state.emptied();
                    tokio::select! {
                        () = sleep(Failing::LEFT_ALONE) => continue,
                        _ = stop.wait_for(|stop| *stop) => return,
                    }
                }
            };
            tokio::select! {
                () = notify.notified() => {}
                () = sleep_until(until) => {}
                found = self.host.provider().quiet_place(), if names_wait => place = found,
                _ = stop.wait_for(|stop| *stop) => return,
            }
        }
    }

    /// Asks one list of each kind. Names that no fact waits for are asked only with a place for it.
    async fn step(&self, state: &mut State, has_place: bool) -> Result<Then, store::Error> {
        let begun = Instant::now();
        self.say_who_rests(state);
        if state.names_due <= begun {
            let question = Question::Catalogue { origin: self.origin().to_owned() };
            self.store.ask(self.workspace(), question, self.clock.now_ms()).await?;
            state.names_due = begun + spread(NAMES_EVERY, chance());
        }
        if let Some(until) = state.account.until() {
            return Ok(Then::Wait(until.min(begun + LOOK_AT_LEAST), false));
        }
        let now_ms = self.clock.now_ms();
        let all_due = self.store.asks_due(self.origin(), &[self.workspace()], LOOK_AT_MAX, now_ms).await?;
        let mut due: HashMap<QuestionKind, Vec<AskDue>> = HashMap::new();
        for ask in all_due {
            due.entry(ask.question.kind()).or_default().push(ask);
        }
        let mut asked = false;
        let mut names_wait = false;
        let mut until = state.names_due.min(begun + LOOK_AT_LEAST);
        for kind in KINDS {
            let mut of_kind = due.remove(&kind).unwrap_or_default();
            let in_no_hurry = kind == QuestionKind::Catalogue && of_kind.iter().all(|ask| ask.upto == 0);
            if in_no_hurry && !of_kind.is_empty() && (asked || !has_place) {
                names_wait = state.batcher(kind).rest.until().is_none();
                continue;
            }
            match state.batcher(kind).next(&mut of_kind) {
                Next::Nothing => {}
                Next::Later(later) => {
                    until = until.min(later);
                    let rest = state.batcher(kind).rest.left();
                    if rest > rest::DOWN.longest {
                        self.put_off(of_kind, state.batcher(kind).why, rest).await?;
                    }
                }
                Next::Ask(list) => {
                    asked = true;
                    if matches!(kind, QuestionKind::Deal | QuestionKind::StageLog) {
                        state.audit.wake();
                    }
                    if kind != QuestionKind::Catalogue && self.drifts.are_of_hooks() {
                        state.setup.wake();
                    }
                    let result = self.ask(kind, &list).await;
                    due.insert(kind, of_kind);
                    match result {
                        Ok(facts) => {
                            self.mend(state, kind);
                            state.batcher(kind).answered(&list);
                            let odd = self.keep(list, facts).await?;
                            self.put_off(odd, Failure::NOT_UNDERSTOOD.why, Duration::ZERO).await?;
                        }
                        Err(Error::Failure(failure)) => {
                            self.failed(state, kind, list, &failure, &mut due).await?;
                        }
                        Err(Error::Store(error)) => return Err(error),
                    }
                    if state.account.until().is_some() {
                        break;
                    }
                }
            }
        }
        // The log and the set-up are in no hurry either, unless an account that is busy all the time holds them up.
        let rests_until = state.batcher(QuestionKind::StageLog).rest.until();
        let log_due = rests_until.map_or(state.audit.due(), |rests_until| rests_until.max(state.audit.due()));
        let is_overdue = |due: Instant| due + HELD_UP_MAX <= begun;
        if asked && !is_overdue(log_due) && !is_overdue(state.setup.due()) {
            return Ok(Then::More);
        }
        if log_due > Instant::now() {
            until = until.min(log_due);
        } else if has_place || is_overdue(log_due) {
            match self.read_audit_log(state).await {
                Ok(()) => {}
                Err(Error::Failure(failure)) => {
                    let none = List { asks: Vec::new(), is_part: false };
                    self.failed(state, QuestionKind::StageLog, none, &failure, &mut due).await?;
                }
                Err(Error::Store(error)) => return Err(error),
            }
            return Ok(Then::More);
        } else {
            names_wait = true;
        }
        if state.setup.due() > Instant::now() {
            until = until.min(state.setup.due());
        } else if has_place || is_overdue(state.setup.due()) {
            match self.read_setup(state).await {
                Ok(()) => {}
                Err(Error::Failure(failure)) => self.setup_failed(state, &failure).await?,
                Err(Error::Store(error)) => return Err(error),
            }
            return Ok(Then::More);
        } else {
            names_wait = true;
        }
        if asked {
            return Ok(Then::More);
        }
        let next_ms = self.store.next_ask_due(self.workspace(), self.origin()).await?;
        let next = next_ms.map(|next_ms| match u64::try_from(next_ms.saturating_sub(now_ms)) {
            Ok(wait_ms @ 1..) => Duration::from_millis(wait_ms),
            _ => LOOK_WHILE_HELD,
        });
        Ok(Then::Wait(next.map_or(until, |next| until.min(begun + next.min(LOOK_AT_LEAST))), names_wait))
    }
}
