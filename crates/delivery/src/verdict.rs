//! What an answer means for the members of a batch. Pure: answer in, outcomes and next step out.

use std::time::Duration;

use capi::{GraphError, Reply, Scope};
use kopru_core::Reason;
use store::{LaneKey, OutcomeOf, Pause, Queued, Settled};

use crate::{Error, answer::Answer, back_off::back_off_ms, graph::WAIT_MAX};

/// After this many tries that ended with an error of Meta's that nobody knows, an event is given up.
const TRIES_MAX: u32 = 10;
/// After this many answers in a row that were not Meta's, a person is asked for.
const STRANGE_MAX: u32 = 5;
/// How long a lane rests when Meta asks for fewer calls and does not say for how long.
const THROTTLED_MS: i64 = 60 * 1000;
/// How long until one event tries whether a broken connection was mended.
const HELD_MS: i64 = 5 * 60 * 1000;
/// How long until one event tries whether Meta answers again. Shorter, because it mends itself: a proxy,
/// an outage.
const STRANGE_MS: i64 = 60 * 1000;
/// How long later events wait for earlier ones that have to be sent again. Then they overtake them:
/// order is worth something to Meta, but less than an event's age.
const ORDER_KEPT_MS: i64 = 60 * 1000;
/// How the code of a pause begins that Meta's answers are not the cause of.
const FOREIGN: &str = "HTTP ";
/// Meta's code for a parameter that is not valid.
const INVALID_PARAMETER: u32 = 100;
/// How much of Meta's reply is kept.
const REPLY_CHARS_MAX: usize = 500;

/// What a lane has seen before an answer.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Before {
    /// How often in a row the rest had to be left for later.
    pub failures: u32,
    /// How many answers in a row were not Meta's.
    pub strange: u32,
    /// The batch is to find out whether what needed a person was mended.
    pub held: bool,
    /// An event was given up for a code that nobody knows, and Meta has taken none since.
    pub given_up: bool,
}

/// Where and when an answer came.
#[derive(Clone, Copy)]
pub(crate) struct At<'a> {
    /// To whose request.
    pub lane: &'a LaneKey,
    /// When, Unix milliseconds.
    pub now_ms: i64,
}

/// What follows from an answer.
pub(crate) struct Verdict {
    /// How each member goes on.
    pub outcomes: Vec<OutcomeOf>,
    /// What the lane does next.
    pub next: NextStep,
}

/// What a lane does after an answer.
pub(crate) enum NextStep {
    /// It goes on.
    GoOn,
    /// A batch was refused because of an event in it that is not named: the halves go by themselves.
    Split(Vec<Queued>, Vec<Queued>),
    /// A single event was refused; the rest of its batch goes again without it.
    Refused(Blame, Vec<Queued>),
    /// A single event was given up: Meta's answers to it are errors that nobody knows.
    GivenUp,
    /// The lane leaves the rest for later.
    Stop {
        /// How long.
        rest: Duration,
    },
    /// What the scope holds up rests.
    Pause(Scope, Pause),
}

/// Why a single event was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Blame {
    /// Meta's code and subcode.
    pub kind: (u32, Option<u32>),
    /// For a person.
    pub why: String,
}

impl Blame {
    fn of(error: &GraphError) -> Self {
        Self { kind: (error.code, error.subcode), why: cut(&error.summary()) }
    }

    /// Code and subcode for the log, which must not hold what Meta repeats.
    fn code(&self) -> String {
        match self.kind {
            (code, None) => code.to_string(),
            (code, Some(subcode)) => format!("{code}/{subcode}"),
        }
    }

    fn pause(&self, needs_you: bool, at: At<'_>, for_ms: i64) -> Pause {
        Pause {
            until_ms: at.now_ms + for_ms,
            needs_you,
            cause: self.why.clone(),
            code: self.code(),
            since_ms: at.now_ms,
            dataset: at.lane.dataset.clone(),
        }
    }
}

