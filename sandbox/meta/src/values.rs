//! Small readings of raw JSON values.

use serde_json::Value;

/// Neither null, nor an empty text, nor a list of such.
pub(crate) fn is_given(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::String(text) => !text.trim().is_empty(),
        Value::Array(items) => items.iter().any(is_given),
        _ => true,
    }
}

/// An id, which may come as text or as a number.
pub(crate) fn id_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// An id that has digits only.
pub(crate) fn digits(value: &Value) -> Option<String> {
    id_of(value).filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()))
}

/// A number, or a text that is one.
pub(crate) fn is_number(value: &Value) -> bool {
    match value {
        Value::Number(_) => true,
        Value::String(text) => text.trim().parse::<f64>().is_ok_and(f64::is_finite),
        _ => false,
    }
}

/// The texts of a value that is one text or a list of them.
pub(crate) fn texts(value: &Value) -> impl Iterator<Item = &str> {
    let one = value.as_str().into_iter();
    let many = value.as_array().into_iter().flatten().filter_map(Value::as_str);
    one.chain(many)
}

/// 15 to 17 digits, as a number or as text.
pub(crate) fn is_lead_id(value: &Value) -> bool {
    digits(value).is_some_and(|text| (15..=17).contains(&text.len()))
}
