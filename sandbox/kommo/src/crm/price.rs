//! Prices of leads, which have cents since Kommo shows `price_with_minor_units`.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Value, json};

/// Greatest amount in units of the currency; beyond it a decimal of JSON loses its cents.
const MOST: f64 = 1e13;

/// A price in hundredths of the account's currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LeadPrice {
    cents: i64,
}

impl LeadPrice {
    /// Of a number of JSON, whole or with decimals; further decimals are rounded.
    pub(crate) fn of_json(value: &Value) -> Option<Self> {
        let amount = value.as_f64().filter(|amount| amount.abs() <= MOST)?;
        Some(Self { cents: (amount * 100.0).round() as i64 })
    }

    /// What `price` shows: units without cents.
    pub(crate) fn whole(self) -> i64 {
        self.cents / 100
    }

    /// What `price_with_minor_units` shows: a whole number where there are no cents.
    pub(crate) fn with_minor_units(self) -> Value {
        if self.cents % 100 == 0 { json!(self.whole()) } else { json!(self.cents as f64 / 100.0) }
    }
}

impl From<i64> for LeadPrice {
    fn from(units: i64) -> Self {
        Self { cents: units.saturating_mul(100) }
    }
}

impl Serialize for LeadPrice {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.with_minor_units().serialize(to)
    }
}

impl<'de> Deserialize<'de> for LeadPrice {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(from)?;
        Self::of_json(&value).ok_or_else(|| serde::de::Error::custom("a price is a number"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_and_decimals() {
        for (given, whole, shown) in [
            (json!(49), 49, json!(49)),
            (json!(49.9), 49, json!(49.9)),
            (json!(10.0), 10, json!(10)),
            (json!(0.5), 0, json!(0.5)),
            (json!(-1.25), -1, json!(-1.25)),
            (json!(19.999), 20, json!(20)),
            (json!(1_234_567.89), 1_234_567, json!(1_234_567.89)),
        ] {
            let price = LeadPrice::of_json(&given).unwrap();
            assert_eq!((price.whole(), price.with_minor_units()), (whole, shown), "{given}");
        }
        for wrong in [json!("1"), json!(1e15), Value::Null, json!(true)] {
            assert_eq!(LeadPrice::of_json(&wrong), None, "{wrong}");
        }
    }
}
