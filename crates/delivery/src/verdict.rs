//! What an answer means for the members of a batch. Pure: answer in, outcomes and next step out.

use std::time::Duration;

use capi::{GraphError, Reply};
use kopru_core::Reason;
use store::{OutcomeOf, Pause, Queued, Settled};

use crate::{
    Error,
    back_off::back_off_ms,
    graph::{Answer, WAIT_MAX},
};

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
/// A due time before all others: the event keeps its place at the head of the queue.
const AT_THE_HEAD_MS: i64 = 0;
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
    /// The lane rests.
    Pause(Pause),
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
}

/// What `answer` means for `batch`.
pub(crate) fn judge(answer: &Answer, batch: Vec<Queued>, before: Before, now_ms: i64) -> Verdict {
    let retry = |why: &str, may_count_twice| Retry { why: why.to_owned(), may_count_twice, counts: false };
    let (status, reply, wait_ms) = match answer {
        Answer::Read { status, reply, wait, .. } => {
            (*status, reply, wait.and_then(|wait| i64::try_from(wait.as_millis()).ok()))
        }
        Answer::Lost(why) => return again(&batch, &retry(why, true), before, now_ms),
        Answer::NeverLeft(why) => return again(&batch, &retry(why, false), before, now_ms),
    };
    match reply {
        Reply::Delivered { fbtrace_id } => accepted(&batch, fbtrace_id.as_deref()),
        Reply::Refused { error, index } => refused(batch, error, *index),
        Reply::Retry { error, temporary: true } => {
            let retry = retry(&Blame::of(error).why, false);
            let pause = |wait_ms| pause(&Blame::of(error), false, now_ms, wait_ms);
            match wait_ms {
                Some(wait_ms) => paused(&batch, &retry, pause(wait_ms), AT_THE_HEAD_MS),
                None => again(&batch, &retry, before, now_ms),
            }
        }
        Reply::Retry { error, temporary: false } => unexplained(batch, &Blame::of(error), before, now_ms),
        Reply::Throttled { error, .. } => {
            let blame = Blame::of(error);
            let pause = pause(&blame, false, now_ms, THROTTLED_MS.max(wait_ms.unwrap_or(0)));
            paused(&batch, &retry(&blame.why, false), pause, AT_THE_HEAD_MS)
        }
        Reply::Hold { error, .. } => {
            let blame = Blame::of(error);
            paused(&batch, &retry(&blame.why, false), pause(&blame, true, now_ms, HELD_MS), AT_THE_HEAD_MS)
        }
        Reply::Foreign => {
            let retry = retry(&format!("HTTP {status}, not an answer of Meta's"), false);
            let cause = Error::Foreign { status }.to_string();
            strange(&batch, &retry, Strange { cause, status, wait_ms }, before, now_ms)
        }
        Reply::Unknown { why } => {
            let cause = Error::Unproven { status, why: why.clone() }.to_string();
            strange(&batch, &retry(why, true), Strange { cause, status, wait_ms }, before, now_ms)
        }
    }
}

/// The pause after the same refusal came again and again: then the connection is wrong, not the
/// events.
pub(crate) fn systematic(blame: &Blame, now_ms: i64) -> Pause {
    let cause = format!("every event is refused alike: {}", blame.why);
    Pause { cause, ..pause(blame, true, now_ms, HELD_MS) }
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

fn pause(blame: &Blame, needs_you: bool, now_ms: i64, for_ms: i64) -> Pause {
    Pause {
        until_ms: now_ms + for_ms,
        needs_you,
        cause: blame.why.clone(),
        code: blame.code(),
        since_ms: now_ms,
    }
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
    may_count_twice: bool,
    /// Whether it counts against the bound on tries: only what Meta itself said of the event does.
    counts: bool,
}

impl Retry {
    fn outcome(&self, member: &Queued, due_ms: i64) -> OutcomeOf {
        let settled = Settled::Again {
            due_ms,
            reply: Some(self.why.clone()),
            may_count_twice: self.may_count_twice,
            counts: self.counts,
        };
        OutcomeOf { number: member.number, settled }
    }
}

fn again(batch: &[Queued], retry: &Retry, before: Before, now_ms: i64) -> Verdict {
    let wait_ms = |member: &Queued| back_off_ms(member.tries.max(before.failures));
    let outcomes = batch.iter().map(|member| retry.outcome(member, now_ms + wait_ms(member))).collect();
    let rest_ms = batch.iter().map(wait_ms).max().unwrap_or(0).min(ORDER_KEPT_MS);
    let rest = Duration::from_millis(u64::try_from(rest_ms).unwrap_or(0));
    Verdict { outcomes, next: NextStep::Stop { rest } }
}

fn paused(batch: &[Queued], retry: &Retry, pause: Pause, due_ms: i64) -> Verdict {
    let outcomes = batch.iter().map(|member| retry.outcome(member, due_ms)).collect();
    Verdict { outcomes, next: NextStep::Pause(pause) }
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
/// because a firewall may refuse just this one.
fn strange(batch: &[Queued], retry: &Retry, said: Strange, before: Before, now_ms: i64) -> Verdict {
    let needs_you = before.held || before.strange + 1 >= STRANGE_MAX;
    let Strange { cause, status, wait_ms } = said;
    let for_ms = match (needs_you, wait_ms) {
        (false, None) => return again(batch, retry, before, now_ms),
        (false, Some(wait_ms)) => wait_ms,
        (true, wait_ms) => STRANGE_MS.max(wait_ms.unwrap_or(0)),
    };
    let pause = Pause {
        until_ms: now_ms + for_ms,
        needs_you,
        cause,
        code: format!("{FOREIGN}{status}"),
        since_ms: now_ms,
    };
    let due_ms = if before.held { pause.until_ms } else { AT_THE_HEAD_MS };
    paused(batch, retry, pause, due_ms)
}

/// An error of Meta's that nobody knows. One event of the batch may be to blame: in the end each is tried
/// by itself, and only that one is given up. A second one is not, unless Meta has taken an event in
/// between: then it is not the events.
fn unexplained(batch: Vec<Queued>, blame: &Blame, before: Before, now_ms: i64) -> Verdict {
    let retry = |counts| Retry { why: blame.why.clone(), may_count_twice: false, counts };
    // `tries` counts the attempts before this one.
    let is_worn_out = batch.iter().any(|member| member.tries.saturating_add(1) >= TRIES_MAX);
    match batch.as_slice() {
        [only] if before.held || (is_worn_out && before.given_up) => {
            let pause = systematic(blame, now_ms);
            let due_ms = pause.until_ms;
            paused(std::slice::from_ref(only), &retry(false), pause, due_ms)
        }
        [only] if is_worn_out => {
            Verdict { outcomes: vec![failed(only, Reason::TriedTooOften, blame)], next: NextStep::GivenUp }
        }
        _ if is_worn_out => halved(batch, Some(&blame.why)),
        _ => again(&batch, &retry(true), before, now_ms),
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
    let settled = Settled::Again { due_ms: AT_THE_HEAD_MS, reply, may_count_twice: false, counts: false };
    OutcomeOf { number: member.number, settled }
}

fn cut(text: &str) -> String {
    text.chars().take(REPLY_CHARS_MAX).collect()
}

#[cfg(test)]
mod tests;
