//! Currencies as they stand beside amounts and in columns of their own: a code, a sign or a word.

use std::borrow::Cow;

use capi::catalogue;

/// The currencies that a code, sign or word can mean; never none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Currencies(Vec<Cow<'static, str>>);

/// Currencies that people write with a bare `$`.
const OF_DOLLAR_SIGN: &[&str] = &[
    "USD", "ARS", "AUD", "BBD", "BMD", "BND", "BSD", "BZD", "CAD", "CLP", "COP", "CUP", "DOP", "FJD", "GYD",
    "HKD", "JMD", "KYD", "LRD", "MXN", "NAD", "NZD", "SBD", "SGD", "SRD", "TTD", "TWD", "UYU", "XCD",
];

/// Signs and words beside codes, in small letters, with what they mean.
const WORDS: [(&str, &[&str]); 56] = [
    ("₺", &["TRY"]),
    ("tl", &["TRY"]),
    ("türk lirasi", &["TRY"]),
    ("turk lirasi", &["TRY"]),
    ("lira", &["TRY"]),
    ("€", &["EUR"]),
    ("euro", &["EUR"]),
    ("avro", &["EUR"]),
    ("£", &["GBP"]),
    ("sterlin", &["GBP"]),
    ("$", OF_DOLLAR_SIGN),
    ("dollar", OF_DOLLAR_SIGN),
    ("dollars", OF_DOLLAR_SIGN),
    ("dolar", OF_DOLLAR_SIGN),
    ("us$", &["USD"]),
    ("usd$", &["USD"]),
    ("u$s", &["USD"]),
    ("ca$", &["CAD"]),
    ("c$", &["CAD"]),
    ("a$", &["AUD"]),
    ("au$", &["AUD"]),
    ("nz$", &["NZD"]),
    ("hk$", &["HKD"]),
    ("s$", &["SGD"]),
    ("nt$", &["TWD"]),
    ("mx$", &["MXN"]),
    ("r$", &["BRL"]),
    ("¥", &["JPY", "CNY"]),
    ("￥", &["JPY", "CNY"]),
    ("円", &["JPY"]),
    ("₹", &["INR"]),
    ("rs", &["INR", "PKR", "LKR", "NPR", "MUR"]),
    ("₽", &["RUB"]),
    ("руб", &["RUB"]),
    ("₴", &["UAH"]),
    ("грн", &["UAH"]),
    ("₼", &["AZN"]),
    ("₸", &["KZT"]),
    ("₾", &["GEL"]),
    ("₪", &["ILS"]),
    ("₩", &["KRW"]),
    ("₫", &["VND"]),
    ("฿", &["THB"]),
    ("₦", &["NGN"]),
    ("₱", &["PHP"]),
    ("₲", &["PYG"]),
    ("₵", &["GHS"]),
    ("zł", &["PLN"]),
    ("zl", &["PLN"]),
    ("kč", &["CZK"]),
    ("ft", &["HUF"]),
    ("lei", &["RON", "MDL"]),
    ("kr", &["SEK", "NOK", "DKK", "ISK"]),
    ("fr", &["CHF"]),
    ("sfr", &["CHF"]),
    ("dh", &["AED", "MAD"]),
];

impl Currencies {
    /// What a code, sign or word can mean; nothing of one that is no currency.
    pub fn of(written: &str) -> Option<Self> {
        let word = written.trim().trim_end_matches('.');
        if catalogue::is_currency(word) {
            return Some(Self(vec![word.to_ascii_uppercase().into()]));
        }
        // A capital İ becomes an i with a dot of its own, and an I stands for either letter.
        let small = word.to_lowercase().replace('\u{307}', "").replace('ı', "i");
        let (_, codes) = WORDS.iter().find(|(known, _)| *known == small)?;
        Some(Self(codes.iter().map(|code| Cow::Borrowed(*code)).collect()))
    }

    /// The one that it is, if it can be one alone.
    pub fn only(&self) -> Option<&str> {
        if let [only] = self.0.as_slice() { Some(only) } else { None }
    }

    /// Whether it can be this one.
    pub fn can_be(&self, code: &str) -> bool {
        self.0.iter().any(|one| one.eq_ignore_ascii_case(code))
    }

    /// What it can be where another place says this of the same amount; nothing if they contradict each other.
    pub fn both(self, other: &Self) -> Option<Self> {
        let both: Vec<_> = self.0.into_iter().filter(|code| other.can_be(code)).collect();
        (!both.is_empty()).then_some(Self(both))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_words_mean_is_a_currency() {
        for (word, codes) in WORDS {
            assert!(codes.iter().all(|code| catalogue::is_currency(code)), "{word}");
            assert_eq!(word.to_lowercase(), word);
            assert_eq!(WORDS.iter().filter(|(other, _)| *other == word).count(), 1, "{word}");
            assert!(!catalogue::is_currency(word), "{word} is a code");
        }
        for (written, only) in [
            (" chf ", Some("CHF")),
            ("TÜRK LİRASI", Some("TRY")),
            ("Fr.", Some("CHF")),
            ("$", None),
            ("¥", None),
            ("XYZ", None),
            ("", None),
        ] {
            assert_eq!(Currencies::of(written).as_ref().and_then(Currencies::only), only, "{written}");
        }
    }

    #[test]
    fn two_places_agree_or_contradict() {
        let both = |one: &str, other: &str| Currencies::of(one)?.both(&Currencies::of(other)?);
        assert_eq!(both("$", "CAD"), Currencies::of("CAD"));
        assert_eq!(both("cad", "$"), Currencies::of("CAD"));
        assert_eq!(both("$", "$"), Currencies::of("$"));
        assert_eq!(both("$", "TL"), None);
    }
}
