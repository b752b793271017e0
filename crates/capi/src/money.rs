//! Amounts of money, exact from JSON text to JSON text.

use std::{fmt, str::FromStr};

use rust_decimal::{Decimal, RoundingStrategy, prelude::ToPrimitive as _};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _, ser::Error as _};
use serde_json::value::RawValue;

use crate::event::is_ambiguous;

/// An amount of money in a currency's main unit, kept as the decimal that was written.
///
/// It never passes through a binary float: `0.1` stays `0.1`. Stored it is a string;
/// [`Money::as_number`] writes the JSON number that Meta gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Money(Decimal);

impl Money {
    /// Whether the amount is above zero, which is what a sale needs.
    pub fn is_positive(self) -> bool {
        self.0 > Decimal::ZERO
    }

    /// The sum, or `None` when it is too large to be exact.
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }

    /// The difference, or `None` when it is too large to be exact.
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        self.0.checked_sub(other.0).map(Self)
    }

    /// An amount from a text that a person or a form wrote: `1500`, `1500.50`; not `12.500`, whose point could
    /// stand between thousands, too.
    ///
    /// # Errors
    /// That it is no decimal number, or could be two.
    pub fn written(text: &str) -> Result<Self, crate::Error> {
        if is_ambiguous(text) { Err(crate::Error::TwoAmounts) } else { text.parse() }
    }

    /// How many of the smallest unit of a currency with so many digits behind the point, rounded half away
    /// from zero; `None` when it is too large for a whole number.
    pub fn in_minor_units(self, digits: u8) -> Option<i64> {
        let rounded =
            self.0.round_dp_with_strategy(u32::from(digits), RoundingStrategy::MidpointAwayFromZero);
        rounded.checked_mul(Decimal::from(10_u64.checked_pow(u32::from(digits))?))?.to_i64()
    }

    /// The amount of so many of the smallest unit of a currency with so many digits behind the point;
    /// `None` when no currency has as many.
    pub fn from_minor_units(units: i64, digits: u8) -> Option<Self> {
        Decimal::try_new(units, u32::from(digits)).ok().map(|amount| Self(amount.normalize()))
    }

    /// The amount multiplied, rounded half away from zero to so many digits behind the point; `None` when it
    /// is too large to be exact.
    pub fn times(self, factor: Factor, digits: u8) -> Option<Self> {
        let product = self.0.checked_mul(factor.0.0)?;
        let strategy = RoundingStrategy::MidpointAwayFromZero;
        Some(Self(product.round_dp_with_strategy(u32::from(digits), strategy).normalize()))
    }

    /// Nothing.
    pub const ZERO: Self = Self(Decimal::ZERO);
}

/// By how much an amount is multiplied, exact: `0.8333` makes a price without VAT of one with 20 %.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Factor(Money);

impl Factor {
    /// The largest one. A percentage that was meant as a factor is larger.
    const MAX: Decimal = Decimal::TEN;
}

impl FromStr for Factor {
    type Err = crate::Error;

    /// Reads a number above 0, and not above 10.
    fn from_str(text: &str) -> Result<Self, crate::Error> {
        let factor: Money = text.parse()?;
        if factor.is_positive() && factor.0 <= Self::MAX {
            Ok(Self(factor))
        } else {
            Err(crate::Error::NotMoney)
        }
    }
}

impl FromStr for Money {
    type Err = crate::Error;

