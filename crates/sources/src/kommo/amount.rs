//! Amounts as Kommo writes them.

use capi::Money;

/// An amount above zero, from the JSON of a number or of the text of one. A text that can mean two amounts,
/// such as `"12.500"`, is none; a number has one meaning.
pub(super) fn amount(json: &str) -> Option<Money> {
    let unquoted: Option<String> = serde_json::from_str(json).ok();
    match unquoted {
        Some(text) => amount_of_text(&text),
        None => json.parse().ok().filter(|amount: &Money| amount.is_positive()),
    }
}

/// An amount above zero that somebody typed.
pub(super) fn amount_of_text(text: &str) -> Option<Money> {
    Money::written(text).ok().filter(|amount| amount.is_positive())
}
