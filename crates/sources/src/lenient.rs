//! Reads values of upstreams that write numbers as strings and strings as numbers.

use serde_json::Value;

/// The latest time that is taken for seconds: later ones are milliseconds or mistakes.
const SECONDS_MAX: i64 = 99_999_999_999;

/// A string that is not blank, or a whole number as text.
pub(crate) fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => (!text.trim().is_empty()).then(|| text.clone()),
        Value::Number(number) if number.is_i64() || number.is_u64() => Some(number.to_string()),
        _ => None,
    }
}

/// The text of an object's member.
pub(crate) fn text_of(object: &Value, key: &str) -> Option<String> {
    text(object.get(key)?)
}

/// A time in Unix seconds, if it is one; zero means that there is none.
pub(crate) fn seconds(text: &str) -> Option<i64> {
    text.trim().parse().ok().filter(|at_s| (1..=SECONDS_MAX).contains(at_s))
}

/// The time of an object's member, Unix seconds.
pub(crate) fn seconds_of(object: &Value, key: &str) -> Option<i64> {
    seconds(&text_of(object, key)?)
}

/// The list in an object's member; empty when there is none.
pub(crate) fn list_of<'a>(object: &'a Value, key: &str) -> &'a [Value] {
    object.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// The true or false of an object's member; `true`, `1` and `"1"` are true.
pub(crate) fn is_true(object: &Value, key: &str) -> bool {
    match object.get(key) {
        Some(Value::Bool(yes)) => *yes,
        Some(value) => matches!(text(value).as_deref(), Some("1" | "true")),
        None => false,
    }
}
