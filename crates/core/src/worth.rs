//! What an event is worth: where the amount comes from, and what is made of it.

use std::collections::{BTreeMap, BTreeSet};

use capi::{Factor, Money, catalogue::minor_units};
use serde::{Deserialize, Serialize};

use crate::Reason;

/// Digits behind the point of a currency that nobody knows.
const DIGITS_UNKNOWN: u8 = 2;
/// Most of the smallest units of a currency that anything is worth. More is a slip, and would spoil every sum.
const UNITS_MAX: i64 = 1_000_000_000_000_000;

/// How much an event is worth.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Worth {
    /// Where the amount comes from.
    pub from: AmountFrom,
    /// By how much that is multiplied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<Factor>,
    /// What is worth less, once multiplied, is not told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minimum: Option<Money>,
}

/// Where an amount comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AmountFrom {
    /// The price of the deal.
    Price,
    /// A field of the deal, by the name that a rule gives it.
    Field(String),
    /// The same for each: an estimate of the business, which is no revenue.
    Fixed(Money),
}

/// What the CRM shows of the fields and tags that rules name. Nothing else of them is kept: a field may hold
/// anything, and a tag may be a person's name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Named {
    /// The amounts of fields that have one.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub amounts: BTreeMap<String, Money>,
    /// Fields that hold a text which is no amount, or can be two.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub unclear: BTreeSet<String>,
    /// Of each tag, whether the deal has it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, bool>,
}

/// The fields and tags of deals that the rules of a workspace name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wanted {
    /// Fields with an amount.
    pub fields: Vec<String>,
    /// Tags.
    pub tags: Vec<String>,
}

/// That a deal did what fires a rule and no event came of it, as the ledger of the rule counts it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unmade {
    /// The event that the rule sends.
    pub event: String,
    /// Why there is none.
    pub why: Reason,
    /// What it would have been worth, unless that is an estimate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<Money>,
    /// The currency of that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
}

impl Worth {
    /// The price of the deal.
    pub fn price() -> Self {
        Self { from: AmountFrom::Price, times: None, minimum: None }
    }

    /// Whether it is what the business estimates, and no revenue.
    pub fn is_estimate(&self) -> bool {
        matches!(self.from, AmountFrom::Fixed(_))
    }

    /// The amount, of at least the smallest unit of the currency once rounded and at most so many that sums hold;
    /// `None` where there is none yet.
    pub(crate) fn amount(
        &self,
        price: Option<Money>,
        named: &Named,
        currency: Option<&str>,
    ) -> Option<Money> {
        let amount = match &self.from {
            AmountFrom::Price => price,
            AmountFrom::Field(name) => named.amounts.get(name).copied(),
            AmountFrom::Fixed(amount) => Some(*amount),
        };
        let digits = currency.and_then(minor_units).unwrap_or(DIGITS_UNKNOWN);
        let amount = match self.times {
            None => amount,
            Some(factor) => amount?.times(factor, digits),
        };
        let units = |amount: &Money| amount.in_minor_units(digits);
        amount.filter(|amount| units(amount).is_some_and(|units| (1..=UNITS_MAX).contains(&units)))
    }

    /// What to tell whoever keeps the CRM where there is no amount because the field holds none that is clear.
    pub(crate) fn unclear(&self, named: &Named) -> Option<String> {
        let AmountFrom::Field(name) = &self.from else { return None };
        named.unclear.contains(name).then(|| {
            format!(
                "the field \"{name}\" holds a text that is no amount, or can be two; write it as 1299.90 \
                 or 12500, without thousands separators and currency"
            )
        })
    }

    /// Whether an amount is too small to be told.
    pub(crate) fn is_too_small(&self, amount: Money) -> bool {
        self.minimum.is_some_and(|minimum| amount < minimum)
    }
}
