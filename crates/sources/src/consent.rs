//! How people and their programs answer whether somebody agreed. An unclear answer is none.

use serde_json::Value;

/// Words for yes in lower case: checkboxes, and what people choose in lists in English, Turkish,
/// Portuguese, Spanish and Arabic.
/// Then the words of consent tools and of a form's checkbox.
#[rustfmt::skip]
const YES: [&str; 14] = [
    "true", "1", "yes", "evet", "sim", "sí", "si", "نعم",
    "granted", "accepted", "agreed", "opt-in", "on", "y",
];
/// Words for no, likewise. `hayir` is what lower-casing makes of `HAYIR`.
#[rustfmt::skip]
const NO: [&str; 21] = [
    "false", "0", "no", "hayır", "hayir", "não", "nao", "لا",
    "denied", "rejected", "declined", "refused", "revoked", "withdrawn", "opt-out", "opted-out", "off", "n",
    "red", "ret", "reddedildi",
];

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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_words_of_people_and_of_consent_tools_are_read() {
        for (value, said) in [
            (json!(true), Some(true)),
            (json!("Evet"), Some(true)),
            (json!("granted"), Some(true)),
            (json!(" On "), Some(true)),
            (json!("opt-in"), Some(true)),
            (json!("denied"), Some(false)),
            (json!("Rejected"), Some(false)),
            (json!("opt-out"), Some(false)),
            (json!("off"), Some(false)),
            (json!("Reddedildi"), Some(false)),
            (json!("perhaps"), None),
            (json!({ "marketing": false }), None),
            (json!(null), None),
        ] {
            assert_eq!(answer(&value), said, "{value}");
        }
    }
}
