//! Whose consent an API key carries.

use capi::{CustomData, event::Extra};
use serde_json::Value;

use crate::consent::answer;

/// What stands before a field's name.
const FIELD: &str = "field:";

/// Whose consent the events of an API key have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyConsent {
    /// Whoever sends has asked already, and sends of those alone who agreed.
    Sender,
    /// A property of `custom_data` of this name says it of each event. It is not passed on.
    Field(String),
}

impl KeyConsent {
    /// Reads `sender` or `field:NAME`; `None` for anything else, and for a name that is one of Meta's fields.
    pub fn parse(text: &str) -> Option<Self> {
        if text == "sender" {
            return Some(Self::Sender);
        }
        let name = text.strip_prefix(FIELD)?.trim();
        (!name.is_empty() && !CustomData::FIELDS.contains(&name)).then(|| Self::Field(name.to_owned()))
    }

    /// The text of which it is read.
    pub fn as_text(&self) -> String {
        match self {
            Self::Sender => "sender".to_owned(),
            Self::Field(name) => format!("{FIELD}{name}"),
        }
    }

    /// What an event says of its person's consent; the property that says so is taken out. A no outweighs a yes.
    pub(super) fn take(&self, properties: Option<&mut Extra<'_>>) -> Option<bool> {
        let Self::Field(name) = self else { return Some(true) };
        let wanted = name.to_lowercase();
        let mut agreed: Option<bool> = None;
        properties?.retain(|(name, json)| {
            let is_wanted = name.trim().to_lowercase() == wanted;
            if is_wanted {
                let value: Value = serde_json::from_str(json.get()).unwrap_or_default();
                let answers = match &value {
                    Value::Array(values) => {
                        values.iter().filter_map(answer).reduce(|one, other| one && other)
                    }
                    value => answer(value),
                };
                agreed = agreed.into_iter().chain(answers).reduce(|one, other| one && other);
            }
            !is_wanted
        });
        agreed
    }
}
