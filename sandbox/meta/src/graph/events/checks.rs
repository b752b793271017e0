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
use crate::values::{id_of, is_float, is_given, is_number};

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
    time(place, &event["event_time"], source, context.now_s)?;
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
    // What is no object has nothing in it; no answer was recorded that refuses it for its form.
    let custom_data = event.get("custom_data").and_then(Value::as_object);
    money(name, custom_data)?;
    contents(place, custom_data)?;
    if context.strict_docs { strict::check(place, event, user_data, custom_data) } else { Ok(()) }
}

/// A text of digits is a number to Graph. A date in words or a fraction is no Unix time at all, which is
/// another fault than a clock that is wrong.
fn time(place: Place, given: &Value, source: Option<&Value>, now_s: i64) -> Result<(), Refusal> {
    let at_s = given.as_i64().or_else(|| given.as_str().and_then(|text| text.parse().ok()));
    let at_s = at_s.ok_or_else(|| place.refuse("['event_time']", "must be a Unix time in whole seconds"))?;
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
    if wrong {
        return Err(Refusal::subcode(2_804_023));
    }
    if custom_data.and_then(|data| data.get("order_id")).is_some_and(is_float) {
        return Err(Refusal::subcode(2_804_016));
    }
    Ok(())
}

/// The keys that an element of `contents` may have, after Meta's page on custom data and its SDKs.
const THING: [&str; 8] =
    ["id", "quantity", "item_price", "title", "description", "brand", "category", "delivery_category"];

/// A list of objects (a text in its place was answered with 2804019 in 2021), with no other keys than
/// Meta's (2804019 "Unexpected key", two answers in 2024), each with an id (2804008, 2021).
fn contents(place: Place, custom_data: Option<&Map<String, Value>>) -> Result<(), Refusal> {
    let Some(contents) = custom_data.and_then(|data| data.get("contents")) else { return Ok(()) };
    let path = "['custom_data']['contents']";
    let things = match contents {
        Value::Null => return Ok(()),
        Value::Array(things) => things,
        _ => return Err(place.refuse(path, "must be an array")),
    };
    for (index, thing) in things.iter().enumerate() {
        let thing = thing.as_object().ok_or_else(|| Refusal::subcode(2_804_008))?;
        let strange = thing.iter().find(|(key, value)| !THING.contains(&key.as_str()) && !value.is_null());
        if strange.is_some() {
            return Err(place.refuse(&format!("{path}[{index}]"), "has an unexpected key"));
        }
        if thing.get("id").and_then(id_of).is_none() {
            return Err(Refusal::subcode(2_804_008));
        }
    }
    Ok(())
}
