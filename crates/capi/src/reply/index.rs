//! Which event of a request Meta blames. A hint for splitting the batch, so a wrong or missing
//! one costs only requests.

use serde_json::Value;

use super::error::number;

/// The position of the bad event among `sent`, if Meta names exactly one that exists.
///
/// Recorded live answers name it as `$['data'][0]['user_data']` within a text that is otherwise
/// localised; `error_data.blame_field_specs` is a list of paths and sometimes a string with JSON.
pub(super) fn of_bad_event(error: &Value, sent: usize) -> Option<usize> {
    let in_text = |key| error.get(key).and_then(Value::as_str).and_then(after_data);
    in_text("error_user_msg")
        .or_else(|| in_text("message"))
        .or_else(|| blamed(error))
        .filter(|index| *index < sent)
}

fn blamed(error: &Value) -> Option<usize> {
    let data = unpacked(error.get("error_data")?)?;
    let specs = unpacked(data.get("blame_field_specs")?)?;
    let path = specs.as_array()?.first()?.as_array()?;
    let first = path.first()?.as_str()?;
    if first == "data" { path.get(1).and_then(number)?.try_into().ok() } else { after_data(first) }
}

/// The value itself, or what a string with JSON in it holds.
fn unpacked(value: &Value) -> Option<Value> {
    match value.as_str() {
        Some(text) => serde_json::from_str(text).ok(),
        None => Some(value.clone()),
    }
}

/// The number in `data[3]` or `$['data'][3]`.
fn after_data(text: &str) -> Option<usize> {
    let at = ["'data'][", "\"data\"][", "data["]
        .into_iter()
        .find_map(|mark| Some(text.find(mark)? + mark.len()))?;
    let (digits, _) = text.get(at..)?.split_once(']')?;
    digits.parse().ok()
}
