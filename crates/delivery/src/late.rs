//! Events that are too old for Meta, and what is done while nobody has confirmed the clock.

use std::time::Duration;

use kopru_core::Reason;
use store::{Clock, OutcomeOf, Queued, Settled};

/// How long events that are too late by a clock that nobody confirms wait until they are looked at again,
/// and how often Meta is asked for the time meanwhile.
pub(crate) const CLOCK_ASKED_EVERY: Duration = Duration::from_secs(30);

/// Whether Meta would find the event too old by the time it arrives.
pub(crate) fn is_late(member: &Queued, now_ms: i64) -> bool {
    now_ms > member.conversion.last_call_ms()
}

/// How events that are too late end, and when; by a clock that nobody confirms they are only put off.
pub(crate) fn end(late: &[Queued], clock: &Clock) -> (Vec<OutcomeOf>, i64) {
    // Confirmed before and after, so that the time in between was not read from a clock that jumped.
    let was_confirmed = clock.is_confirmed();
    let now_ms = clock.best_ms();
    let is_confirmed = was_confirmed && clock.is_confirmed();
    let outcome = |member: &Queued| {
        let settled = if is_confirmed && is_late(member, now_ms) {
            Settled::Failed { reason: Reason::TooLate, reply: None }
        } else {
            put_off(now_ms)
        };
        OutcomeOf { number: member.number, settled }
    };
    (late.iter().map(outcome).collect(), now_ms)
}

fn put_off(now_ms: i64) -> Settled {
    Settled::Again {
        due_ms: Some(now_ms + i64::try_from(CLOCK_ASKED_EVERY.as_millis()).unwrap_or(0)),
        reply: Some("too late by this machine's clock, which no upstream has confirmed".to_owned()),
        // There was no attempt that could be taken back from the count.
        counts: true,
    }
}
