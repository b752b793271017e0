//! Meta's Parameter Builder to the letter, oddities included: what it drops, this drops, and what
//! it mangles, this mangles. Compared with the original by `cargo xtask conformance`.
//!
//! Source: the npm package `capi-param-builder-nodejs` 1.3.2, by reading and by running it.
//!
//! Text is that of JavaScript: blanks are those of its regular expressions, lengths count UTF-16
//! units, lower case is Unicode's.

mod birth_date;
mod email;
mod gender;
mod region;

use crate::{Key, normalize::hashed::is_hash};

/// What the Parameter Builder makes of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Built {
    /// The normalised text is in the buffer, to be hashed.
    Text,
    /// The value was a hash; it is in the buffer as it is to be sent.
    Hash,
}

/// Writes into `out` what the Parameter Builder makes of a value; `None` where it returns null.
///
/// `this_year` bounds the years of birth.
pub(super) fn build(key: Key, value: &str, this_year: i16, out: &mut String) -> Option<Built> {
    out.clear();
    if value.len() >= 32 {
        let trimmed = trim(value);
        if is_hash(trimmed) {
            out.push_str(trimmed);
            out.make_ascii_lowercase();
            return Some(Built::Hash);
        }
        if carries_an_appendix(trimmed) {
            out.push_str(trimmed);
            return Some(Built::Hash);
        }
    }
    match key {
        Key::Email => email::normalize(value, out)?,
        Key::Phone => phone(value, out),
        Key::FirstName | Key::LastName => name(value, out),
        Key::Gender => gender::normalize(value, out)?,
        Key::BirthDate => birth_date::normalize(value, this_year, out)?,
        Key::City => city(value, out)?,
        Key::State => region::state(value, out),
        Key::Postcode => postcode(value, out)?,
        Key::Country => region::country(value, out),
        Key::ExternalId => external_id(value, out),
    }
    // An empty text is null to it, too: there is nothing to hash.
    (!out.is_empty()).then_some(Built::Text)
}

/// The letter of a word for men or women.
pub(super) fn gender(value: &str, out: &mut String) -> Option<()> {
    gender::normalize(value, out)
}

/// Any eight UTF-16 units count as an appendix here, unlike in cookies.
fn carries_an_appendix(value: &str) -> bool {
    const LEGACY: [&str; 6] = ["AQ", "Ag", "Aw", "BA", "BQ", "Bg"];
    value.rsplit_once('.').is_some_and(|(digits, mark)| {
        is_hash(digits) && (LEGACY.contains(&mark) || mark.encode_utf16().count() == 8)
    })
}

fn phone(value: &str, out: &mut String) {
    for byte in value.bytes().filter(u8::is_ascii_digit) {
        if byte != b'0' || !out.is_empty() {
            out.push(char::from(byte));
        }
    }
}

fn name(value: &str, out: &mut String) {
    push_lower(value, |c| !is_blank(c) && !c.is_ascii_punctuation(), out);
}

fn external_id(value: &str, out: &mut String) {
    push_lower(value, |c| !is_blank(c), out);
}

fn city(value: &str, out: &mut String) -> Option<()> {
    out.extend(
        value.bytes().filter(u8::is_ascii_alphanumeric).map(|byte| char::from(byte.to_ascii_lowercase())),
    );
    out.starts_with(|c: char| c.is_ascii_lowercase()).then_some(())
}

fn postcode(value: &str, out: &mut String) -> Option<()> {
    push_lower(value, |_| true, out);
    out.truncate(out.find('-').unwrap_or(out.len()));
    out.truncate(out.trim_end_matches(is_blank).len());
    let blanks = out.len() - out.trim_start_matches(is_blank).len();
    out.drain(..blanks);
    (out.encode_utf16().take(2).count() == 2).then_some(())
}

/// Appends the kept characters in lower case. The filter comes first, as in the original; the
/// lower case of a Greek capital sigma depends on its neighbours, so it is asked of the whole.
fn push_lower(value: &str, keep: impl Fn(char) -> bool, out: &mut String) {
    if value.contains('Σ') {
        let kept: String = value.chars().filter(|c| keep(*c)).collect();
        out.push_str(&kept.to_lowercase());
    } else if !value.is_ascii() {
        out.extend(value.chars().filter(|c| keep(*c)).flat_map(char::to_lowercase));
    } else if value.bytes().all(|byte| keep(char::from(byte))) {
        let start = out.len();
        out.push_str(value);
        if let Some(latest) = out.get_mut(start..) {
            latest.make_ascii_lowercase();
        }
    } else {
        out.extend(value.chars().filter(|c| keep(*c)).map(|c| c.to_ascii_lowercase()));
    }
}

/// `\s` of JavaScript's regular expressions, which is also what its `trim` takes.
pub(crate) fn is_blank(c: char) -> bool {
    match c {
        '\t'..='\r' | ' ' => true,
        c if c.is_ascii() => false,
        '\u{85}' => false,
        '\u{feff}' => true,
        c => c.is_whitespace(),
    }
}

fn trim(text: &str) -> &str {
    text.trim_matches(is_blank)
}

#[cfg(test)]
mod tests;
