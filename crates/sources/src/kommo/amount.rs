//! Amounts as Kommo writes them.

use capi::Money;

/// An amount above zero, as a number or as the text of one.
pub(super) fn amount(written: &str) -> Option<Money> {
    let unquoted: Option<String> = serde_json::from_str(written).ok();
    let amount: Money = unquoted.as_deref().unwrap_or(written).parse().ok()?;
    amount.is_positive().then_some(amount)
}
