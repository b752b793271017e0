//! What a deal or contact says about consent. An unclear answer is none.

use serde_json::Value;

use crate::lenient::{list_of, text_of};

/// Words for yes in lower case: checkboxes, and what people choose in lists in English, Turkish,
/// Portuguese, Spanish and Arabic.
const YES: [&str; 8] = ["true", "1", "yes", "evet", "sim", "sí", "si", "نعم"];
/// Words for no, likewise. `hayir` is what lower-casing makes of `HAYIR`.
const NO: [&str; 8] = ["false", "0", "no", "hayır", "hayir", "não", "nao", "لا"];

/// The answer in the field of that name or code, whatever its case. A no outweighs a yes.
pub(super) fn read(row: &Value, field: &str) -> Option<bool> {
    let wanted = field.trim().to_lowercase();
    let is_wanted = |field: &&Value| {
        ["field_name", "field_code"]
            .into_iter()
            .any(|key| text_of(field, key).is_some_and(|name| name.trim().to_lowercase() == wanted))
    };
    list_of(row, "custom_fields_values")
        .iter()
        .filter(is_wanted)
        .flat_map(|field| list_of(field, "values"))
        .filter_map(|value| answer(value.get("value")?))
        .reduce(|one, other| one && other)
}

fn answer(value: &Value) -> Option<bool> {
    if let Value::Bool(yes) = value {
        return Some(*yes);
    }
    let word = crate::lenient::text(value)?.trim().to_lowercase();
    if YES.contains(&word.as_str()) {
        return Some(true);
    }
    NO.contains(&word.as_str()).then_some(false)
}
