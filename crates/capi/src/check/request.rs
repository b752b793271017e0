//! The request as a whole.

use std::collections::HashSet;

use super::{Checks, Findings, check};
use crate::{Element, RequestBody, limits::EVENTS_PER_REQUEST_MAX, subcodes};

/// `partner_agent` must be shorter than this and have that many letters. Meta's documentation.
const PARTNER_AGENT_LIMIT: usize = 23;
const PARTNER_AGENT_LETTERS: usize = 2;

/// What is to be said of the request itself, not of one of its events. Advice on an event that
/// repeats another names the event's place in its path.
pub fn check_request(request: &RequestBody<'_>) -> Findings {
    let mut findings = Findings::default();
    let count = request.data.len() + request.surplus;
    if !request.has_data {
        findings.refuse_whole("data", "the request needs the list \"data\" with the events");
    } else if count == 0 {
        findings.refuse_whole("data", "the list of events is empty");
    } else if count > EVENTS_PER_REQUEST_MAX {
        findings.refuse_whole(
            "data",
            format!("a request takes {EVENTS_PER_REQUEST_MAX} events and this one has {count}; split it"),
        );
    }
    let envelope = &request.envelope;
    if let Some(agent) = &envelope.partner_agent {
        let letters = agent.chars().filter(char::is_ascii_alphabetic).count();
        if agent.chars().count() >= PARTNER_AGENT_LIMIT || letters < PARTNER_AGENT_LETTERS {
            findings.advise(
                "partner_agent",
                "partner_agent",
                "a partner agent has fewer than 23 characters and at least 2 letters",
            );
        }
    }
    if envelope.test_event_code.as_deref().is_some_and(|code| !code.is_empty()) {
        findings.advise(
            "test_event_code",
            "test_event_code",
            "events with a test code count like all others; take it out in production",
        );
    }
    repetitions(request, &mut findings);
    findings
}

fn repetitions(request: &RequestBody<'_>, findings: &mut Findings) {
    let mut seen = HashSet::new();
    for (place, event) in request.data.iter().enumerate() {
        let Ok(event) = event else { continue };
        let (Some(name), Some(id)) = (event.event_name.as_deref(), event.event_id.as_deref()) else {
            continue;
        };
        if !id.is_empty() && !seen.insert((name, id)) {
            findings.advise(
                "repeated_event",
                format!("data.{place}.event_id"),
                "an event of this name and id is in the request already; Meta counts the first",
            );
        }
    }
}

/// All that is to be said of one element of `data`, also of one that is no event.
pub fn check_element(element: &Element<'_>, checks: Checks) -> Findings {
    if let Ok(event) = element {
        return check(event, checks);
    }
    let mut findings = Findings::default();
    findings.refuse(subcodes::PARAMETER, "", "an event must be a JSON object");
    findings
}
