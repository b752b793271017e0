//! What is wrong with an amount that is there and cannot be the value of an event.

/// Why what a deal holds in the place of an amount is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AmountFault {
    /// A text that is no amount, or can be two.
    Unclear,
    /// Below zero.
    Negative,
    /// More than anything is worth, which is a slip.
    TooLarge,
    /// Rounded, it is nothing of its currency. Holds the smallest amount of that, as `0.01 TRY`.
    TooFine(String),
}

impl AmountFault {
    /// What to tell whoever keeps the CRM: of the field with this name, or of the price.
    pub fn said(&self, field: Option<&str>) -> String {
        let holder = field.map_or_else(|| "the price".to_owned(), |name| format!("the field \"{name}\""));
        match self {
            Self::Unclear => format!(
                "{holder} holds a text that is no amount, or can be two; write it as 1299.90 or 12500, \
                 without thousands separators and currency"
            ),
            Self::Negative => format!("{holder} is negative"),
            Self::TooLarge => format!("{holder} is more than any price: look for a slip"),
            Self::TooFine(least) => format!("{holder} comes to less than {least}"),
        }
    }
}
