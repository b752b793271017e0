//! How people and their programs answer whether somebody agreed. An unclear answer is none.

use serde_json::Value;

/// Words for yes in lower case: checkboxes, and what people choose in lists in English, Turkish,
/// Portuguese, Spanish and Arabic.
const YES: [&str; 8] = ["true", "1", "yes", "evet", "sim", "sí", "si", "نعم"];
/// Words for no, likewise. `hayir` is what lower-casing makes of `HAYIR`.
const NO: [&str; 8] = ["false", "0", "no", "hayır", "hayir", "não", "nao", "لا"];

/// What a value of whatever shape answers.
pub(crate) fn answer(value: &Value) -> Option<bool> {
    if let Value::Bool(yes) = value {
        return Some(*yes);
    }
    let word = crate::lenient::text(value)?.trim().to_lowercase();
    if YES.contains(&word.as_str()) {
        return Some(true);
    }
    NO.contains(&word.as_str()).then_some(false)
}
