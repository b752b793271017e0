//! Currencies of ISO 4217.

use std::sync::LazyLock;

use super::country::LETTERS;
use super::{fold, lines, withdrawn_currency};

struct Currency {
    code: &'static str,
    minor_units: u8,
    name: &'static str,
}

/// In the order of the codes.
static CURRENCIES: LazyLock<Vec<Currency>> = LazyLock::new(|| {
    lines(include_str!("currencies.tsv"))
        .filter_map(|line| {
            let mut columns = line.split('\t');
            Some(Currency {
                code: columns.next()?,
                minor_units: columns.next()?.parse().ok()?,
                name: columns.next()?,
            })
        })
        .collect()
});

/// Digits behind the decimal point of a currency: 0 (JPY), 2 (TRY), 3 (KWD) or 4 (CLF). The code
/// may be in upper or lower case. ISO 4217, list one.
///
/// ```
/// use capi::catalogue::minor_units;
///
/// assert_eq!(minor_units("kwd"), Some(3));
/// assert_eq!(minor_units("TL"), None);
/// ```
pub fn minor_units(code: &str) -> Option<u8> {
    find(code).map(|currency| currency.minor_units)
}

/// Whether the text is an active code of ISO 4217, in upper or lower case; recorded live answers
/// take either. Metals and test codes are none.
pub fn is_currency(code: &str) -> bool {
    find(code).is_some()
}

/// English name of a currency, for texts that people read. ISO 4217.
pub fn currency_name(code: &str) -> Option<&'static str> {
    find(code).map(|currency| currency.name)
}

fn find(code: &str) -> Option<&'static Currency> {
    let place = usize::from(*PLACES.get(place(code.as_bytes())?)?);
    CURRENCIES.get(place.checked_sub(1)?)
}

/// Where each combination of three letters stands in [`CURRENCIES`], plus one.
static PLACES: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let mut places = vec![0; LETTERS * LETTERS * LETTERS];
    for (number, currency) in (1..).zip(CURRENCIES.iter()) {
        if let Some(slot) = place(currency.code.as_bytes()).and_then(|place| places.get_mut(place)) {
            *slot = number;
        }
    }
    places
});

fn place(code: &[u8]) -> Option<usize> {
    let [a, b, c] = code else { return None };
    let letter = |byte: &u8| byte.is_ascii_alphabetic().then(|| usize::from((byte | 0x20) - b'a'));
    Some((letter(a)? * LETTERS + letter(b)?) * LETTERS + letter(c)?)
}

/// Longest text that is looked at, bytes. Our own choice.
const WRITTEN_BYTES_MAX: usize = 40;

/// Signs and local abbreviations, as people write them. A sign that is not here means several
/// currencies: `$`, `¥`, `kr`, `Rs`. Our own list.
const SIGNS: [(&str, &str); 51] = [
    ("₺", "TRY"),
    ("€", "EUR"),
    ("£", "GBP"),
    ("R$", "BRL"),
    ("US$", "USD"),
    ("$US", "USD"),
    ("U$S", "USD"),
    ("U$D", "USD"),
    ("E£", "EGP"),
    ("£E", "EGP"),
    ("ج.م", "EGP"),
    ("ر.س", "SAR"),
    // The sign of the Saudi riyal, in Unicode since 2025.
    ("\u{20C1}", "SAR"),
    ("د.إ", "AED"),
    ("د.ا.", "JOD"),
    ("د.ك", "KWD"),
    ("ر.ق", "QAR"),
    ("ر.ع", "OMR"),
    ("د.ب", "BHD"),
    ("د.م.", "MAD"),
    ("MX$", "MXN"),
    ("Mex$", "MXN"),
    ("C$", "CAD"),
    ("CA$", "CAD"),
    ("A$", "AUD"),
    ("AU$", "AUD"),
    ("NZ$", "NZD"),
    ("HK$", "HKD"),
    ("S$", "SGD"),
    ("NT$", "TWD"),
    ("RD$", "DOP"),
    ("COL$", "COP"),
    ("AR$", "ARS"),
    ("CL$", "CLP"),
    ("S/", "PEN"),
    ("₽", "RUB"),
    ("₴", "UAH"),
    ("₹", "INR"),
    ("₩", "KRW"),
    ("₫", "VND"),
    ("฿", "THB"),
    ("₦", "NGN"),
    ("₱", "PHP"),
    ("₪", "ILS"),
    ("₸", "KZT"),
    ("₼", "AZN"),
    ("₾", "GEL"),
    ("₡", "CRC"),
    ("₲", "PYG"),
    ("₵", "GHS"),
    ("円", "JPY"),
];

