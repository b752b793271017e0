//! What Meta checks on one event, in the order that recorded answers suggest.
//!
//! Required fields, time window, action source, the messaging family, app device info, lead id, breadth
//! of the customer information, money and contents. The first thing wrong refuses the whole request.
//! What only the documentation asks for, and recorded answers did not, is in [`super::strict`].

use serde_json::{Map, Value};

use super::check_context::CheckContext;
use super::place::Place;
use super::{currencies, identifiers, messaging, strict};
use crate::graph::errors::Refusal;
use crate::values::{id_of, is_given, is_number};

const DAY_S: i64 = 86_400;
/// Events may be this old.
const OLDEST_S: i64 = 7 * DAY_S;
/// Events of a physical store may be this old.
const OLDEST_IN_STORE_S: i64 = 62 * DAY_S;
/// Events may be this far in the future; one source only says so.
const AHEAD_S: i64 = 3600;

const ACTION_SOURCES: [&str; 9] = [
    "website",
    "app",
    "email",
    "phone_call",
    "chat",
    "physical_store",
    "system_generated",
    "business_messaging",
    "other",
];

pub(super) fn event(place: Place, event: &Value, context: &CheckContext<'_>) -> Result<(), Refusal> {
    let Some(event) = event.as_object() else {
        return Err(place.refuse("", "must be a JSON object"));
    };
    for key in ["event_name", "event_time", "user_data"] {
        if event.get(key).is_none_or(|value| value.is_null() || value == "") {
            return Err(place.refuse(&format!("['{key}']"), "is required"));
        }
    }
    let Some(name) = event["event_name"].as_str() else {
        return Err(place.refuse("['event_name']", "must be a string"));
    };
    let Some(user_data) = event["user_data"].as_object() else {
        return Err(place.refuse("['user_data']", "must be an object"));
    };
    let source = event.get("action_source").filter(|source| !source.is_null());
    time(&event["event_time"], source, context.now_s)?;
    if source.is_some_and(|source| !source.as_str().is_some_and(|text| ACTION_SOURCES.contains(&text))) {
        return Err(place.refuse("['action_source']", "is not a known action source"));
    }
    if context.dataset.ldu_required && event.get("data_processing_options").is_none_or(Value::is_null) {
        return Err(Refusal::subcode(2_804_030));
    }
    if source.is_some_and(|source| source == "business_messaging") {
        messaging::check(place, name, event, user_data, context)?;
    }
    if source.is_some_and(|source| source == "app") {
        device_info(event)?;
    }
    identifiers::check(user_data)?;
    let custom_data = match event.get("custom_data") {
        None | Some(Value::Null) => None,
        Some(Value::Object(data)) => Some(data),
        Some(_) => return Err(place.refuse("['custom_data']", "must be an object")),
    };
    money(name, custom_data)?;
    contents(custom_data)?;
    if context.strict_docs { strict::check(place, event, user_data, custom_data) } else { Ok(()) }
}

/// A text of digits is a number to Graph; anything else is refused like a time in the future.
fn time(given: &Value, source: Option<&Value>, now_s: i64) -> Result<(), Refusal> {
    let at_s = given.as_i64().or_else(|| given.as_str().and_then(|text| text.parse().ok()));
    let Some(at_s) = at_s else { return Err(Refusal::subcode(2_804_004)) };
    let in_store = source.is_some_and(|source| source == "physical_store");
    if at_s < now_s - if in_store { OLDEST_IN_STORE_S } else { OLDEST_S } {
        return Err(Refusal::subcode(2_804_003));
    }
    if at_s > now_s + AHEAD_S { Err(Refusal::subcode(2_804_004)) } else { Ok(()) }
}

fn device_info(event: &Map<String, Value>) -> Result<(), Refusal> {
    let extinfo = event.get("app_data").and_then(|app| app.get("extinfo"));
    let version = match extinfo {
        Some(Value::Array(entries)) if entries.len() == 16 => entries.get(4),
        // Meta's Node SDK sends an object with the places as keys, and leaves out what is not set.
        Some(Value::Object(entries)) if entries.keys().all(|key| is_place(key)) => entries.get("4"),
        _ => None,
    };
    if version.and_then(id_of).is_some() { Ok(()) } else { Err(Refusal::subcode(2_804_043)) }
}

/// `0` to `15`.
fn is_place(key: &str) -> bool {
    key.parse::<u8>().is_ok_and(|place| place < 16)
}

/// A purchase needs a currency and a value. On any event a value must be a number with a currency that
/// exists; for that the evidence is weaker.
fn money(name: &str, custom_data: Option<&Map<String, Value>>) -> Result<(), Refusal> {
    let given = |key| custom_data.and_then(|data| data.get(key)).filter(|value| is_given(value));
    let (value, currency) = (given("value"), given("currency"));
    if name == "Purchase" && currency.is_none() {
        return Err(Refusal::subcode(2_804_010));
    }
    if name == "Purchase" && value.is_none() {
        return Err(Refusal::subcode(2_804_009));
    }
    if value.is_some_and(|value| !is_number(value)) {
        return Err(Refusal::subcode(2_804_016));
    }
    let exists = |currency: &Value| currency.as_str().is_some_and(currencies::exists);
    let wrong = match currency {
        None => value.is_some(),
        Some(currency) => !exists(currency),
    };
    if wrong { Err(Refusal::subcode(2_804_023)) } else { Ok(()) }
}

fn contents(custom_data: Option<&Map<String, Value>>) -> Result<(), Refusal> {
    let Some(contents) = custom_data.and_then(|data| data.get("contents")) else { return Ok(()) };
    let has_id = |item: &Value| item.get("id").and_then(id_of).is_some();
    match contents {
        Value::Null => Ok(()),
        Value::Array(items) if items.iter().all(has_id) => Ok(()),
        _ => Err(Refusal::subcode(2_804_008)),
    }
}
