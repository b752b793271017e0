//! Phone numbers: digits with the country code, without `+`, trunk zero or extension.

use std::borrow::Cow;

use rlibphonenumber::{
    CountryCodeSource, NumberLengthType, PHONE_NUMBER_UTIL, PhoneNumber, PhoneNumberFormat, PhoneNumberType,
    Region,
};

use super::{nonsense, text, text::decimal_digit};
use crate::{
    Key, catalogue,
    normalize::{Dropped, hashed::is_hash},
};

/// Longest input that is looked at, bytes.
const INPUT_BYTES_MAX: usize = 320;
/// Fewest and most digits of an international number (ITU E.164; the shortest in use have 7).
const DIGITS: std::ops::RangeInclusive<usize> = 7..=15;
/// Fewest digits of a number that states neither a plus sign nor a known country, so that a local
/// number is not taken for an international one.
const UNMARKED_DIGITS_MIN: usize = 10;

/// A phone number as digits with the country code, without `+`.
///
/// `country` (a code or a name) is where a number without country code is valid.
/// A `+` or the country's exit code (`00` where none is known) marks an international number.
/// Digits of any script count. Without mark and country only 10 to 15 digits that do not begin
/// with 0 are taken, as they are.
pub fn phone(raw: &str, country: Option<&str>) -> Option<String> {
    nonsense::check(Key::Phone, raw).ok()?;
    number(raw, country.and_then(catalogue::country_code))
}

pub(super) fn write(value: &str, country: Option<&str>, out: &mut String) -> Result<(), Dropped> {
    out.push_str(&number(value, country).ok_or(Dropped::Unreadable)?);
    Ok(())
}

fn number(raw: &str, country: Option<&str>) -> Option<String> {
    if raw.len() > INPUT_BYTES_MAX || is_hash(raw.trim()) {
        return None;
    }
    let text = text::bare(raw);
    if text::is_scientific(&text) || text.contains("***") {
        return None;
    }
    let text = without_placeholder(text::without_decimals(&text), country);
    let dialled = Dialled::read(&text)?;
    let region = country.and_then(|code| Region::from_code(&code.to_ascii_uppercase()).ok());
    // `+0532…` can only be a number of the country.
    let is_international =
        dialled.plus && (!dialled.digits.starts_with('0') || dialled.digits.starts_with("00"));
    let digits = if is_international {
        international(&dialled.digits)
    } else if let Some(region) = region {
        local(&dialled.digits, region)
    } else if let Some(rest) = dialled.digits.strip_prefix("00") {
        international(rest)
    } else {
        (dialled.digits.len() >= UNMARKED_DIGITS_MIN && !dialled.digits.starts_with('0'))
            .then_some(dialled.digits)
    }?;
    DIGITS.contains(&digits.len()).then_some(digits)
}

/// `0xx11` stands in Brazil for zero, any carrier and the area; `+34 (0) 612` has a zero that nobody
/// dials. Only Italy and its neighbours have numbers that begin with one.
fn without_placeholder<'a>(text: &'a str, country: Option<&str>) -> Cow<'a, str> {
    if country == Some("br") && text.contains(['x', 'X']) {
        let lower = text.to_lowercase();
        if lower.contains("0xx") || lower.contains("0-xx") {
            return Cow::Owned(lower.replacen("xx", "", 1));
        }
    }
    let is_international = text.contains('+') || text.trim_start().starts_with("00");
    match text.find("(0)") {
        Some(place) if place > 0 && is_international && !keeps_zero(text) => {
            Cow::Owned(text.replacen("(0)", "", 1))
        }
        _ => Cow::Borrowed(text),
    }
}

/// Whether the number is one of Italy or its neighbours, and none of their mobiles, which begin with 3.
fn keeps_zero(text: &str) -> bool {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let digits = digits.trim_start_matches('0');
    let is_italian = ["39", "378", "379"].iter().any(|code| digits.starts_with(code));
    is_italian && !text.contains("(0) 3") && !text.contains("(0)3")
}

/// What a person would dial: digits, and whether a `+` stood before them.
struct Dialled {
    plus: bool,
    digits: String,
}

impl Dialled {
    /// Reads the first number of a text. A letter after the number ends it (`ext. 5`,
    /// `(WhatsApp)`), and so does a sign that separates two numbers.
    fn read(raw: &str) -> Option<Self> {
        let separates = |c| matches!(c, '/' | ',' | ';' | '|' | '\n' | '+' | '#');
        let mut number = Self { plus: false, digits: String::with_capacity(*DIGITS.end() + 1) };
        for c in raw.chars() {
            if let Some(digit) = decimal_digit(c) {
                number.digits.push(digit);
            } else if number.digits.is_empty() {
                number.plus |= matches!(c, '+' | '＋');
            } else if c.is_alphabetic() || (separates(c) && number.digits.len() >= *DIGITS.start()) {
                break;
            }
        }
        (!number.digits.is_empty()).then_some(number)
    }
}

fn international(digits: &str) -> Option<String> {
    // `+0090…`: both marks at once.
    let digits = digits.strip_prefix("00").unwrap_or(digits);
    if is_complete(digits) {
        return Some(digits.to_owned());
    }
    e164(&PHONE_NUMBER_UTIL.parse(format!("+{digits}"), None).ok()?)
}

