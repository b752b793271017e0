//! Amounts as Kommo writes them.

use capi::Money;

/// An amount other than zero, from the JSON of a number or of the text of one. A text that can mean two
/// amounts, such as `"12.500"`, is none; a number has one meaning. What is below zero is no price, and whoever
/// wrote it is told so.
pub(super) fn amount(json: &str) -> Option<Money> {
    let unquoted: Option<String> = serde_json::from_str(json).ok();
    match unquoted {
        Some(text) => amount_of_text(&text),
        None => json.parse().ok().filter(|amount| *amount != Money::ZERO),
    }
}

/// An amount other than zero that somebody typed.
pub(super) fn amount_of_text(text: &str) -> Option<Money> {
    Money::written(text).ok().filter(|amount| *amount != Money::ZERO)
}

/// The first amount above zero; where there is none, the first at all.
pub(super) fn first_above_zero(amounts: impl Iterator<Item = Money>) -> Option<Money> {
    let mut below = None;
    for amount in amounts {
        if amount.is_positive() {
            return Some(amount);
        }
        below.get_or_insert(amount);
    }
    below
}
