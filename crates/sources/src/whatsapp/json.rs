//! Reads members of a body whose text is borrowed from the request: most of a webhook is never looked at.

use std::borrow::Cow;

pub(super) use serde_json_borrow::Value;

use crate::lenient::seconds;

/// A member of an object; null where there is none.
pub(super) fn member<'a>(object: &'a Value<'a>, key: &str) -> &'a Value<'a> {
    static NONE: Value<'static> = Value::Null;
    object.as_object().and_then(|members| members.get(key)).unwrap_or(&NONE)
}

/// The text of an object's member: a string that is not blank, or a whole number as text.
pub(super) fn text_of<'a>(object: &'a Value<'a>, key: &str) -> Option<Cow<'a, str>> {
    match member(object, key) {
        Value::Str(text) => (!text.trim().is_empty()).then_some(Cow::Borrowed(&**text)),
        Value::Number(number) if number.is_i64() || number.is_u64() => Some(number.to_string().into()),
        _ => None,
    }
}

/// The time of an object's member, Unix seconds.
pub(super) fn seconds_of(object: &Value<'_>, key: &str) -> Option<i64> {
    seconds(&text_of(object, key)?)
}

/// The list in an object's member; empty when there is none.
pub(super) fn list_of<'a>(object: &'a Value<'a>, key: &str) -> &'a [Value<'a>] {
    member(object, key).as_array().unwrap_or_default()
}