/// What `answer` means for `batch`.
pub(crate) fn judge(answer: &Answer, batch: Vec<Queued>, before: Before, at: At<'_>) -> Verdict {
    let retry = |why: &str| Retry { why: why.to_owned(), unknown: false, counts: false };
    let (status, reply, wait_ms) = match answer {
        Answer::Read { status, reply, wait, .. } => {
            (*status, reply, wait.and_then(|wait| i64::try_from(wait.as_millis()).ok()))
        }
        Answer::Lost(why) => return again(&batch, &Retry { unknown: true, ..retry(why) }, before, at),
        Answer::NeverLeft(why) => return again(&batch, &retry(why), before, at),
    };
    match reply {
        Reply::Delivered { fbtrace_id } => accepted(&batch, fbtrace_id.as_deref()),
        Reply::Refused { error, index } => refused(batch, error, *index),
        Reply::Retry { error, temporary: true } => {
            let blame = Blame::of(error);
            match wait_ms {
                // It names nothing that is down beside this lane's way.
                Some(wait_ms) => {
                    let pause = blame.pause(false, at, wait_ms);
                    paused(&batch, &retry(&blame.why), at, Scope::DatasetChannel, pause, None)
                }
                None => again(&batch, &retry(&blame.why), before, at),
            }
        }
        Reply::Retry { error, temporary: false } => unexplained(batch, &Blame::of(error), before, at),
        // Nobody's fault: whoever came first goes first again.
        Reply::Throttled { scope, error } => {
            let blame = Blame::of(error);
            let pause = blame.pause(false, at, THROTTLED_MS.max(wait_ms.unwrap_or(0)));
            paused(&batch, &retry(&blame.why), at, *scope, pause, None)
        }
        // What was refused does not lead when it is tried again, if there is anything else.
        Reply::Hold { scope, error } if names_bytes(*scope, error) && batch.iter().any(is_frozen) => {
            bytes_refused(&batch, Blame::of(error))
        }
        Reply::Hold { scope, error } => {
            let blame = Blame::of(error);
            let pause = blame.pause(true, at, HELD_MS);
            let due_ms = Some(pause.until_ms);
            paused(&batch, &retry(&blame.why), at, *scope, pause, due_ms)
        }
        Reply::Foreign => {
            let retry = retry(&format!("HTTP {status}, not an answer of Meta's"));
            let cause = Error::Foreign { status }.to_string();
            strange(&batch, &retry, Strange { cause, status, wait_ms }, before, at)
        }
        Reply::Unknown { why } => {
            let cause = Error::Unproven { status, why: why.clone() }.to_string();
            let retry = Retry { unknown: true, ..retry(why) };
            strange(&batch, &retry, Strange { cause, status, wait_ms }, before, at)
        }
    }
}

/// Whether Meta names something that stands in the bytes, such as the account: it may have been mended
/// since they were made.
fn names_bytes(scope: Scope, error: &GraphError) -> bool {
    scope == Scope::DatasetChannel && error.code == INVALID_PARAMETER
}

fn is_frozen(member: &Queued) -> bool {
    member.unknown.is_some()
}

/// Bytes that Meta may have had were refused: it has not taken them, and they do not go a third time. The
/// next body is made anew, at once; only if that is refused, too, a person is needed.
fn bytes_refused(batch: &[Queued], blame: Blame) -> Verdict {
    let outcome = |member: &Queued| {
        let reply = Some(blame.why.clone());
        let settled = if is_frozen(member) {
            Settled::BytesRefused { reply }
        } else {
            Settled::Again { due_ms: None, reply, counts: false }
        };
        OutcomeOf { number: member.number, settled }
    };
    let outcomes = batch.iter().map(outcome).collect();
    Verdict { outcomes, next: NextStep::Refused(blame, Vec::new()) }
}

/// The pause after the same refusal came again and again: then the connection is wrong, not the
/// events. Of the lane alone: by another route Meta may take events.
pub(crate) fn systematic(blame: &Blame, at: At<'_>) -> (Scope, Pause) {
    let cause = format!("every event is refused alike: {}", blame.why);
    (Scope::DatasetChannel, Pause { cause, ..blame.pause(true, at, HELD_MS) })
}

/// The pause when what needed a person is found to need them still.
pub(crate) fn prolonged(pause: &Pause, now_ms: i64) -> Pause {
    Pause { until_ms: now_ms + HELD_MS, ..pause.clone() }
}

/// Whether a pause is over. One that ends later than any pause may last was written by a clock that
/// was wrong: it does not bind.
pub(crate) fn is_over(pause: &Pause, now_ms: i64) -> bool {
    let is_held = pause.needs_you && !pause.code.starts_with(FOREIGN);
    let longest_ms = if is_held { HELD_MS } else { WAIT_MAX.as_millis().try_into().unwrap_or(i64::MAX) };
    pause.until_ms <= now_ms || pause.until_ms > now_ms.saturating_add(longest_ms)
}

fn accepted(batch: &[Queued], trace: Option<&str>) -> Verdict {
    let reply = trace.map_or_else(|| "accepted".to_owned(), |trace| format!("accepted, fbtrace_id {trace}"));
    let outcomes = batch
        .iter()
        .map(|member| OutcomeOf {
            number: member.number,
            settled: Settled::Accepted { reply: reply.clone() },
        })
        .collect();
    Verdict { outcomes, next: NextStep::GoOn }
}

/// Why a batch goes again.
struct Retry {
    why: String,
    /// Meta may have it.
    unknown: bool,
    /// Whether it counts against the bound on tries: only what Meta itself said of the event does.
    counts: bool,
}

impl Retry {
    fn outcome(&self, member: &Queued, due_ms: Option<i64>, at: At<'_>) -> OutcomeOf {
        let reply = Some(self.why.clone());
        let settled = if self.unknown {
            let may_count_twice = at.lane.route.deduplication_window_s().is_none();
            Settled::Unknown { due_ms, reply, may_count_twice }
        } else {
            Settled::Again { due_ms, reply, counts: self.counts }
        };
        OutcomeOf { number: member.number, settled }
    }
}