/// Whether an international number of a usual country has nothing that could be taken off it, so
/// that the library need not be asked. A test compares the two.
fn is_complete(digits: &str) -> bool {
    const CODES: [&str; 13] = ["1", "20", "33", "34", "44", "49", "52", "55", "60", "90", "91", "966", "971"];
    let national = CODES.iter().find_map(|code| Some((*code, digits.strip_prefix(code)?)));
    let Some((code, national)) = national else { return false };
    let has_trunk_prefix = match code {
        "1" => national.starts_with(['0', '1']) || national.len() != 10,
        "52" => national.starts_with(['0', '1']),
        "55" => national.starts_with('0') || national.starts_with("90"),
        _ => national.starts_with('0'),
    };
    (8..=11).contains(&national.len()) && !has_trunk_prefix
}

fn local(digits: &str, region: Region) -> Option<String> {
    // `00` is understood nearly everywhere, also where the country's own exit code differs or goes on
    // with a carrier.
    if let Some(rest) = digits.strip_prefix("00")
        && let Some(number) = international(rest).filter(|number| is_plausible(number))
    {
        return Some(number);
    }
    let digits = without_mexican_prefix(digits, region);
    let Some(parsed) = PHONE_NUMBER_UTIL.parse_and_keep_raw_input(digits, Some(region)).ok() else {
        return foreign(digits);
    };
    if parsed.country_code_source() == CountryCodeSource::FromNumberWithIdd {
        return e164(&parsed);
    }
    if !has_usual_length(&parsed) {
        // Too long or short for a subscriber of the country.
        return foreign(digits);
    }
    let number = e164(&parsed)?;
    // Brazil's 90 for collect calls would be taken off a Turkish number.
    let is_whole = number.ends_with(digits);
    if digits.starts_with('0') || digits.len() <= UNMARKED_DIGITS_MIN || (is_whole && is_mobile(&parsed)) {
        return Some(number);
    }
    // Where numbers vary in length, as in Germany, one that begins with a country code, be it its own
    // or a foreign one, can pass for one without.
    let other = international(digits).filter(|other| *other != number && is_in_use(other));
    Some(other.unwrap_or(number))
}

/// A foreign number written without its plus sign, as chat exports do.
fn foreign(digits: &str) -> Option<String> {
    if digits.len() < UNMARKED_DIGITS_MIN || digits.starts_with('0') {
        return None;
    }
    international(digits).filter(|number| is_plausible(number))
}

fn is_mobile(number: &PhoneNumber) -> bool {
    PHONE_NUMBER_UTIL.get_number_type(number) == PhoneNumberType::Mobile
}

/// Mexico's prefixes of long distance and of mobiles, abolished in 2019 and still written.
fn without_mexican_prefix(digits: &str, region: Region) -> &str {
    if region == Region::MX { without(&["044", "045", "01"], digits) } else { digits }
}

fn without<'a>(prefixes: &[&str], national: &'a str) -> &'a str {
    let rest = prefixes.iter().find_map(|prefix| national.strip_prefix(prefix));
    rest.filter(|rest| rest.len() == 10).unwrap_or(national)
}

fn is_plausible(digits: &str) -> bool {
    PHONE_NUMBER_UTIL.parse(format!("+{digits}"), None).is_ok_and(|number| has_usual_length(&number))
}

/// Whether the number belongs to a range that is in use. Forty times as dear as its length.
fn is_in_use(digits: &str) -> bool {
    PHONE_NUMBER_UTIL
        .parse(format!("+{digits}"), None)
        .is_ok_and(|number| PHONE_NUMBER_UTIL.is_valid_number(&number))
}

/// Whether fixed lines or mobiles of the number's country are that long. Cheap, unlike asking
/// whether the number is in use.
fn has_usual_length(number: &PhoneNumber) -> bool {
    let length =
        PHONE_NUMBER_UTIL.is_possible_number_for_type_with_reason(number, PhoneNumberType::FixedLineOrMobile);
    length == Ok(NumberLengthType::IsPossible)
}

fn e164(number: &PhoneNumber) -> Option<String> {
    let formatted = PHONE_NUMBER_UTIL.format(number, PhoneNumberFormat::E164);
    let digits = formatted.strip_prefix('+')?;
    if let Some(national) = digits.strip_prefix("52") {
        // The 1 of mobiles was given up, too.
        return Some(format!("52{}", without(&["044", "045", "01", "1"], national)));
    }
    // A zero that stayed before the number belongs to it in few countries; elsewhere it is the trunk
    // zero of a number that is too short or too long.
    let is_odd = number.italian_leading_zero() && !PHONE_NUMBER_UTIL.is_valid_number(number);
    (!is_odd).then(|| digits.to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_complete_number_is_what_the_library_makes_of_it(
            digits in "(1|20|33|34|44|49|52|55|60|90|91|966|971)[0-9]{8,11}",
        ) {
            if is_complete(&digits) {
                let parsed = PHONE_NUMBER_UTIL.parse(format!("+{digits}"), None).ok();
                prop_assert_eq!(parsed.as_ref().and_then(e164), Some(digits));
            }
        }
    }
}
