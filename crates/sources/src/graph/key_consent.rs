//! What an event says of its person's consent, by whatever its sender says of where that stands.

use std::collections::BTreeMap;

use capi::{Envelope, Event};
use kopru_core::{ConsentAnswer, KeyConsent};
use serde_json::value::RawValue;

use crate::consent::answer;

/// What is said of a person's consent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct ConsentSaid {
    /// The answer, or nothing.
    pub(super) answer: Option<ConsentAnswer>,
    /// Whether something was answered that can be read as neither yes nor no.
    pub(super) is_unclear: bool,
    /// The name of the object in which an answer stood that does not belong there; empty for the event itself.
    pub(super) elsewhere: Option<&'static str>,
}

impl ConsentSaid {
    fn add(&mut self, json: &RawValue) {
        let said = said(json);
        self.answer = both(self.answer, said);
        self.is_unclear |= said == Some(ConsentAnswer::Unclear);
    }

    /// The same of what stands where no answer belongs.
    fn add_elsewhere(&mut self, within: &'static str, json: &RawValue) {
        self.elsewhere = Some(within);
        self.answer = both(self.answer, no(json));
    }
}

/// What an event says of its person's consent; the property that says so is taken out. A no outweighs a yes. `beside`
/// is what stands beside the events.
pub(super) fn take(
    consent: Option<&KeyConsent>,
    beside: Option<&BesideData>,
    event: &mut Event<'_>,
) -> ConsentSaid {
    let name = match consent {
        Some(KeyConsent::Field(name)) => name,
        Some(KeyConsent::Sender) => {
            return ConsentSaid { answer: Some(ConsentAnswer::Yes), ..ConsentSaid::default() };
        }
        None => return ConsentSaid::default(),
    };
    let is_wanted = |one: &str| is_called(one, name);
    let mut said = ConsentSaid { answer: beside.and_then(|beside| beside.no), ..ConsentSaid::default() };
    if let Some(data) = &mut event.custom_data {
        data.extra.retain(|(name, json)| {
            let says_it = is_wanted(name);
            if says_it {
                said.add(json);
            }
            !says_it
        });
    }
    // Written into a text, it is nothing that leaves, and what it says of the person counts all the same.
    for (_, json) in event.extra.iter().filter(|(name, _)| name == "custom_data") {
        let text = serde_json::from_str::<String>(json.get()).unwrap_or_default();
        let members = serde_json::from_str::<BTreeMap<String, Box<RawValue>>>(&text);
        for (_, json) in members.unwrap_or_default().iter().filter(|(name, _)| is_wanted(name)) {
            said.add(json);
        }
    }
    let user = event.user_data.as_mut().map(|user| ("user_data", &mut user.extra));
    for (within, extra) in [Some(("", &mut event.extra)), user].into_iter().flatten() {
        extra.retain(|(name, json)| {
            let says_it = is_wanted(name);
            if says_it {
                said.add_elsewhere(within, json);
            }
            !says_it
        });
    }
    said
}

/// An answer beside the list of events, where none belongs.
#[derive(Debug)]
pub(super) struct BesideData {
    /// A no, or nothing.
    no: Option<ConsentAnswer>,
}

/// The answer beside the list of events, if there is one.
pub(super) fn beside_data(consent: Option<&KeyConsent>, envelope: &Envelope<'_>) -> Option<BesideData> {
    let Some(KeyConsent::Field(name)) = consent else { return None };
    let answers = envelope.extra.iter().filter(|(one, _)| is_called(one, name));
    answers.map(|(_, json)| no(json)).reduce(both).map(|no| BesideData { no })
}

fn is_called(one: &str, name: &str) -> bool {
    one.trim().to_lowercase() == name.to_lowercase()
}

/// A no, if it is one.
fn no(json: &RawValue) -> Option<ConsentAnswer> {
    said(json).filter(|answer| *answer == ConsentAnswer::No)
}

/// What a value says. What cannot be looked into is no yes.
fn said(json: &RawValue) -> Option<ConsentAnswer> {
    serde_json::from_str(json.get()).map_or(Some(ConsentAnswer::Unclear), |value| answer(&value))
}

/// What two answers say together.
fn both(one: Option<ConsentAnswer>, other: Option<ConsentAnswer>) -> Option<ConsentAnswer> {
    one.into_iter().chain(other).reduce(ConsentAnswer::and)
}