/// Words, folded: abbreviations and names. `riyal`, `dirham`, `pound`
/// and the like mean several currencies and are not here. Our own list.
const WORDS: [(&str, &str); 51] = [
    ("tl", "TRY"),
    ("ytl", "TRY"),
    ("turklirasi", "TRY"),
    ("turkishlira", "TRY"),
    ("turkishliras", "TRY"),
    ("euro", "EUR"),
    ("euros", "EUR"),
    ("avro", "EUR"),
    ("يورو", "EUR"),
    ("евро", "EUR"),
    ("usdollar", "USD"),
    ("usdollars", "USD"),
    ("dolaramericano", "USD"),
    ("reais", "BRL"),
    ("brreal", "BRL"),
    ("sr", "SAR"),
    ("saudiriyal", "SAR"),
    ("saudiriyals", "SAR"),
    ("ريالسعودي", "SAR"),
    ("dhs", "AED"),
    ("uaedirham", "AED"),
    ("uaedirhams", "AED"),
    ("درهماماراتي", "AED"),
    ("le", "EGP"),
    ("egyptianpound", "EGP"),
    ("egyptianpounds", "EGP"),
    ("جنيهمصري", "EGP"),
    ("kd", "KWD"),
    ("qr", "QAR"),
    ("bd", "BHD"),
    ("jd", "JOD"),
    ("mn", "MXN"),
    ("pesosmexicanos", "MXN"),
    ("pesomexicano", "MXN"),
    ("gbpounds", "GBP"),
    ("poundsterling", "GBP"),
    ("sterling", "GBP"),
    ("ukp", "GBP"),
    ("stg", "GBP"),
    ("руб", "RUB"),
    ("рублеи", "RUB"),
    ("грн", "UAH"),
    ("zl", "PLN"),
    ("kc", "CZK"),
    ("ft", "HUF"),
    ("sfr", "CHF"),
    ("rm", "MYR"),
    ("rp", "IDR"),
    ("rmb", "CNY"),
    ("ntd", "TWD"),
    ("nis", "ILS"),
];

/// Which code somebody probably meant who wrote a sign, a local abbreviation or a code that ISO
/// has replaced; for advice to people only. An amount must not be sent under it unseen: a
/// replaced code can mean an amount with more zeros, and a sign may be used for another currency.
///
/// Our own list; what commonly means several currencies gives `None`.
///
/// ```
/// use capi::catalogue::currency_hint;
///
/// assert_eq!(currency_hint("TL"), Some("TRY"));
/// assert_eq!(currency_hint("AED."), Some("AED"));
/// assert_eq!(currency_hint("$"), None);
/// ```
pub fn currency_hint(written: &str) -> Option<&'static str> {
    if written.len() > WRITTEN_BYTES_MAX {
        return None;
    }
    let written = written.trim();
    let sign = SIGNS.into_iter().find(|(sign, _)| same_sign(sign, written));
    if let Some((_, code)) = sign {
        return Some(code);
    }
    let folded = fold(written);
    let code = find(&folded).map(|currency| currency.code);
    let code = code.or_else(|| withdrawn_currency(written).map(|withdrawn| withdrawn.replacement));
    code.or_else(|| WORDS.into_iter().find(|(word, _)| *word == folded).map(|(_, code)| code))
}

/// Whether the texts differ at most in the case of Latin letters and in full stops at the end.
fn same_sign(sign: &str, written: &str) -> bool {
    sign.trim_end_matches('.').eq_ignore_ascii_case(written.trim_end_matches('.'))
}

#[cfg(test)]
mod tests;
