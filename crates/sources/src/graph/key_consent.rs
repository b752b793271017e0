//! What an event says of its person's consent, by whatever its API key says of where that stands.

use capi::event::Extra;
use kopru_core::KeyConsent;
use serde_json::Value;

use crate::consent::answer;

/// What an event says of its person's consent; the property that says so is taken out. A no outweighs a yes.
pub(super) fn take(consent: &KeyConsent, properties: Option<&mut Extra<'_>>) -> Option<bool> {
    let KeyConsent::Field(name) = consent else { return Some(true) };
    let wanted = name.to_lowercase();
    let mut agreed: Option<bool> = None;
    properties?.retain(|(name, json)| {
        let is_wanted = name.trim().to_lowercase() == wanted;
        if is_wanted {
            let value: Value = serde_json::from_str(json.get()).unwrap_or_default();
            let answers = match &value {
                Value::Array(values) => values.iter().filter_map(answer).reduce(|one, other| one && other),
                value => answer(value),
            };
            agreed = agreed.into_iter().chain(answers).reduce(|one, other| one && other);
        }
        !is_wanted
    });
    agreed
}
