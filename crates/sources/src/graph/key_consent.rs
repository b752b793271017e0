//! What an event says of its person's consent, by whatever its sender says of where that stands.

use std::collections::BTreeMap;

use capi::{Envelope, Event, event::Extra, privacy::shown};
use kopru_core::{ConsentAnswer, KeyConsent};
use serde_json::{Value, value::RawValue};

use crate::consent::{answer, is_named_consent, is_plain_no};

/// The object in which a key's property stands.
const CUSTOM_DATA: &str = "custom_data";

/// What is said of a person's consent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct ConsentSaid {
    /// The answer, or nothing.
    pub(super) answer: Option<ConsentAnswer>,
    /// Whether something was answered that can be read as neither yes nor no.
    pub(super) is_unclear: bool,
    /// The name of the object in which an answer stood that does not belong there; empty for the event itself.
    pub(super) elsewhere: Option<&'static str>,
    /// What is called consent and is not what the key names.
    pub(super) unnamed: Vec<UnnamedConsent>,
}

/// A property that is called consent, where the key names another one or none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct UnnamedConsent {
    /// The property's name as it can be shown.
    pub(super) name: String,
    /// Where it stands.
    pub(super) path: String,
    /// Whether it says no, which counts all the same.
    pub(super) is_no: bool,
}

/// What a property is for consent.
enum ConsentProperty {
    /// The key says that consent stands here.
    Named,
    /// It has the name that the key says, and stands where no answer belongs.
    Elsewhere,
    /// Its name alone says what it is.
    Unnamed,
}

impl ConsentSaid {
    /// Takes from an object what says something of consent.
    fn take(&mut self, within: &'static str, consent: &KeyConsent, extra: &mut Extra<'_>) {
        extra.retain(|(name, json)| {
            let property = property(within, consent, name);
            if let Some(property) = &property {
                self.add(property, within, name, json);
            }
            property.is_none()
        });
    }

    fn add(&mut self, property: &ConsentProperty, within: &'static str, name: &str, json: &RawValue) {
        let value = value(json);
        let said = match property {
            // What cannot be looked into is no yes.
            ConsentProperty::Named => value.map_or(Some(ConsentAnswer::Unclear), |value| answer(&value)),
            ConsentProperty::Elsewhere => {
                self.elsewhere = Some(within);
                no_if(denies(value.as_ref()))
            }
            ConsentProperty::Unnamed => {
                let unnamed = UnnamedConsent::of(within, name, value.as_ref());
                let said = no_if(unnamed.is_no);
                self.unnamed.push(unnamed);
                said
            }
        };
        self.is_unclear |= said == Some(ConsentAnswer::Unclear);
        self.answer = both(self.answer, said);
    }
}

impl UnnamedConsent {
    fn of(within: &str, name: &str, value: Option<&Value>) -> Self {
        let name = shown(name);
        let path = if within.is_empty() { name.clone() } else { format!("{within}.{name}") };
        Self { name, path, is_no: value.is_some_and(is_plain_no) }
    }
}

/// What an event says of its person's consent; the property that says so is taken out. A no outweighs a yes. `beside`
/// is what stands beside the events.
pub(super) fn take(consent: Option<&KeyConsent>, beside: &BesideData, event: &mut Event<'_>) -> ConsentSaid {
    let Some(consent) = consent else { return ConsentSaid::default() };
    let of_sender = (*consent == KeyConsent::Sender).then_some(ConsentAnswer::Yes);
    let mut said = ConsentSaid { answer: both(of_sender, no_if(beside.is_no)), ..ConsentSaid::default() };
    if let Some(data) = &mut event.custom_data {
        said.take(CUSTOM_DATA, consent, &mut data.extra);
    }
    // Written into a text, it is nothing that leaves, and what it says of the person counts all the same.
    for (_, json) in event.extra.iter().filter(|(name, _)| name == CUSTOM_DATA) {
        let text = serde_json::from_str::<String>(json.get()).unwrap_or_default();
        let members = serde_json::from_str::<BTreeMap<String, Box<RawValue>>>(&text);
        for (name, json) in &members.unwrap_or_default() {
            if let Some(property) = property(CUSTOM_DATA, consent, name) {
                said.add(&property, CUSTOM_DATA, name, json);
            }
        }
    }
    said.take("", consent, &mut event.extra);
    if let Some(user) = &mut event.user_data {
        said.take("user_data", consent, &mut user.extra);
    }
    said
}

/// What stands of consent beside the list of events, where none belongs.
#[derive(Debug, Default)]
pub(super) struct BesideData {
    /// Whether anything there says no.
    is_no: bool,
    /// Whether it stands under the name that the key names.
    pub(super) is_named: bool,
    /// What is called consent otherwise.
    pub(super) unnamed: Vec<UnnamedConsent>,
}

/// What stands of consent beside the list of events.
pub(super) fn beside_data(consent: Option<&KeyConsent>, envelope: &Envelope<'_>) -> BesideData {
    let mut beside = BesideData::default();
    let Some(consent) = consent else { return beside };
    for (name, json) in &envelope.extra {
        match property("", consent, name) {
            Some(ConsentProperty::Unnamed) => {
                let unnamed = UnnamedConsent::of("", name, value(json).as_ref());
                beside.is_no |= unnamed.is_no;
                beside.unnamed.push(unnamed);
            }
            Some(ConsentProperty::Named | ConsentProperty::Elsewhere) => {
                beside.is_named = true;
                beside.is_no |= denies(value(json).as_ref());
            }
            None => {}
        }
    }
    beside
}

/// What a property is for consent, by its name and where it stands.
fn property(within: &str, consent: &KeyConsent, name: &str) -> Option<ConsentProperty> {
    match consent {
        KeyConsent::Field(wanted) if name.trim().to_lowercase() == wanted.to_lowercase() => {
            Some(if within == CUSTOM_DATA { ConsentProperty::Named } else { ConsentProperty::Elsewhere })
        }
        KeyConsent::Field(_) | KeyConsent::Sender => {
            is_named_consent(name).then_some(ConsentProperty::Unnamed)
        }
    }
}

/// What stands there, if it can be looked into.
fn value(json: &RawValue) -> Option<Value> {
    serde_json::from_str(json.get()).ok()
}

/// Whether it is or holds a no.
fn denies(value: Option<&Value>) -> bool {
    value.and_then(answer) == Some(ConsentAnswer::No)
}

fn no_if(is_no: bool) -> Option<ConsentAnswer> {
    is_no.then_some(ConsentAnswer::No)
}

/// What two answers say together.
fn both(one: Option<ConsentAnswer>, other: Option<ConsentAnswer>) -> Option<ConsentAnswer> {
    one.into_iter().chain(other).reduce(ConsentAnswer::and)
}
