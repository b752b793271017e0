//! One plain form of the ways in which the same letters and signs are written, to look for a person in.

use std::borrow::Cow;

use icu_normalizer::ComposingNormalizerBorrowed;

use crate::normalize::decimal_digit;

/// How often something is written within something: `%2540` is `%40` written for an address once more.
const LAYERS_MAX: usize = 4;

/// The text as a reader understands it: written for an address (`%40`, `%2540`), for a page (`&#64;`) or for a program
/// (`\u0040`) once or several times, with the wide signs of East Asian keyboards and the digits of Arabic and other
/// scripts, with signs that nobody sees. It is for looking only and never leaves.
pub(super) fn plain_form(text: &str) -> Cow<'_, str> {
    if !text.bytes().any(is_telling) {
        return Cow::Borrowed(text);
    }
    let mut plain = Cow::Borrowed(text);
    for _ in 0..LAYERS_MAX {
        let unwritten = unwritten(&plain);
        if unwritten == plain {
            break;
        }
        plain = Cow::Owned(unwritten);
    }
    if plain.is_ascii() {
        return plain;
    }
    let compatible = ComposingNormalizerBorrowed::new_nfkc().normalize(&plain);
    Cow::Owned(compatible.chars().filter_map(seen).collect())
}

/// Whether a byte can begin what [`plain_form`] writes otherwise. Letters of Europe are left out, because most texts
/// with such bytes hold nothing else.
fn is_telling(byte: u8) -> bool {
    matches!(byte, b'%' | b'&' | b'\\' | 0xC2 | 0xCC..)
}

/// Without one layer of writing.
fn unwritten(text: &str) -> String {
    let text = html_escape::decode_html_entities(text);
    let text = without_unicode_escapes(&text);
    without_percent(&text)
}

/// Without `%40`; bytes that make no text stay as they are.
fn without_percent(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, behind)) = rest.split_first() {
        let byte = behind.get(..2).filter(|_| *first == b'%').and_then(of_hex);
        let (byte, length) = byte.map_or((*first, 1), |byte| (byte, 3));
        bytes.push(byte);
        rest = rest.get(length..).unwrap_or_default();
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

fn of_hex(digits: &[u8]) -> Option<u8> {
    let digits = std::str::from_utf8(digits).ok()?;
    digits.bytes().all(|byte| byte.is_ascii_hexdigit()).then(|| u8::from_str_radix(digits, 16).ok())?
}

/// Without `\u0040`.
fn without_unicode_escapes(text: &str) -> Cow<'_, str> {
    if !text.contains("\\u") {
        return Cow::Borrowed(text);
    }
    let mut parts = text.split("\\u");
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let digits = part.get(..4).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
        let sign = digits.and_then(|digits| char::from_u32(u32::from_str_radix(digits, 16).ok()?));
        plain.extend(sign);
        plain.push_str(if sign.is_some() { "" } else { "\\u" });
        plain.push_str(if sign.is_some() { &part[4..] } else { part });
    }
    Cow::Owned(plain)
}

/// What is seen of a sign; nothing where nobody sees it.
fn seen(sign: char) -> Option<char> {
    match sign {
        // Soft hyphens, joiners, marks of direction, byte order marks.
        '\u{AD}'
        | '\u{34F}'
        | '\u{61C}'
        | '\u{180E}'
        | '\u{200B}'..='\u{200F}'
        | '\u{202A}'..='\u{202E}'
        | '\u{2060}'..='\u{2064}'
        | '\u{2066}'..='\u{206F}'
        | '\u{FE00}'..='\u{FE0F}'
        | '\u{FEFF}' => None,
        // Hyphens, dashes and the sign for minus.
        '\u{2010}'..='\u{2015}' | '\u{2212}' => Some('-'),
        '\u{3002}' => Some('.'),
        _ if sign.is_ascii() => Some(sign),
        _ if sign.is_whitespace() => Some(' '),
        _ => Some(decimal_digit(sign).unwrap_or(sign)),
    }
}
