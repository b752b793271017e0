//! Small readings of raw JSON values.

use serde_json::{Number, Value};

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

/// A number, or a text that is one as JSON writes it and cannot be read as thousands (`12.500`).
pub(crate) fn is_number(value: &Value) -> bool {
    match value {
        Value::Number(_) => true,
        Value::String(text) => {
            let text = text.trim();
            serde_json::from_str::<Number>(text).is_ok() && !is_grouped(text.trim_start_matches('-'))
        }
        _ => false,
    }
}

/// One to three digits that no zero begins, a point, three digits.
fn is_grouped(text: &str) -> bool {
    let shape: String = text.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    ["0.000", "00.000", "000.000"].contains(&shape.as_str()) && !text.starts_with('0')
}

/// A number with an exponent or a point, or the text that a spreadsheet or a float leaves of one.
pub(crate) fn is_float(value: &Value) -> bool {
    match value {
        Value::Number(number) => number.is_f64(),
        Value::String(text) => {
            let text = text.trim();
            if text.parse::<f64>().is_err() || !text.starts_with(|first: char| first.is_ascii_digit()) {
                return false;
            }
            match text.find(['e', 'E']) {
                None => text.ends_with('0') && text.trim_end_matches('0').ends_with('.'),
                Some(1) => text[2..].starts_with('+'),
                Some(at) => at > 2 && text[1..].starts_with('.'),
            }
        }
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
