//! What Meta would say, said before anything is sent. One bad event makes Meta refuse its whole
//! request, so a bad one must not leave.
//!
//! The order and the subcodes are those that recorded live answers suggest, then Meta's
//! documentation; where only third parties saw a refusal, its entry in
//! [`crate::subcodes`] says so. What is documented as required but was seen to be taken
//! is advice, and a refusal with [`Checks::strict`].

mod advice;
pub(crate) mod alias;
mod app;
mod append;
mod broad;
pub(crate) mod click;
mod documented;
mod finding;
pub(crate) mod hashes;
mod identifiers;
mod limited_use;
mod messaging;
pub(crate) mod network;
mod nobody;
mod person;
mod personal;
mod phones;
mod products;
mod request;
mod required;
mod source_url;
mod unknown;
mod value;
mod worth;

use crate::{Event, UserData, event::ActionSource, subcodes, write::Written};

pub use append::useless_append;
pub(crate) use finding::json_path;
pub use finding::{Finding, Findings, Severity};
pub use request::{SeenEvents, check_element, check_envelope, check_request, is_batched};

/// How an event is looked at.
#[derive(Debug, Clone, Copy)]
pub struct Checks {
    /// The time at which it would be sent, Unix seconds.
    pub now_s: i64,
    /// Refuse what Meta's documentation requires, also where Meta was seen to take it.
    pub strict: bool,
    /// Look at it as the body that leaves, in which identifiers are hashed already. Otherwise
    /// plain identifiers are as they should be: writing hashes them.
    pub as_sent: bool,
}

impl Checks {
    /// An event that is to be sent now.
    pub fn at(now_s: i64) -> Self {
        Self { now_s, strict: false, as_sent: false }
    }
}

/// All that is to be said of an event, as far as the event alone can show; whether the dataset is
/// linked, the click real and the person known only Meta knows.
///
/// ```
/// use capi::{Checks, Event, check};
///
/// let event = Event::from_slice(br#"{"event_name":"Purchase","event_time":1780000000,
///     "action_source":"phone_call","user_data":{"em":"ada@example.com"}}"#).unwrap();
/// let findings = check(&event, Checks::at(1_780_000_060));
/// let refusal = findings.refusal().unwrap();
/// assert_eq!(refusal.subcode(), Some(2_804_010));
/// assert_eq!(refusal.json_path(0), "$['data'][0]['custom_data']['currency']");
/// ```
pub fn check(event: &Event<'_>, checks: Checks) -> Findings {
    let mut findings = Findings::default();
    refused(event, checks, &mut findings);
    advised(event, checks, &mut findings);
    personal::check(event, &mut findings);
    phones::check(event, checks, &mut findings);
    findings
}

/// The refusal that Meta would answer with, if any: the first that [`check`] finds, without the advice, which
/// costs more and which nobody reads of an event that leaves.
pub fn refusal(event: &Event<'_>, checks: Checks) -> Option<Finding> {
    let mut findings = Findings::default();
    refused(event, checks, &mut findings);
    // Only then some of the advice is a refusal.
    if checks.strict {
        advised(event, checks, &mut findings);
    }
    findings.into_refusal()
}

/// The fields for which Meta would refuse the event.
pub(crate) fn refused_fields(event: &Event<'_>, checks: Checks) -> Vec<String> {
    let mut findings = Findings::default();
    refused(event, checks, &mut findings);
    findings.iter().map(|finding| finding.path.to_string()).collect()
}

/// What Meta refuses, in the order in which it looks.
fn refused(event: &Event<'_>, checks: Checks, findings: &mut Findings) {
    required::check(event, checks, findings);
    match event.action_source {
        Some(ActionSource::BusinessMessaging) => messaging::check(event, findings),
        Some(ActionSource::App) => app::check(event, findings),
        _ => {}
    }
    person::check(event, findings);
    value::check(event, findings);
}

/// What Meta takes but could use better, and what the documentation alone forbids.
fn advised(event: &Event<'_>, checks: Checks, findings: &mut Findings) {
    documented::check(event, checks, findings);
    advice::check(event, checks, findings);
    identifiers::check(event, checks, findings);
}

/// What is said where nothing usable tells the person.
const NOBODY_LEFT: &str = "nothing is left that Meta could recognise the person by";

/// The refusal of an event that, once the match keys that held nothing usable are gone, says too little of its
/// person.
pub(crate) fn refusal_once_hashed(event: &Event<'_>, written: &Written) -> Option<Finding> {
    let user = event.user_data.as_ref()?;
    if !broad::is_too_broad_without(user, written.emptied) {
        return None;
    }
    let of_the_person = |name: &&'static str| UserData::FIELDS.contains(name);
    let gone: Vec<_> = written.left_out().filter(|(name, _)| of_the_person(name)).collect();
    let reasons: Vec<String> = gone.iter().map(|(name, why)| format!("{name} ({why})")).collect();
    let path = match gone.as_slice() {
        [(name, _)] => format!("user_data.{name}"),
        _ => "user_data".to_owned(),
    };
    let message =
        format!("{NOBODY_LEFT}: {}; give a value that is theirs, or leave the event out", reasons.join(", "));
    Some(Finding::refusal(Some(subcodes::TOO_BROAD), path, message))
}

#[cfg(test)]
mod tests;