fn again(batch: &[Queued], retry: &Retry, before: Before, at: At<'_>) -> Verdict {
    let wait_ms = |member: &Queued| back_off_ms(member.tries.max(before.failures));
    let outcome = |member: &Queued| retry.outcome(member, Some(at.now_ms + wait_ms(member)), at);
    let outcomes = batch.iter().map(outcome).collect();
    let rest_ms = batch.iter().map(wait_ms).max().unwrap_or(0).min(ORDER_KEPT_MS);
    let rest = Duration::from_millis(u64::try_from(rest_ms).unwrap_or(0));
    Verdict { outcomes, next: NextStep::Stop { rest } }
}

fn paused(
    batch: &[Queued],
    retry: &Retry,
    at: At<'_>,
    scope: Scope,
    pause: Pause,
    due_ms: Option<i64>,
) -> Verdict {
    let outcomes = batch.iter().map(|member| retry.outcome(member, due_ms, at)).collect();
    Verdict { outcomes, next: NextStep::Pause(scope, pause) }
}

/// An answer that was not Meta's.
struct Strange {
    /// What a person has to know.
    cause: String,
    status: u16,
    wait_ms: Option<i64>,
}

/// It says nothing of the events, so none is given up for it, however often it comes: after a few, a
/// person is asked for. The event that finds out whether it is over lets the others go first next time,
/// because a firewall may refuse just this one. For the same reason it holds up the lane alone: what a
/// stranger dislikes may be what this route's events say.
fn strange(batch: &[Queued], retry: &Retry, said: Strange, before: Before, at: At<'_>) -> Verdict {
    let needs_you = before.held || before.strange + 1 >= STRANGE_MAX;
    let Strange { cause, status, wait_ms } = said;
    let for_ms = match (needs_you, wait_ms) {
        (false, None) => return again(batch, retry, before, at),
        (false, Some(wait_ms)) => wait_ms,
        (true, wait_ms) => STRANGE_MS.max(wait_ms.unwrap_or(0)),
    };
    let pause = Pause {
        until_ms: at.now_ms + for_ms,
        needs_you,
        cause,
        code: format!("{FOREIGN}{status}"),
        since_ms: at.now_ms,
        dataset: at.lane.dataset.clone(),
    };
    let due_ms = before.held.then_some(pause.until_ms);
    paused(batch, retry, at, Scope::DatasetChannel, pause, due_ms)
}

/// An error of Meta's that nobody knows. One event of the batch may be to blame: in the end each is tried
/// by itself, and only that one is given up. A second one is not, unless Meta has taken an event in
/// between: then it is not the events.
fn unexplained(batch: Vec<Queued>, blame: &Blame, before: Before, at: At<'_>) -> Verdict {
    let retry = |counts| Retry { why: blame.why.clone(), unknown: false, counts };
    // `tries` counts the attempts before this one.
    let is_worn_out = batch.iter().any(|member| member.tries.saturating_add(1) >= TRIES_MAX);
    match batch.as_slice() {
        [only] if before.held || (is_worn_out && before.given_up) => {
            let (scope, pause) = systematic(blame, at);
            let due_ms = Some(pause.until_ms);
            paused(std::slice::from_ref(only), &retry(false), at, scope, pause, due_ms)
        }
        [only] if is_worn_out => {
            Verdict { outcomes: vec![failed(only, Reason::TriedTooOften, blame)], next: NextStep::GivenUp }
        }
        _ if is_worn_out => halved(batch, Some(&blame.why)),
        _ => again(&batch, &retry(true), before, at),
    }
}

/// Meta refuses a whole request for one bad event. If it says which, that one has failed and the
/// others go again; otherwise both halves do.
fn refused(mut batch: Vec<Queued>, error: &GraphError, index: Option<usize>) -> Verdict {
    let index = if batch.len() == 1 { Some(0) } else { index.filter(|index| *index < batch.len()) };
    let Some(index) = index else { return halved(batch, None) };
    let blame = Blame::of(error);
    let bad = batch.remove(index);
    let mut outcomes = vec![failed(&bad, Reason::RefusedByMeta, &blame)];
    outcomes.extend(batch.iter().map(|member| stays(member, None)));
    Verdict { outcomes, next: NextStep::Refused(blame, batch) }
}

fn halved(mut batch: Vec<Queued>, reply: Option<&str>) -> Verdict {
    let outcomes = batch.iter().map(|member| stays(member, reply.map(str::to_owned))).collect();
    let second = batch.split_off(batch.len() / 2);
    Verdict { outcomes, next: NextStep::Split(batch, second) }
}

fn failed(member: &Queued, reason: Reason, blame: &Blame) -> OutcomeOf {
    OutcomeOf { number: member.number, settled: Settled::Failed { reason, reply: Some(blame.why.clone()) } }
}

/// The event is not to blame: it stays where it is in the queue.
fn stays(member: &Queued, reply: Option<String>) -> OutcomeOf {
    let settled = Settled::Again { due_ms: None, reply, counts: false };
    OutcomeOf { number: member.number, settled }
}

fn cut(text: &str) -> String {
    text.chars().take(REPLY_CHARS_MAX).collect()
}

#[cfg(test)]
mod tests;
