//! What Meta gets of an event.

use capi::{FieldSet, Written};
use serde::Serialize;

/// What Meta gets of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// The event as JSON.
    pub body: String,
    /// What that carries.
    pub carried: Carried,
}

/// By what Meta can recognise a person and what it is told of a worth, under Meta's names. Holds no value.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Carried {
    /// The fields of the person and of what the event was worth.
    pub keys: FieldSet,
    /// Those of which nothing usable was left.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<LeftOut>,
    /// Those that the event did not say itself: what else is known of the person.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub added: Vec<String>,
}

impl Carried {
    /// The names of what was added, of what is stored.
    pub fn added_of_stored(stored: &str) -> Vec<String> {
        #[derive(serde::Deserialize)]
        struct Added {
            #[serde(default)]
            added: Vec<String>,
        }
        serde_json::from_str(stored).map_or_else(|_| Vec::new(), |Added { added }| added)
    }
}

/// A field that was given and does not leave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LeftOut {
    /// Its name at Meta.
    pub key: &'static str,
    /// Why, as a stable code of [`capi::Dropped`].
    pub why: &'static str,
}

impl From<&Written> for Carried {
    fn from(written: &Written) -> Self {
        let left_out = written.left_out().map(|(key, why)| LeftOut { key, why: why.code() });
        Self { keys: written.carried, left_out: left_out.collect(), added: Vec::new() }
    }
}

#[cfg(test)]
mod tests {
    use capi::{Event, Normalizer, Rules};

    use super::*;

    #[test]
    fn names_and_codes_are_stored_and_no_value() {
        for (json, stored) in [
            (
                r#"{"user_data":{"ctwa_clid":"c","ph":"n/a"},"custom_data":{"value":5}}"#,
                r#"{"keys":["ctwa_clid","value"],"left_out":[{"key":"ph","why":"placeholder"}]}"#,
            ),
            (r#"{"user_data":{"em":"ada@example.com"}}"#, r#"{"keys":["em"]}"#),
            ("{}", r#"{"keys":[]}"#),
        ] {
            let event = Event::from_slice(json.as_bytes()).unwrap();
            let written = capi::write_event(&event, &mut Normalizer::new(Rules::Both, 0), &mut Vec::new());
            assert_eq!(serde_json::to_string(&Carried::from(&written)).unwrap(), stored);
        }
    }
}
