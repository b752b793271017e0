//! Identifiers in the form that Meta's documentation of customer information asks for, done
//! properly: a phone has its country code and neither trunk zero nor signs, an e-mail is trimmed
//! and in lower case. What is not a phone or an e-mail gives nothing; nothing is invented.

use rlibphonenumber::{
    CountryCodeSource, NumberLengthType, PHONE_NUMBER_UTIL, PhoneNumber, PhoneNumberFormat, PhoneNumberType,
    Region,
};

/// Longest input that is looked at, bytes: an e-mail can have 254 characters.
const INPUT_BYTES_MAX: usize = 320;
/// Fewest and most digits of an international number (ITU E.164; the shortest in use have 7).
const DIGITS: std::ops::RangeInclusive<usize> = 7..=15;
/// Fewest digits of a number that states neither a plus sign nor a known country, so that a local
/// number is not taken for an international one.
const UNMARKED_DIGITS_MIN: usize = 10;

/// A phone number as digits with the country code, without `+`.
///
/// `country` is the ISO 3166 code of the country in which a number without country code is valid.
/// A `+` or the country's exit code (`00` where none is known) marks an international number.
/// Digits of any script count. Without mark and country only 10 to 15 digits that do not begin
/// with 0 are taken, as they are.
pub fn phone(raw: &str, country: Option<&str>) -> Option<String> {
    if raw.len() > INPUT_BYTES_MAX || is_sha256_hex(raw.trim()) {
        return None;
    }
    let dialled = Dialled::read(raw)?;
    let region = country.and_then(|code| Region::from_code(&code.trim().to_ascii_uppercase()).ok());
    let digits = if dialled.plus {
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

/// An e-mail address, trimmed and in lower case. It needs one `@` with a domain of at least two
/// parts behind it.
pub fn email(raw: &str) -> Option<String> {
    if raw.len() > INPUT_BYTES_MAX {
        return None;
    }
    let address = raw.trim_matches(|c: char| c.is_whitespace() || is_invisible(c)).to_lowercase();
    let (local, domain) = address.split_once('@')?;
    let strange = |c: char| c.is_whitespace() || c.is_control() || is_invisible(c) || "<>,;:\"".contains(c);
    let mut labels = domain.split('.');
    let plausible = !local.is_empty()
        && !domain.contains('@')
        && domain.contains('.')
        && labels.all(|label| !label.is_empty())
        && !address.contains(strange);
    plausible.then_some(address)
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
        let separates = |c| matches!(c, '/' | ',' | ';' | '|' | '\n' | '+');
        let mut number = Self { plus: false, digits: String::new() };
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
    e164(&PHONE_NUMBER_UTIL.parse(format!("+{digits}"), None).ok()?)
}

fn local(digits: &str, region: Region) -> Option<String> {
    let parsed = PHONE_NUMBER_UTIL.parse_and_keep_raw_input(digits, Some(region)).ok();
    let dialled_abroad =
        |number: &PhoneNumber| number.country_code_source() == CountryCodeSource::FromNumberWithIdd;
    if let Some(rest) = digits.strip_prefix("00")
        && !parsed.as_ref().is_some_and(dialled_abroad)
    {
        // `00` is understood nearly everywhere, also where the country's own exit code differs.
        return international(rest);
    }
    if let Some(number) = parsed.filter(|number| dialled_abroad(number) || has_usual_length(number)) {
        return e164(&number);
    }
    // Too long or short for a subscriber of the country: a foreign number written without its plus
    // sign, as chat exports do.
    if digits.len() < UNMARKED_DIGITS_MIN || digits.starts_with('0') {
        return None;
    }
    let foreign = PHONE_NUMBER_UTIL.parse(format!("+{digits}"), None).ok()?;
    has_usual_length(&foreign).then(|| e164(&foreign))?
}

/// Whether fixed lines or mobiles of the number's country are that long. Cheap, unlike asking
/// whether the number is in use.
fn has_usual_length(number: &PhoneNumber) -> bool {
    let length =
        PHONE_NUMBER_UTIL.is_possible_number_for_type_with_reason(number, PhoneNumberType::FixedLineOrMobile);
    length == Ok(NumberLengthType::IsPossible)
}

fn e164(number: &PhoneNumber) -> Option<String> {
    PHONE_NUMBER_UTIL.format(number, PhoneNumberFormat::E164).strip_prefix('+').map(str::to_owned)
}

/// The ASCII digit of a decimal digit in one of the scripts in which customers write numbers.
fn decimal_digit(c: char) -> Option<char> {
    // The zero of each script; the other nine follow it. From the Unicode character database.
    const ZEROS: [char; 8] = [
        '0',         // ASCII
        '\u{0660}',  // Arabic-Indic
        '\u{06F0}',  // Extended Arabic-Indic (Persian, Urdu)
        '\u{0966}',  // Devanagari
        '\u{09E6}',  // Bengali
        '\u{0E50}',  // Thai
        '\u{FF10}',  // full width
        '\u{1D7CE}', // mathematical bold, as in decorated profiles
    ];
    ZEROS.into_iter().find_map(|zero| {
        let value = u32::from(c).checked_sub(u32::from(zero))?;
        (value < 10).then(|| char::from_digit(value, 10))?
    })
}

/// Marks without width that come along when text is copied.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}')
}

/// A value that somebody hashed already is no number, whatever digits it begins with.
fn is_sha256_hex(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests;
