//! Phone numbers: digits with the country code, without `+`, trunk zero or extension.

mod dialled;

use std::borrow::Cow;

use rlibphonenumber::{
    CountryCodeSource, NumberLengthType, PHONE_NUMBER_UTIL, PhoneNumber, PhoneNumberFormat, PhoneNumberType,
    Region,
};

use super::{nonsense, text};
use crate::{
    Key,
    normalize::{Dropped, hashed::is_hash, place_code},
    phone::{
        Numbers, can_exist, is_given_up, numbers,
        plans::{trunk_prefixes, trunk_prefixes_behind},
    },
};
use dialled::Dialled;

/// Longest input that is looked at, bytes.
const INPUT_BYTES_MAX: usize = 320;
/// Fewest and most digits of an international number (ITU E.164; the shortest in use have 7).
const DIGITS: std::ops::RangeInclusive<usize> = 7..=15;
/// Fewest digits of a number that states neither a plus sign nor a known country, so that a local
/// number is not taken for an international one.
const UNMARKED_DIGITS_MIN: usize = 10;
/// Longest field that is searched for several numbers, bytes.
const FIELD_BYTES_MAX: usize = 1024;
/// Most numbers of one field, and most places in it where one is looked for.
const NUMBERS_MAX: usize = 8;
const PLACES_MAX: usize = 32;
/// A phone number as digits with the country code, without `+`.
///
/// `country` (a code or a name) is where a number without country code is valid.
/// A `+` or the country's exit code (`00` where none is known) marks an international number.
/// Digits of any script count. Without mark and country only 10 to 15 digits that do not begin
/// with 0 are taken, as they are. A number from before a change of its country's plan becomes that of
/// today. It need not be one that can exist (see [`crate::phone::can_exist`]): who writes from a number
/// knows better than any list.
pub fn phone(raw: &str, country: Option<&str>) -> Option<String> {
    nonsense::check(Key::Phone, raw).ok()?;
    number(raw, country.and_then(place_code), today)
}

/// The phone numbers of a field in which people write several: each once, in their order, at most 8.
///
/// Each is what [`phone`] makes of it. Commas, semicolons, slashes, bars, ends of lines, words and,
/// where nothing else is there, blanks stand between them; a sign that only groups the digits of one
/// number stands between none.
pub fn phones(raw: &str, country: Option<&str>) -> Vec<String> {
    let code = country.and_then(place_code);
    let mut numbers = Vec::new();
    let text = if raw.len() <= FIELD_BYTES_MAX { text::bare(raw) } else { Cow::Borrowed("") };
    if !is_hash(&text) && !text::is_scientific(&text) {
        collect(&without_carrier(&text, code), region_of(code), &mut numbers);
    }
    if numbers.is_empty() {
        numbers.extend(phone(raw, country));
    }
    numbers
}

fn collect(text: &str, region: Option<Region>, numbers: &mut Vec<String>) {
    let mut rest = text;
    for _ in 0..PLACES_MAX {
        let Some(mut dialled) = Dialled::read(rest, region) else { return };
        let mut number = dialled.number(region);
        if number.is_none()
            && let Some(first) = dialled.first_of_two(region)
        {
            number = first.number(region);
            dialled = first;
        }
        let number = number.map(|number| today(&number));
        // Of what stands among words, not all digits are a number.
        let before = &rest[..rest.len() - dialled.rest().len() - dialled.written().len()];
        let is_doubtful =
            !numbers.is_empty() && before.contains(char::is_alphabetic) && !dialled.says_what_it_is();
        rest = if number.is_some() { dialled.rest() } else { dialled.next_part() };
        let is_filler = dialled.written().contains("***")
            || nonsense::check(Key::Phone, dialled.written()).is_err()
            || !dialled.is_one_of_many();
        let number = number.or_else(|| dialled.in_the_area_of(numbers.last()?).map(|number| today(&number)));
        let number = number.filter(|number| !is_filler && !numbers.contains(number));
        numbers.extend(number.filter(|number| !is_doubtful || is_in_use(number)));
        if numbers.len() == NUMBERS_MAX {
            return;
        }
    }
}

