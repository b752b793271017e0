//! How amounts, their currency and the id of an order are mended.

use super::Findings;
use crate::{
    catalogue,
    event::{CustomData, Extra, is_ambiguous, was_a_float},
    subcodes,
};

const ORDER: &str = "order_id";

/// What to write instead of a code that is none.
pub(super) fn currency_mend(written: &str) -> String {
    if let Some(withdrawn) = catalogue::withdrawn_currency(written) {
        return withdrawn.to_string();
    }
    match catalogue::currency_hint(written) {
        Some(code) => format!("this is no ISO 4217 currency code; write {code}"),
        None => "this is no ISO 4217 currency code".to_owned(),
    }
}

/// What to write instead of a value that is no amount, or two.
pub(super) fn value_mend(extra: &Extra<'_>) -> &'static str {
    let text = text_of(extra, "value");
    if text.is_some_and(is_ambiguous) {
        "this text can mean two amounts: its point may stand before the decimals or between thousands; write a number without quotes, 12.5 or 12500"
    } else if text.is_some_and(|text| text.contains(',')) {
        "the value must be a plain decimal: no comma and no thousands separators, 1299.90 for 1.299,90"
    } else {
        "the value must be a number with a point and without currency or thousands separators"
    }
}

/// An id of an order that was a number on its way: digits are lost, and two orders have one id.
pub(super) fn order(extra: &Extra<'_>, findings: &mut Findings) {
    if order_is_refused(extra) {
        findings.refuse(
            subcodes::CUSTOM_DATA,
            "custom_data.order_id",
            "the id of an order must not have an exponent or a decimal point: a float or a spreadsheet has changed it; keep ids as texts from the first byte",
        );
    }
}

/// Whether the odd id of an order was a number.
pub(super) fn order_is_refused(extra: &Extra<'_>) -> bool {
    let odd = extra.iter().find(|(name, _)| name == ORDER);
    odd.is_some_and(|(_, json)| {
        json.get().starts_with(|first: char| first == '-' || first.is_ascii_digit())
            || text_of(extra, ORDER).is_some_and(was_a_float)
    })
}

/// More digits behind the point than the currency has: half a cent is nobody's price, and a currency without
/// cents may have been taken for one with them. ISO 4217.
pub(super) fn decimals(data: &CustomData<'_>, findings: &mut Findings) {
    let (Some(value), Some(currency)) = (&data.value, data.currency.as_deref()) else { return };
    let decimals = value.decimals();
    if decimals == 0 {
        return;
    }
    if let Some(digits) = catalogue::minor_units(currency.trim())
        && decimals > usize::from(digits)
    {
        let message = match digits {
            0 => "this currency has no decimals; round the value".to_owned(),
            _ => format!("the value has more decimals than its currency, which has {digits}; round it"),
        };
        findings.advise("value_decimals", "custom_data.value", message);
    }
}

/// The text that stands for a known field although it does not fit, as JSON has it.
fn text_of<'e>(extra: &'e Extra<'_>, field: &str) -> Option<&'e str> {
    let (_, json) = extra.iter().find(|(name, _)| name == field)?;
    json.get().strip_prefix('"')?.strip_suffix('"')
}
