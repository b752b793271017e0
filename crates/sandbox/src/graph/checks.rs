//! What Meta checks on one event, in the order that recorded answers suggest.
//!
//! Required fields, time window, action source, the messaging family, app device info, lead id, breadth
//! of the customer information, Purchase and contents. The first thing wrong refuses the whole request.
//! An event without `action_source` passes, as it did in recorded answers.

use serde_json::{Map, Value};

use super::against::Against;
use super::errors::Refusal;
use super::values::{is_given, is_number};
use super::{identifiers, messaging};

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

pub(super) fn event(index: usize, event: &Value, against: &Against<'_>) -> Result<(), Refusal> {
    let at = format!("$['data'][{index}]");
    let Some(event) = event.as_object() else {
        return Err(Refusal::at_path(&at, "must be a JSON object"));
    };
    for key in ["event_name", "event_time", "user_data"] {
        if event.get(key).is_none_or(|value| value.is_null() || value == "") {
            return Err(Refusal::at_path(&format!("{at}['{key}']"), "is required"));
        }
    }
    let Some(name) = event["event_name"].as_str() else {
        return Err(Refusal::at_path(&format!("{at}['event_name']"), "must be a string"));
    };
    let Some(user_data) = event["user_data"].as_object() else {
        return Err(Refusal::at_path(&format!("{at}['user_data']"), "must be an object"));
    };
    let source = event.get("action_source").filter(|source| !source.is_null());
    time(&event["event_time"], source, against.now_s)?;
    if source.is_some_and(|source| !source.as_str().is_some_and(|text| ACTION_SOURCES.contains(&text))) {
        return Err(Refusal::at_path(&format!("{at}['action_source']"), "is not a known action source"));
    }
    if source.is_some_and(|source| source == "business_messaging") {
        messaging::check(&at, name, event, user_data, against)?;
    }
    if source.is_some_and(|source| source == "app") {
        device_info(event)?;
    }
    identifiers::check(user_data)?;
    let custom_data = event.get("custom_data").and_then(Value::as_object);
    if name == "Purchase" {
        purchase(custom_data)?;
    }
    contents(custom_data)
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
    let entries = event.get("app_data").and_then(|app| app.get("extinfo")).and_then(Value::as_array);
    let right = entries.is_some_and(|entries| {
        entries.len() == 16 && entries[4].as_str().is_some_and(|version| !version.trim().is_empty())
    });
    if right { Ok(()) } else { Err(Refusal::subcode(2_804_043)) }
}

/// Value before currency. What is there but unusable has weaker evidence: 2804016 and 2804023.
fn purchase(custom_data: Option<&Map<String, Value>>) -> Result<(), Refusal> {
    let given = |key| custom_data.and_then(|data| data.get(key)).filter(|value| is_given(value));
    match given("value") {
        None => return Err(Refusal::subcode(2_804_009)),
        Some(value) if !is_number(value) => return Err(Refusal::subcode(2_804_016)),
        Some(_) => {}
    }
    let is_code = |text: &str| text.len() == 3 && text.bytes().all(|letter| letter.is_ascii_alphabetic());
    match given("currency") {
        None => Err(Refusal::subcode(2_804_010)),
        Some(currency) if !currency.as_str().is_some_and(is_code) => Err(Refusal::subcode(2_804_023)),
        Some(_) => Ok(()),
    }
}

fn contents(custom_data: Option<&Map<String, Value>>) -> Result<(), Refusal> {
    let Some(contents) = custom_data.and_then(|data| data.get("contents")) else { return Ok(()) };
    let has_id = |item: &Value| item.get("id").is_some_and(is_given);
    match contents.as_array() {
        Some(items) if items.iter().all(has_id) => Ok(()),
        _ => Err(Refusal::subcode(2_804_008)),
    }
}