/// Writes the number of today into `out`, and into `twin` the other one by which Meta may know the person.
pub(super) fn write(
    value: &str,
    country: Option<&str>,
    out: &mut String,
    twin: &mut String,
) -> Result<(), Dropped> {
    let add = |digits: &str| {
        let Numbers { today, twin: other } = numbers(digits);
        out.push_str(&today);
        twin.push_str(other.as_deref().unwrap_or_default());
    };
    number(value, country, add).ok_or(Dropped::Unreadable)?;
    if can_exist(out) { Ok(()) } else { Err(Dropped::Impossible) }
}

/// What is made of the number that was dialled, with its country code.
fn number<T>(raw: &str, country: Option<&str>, then: impl FnOnce(&str) -> T) -> Option<T> {
    if raw.len() > INPUT_BYTES_MAX || is_hash(raw.trim()) {
        return None;
    }
    let text = text::bare(raw);
    if text::is_scientific(&text) || (text.contains('*') && text.contains("***")) {
        return None;
    }
    let region = region_of(country);
    let text = without_carrier(&text, country);
    let dialled = Dialled::read(&text, region)?;
    match dialled.complete() {
        Some(digits) => Some(then(digits)),
        None => dialled.number(region).map(|digits| then(&digits)),
    }
}

fn region_of(country: Option<&str>) -> Option<Region> {
    country.and_then(|code| Region::from_code(&code.to_ascii_uppercase()).ok())
}

/// `0xx11` stands in Brazil for zero, any carrier and the area.
fn without_carrier<'a>(text: &'a str, country: Option<&str>) -> Cow<'a, str> {
    if country == Some("br") && text.contains(['x', 'X']) {
        let lower = text.to_lowercase();
        if lower.contains("0xx") || lower.contains("0-xx") {
            return Cow::Owned(lower.replace("0xx", "0").replace("0-xx", "0-"));
        }
    }
    Cow::Borrowed(text)
}

/// The number of the digits that a person dials, with its country code. It may be one from before a change
/// of plan.
fn resolve(plus: bool, digits: &str, region: Option<Region>) -> Option<String> {
    // `+0532…` can only be a number of the country.
    let is_international = plus && (!digits.starts_with('0') || digits.starts_with("00"));
    let number = match region {
        _ if is_international => international(digits)
            .or_else(|| behind_trunk_prefix(digits, region.filter(|it| dials_eight(*it))?)),
        Some(region) => local(digits, region),
        None => match digits.strip_prefix("00") {
            Some(rest) => international(rest),
            None => {
                (digits.len() >= UNMARKED_DIGITS_MIN && !digits.starts_with('0')).then(|| digits.to_owned())
            }
        },
    }?;
    DIGITS.contains(&number.len()).then_some(number)
}

/// The number as it is dialled today.
fn today(digits: &str) -> String {
    numbers(digits).today.into_owned()
}

fn international(digits: &str) -> Option<String> {
    // `+0090…`: both marks at once.
    let digits = digits.strip_prefix("00").unwrap_or(digits);
    // The library takes a zero at the beginning of an old number for one of a trunk.
    if is_complete(digits) || is_given_up(digits) {
        return Some(digits.to_owned());
    }
    let parsed = PHONE_NUMBER_UTIL.parse(format!("+{digits}"), None).ok()?;
    let number = e164(&parsed);
    if number.is_some() && (trunk_prefixes_behind(digits).is_empty() || has_usual_length(&parsed)) {
        return number;
    }
    without_trunk_prefix(digits, &parsed.country_code.to_string()).or(number)
}

/// The number where something stands behind its country code that is dialled within the country only, if
/// at all: `+56 09 1234 5678`, `+52 01 55 1234 5678`.
fn without_trunk_prefix(digits: &str, code: &str) -> Option<String> {
    let national = digits.strip_prefix(code)?;
    let prefixes = trunk_prefixes_behind(digits).iter().chain(&["0"]);
    let mut rests = prefixes.filter_map(|prefix| national.strip_prefix(prefix));
    rests.find_map(|rest| {
        let number = format!("{code}{rest}");
        if is_given_up(&number) {
            return Some(number);
        }
        let parsed = PHONE_NUMBER_UTIL.parse(format!("+{number}"), None).ok()?;
        has_usual_length(&parsed).then(|| e164(&parsed))?
    })
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
    behind_trunk_prefix(digits, region)
        .or_else(|| of_the_north_of_cyprus(digits, region))
        .or_else(|| as_the_country_dials(digits, region))
        .or_else(|| given_up(digits, region))
        .or_else(|| {
            // A zero in front where the country has none (any more).
            let rest = digits.strip_prefix('0')?;
            of_country(rest, region, has_usual_length).or_else(|| given_up(rest, region))
        })
}

