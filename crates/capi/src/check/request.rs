//! The request as a whole.

use std::{
    borrow::Cow,
    collections::HashSet,
    hash::{BuildHasher as _, RandomState},
};

use super::{
    Checks, Finding, Findings, Severity,
    alias::{self, KeyHome},
    check,
};
use crate::{
    Element, Envelope, Event, RequestBody,
    event::Extra,
    limits::EVENTS_PER_REQUEST_MAX,
    privacy,
    read::{ObjectShape, check_json},
    subcodes,
};

/// `partner_agent` must be shorter than this and have that many letters. Meta's documentation.
const PARTNER_AGENT_LIMIT: usize = 23;
const PARTNER_AGENT_LETTERS: usize = 2;
/// Of so many parameters that are none of Meta's something is said.
const FIELDS_MAX: usize = 20;

/// What is to be said of the request itself, not of one of its events. Advice on an event that
/// repeats another names the event's place in its path.
pub fn check_request(request: &RequestBody<'_>) -> Findings {
    let count = request.data.len() + request.surplus;
    let mut findings = check_envelope(&request.envelope, request.has_data, count);
    let mut seen = SeenEvents::default();
    for (place, event) in request.data.iter().enumerate() {
        if let Some(advice) = event.as_ref().ok().and_then(|event| seen.advice(event)) {
            findings.push(Finding { path: format!("data.{place}.event_id").into(), ..advice });
        }
    }
    findings
}

/// The same without the events: whether there was a list of them, and how many it held.
pub fn check_envelope(envelope: &Envelope<'_>, has_data: bool, count: usize) -> Findings {
    let mut findings = Findings::default();
    let has = |name: &str| envelope.extra.iter().any(|(extra, _)| extra == name);
    if !has_data && (has("events_received") || has("error") || has("fbtrace_id")) {
        findings.refuse_whole("data", "this is Meta's answer; give the body of the request");
    } else if !has_data && has("batch") {
        findings.refuse_whole("batch", IS_BATCH);
    } else if !has_data && envelope.extra.iter().any(|(name, _)| is_in_brackets(name)) {
        findings.refuse_whole(
            "data",
            "the form spells the events out in fields of their own, data[0][event_name] and so on; write them as JSON in the one field data: data=[{…}]",
        );
    } else if !has_data && let Some((path, message)) = other_body(&has) {
        findings.refuse_whole(path, message);
        return findings;
    } else if !has_data {
        findings.refuse_whole("data", match envelope.data_shape {
            None => "the request needs the list \"data\" with the events: {\"data\": [{…}]}",
            Some(ObjectShape::Places) => {
                "data is an object whose keys are the places of the events, as PHP leaves it where something was taken out; array_values makes it the list that Meta needs"
            }
            Some(ObjectShape::Around) => {
                "within data stands the list of events once more; it has to be data itself: {\"data\": [{…}]}"
            }
            Some(ObjectShape::One) => "data is one object; put the event into a list: {\"data\": [{…}]}",
        });
    } else if count == 0 {
        findings.refuse_whole("data", "the list of events is empty");
    } else if count > EVENTS_PER_REQUEST_MAX {
        findings.refuse_whole(
            "data",
            format!("a request takes {EVENTS_PER_REQUEST_MAX} events and this one has {count}; split it"),
        );
    }
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
    misplaced(&envelope.extra, &mut findings);
    findings
}

/// Whether a field's name says where in an object its value stands, as forms of PHP do: `data[0][event_name]`,
/// `user_data[em][]`.
fn is_in_brackets(name: &str) -> bool {
    name.strip_suffix(']')
        .and_then(|name| name.split_once('['))
        .is_some_and(|(object, _)| object == "data" || Event::FIELDS.contains(&object))
}

/// Bodies of others that people have at hand, and where in them Meta's may be.
fn other_body(has: &impl Fn(&str) -> bool) -> Option<(&'static str, &'static str)> {
    if has("log") {
        Some((
            "log",
            "this is a HAR file of a browser; the body of a request is the text in log.entries[].request.postData.text",
        ))
    } else if has("info") && has("item") {
        Some((
            "item",
            "this is a Postman collection; the body of a request is the text in item[].request.body.raw",
        ))
    } else if (has("client_id") || has("app_instance_id")) && has("events") {
        Some((
            "events",
            "this is a body of Google Analytics 4 (Measurement Protocol), whose events have params; Meta's have event_name, event_time, user_data and custom_data",
        ))
    } else if has("type") && (has("properties") || has("traits")) {
        Some((
            "properties",
            "this is a call of Segment; its event is Meta's event_name, messageId event_id, timestamp event_time in Unix seconds, properties custom_data and context.traits user_data",
        ))
    } else {
        None
    }
}

