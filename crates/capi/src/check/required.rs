//! What every event needs, and when.

use super::{Checks, Findings};
use crate::{
    Event,
    event::ActionSource,
    limits::{EVENT_AGE_MAX_S, FUTURE_TOLERANCE_S, STORE_EVENT_AGE_MAX_S},
    subcodes,
};

/// Later than any time in seconds that an event can have, and earlier than any in milliseconds; and so on.
const MILLISECONDS_FROM: i64 = 100_000_000_000;
const MICROSECONDS_FROM: i64 = 100_000_000_000_000;
const NANOSECONDS_FROM: i64 = 100_000_000_000_000_000;

pub(super) fn check(event: &Event<'_>, checks: Checks, findings: &mut Findings) {
    if event.event_name.as_deref().is_none_or(str::is_empty) {
        findings.refuse(
            subcodes::PARAMETER,
            "event_name",
            required(event, "event_name", "the event has no name"),
        );
    }
    if event.event_time.is_none() {
        findings.refuse(
            subcodes::PARAMETER,
            "event_time",
            required(event, "event_time", "the event has no time; give Unix seconds"),
        );
    }
    if event.user_data.is_none() {
        findings.refuse(
            subcodes::PARAMETER,
            "user_data",
            required(event, "user_data", "the event says nothing of the person"),
        );
    }
    if let Some(time_s) = event.event_time {
        time(event, time_s, checks, findings);
    }
    action_source(event, findings);
}

/// The message for a missing field, or for one that came in a shape that it cannot have.
fn required(event: &Event<'_>, name: &str, missing: &'static str) -> &'static str {
    let misfit = event.extra.iter().any(|(extra, _)| extra == name);
    match (misfit, name) {
        (false, _) => missing,
        (true, "event_name") => "the event's name must be a text",
        (true, "event_time") => {
            "the event's time must be whole Unix seconds such as 1780000000, no date in words and no fraction"
        }
        (true, _) => "user_data must be an object",
    }
}

fn time(event: &Event<'_>, time_s: i64, checks: Checks, findings: &mut Findings) {
    let (age_max_s, too_old) = if event.action_source == Some(ActionSource::PhysicalStore) {
        (STORE_EVENT_AGE_MAX_S, "the event happened more than 62 days ago")
    } else {
        (EVENT_AGE_MAX_S, "the event happened more than 7 days ago")
    };
    if checks.now_s.saturating_sub(time_s) > age_max_s {
        findings.refuse(subcodes::TOO_OLD, "event_time", too_old);
    } else if time_s.saturating_sub(checks.now_s) > FUTURE_TOLERANCE_S {
        let message = match time_s {
            NANOSECONDS_FROM.. => {
                "the time is in nanoseconds; Meta wants seconds, so divide it by 1,000,000,000"
            }
            MICROSECONDS_FROM.. => {
                "the time is in microseconds; Meta wants seconds, so divide it by 1,000,000"
            }
            MILLISECONDS_FROM.. => "the time is in milliseconds; Meta wants seconds, so divide it by 1000",
            _ => "the event lies in the future",
        };
        findings.refuse(subcodes::FUTURE, "event_time", message);
    }
}

fn action_source(event: &Event<'_>, findings: &mut Findings) {
    match &event.action_source {
        Some(ActionSource::Other(word)) if !word.is_empty() => {
            let lower = word.trim().to_ascii_lowercase();
            let mend = if ActionSource::WORDS.contains(&lower.as_str()) {
                format!("the action source must be written {lower:?}")
            } else {
                format!("Meta knows no such action source; it takes {}", ActionSource::WORDS.join(", "))
            };
            findings.refuse(subcodes::PARAMETER, "action_source", mend);
        }
        Some(source) if !source.as_str().is_empty() => {}
        _ if event.extra.iter().any(|(name, _)| name == "action_source") => {
            findings.refuse(subcodes::PARAMETER, "action_source", "the action source must be a text");
        }
        _ => {}
    }
}
