//! Postcodes: lower case without blanks and dash, five digits in the United States.

use super::text;
use crate::{
    catalogue::{self, Shape},
    normalize::Dropped,
};

/// Digits of a ZIP code, and of one with its four further digits.
const ZIP: usize = 5;
const ZIP_PLUS_FOUR: usize = 9;

pub(super) fn write(value: &str, country: Option<&str>, out: &mut String) -> Result<(), Dropped> {
    let shape = country.and_then(catalogue::postcode_shape);
    let bare = value.trim();
    if shape == Some(Shape::Digits(u8::try_from(bare.len()).unwrap_or(u8::MAX)))
        && bare.bytes().all(|byte| byte.is_ascii_digit())
    {
        out.push_str(bare);
        return Ok(());
    }
    let cleaned = text::bare(value);
    if text::is_scientific(&cleaned) {
        return Err(Dropped::Unreadable);
    }
    let cleaned = text::without_decimals(&cleaned);
    let lower = cleaned.to_lowercase();
    if lower.contains("box") || lower.contains("ص.ب") {
        return Err(Dropped::Unreadable);
    }
    let has_its_shape = match (country, shape) {
        (Some("us"), _) => zip_code(cleaned, out),
        (Some(country), Some(Shape::Digits(length))) => national(cleaned, country, usize::from(length), out),
        // Without a country only the American form is unmistakable.
        (None, _) if is_zip_plus_four(cleaned) => zip_code(cleaned, out),
        _ => false,
    };
    if !has_its_shape {
        out.clear();
        // `NL-1234 AB` names the country first.
        let prefix = country.and_then(|code| lower.strip_prefix(code)?.strip_prefix('-'));
        out.extend(prefix.unwrap_or(&lower).chars().filter(|c| c.is_alphanumeric()));
    }
    match out.len() {
        0 => Err(Dropped::Nonsense),
        1 => Err(Dropped::Unreadable),
        _ => Ok(()),
    }
}

/// The first five digits; a spreadsheet that took the code for a number has lost its leading zero,
/// or both of the few that begin with two (005 to 009).
fn zip_code(text: &str, out: &mut String) -> bool {
    out.extend(text.chars().filter(char::is_ascii_digit));
    if out.len() == 3 && out.starts_with(['5', '6', '7', '8', '9']) {
        out.insert_str(0, "00");
    } else if matches!(out.len(), 4 | 8) && text.split('-').next().is_some_and(|zip| zip.trim().len() != ZIP)
    {
        out.insert(0, '0');
    }
    let complete = matches!(out.len(), ZIP | ZIP_PLUS_FOUR);
    out.truncate(ZIP);
    complete && !has_foreign_letters(text)
}

/// All digits, whatever label stands before them (`D-10115`, `CEP 01310-100`).
fn national(text: &str, country: &str, length: usize, out: &mut String) -> bool {
    /// Countries with postcodes that begin with two zeros.
    const TWO_ZEROS: [&str; 5] = ["it", "fi", "pl", "pr", "vi"];
    out.extend(text.chars().filter(char::is_ascii_digit));
    if out.len() + 1 == length {
        out.insert(0, '0');
    } else if out.len() + 2 == length && TWO_ZEROS.contains(&country) {
        out.insert_str(0, "00");
    }
    out.len() == length
}

fn is_zip_plus_four(text: &str) -> bool {
    let digits = |part: &str, length| part.len() == length && part.bytes().all(|byte| byte.is_ascii_digit());
    text.trim().split_once('-').is_some_and(|(zip, four)| digits(zip, ZIP) && digits(four, 4))
}

/// Letters between the digits make it the code of another country.
fn has_foreign_letters(text: &str) -> bool {
    let from_first_digit = text.trim_start_matches(|c: char| !c.is_ascii_digit());
    from_first_digit.chars().any(char::is_alphabetic)
}