/// Graph API batches: <https://developers.facebook.com/docs/graph-api/batch-requests>.
const IS_BATCH: &str = "this is a batch of the Graph API; give the body of one of its requests, or send the events to /<id>/events";

/// What stands beside `data` and belongs into its events, or is called otherwise.
fn misplaced(extra: &Extra<'_>, findings: &mut Findings) {
    for (name, _) in extra.iter().take(FIELDS_MAX) {
        if let Some(home) = KeyHome::Request.home_of(name) {
            let message = format!("Meta takes this {}; here it is ignored", home.shown());
            findings.advise("misplaced_field", privacy::shown_in_path(name), message);
        } else if let Some(key) = KeyHome::Request.key_of(name) {
            findings.advise("field_name", privacy::shown_in_path(name), alias::advice(key, name));
        } else if alias::is_of_the_address(name) {
            findings.advise("misplaced_field", privacy::shown_in_path(name), alias::IN_THE_ADDRESS);
        }
    }
}

/// Names and ids of the events before, as far back as there is room.
#[derive(Debug, Default)]
pub struct SeenEvents {
    seen: HashSet<u64>,
    keys: RandomState,
}

/// Of so many events the ids are known; a request has a thousand.
const SEEN_MAX: usize = 1 << 18;

impl SeenEvents {
    /// What is to be said of an event whose name and id another one had before it.
    pub fn advice(&mut self, event: &Event<'_>) -> Option<Finding> {
        let (name, id) = (event.event_name.as_deref()?, event.event_id.as_deref()?);
        if id.is_empty() {
            return None;
        }
        if self.seen.len() == SEEN_MAX {
            self.seen.clear();
        }
        let is_new = self.seen.insert(self.keys.hash_one((name, id)));
        (!is_new).then_some(Finding {
            severity: Severity::Advice,
            code: "repeated_event",
            path: "event_id".into(),
            message: "an event of this name and id is in the request already; Meta counts the first".into(),
        })
    }
}

/// All that is to be said of one element of `data`, also of one that is no event.
pub fn check_element(element: &Element<'_>, checks: Checks) -> Findings {
    let mut findings = Findings::default();
    if let Ok(event) = element {
        if is_of_a_batch(event) {
            findings.refuse(subcodes::PARAMETER, "", IS_BATCH);
            return findings;
        }
        return check(event, checks);
    }
    let json = element.as_ref().err().map(|json| json.get()).unwrap_or_default();
    let message: Cow<'static, str> = match json.as_bytes().first() {
        Some(b'[') => "an event must be a JSON object; here is a list within the list of events".into(),
        Some(b'{') => match Event::from_slice(json.as_bytes()) {
            Ok(_) => "the event cannot be read".into(),
            Err(error) => format!("the event cannot be read: {error}").into(),
        },
        _ => text_of_an_event(json).unwrap_or("an event must be a JSON object".into()),
    };
    findings.refuse(subcodes::PARAMETER, "", message);
    findings
}

/// What is broken in a text that was to hold an event.
fn text_of_an_event(json: &str) -> Option<Cow<'static, str>> {
    let text: String = serde_json::from_str(json).ok()?;
    let error = check_json(text.as_bytes()).err()?;
    let message = format!("the text that stands for the event is no JSON object: {error}");
    text.trim_start().starts_with('{').then(|| message.into())
}

/// Whether an element of a list is a request of the Graph API's batches, of which [`check_element`] says all that is
/// to be said.
pub fn is_batched(element: &Element<'_>) -> bool {
    element.as_ref().is_ok_and(is_of_a_batch)
}

/// Whether it is a request within a batch and no event.
fn is_of_a_batch(event: &Event<'_>) -> bool {
    let has = |name: &str| event.extra.iter().any(|(extra, _)| extra == name);
    event.event_name.is_none() && has("method") && has("relative_url")
}
