//! Text as people and machines really write it, brought into one form.

use std::borrow::Cow;

use html_escape::decode_html_entities;
use icu_normalizer::ComposingNormalizerBorrowed;

/// A value in composed Unicode (NFC), without invisible marks and HTML's escapes, with full-width
/// signs, hyphens of every kind and the digits of every script as ASCII. ASCII without escapes
/// comes back as it is.
pub(super) fn clean(value: &str) -> Cow<'_, str> {
    let is_escaped = value.contains('&') && value.contains(';');
    if value.is_ascii() && !is_escaped {
        return Cow::Borrowed(value);
    }
    let unescaped = if is_escaped { decode_html_entities(value) } else { Cow::Borrowed(value) };
    let visible: String = unescaped.chars().filter(|c| !is_invisible(*c)).map(plain).collect();
    let normalizer = if visible.contains(is_decorated) {
        ComposingNormalizerBorrowed::new_nfkc()
    } else {
        ComposingNormalizerBorrowed::new_nfc()
    };
    Cow::Owned(normalizer.normalize(&visible).into_owned())
}

/// The same without what spreadsheets and lists put around a value: blanks, quotes, an equals sign
/// before them and commas behind.
pub(super) fn bare(value: &str) -> Cow<'_, str> {
    let trim = |text: &str| -> (usize, usize) {
        let around = |c: char| c.is_whitespace() || "\"'`“”‘’«»".contains(c);
        let start = text.trim_start_matches(|c: char| around(c) || c == '=');
        let end = start.trim_end_matches(|c: char| around(c) || c == ',' || c == ';' || c == '\0');
        (text.len() - start.len(), end.len())
    };
    match clean(value) {
        Cow::Borrowed(text) => {
            let (start, length) = trim(text);
            Cow::Borrowed(&text[start..start + length])
        }
        Cow::Owned(text) => {
            let (start, length) = trim(&text);
            Cow::Owned(text[start..start + length].to_owned())
        }
    }
}

/// A full-width sign or a digit of another script as ASCII.
fn plain(c: char) -> char {
    match c {
        '\u{ff01}'..='\u{ff5e}' => u8::try_from(u32::from(c) - 0xff01 + 0x21).map_or(c, char::from),
        '\u{2010}'..='\u{2015}' | '\u{2212}' => '-',
        '\u{a0}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}' => ' ',
        c => decimal_digit(c).unwrap_or(c),
    }
}

/// Digits without the decimals that a spreadsheet put behind them (`2134.0`, `2134.00`).
pub(super) fn without_decimals(text: &str) -> &str {
    match text.rsplit_once(['.', ',']) {
        Some((whole, "0" | "00")) if whole.len() >= 3 && whole.bytes().all(|byte| byte.is_ascii_digit()) => {
            whole
        }
        _ => text,
    }
}

/// What a spreadsheet makes of a number that it finds too long: most digits are lost.
pub(super) fn is_scientific(text: &str) -> bool {
    let Some((digits, exponent)) = text.split_once(['E', 'e']) else { return false };
    let is_mantissa = digits.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b','));
    let exponent = exponent.strip_prefix('+').unwrap_or(exponent);
    let has_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_mantissa && !digits.is_empty() && has_digits(exponent)
}

/// The ASCII digit of a decimal digit in one of the scripts in which customers write numbers.
pub fn decimal_digit(c: char) -> Option<char> {
    // The zero of each script but ASCII; the other nine follow it. From the Unicode character database.
    const ZEROS: [char; 11] = [
        '\u{0660}',  // Arabic-Indic
        '\u{06F0}',  // Extended Arabic-Indic (Persian, Urdu)
        '\u{0966}',  // Devanagari
        '\u{09E6}',  // Bengali
        '\u{0E50}',  // Thai
        '\u{FF10}',  // full width
        '\u{1D7CE}', // mathematical, as in decorated profiles: bold,
        '\u{1D7D8}', // double-struck,
        '\u{1D7E2}', // sans-serif,
        '\u{1D7EC}', // sans-serif bold,
        '\u{1D7F6}', // monospace
    ];
    // Letters of Europe, and of Arabic but for its last, come before all of them.
    if c < '\u{0660}' {
        return c.is_ascii_digit().then_some(c);
    }
    ZEROS.into_iter().find_map(|zero| {
        let value = u32::from(c).checked_sub(u32::from(zero))?;
        (value < 10).then(|| char::from_digit(value, 10))?
    })
}

/// Marks without width that come along when text is copied, and the stroke that stretches Arabic
/// words.
pub(super) fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{00AD}' | '\u{0640}' | '\u{061C}' | '\u{180E}' | '\u{200B}'..='\u{200F}'
        | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}')
}

/// Letters in a costume: ligatures, Arabic presentation forms, mathematical alphabets.
fn is_decorated(c: char) -> bool {
    matches!(c, '\u{FB00}'..='\u{FB06}' | '\u{FB50}'..='\u{FDFF}' | '\u{FE70}'..='\u{FEFC}'
        | '\u{1D400}'..='\u{1D7FF}')
}
