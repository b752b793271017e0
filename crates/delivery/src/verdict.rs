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
    /// A batch was refused because of one event in it: these parts go again by themselves.
    Split(Vec<Vec<Queued>>),
    /// A single event was refused.
    Refused(GraphError),
    /// The lane leaves the rest for later.
    Stop,
    /// The lane rests.
    Pause(Pause),
}

pub(crate) fn judge(answer: &Answer, batch: Vec<Queued>, now_ms: i64) -> Verdict {
    match answer {
        Answer::Read { status, body } => match read_reply(*status, body, batch.len()) {
            Reply::Delivered { fbtrace_id } => accepted(&batch, fbtrace_id.as_deref()),
            Reply::Unknown { why } => again(&batch, &why, now_ms, true),
            Reply::Refused { error, index } => refused(batch, error, index, now_ms),
            Reply::Retry { error, temporary } => {
                let why = error.map_or_else(
                    || format!("HTTP {status}, not an answer of Meta's"),
                    |error| cut(&error.summary()),
                );
                retried(&batch, &why, temporary, now_ms)
            }
            Reply::Throttled { error, .. } => {
                paused(&batch, cut(&error.summary()), false, now_ms, THROTTLED_MS)
            }
            Reply::Hold { error, .. } => paused(&batch, cut(&error.summary()), true, now_ms, HELD_MS),
        },
        Answer::Lost(why) => again(&batch, why, now_ms, true),
        Answer::NeverLeft(why) => again(&batch, why, now_ms, false),
    }
}

/// The pause after the same refusal came again and again: then the connection is wrong, not the
/// events.
pub(crate) fn systematic(error: &GraphError, now_ms: i64) -> Pause {
    Pause {
        until_ms: now_ms + HELD_MS,
        needs_you: true,
        cause: format!("every event is refused alike: {}", cut(&error.summary())),
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

fn again(batch: &[Queued], why: &str, now_ms: i64, may_count_twice: bool) -> Verdict {
    let outcomes = batch
        .iter()
        .map(|member| OutcomeOf {
            number: member.number,
            settled: Settled::Again {
                due_ms: now_ms + back_off_ms(member.tries),
                reply: Some(why.to_owned()),
                may_count_twice,
                counts: true,
            },
        })
        .collect();
    Verdict { outcomes, next: Next::Stop }
}

fn retried(batch: &[Queued], why: &str, temporary: bool, now_ms: i64) -> Verdict {
    let mut verdict = again(batch, why, now_ms, false);
    if !temporary {
        for (member, outcome) in batch.iter().zip(&mut verdict.outcomes) {
            // `tries` counts the attempts before this one.
            if member.tries + 1 >= TRIES_MAX {
                outcome.settled =
                    Settled::Failed { reason: Reason::TriedTooOften, reply: Some(why.to_owned()) };
            }
        }
    }
    verdict
}

fn paused(batch: &[Queued], cause: String, needs_you: bool, now_ms: i64, for_ms: i64) -> Verdict {
    let outcomes = batch.iter().map(|member| stays(member, Some(cause.clone()), now_ms)).collect();
    let pause = Pause { until_ms: now_ms + for_ms, needs_you, cause, since_ms: now_ms };
    Verdict { outcomes, next: Next::Pause(pause) }
}

/// Meta refuses a whole request for one bad event. If it says which, that one has failed and the
/// others go again; otherwise both halves do.
fn refused(mut batch: Vec<Queued>, error: GraphError, index: Option<usize>, now_ms: i64) -> Verdict {
    let failed = |member: &Queued| OutcomeOf {
        number: member.number,
        settled: Settled::Failed { reason: Reason::RefusedByMeta, reply: Some(cut(&error.summary())) },
    };
    if let [only] = batch.as_slice() {
        return Verdict { outcomes: vec![failed(only)], next: Next::Refused(error) };
    }
    let mut outcomes = Vec::with_capacity(batch.len());
    if let Some(index) = index.filter(|index| *index < batch.len()) {
        outcomes.push(failed(&batch.remove(index)));
        outcomes.extend(batch.iter().map(|member| stays(member, None, now_ms)));
        return Verdict { outcomes, next: Next::Split(vec![batch]) };
    }
    outcomes.extend(batch.iter().map(|member| stays(member, None, now_ms)));
    let second = batch.split_off(batch.len() / 2);
    Verdict { outcomes, next: Next::Split(vec![batch, second]) }
}

/// The event is not to blame: it stays where it is in the queue.
fn stays(member: &Queued, reply: Option<String>, now_ms: i64) -> OutcomeOf {
    let settled = Settled::Again { due_ms: now_ms, reply, may_count_twice: false, counts: false };
    OutcomeOf { number: member.number, settled }
}

fn cut(text: &str) -> String {
    text.chars().take(REPLY_CHARS_MAX).collect()
}
