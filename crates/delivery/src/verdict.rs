//! What an answer means for the members of a batch. Pure: answer in, outcomes and next step out.

use capi::{GraphError, Reply, read_reply};
use kopru_core::Reason;
use store::{OutcomeOf, Pause, Queued, Settled};

use crate::{back_off::back_off_ms, graph::Answer};

/// After this many tries with answers that nobody can explain, an event is given up.
const TRIES_MAX: u32 = 10;
/// How long a lane rests when Meta asks for fewer calls.
const THROTTLED_MS: i64 = 60 * 1000;
/// How long until one event tries whether a broken connection was mended.
const HELD_MS: i64 = 5 * 60 * 1000;
/// How long later events wait for earlier ones that have to be sent again. Then they overtake them:
/// order is worth something to Meta, but less than an event's age.
const ORDER_KEPT_MS: i64 = 60 * 1000;
/// A due time before all others: the event keeps its place at the head of the queue.
const AT_THE_HEAD_MS: i64 = 0;
/// How much of Meta's reply is kept.
const REPLY_CHARS_MAX: usize = 500;

/// What follows from an answer.
pub(crate) struct Verdict {
    /// How each member goes on.
    pub outcomes: Vec<OutcomeOf>,
    /// What the lane does next.
    pub next: Next,
}

/// What a lane does after an answer.
pub(crate) enum Next {
    /// It goes on.
    GoOn,
    /// A batch was refused because of an event in it that is not named: the halves go by themselves.
    Split(Vec<Queued>, Vec<Queued>),
    /// A single event was refused; the rest of its batch goes again without it.
    Refused(Blame, Vec<Queued>),
    /// The lane leaves the rest for later.
    Stop {
        /// How long.
        rest_ms: i64,
    },
    /// The lane rests.
    Pause(Pause),
}

/// Why a single event was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Blame {
    /// Code and subcode; code 0 with the HTTP status when somebody else than Meta answered.
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
            (0, status) => format!("HTTP {}", status.unwrap_or_default()),
            (code, None) => code.to_string(),
            (code, Some(subcode)) => format!("{code}/{subcode}"),
        }
    }
}

/// What `answer` means for `batch`. `failures` is how often in a row the lane has had to stop.
pub(crate) fn judge(answer: &Answer, batch: Vec<Queued>, failures: u32, now_ms: i64) -> Verdict {
    let lost = |why: &str| Retry { why: why.to_owned(), may_count_twice: true, counts: true };
    match answer {
        Answer::Read { status, body } => match read_reply(*status, body, batch.len()) {
            Reply::Delivered { fbtrace_id } => accepted(&batch, fbtrace_id.as_deref()),
            Reply::Unknown { why } if is_worn_out(&batch) => {
                let cause = format!("Meta's answers cannot be read: {why}");
                let code = format!("HTTP {status}");
                let pause =
                    Pause { until_ms: now_ms + HELD_MS, needs_you: true, cause, code, since_ms: now_ms };
                Verdict { next: Next::Pause(pause), ..again(&batch, &lost(&why), failures, now_ms) }
            }
            Reply::Unknown { why } => again(&batch, &lost(&why), failures, now_ms),
            Reply::Refused { error, index } => refused(batch, &error, index),
            Reply::Retry { error, temporary } => {
                let blame = error.as_ref().map_or_else(
                    || Blame {
                        kind: (0, Some(u32::from(*status))),
                        why: format!("HTTP {status}, not an answer of Meta's"),
                    },
                    Blame::of,
                );
                retried(batch, blame, temporary, failures, now_ms)
            }
            Reply::Throttled { error, .. } => paused(&batch, &error, false, now_ms, THROTTLED_MS),
            Reply::Hold { error, .. } => paused(&batch, &error, true, now_ms, HELD_MS),
        },
        Answer::Lost(why) => again(&batch, &lost(why), failures, now_ms),
        // It says nothing about the events, so it does not count against them.
        Answer::NeverLeft(why) => {
            let retry = Retry { why: (*why).to_owned(), may_count_twice: false, counts: false };
            again(&batch, &retry, failures, now_ms)
        }
    }
}

/// The pause after the same refusal came again and again: then the connection is wrong, not the
/// events.
pub(crate) fn systematic(blame: &Blame, now_ms: i64) -> Pause {
    Pause {
        until_ms: now_ms + HELD_MS,
        needs_you: true,
        cause: format!("every event is refused alike: {}", blame.why),
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
    Verdict { outcomes, next: Next::GoOn }
}

/// Why a batch goes again.
struct Retry {
    why: String,
    may_count_twice: bool,
    /// Whether it counts against the bound on tries.
    counts: bool,
}

fn again(batch: &[Queued], retry: &Retry, failures: u32, now_ms: i64) -> Verdict {
    let wait_ms = |member: &Queued| back_off_ms(member.tries.max(failures));
    let outcomes = batch
        .iter()
        .map(|member| OutcomeOf {
            number: member.number,
            settled: Settled::Again {
                due_ms: now_ms + wait_ms(member),
                reply: Some(retry.why.clone()),
                may_count_twice: retry.may_count_twice,
                counts: retry.counts,
            },
        })
        .collect();
    let rest_ms = batch.iter().map(wait_ms).max().unwrap_or(0).min(ORDER_KEPT_MS);
    Verdict { outcomes, next: Next::Stop { rest_ms } }
}

fn is_worn_out(batch: &[Queued]) -> bool {
    // `tries` counts the attempts before this one.
    batch.iter().any(|member| member.tries + 1 >= TRIES_MAX)
}

/// Nothing was taken. Where nobody can say why, one event of the batch may be to blame: in the end
/// each is tried by itself, and only that one is given up.
fn retried(batch: Vec<Queued>, blame: Blame, temporary: bool, failures: u32, now_ms: i64) -> Verdict {
    if temporary || !is_worn_out(&batch) {
        let retry = Retry { why: blame.why, may_count_twice: false, counts: true };
        return again(&batch, &retry, failures, now_ms);
    }
    match batch.as_slice() {
        [only] => {
            let outcome = failed(only, Reason::TriedTooOften, &blame);
            Verdict { outcomes: vec![outcome], next: Next::Refused(blame, Vec::new()) }
        }
        _ => halved(batch, Some(&blame.why)),
    }
}

fn paused(batch: &[Queued], error: &GraphError, needs_you: bool, now_ms: i64, for_ms: i64) -> Verdict {
    let Blame { why: cause, .. } = Blame::of(error);
    let code = Blame::of(error).code();
    let outcomes = batch.iter().map(|member| stays(member, Some(cause.clone()))).collect();
    let pause = Pause { until_ms: now_ms + for_ms, needs_you, cause, code, since_ms: now_ms };
    Verdict { outcomes, next: Next::Pause(pause) }
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
    Verdict { outcomes, next: Next::Refused(blame, batch) }
}

fn halved(mut batch: Vec<Queued>, reply: Option<&str>) -> Verdict {
    let outcomes = batch.iter().map(|member| stays(member, reply.map(str::to_owned))).collect();
    let second = batch.split_off(batch.len() / 2);
    Verdict { outcomes, next: Next::Split(batch, second) }
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