/// A number of a country without its code, from before its plan changed.
fn given_up(national: &str, region: Region) -> Option<String> {
    let code = PHONE_NUMBER_UTIL.get_country_code_for_region(region)?;
    Some(format!("{code}{national}")).filter(|number| is_given_up(number))
}

/// Numbers in the north of Cyprus, which are those of Turkey.
fn of_the_north_of_cyprus(digits: &str, region: Region) -> Option<String> {
    let is_north = region == Region::CY && digits.trim_start_matches('0').starts_with(['3', '5']);
    let is_good = |number: &PhoneNumber| PHONE_NUMBER_UTIL.is_valid_number(number);
    is_north.then(|| of_country(digits, Region::TR, is_good))?
}

fn as_the_country_dials(digits: &str, region: Region) -> Option<String> {
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
    if digits.starts_with('0') {
        return Some(number);
    }
    if number != digits
        && let Some(mobile) = mobile_of_the_country(digits, &parsed)
    {
        return Some(mobile);
    }
    // Brazil's 90 for collect calls would be taken off a Turkish number.
    let is_whole = number.ends_with(digits);
    if digits.len() <= UNMARKED_DIGITS_MIN || (is_whole && is_mobile(&parsed)) {
        return Some(number);
    }
    // Where numbers vary in length, as in Germany, one that begins with a country code, be it its own
    // or a foreign one, can pass for one without.
    let other = international(digits).filter(|other| *other != number && is_in_use(other));
    Some(other.unwrap_or(number))
}

/// A mobile with the code of its country, as chats have it, where the digits could also be a fixed line
/// without one.
fn mobile_of_the_country(digits: &str, without_code: &PhoneNumber) -> Option<String> {
    let code = without_code.country_code.to_string();
    if !digits.starts_with(&code) || is_mobile(without_code) {
        return None;
    }
    let with_code = PHONE_NUMBER_UTIL.parse(format!("+{digits}"), None).ok()?;
    is_mobile(&with_code).then(|| e164(&with_code))?
}

/// Whether 8 is dialled before a number of the country, or was.
fn dials_eight(region: Region) -> bool {
    trunk_prefixes(region).contains(&"8")
}

/// The number behind what is dialled before it within a country, besides what the library takes off.
fn behind_trunk_prefix(digits: &str, region: Region) -> Option<String> {
    let mut rests = trunk_prefixes(region).iter().filter_map(|prefix| digits.strip_prefix(*prefix));
    rests.find_map(|rest| of_country(rest, region, |number| PHONE_NUMBER_UTIL.is_valid_number(number)))
}

/// A number of a country without its code, if it is a good one.
fn of_country(national: &str, region: Region, is_good: fn(&PhoneNumber) -> bool) -> Option<String> {
    let parsed = PHONE_NUMBER_UTIL.parse(national, Some(region)).ok()?;
    let is_here = Some(parsed.country_code) == PHONE_NUMBER_UTIL.get_country_code_for_region(region);
    (is_here && is_good(&parsed)).then(|| e164(&parsed))?
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

fn is_plausible(digits: &str) -> bool {
    let has_usual_length = |number: PhoneNumber| has_usual_length(&number);
    PHONE_NUMBER_UTIL.parse(format!("+{digits}"), None).is_ok_and(has_usual_length) || is_given_up(digits)
}

/// Whether the number belongs to a range that is in use. Forty times as dear as its length.
fn is_in_use(digits: &str) -> bool {
    PHONE_NUMBER_UTIL
        .parse(format!("+{}", today(digits)), None)
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
    // A zero that stayed before the number belongs to it in few countries; elsewhere it is the trunk
    // zero of a number that is too short or too long.
    let is_odd = number.italian_leading_zero() && !PHONE_NUMBER_UTIL.is_valid_number(number);
    (!is_odd).then(|| digits.to_owned())
}

#[cfg(test)]
mod tests;
