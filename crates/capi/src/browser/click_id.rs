//! What can be a click id, `fbclid`.

use std::fmt;

use crate::{Error, normalize};

/// Longest click id, bytes; those seen have up to 200. Our own choice, so that its cookie stays far
/// below the 4,096 bytes that browsers keep.
const BYTES_MAX: usize = 1024;

/// Why no click is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoClick {
    /// The request has none.
    Unknown,
    /// A placeholder such as `undefined` stands in its place.
    Placeholder,
    /// It has signs that no click id has, or is too long.
    Impossible,
    /// The cookie `_fbc` cannot be read, and why.
    Cookie(Error),
    /// The click is older than 90 days.
    Old,
    /// The click is not yet.
    Future,
}

impl fmt::Display for NoClick {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unknown => "neither the query nor the referer has an fbclid, and there is no cookie _fbc",
            Self::Placeholder => "a placeholder stands where the click id belongs",
            Self::Impossible => {
                "what stands where the click id belongs is none: those have letters, digits, - and _ alone"
            }
            Self::Cookie(why) => return write!(f, "the cookie _fbc is none: {why}"),
            Self::Old => "the click of the cookie _fbc is older than 90 days; Meta makes nothing of it",
            Self::Future => {
                "the click of the cookie _fbc lies in the future; its time must be in milliseconds"
            }
        })
    }
}

/// The first sign that is in no click id.
pub(crate) fn odd_sign(text: &str) -> Option<u8> {
    let is_odd = |byte: u8| !(byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    // Nearly none has one, and without leaving early the compiler looks at many bytes at once.
    let has_one = text.bytes().fold(false, |found, byte| found | is_odd(byte));
    if has_one { text.bytes().find(|byte| is_odd(*byte)) } else { None }
}

/// A text that can be a click id.
pub(super) fn possible(text: &str) -> Result<&str, NoClick> {
    if normalize::stands_for_nothing(text) || matches!(text, "true" | "false") {
        Err(NoClick::Placeholder)
    } else if text.is_empty() || text.len() > BYTES_MAX || odd_sign(text).is_some() {
        Err(NoClick::Impossible)
    } else {
        Ok(text)
    }
}

/// The click id among those that came at once: the last, because Facebook appends its own to the
/// address that was shared. Frameworks join several by commas.
pub(super) fn newest(joined: &str) -> Result<&str, NoClick> {
    let mut why = NoClick::Unknown;
    for text in joined.rsplit(',').filter(|text| !text.is_empty()) {
        match possible(text) {
            Ok(id) => return Ok(id),
            Err(NoClick::Impossible) => why = NoClick::Impossible,
            Err(other) if why == NoClick::Unknown => why = other,
            Err(_) => {}
        }
    }
    Err(why)
}