    /// Reads `1500`, `1500.50` or `1.5e3`; not `1,500`, whose comma could mean either thing.
    fn from_str(text: &str) -> Result<Self, crate::Error> {
        let text = text.trim();
        Decimal::from_str_exact(text)
            .or_else(|_| Decimal::from_scientific(text))
            .map(|amount| Self(amount.normalize()))
            .map_err(|_| crate::Error::NotMoney)
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Money {
    /// Writes the amount as a JSON number, for Meta. Use with `#[serde(serialize_with)]`.
    pub fn as_number<S: Serializer>(amount: &Option<Self>, serializer: S) -> Result<S::Ok, S::Error> {
        match amount {
            Some(amount) => {
                RawValue::from_string(amount.0.to_string()).map_err(S::Error::custom)?.serialize(serializer)
            }
            None => serializer.serialize_none(),
        }
    }
}

impl Serialize for Money {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Money {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn money(text: &str) -> Option<String> {
        text.parse::<Money>().ok().map(|amount| amount.to_string())
    }

    #[test]
    fn the_decimal_that_was_written_is_kept() {
        for (text, kept) in [
            ("1500", "1500"),
            ("1500.50", "1500.5"),
            (" 0.1 ", "0.1"),
            ("1.5e3", "1500"),
            ("-2", "-2"),
            ("79228162514264337593543950335", "79228162514264337593543950335"),
        ] {
            assert_eq!(money(text).as_deref(), Some(kept), "{text}");
        }
        for text in ["", "1,500", "1.500,00", "NaN", "inf", "12 TL", "1e99", "0x10"] {
            assert_eq!(money(text), None, "{text}");
        }
    }

    #[test]
    fn what_a_person_wrote_means_one_amount() {
        let written = |text: &str| Money::written(text).map(|amount| amount.to_string());
        for text in ["12.500", "1.000", " 999.999 ", "-12.500"] {
            assert_eq!(written(text), Err(crate::Error::TwoAmounts), "{text}");
            assert!(text.parse::<Money>().is_ok(), "what Kopru wrote itself has one meaning");
        }
        for text in ["1.299,90", "1,299.90", "12,5", "1.000.000", "12.5.0", ""] {
            assert_eq!(written(text), Err(crate::Error::NotMoney), "{text}");
        }
        for (text, kept) in [
            ("12.50", "12.5"),
            ("0.500", "0.5"),
            ("1234.500", "1234.5"),
            ("12.5000", "12.5"),
            ("1500", "1500"),
        ] {
            assert_eq!(written(text).as_deref(), Ok(kept), "{text}");
        }
    }

    #[test]
    fn meta_gets_a_number_and_the_store_a_string() {
        #[derive(Serialize)]
        struct Both {
            #[serde(serialize_with = "Money::as_number")]
            meta: Option<Money>,
            store: Money,
        }
        let amount: Money = "0.10".parse().unwrap();
        let both = Both { meta: Some(amount), store: amount };
        assert_eq!(serde_json::to_string(&both).unwrap(), r#"{"meta":0.1,"store":"0.1"}"#);
        assert_eq!(serde_json::from_str::<Money>(r#""0.1""#).unwrap(), amount);
    }

    #[test]
    fn smallest_units_are_whole() {
        for (text, digits, units) in [
            ("1499.90", 2, Some(149_990)),
            ("-1.005", 2, Some(-101)),
            ("1.004", 2, Some(100)),
            ("1500", 0, Some(1_500)),
            ("0.5", 0, Some(1)),
            ("2.1234", 3, Some(2_123)),
            ("92233720368547758.07", 2, Some(i64::MAX)),
            ("92233720368547758.08", 2, None),
            ("79228162514264337593543950335", 4, None),
            ("1", 99, None),
        ] {
            let amount: Money = text.parse().unwrap();
            assert_eq!(amount.in_minor_units(digits), units, "{text}");
        }
        assert_eq!(Money::from_minor_units(149_990, 2), "1499.9".parse().ok());
        assert_eq!(Money::from_minor_units(-5, 3), "-0.005".parse().ok());
        assert_eq!(Money::from_minor_units(1, 99), None);
    }

    #[test]
    fn sums_are_exact_or_absent() {
        let sum = |a: &str, b: &str| {
            a.parse::<Money>().unwrap().checked_add(b.parse().unwrap()).map(|amount| amount.to_string())
        };
        assert_eq!(sum("0.1", "0.2").as_deref(), Some("0.3"));
        assert_eq!(sum("79228162514264337593543950335", "1"), None);
        assert!("0.01".parse::<Money>().unwrap().is_positive());
        assert!(!Money::ZERO.is_positive());
        assert!(!"-1".parse::<Money>().unwrap().is_positive());
    }

    #[test]
    fn a_factor_cuts_to_what_the_currency_has() {
        let times = |amount: &str, factor: &str, digits| {
            let amount: Money = amount.parse().unwrap();
            amount.times(factor.parse().unwrap(), digits).map(|product| product.to_string())
        };
        for (amount, factor, digits, product) in [
            ("1200", "0.8333", 2, Some("999.96")),
            ("100", "0.8333", 2, Some("83.33")),
            ("1.5", "0.83", 2, Some("1.25")),
            ("1000", "0.8333", 0, Some("833")),
            ("79228162514264337593543950335", "10", 2, None),
        ] {
            assert_eq!(times(amount, factor, digits).as_deref(), product, "{amount} {factor}");
        }
        for text in ["0", "-1", "83.33", "a fifth", ""] {
            assert!(text.parse::<Factor>().is_err(), "{text}");
        }
    }
}
