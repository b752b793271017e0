//! Names of people and places: lower case, no punctuation, no blanks.

use std::borrow::Cow;

use icu_normalizer::{ComposingNormalizerBorrowed, properties::CanonicalCombiningClassMapBorrowed};

use super::{text, turkish};
use crate::normalize::Dropped;

/// Writes the letters and digits of a text in lower case.
pub(super) fn write(value: &str, country: Option<&str>, out: &mut String) -> Result<(), Dropped> {
    if !write_latin(value, turkish::is_spoken_in(country), out) {
        out.clear();
        write_unicode(&text::clean(value), country, out);
    }
    if out.is_empty() { Err(Dropped::Nonsense) } else { Ok(()) }
}

/// The usual case in one pass: letters before the first combining mark of Unicode, which are
/// composed already. Gives up where a letter i has to be thought about.
fn write_latin(value: &str, is_turkish: bool, out: &mut String) -> bool {
    for c in value.chars() {
        match c {
            'I' if is_turkish => return false,
            '&' => return false,
            c if c.is_ascii_alphanumeric() => out.push(c.to_ascii_lowercase()),
            c if c.is_ascii() => {}
            'İ' | 'ı' | 'ğ' | 'Ğ' if !is_turkish => return false,
            'İ' => out.push('i'),
            '\u{2b9}'.. => return false,
            c if c.is_alphanumeric() => out.extend(c.to_lowercase()),
            _ => {}
        }
    }
    true
}

fn write_unicode(cleaned: &str, country: Option<&str>, out: &mut String) {
    let is_turkish = turkish::is_spoken_in(country) || turkish::is_written_in(cleaned);
    let lower = if is_turkish { turkish::lower(cleaned) } else { Cow::Owned(cleaned.to_lowercase()) };
    let words: String = lower.chars().filter(|c| belongs_to_a_word(*c)).collect();
    // Lower case can decompose, and removing a sign can bring a letter and its mark together.
    let nfc = ComposingNormalizerBorrowed::new_nfc();
    let composed = nfc.normalize(&words);
    match turkish::without_second_dots(&composed) {
        Cow::Borrowed(composed) => out.push_str(composed),
        Cow::Owned(single) => out.push_str(&nfc.normalize(&single)),
    }
}

/// Letters, digits, and the marks that belong to a letter; no apostrophe, also none that Unicode
/// counts as a letter.
fn belongs_to_a_word(c: char) -> bool {
    match c {
        c if c.is_ascii() => c.is_ascii_alphanumeric(),
        '\u{02B9}'..='\u{02BF}' | '\u{02C8}' | '\u{A78B}' | '\u{A78C}' | '\u{055A}' | '\u{05F3}' => false,
        // A decorated letter can bring one along when it is taken apart.
        c if text::is_invisible(c) => false,
        c => {
            // A class other than 0 is that of a mark which joins the letter before it.
            c.is_alphanumeric() || CanonicalCombiningClassMapBorrowed::new().get_u8(c) != 0
        }
    }
}
