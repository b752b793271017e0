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
mod broad;
pub(crate) mod click;
mod documented;
mod finding;
pub(crate) mod hashes;
mod identifiers;
mod limited_use;
mod messaging;
pub(crate) mod network;
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

use crate::{Event, FieldSet, event::ActionSource, subcodes};

pub(crate) use finding::json_path;
pub use finding::{Finding, Findings, Severity};
pub use request::{SeenEvents, check_element, check_envelope, check_request};

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
    let mut findings = check_all_but_privacy(event, checks);
    personal::check(event, &mut findings);
    phones::check(event, checks, &mut findings);
    findings
}

/// The same without what the writer leaves out and says itself.
pub(crate) fn check_all_but_privacy(event: &Event<'_>, checks: Checks) -> Findings {
    let mut findings = Findings::default();
    required::check(event, checks, &mut findings);
    match event.action_source {
        Some(ActionSource::BusinessMessaging) => messaging::check(event, &mut findings),
        Some(ActionSource::App) => app::check(event, &mut findings),
        _ => {}
    }
    person::check(event, &mut findings);
    value::check(event, &mut findings);
    documented::check(event, checks, &mut findings);
    advice::check(event, checks, &mut findings);
    identifiers::check(event, checks, &mut findings);
    findings
}

/// Whether an event, once the match keys that held nothing usable are gone, says too little of its
/// person; adds the refusal then.
pub(crate) fn too_broad_once_hashed(event: &Event<'_>, emptied: FieldSet, findings: &mut Findings) -> bool {
    let is_too_broad =
        event.user_data.as_ref().is_some_and(|user| broad::is_too_broad_without(user, emptied));
    if is_too_broad {
        findings.refuse(
            subcodes::TOO_BROAD,
            "user_data",
            "of what is said of the person nothing usable is left that Meta could recognise them by",
        );
    }
    is_too_broad
}

#[cfg(test)]
mod tests;
