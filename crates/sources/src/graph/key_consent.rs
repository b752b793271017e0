//! What an event says of its person's consent, by whatever its sender says of where that stands.

use capi::Event;
use kopru_core::{ConsentAnswer, KeyConsent};
use serde_json::Value;

use crate::consent::answer;

/// What an event says of its person's consent; the property that says so is taken out. A no outweighs a yes.
pub(super) fn take(consent: Option<&KeyConsent>, event: &mut Event<'_>) -> Option<ConsentAnswer> {
    let name = match consent {
        Some(KeyConsent::Field(name)) => name,
        Some(KeyConsent::Sender) => return Some(ConsentAnswer::Yes),
        None => return None,
    };
    let wanted = name.to_lowercase();
    let is_wanted = |name: &str| name.trim().to_lowercase() == wanted;
    let mut agreed = None;
    if let Some(data) = &mut event.custom_data {
        data.extra.retain(|(name, json)| {
            let says_it = is_wanted(name);
            if says_it && let Ok(value) = serde_json::from_str(json.get()) {
                agreed = both(agreed, answer(&value));
            }
            !says_it
        });
    }
    // Written into a text, it is nothing that leaves, and what it says of the person counts all the same.
    for (_, json) in event.extra.iter().filter(|(name, _)| name == "custom_data") {
        let text = serde_json::from_str::<String>(json.get()).unwrap_or_default();
        let members = serde_json::from_str::<serde_json::Map<String, Value>>(&text).unwrap_or_default();
        for (_, value) in members.iter().filter(|(name, _)| is_wanted(name)) {
            agreed = both(agreed, answer(value));
        }
    }
    agreed
}

/// What two answers say together.
fn both(one: Option<ConsentAnswer>, other: Option<ConsentAnswer>) -> Option<ConsentAnswer> {
    one.into_iter().chain(other).reduce(ConsentAnswer::and)
}
