//! Sales that files have told and that a CRM may tell as well.

use capi::Money;

use crate::Conversion;

/// A sale that a file has told, of somebody by whom it is found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportedSale {
    /// What it was worth.
    pub value: Money,
    /// The currency, ISO 4217.
    pub currency: String,
    /// When the day begins on which it was, Unix seconds.
    pub from_s: i64,
    /// When that day ends.
    pub to_s: i64,
}

impl ImportedSale {
    /// Whether an event of the same person seems to tell this sale again: same amount, same day.
    pub(crate) fn seems(&self, one: &Conversion) -> bool {
        one.value == Some(self.value)
            && one.currency.as_deref() == Some(&self.currency)
            && (self.from_s..self.to_s).contains(&one.event_s)
    }
}
