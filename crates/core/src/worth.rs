//! What an event is worth: where the amount comes from, and what is made of it.

use std::collections::{BTreeMap, BTreeSet};

use capi::{Factor, Money, catalogue::minor_units};
use serde::{Deserialize, Serialize};

use crate::{AmountFault, Reason};

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
    /// The amounts of fields that have one, also below zero.
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
    /// Whether web events are enriched by what Meta matches by of its contacts.
    #[serde(default)]
    pub match_keys: bool,
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
        self.judged(self.held(price, named)?, currency).ok()
    }

    /// What to tell whoever keeps the CRM where there is no amount although something is in its place.
    pub(crate) fn fault(
        &self,
        price: Option<Money>,
        named: &Named,
        currency: Option<&str>,
    ) -> Option<String> {
        let field = match &self.from {
            AmountFrom::Field(name) => Some(name.as_str()),
            AmountFrom::Price => None,
            AmountFrom::Fixed(_) => return None,
        };
        let fault = if field.is_some_and(|name| named.unclear.contains(name)) {
            AmountFault::Unclear
        } else {
            self.judged(self.held(price, named)?, currency).err()?
        };
        Some(fault.said(field))
    }

    /// What stands in the place of the amount.
    fn held(&self, price: Option<Money>, named: &Named) -> Option<Money> {
        match &self.from {
            AmountFrom::Price => price,
            AmountFrom::Field(name) => named.amounts.get(name).copied(),
            AmountFrom::Fixed(amount) => Some(*amount),
        }
    }

    /// What is made of what is held, or why that is nothing to tell.
    fn judged(&self, held: Money, currency: Option<&str>) -> Result<Money, AmountFault> {
        if held < Money::ZERO {
            return Err(AmountFault::Negative);
        }
        let digits = currency.and_then(minor_units).unwrap_or(DIGITS_UNKNOWN);
        let amount = match self.times {
            None => held,
            Some(factor) => held.times(factor, digits).ok_or(AmountFault::TooLarge)?,
        };
        match amount.in_minor_units(digits) {
            Some(1..=UNITS_MAX) => Ok(amount),
            Some(..1) => Err(AmountFault::TooFine(least(digits, currency))),
            Some(_) | None => Err(AmountFault::TooLarge),
        }
    }

    /// Whether an amount is too small to be told.
    pub(crate) fn is_too_small(&self, amount: Money) -> bool {
        self.minimum.is_some_and(|minimum| amount < minimum)
    }
}

/// The smallest amount of a currency, as people read it.
fn least(digits: u8, currency: Option<&str>) -> String {
    let least = Money::from_minor_units(1, digits).unwrap_or(Money::ZERO);
    format!("{least} {}", currency.unwrap_or_default()).trim_end().to_owned()
}
