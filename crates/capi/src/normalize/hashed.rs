//! Values that somebody hashed already.
//!
//! Meta's SDKs pass on what looks like SHA-256 (64 hexadecimal digits) or MD5 (32), and its
//! Parameter Builder puts a mark of its own behind the hash: a dot and 2 or 8 characters. A value
//! in such a form is never hashed again.

use std::fmt;

use crate::{browser::appendix, plain::opaque_debug};

/// SHA-256 of the empty string: what a broken client sends for a person of whom it knows nothing.
pub const EMPTY_SHA256: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// MD5 of the empty string.
const EMPTY_MD5: &str = "d41d8cd98f00b204e9800998ecf8427e";

/// A value that is a hash already.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Hashed<'a> {
    /// The hexadecimal digits, in the case in which they came: 64 of SHA-256 or 32 of MD5.
    pub digits: &'a str,
    /// The Parameter Builder's mark behind the dot.
    pub appendix: Option<&'a str>,
}

opaque_debug!(Hashed);

impl<'a> Hashed<'a> {
    /// Reads a value that looks like a hash, with or without an appendix; blanks around it do not
    /// matter.
    pub fn read(value: &'a str) -> Option<Self> {
        // Cheap for what is no hash: nearly all values are shorter.
        if value.len() < 32 {
            return None;
        }
        let value = value.trim();
        if is_hash(value) {
            return Some(Self { digits: value, appendix: None });
        }
        let (digits, mark) = value.rsplit_once('.')?;
        (is_hash(digits) && appendix::is_valid(mark)).then_some(Self { digits, appendix: Some(mark) })
    }

    /// Whether it is the hash of nothing.
    pub fn is_of_nothing(&self) -> bool {
        [EMPTY_SHA256, EMPTY_MD5].iter().any(|nothing| self.digits.eq_ignore_ascii_case(nothing))
    }

    /// Whether it is an MD5, which Meta's tools pass on but its documentation does not ask for.
    pub fn is_md5(&self) -> bool {
        self.digits.len() == 32
    }
}

impl fmt::Display for Hashed<'_> {
    /// As it is sent: in lower case, the mark as it came.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.digits.to_ascii_lowercase())?;
        self.appendix.map_or(Ok(()), |mark| write!(f, ".{mark}"))
    }
}

/// Whether a text is 64 or 32 hexadecimal digits of either case.
pub(super) fn is_hash(text: &str) -> bool {
    matches!(text.len(), 64 | 32) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}
