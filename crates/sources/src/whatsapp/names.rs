//! The names by which WhatsApp calls people: phone numbers and user ids.

/// Longest user id, bytes: a country code, a dot and up to 128 characters, with room for `ENT.`.
pub(super) const USER_ID_MAX: usize = 140;
/// Longest id of an account or an ad, bytes.
const ID_MAX: usize = 64;
/// Digits of a phone number with country code (ITU E.164).
const PHONE_DIGITS: std::ops::RangeInclusive<usize> = 7..=15;

pub(super) fn phone_digits(id: &str) -> Option<&str> {
    let digits = id.strip_prefix('+').unwrap_or(id);
    (PHONE_DIGITS.contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit()))
        .then_some(digits)
}

/// `BR.1502576394655843`: a country, a dot, letters and digits.
pub(super) fn is_user_id(id: &str) -> bool {
    let opaque = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    id.len() <= USER_ID_MAX && id.contains('.') && id.bytes().all(opaque)
}

/// Whether this can be the id of an account or an ad.
pub(super) fn is_id(id: &str) -> bool {
    id.len() <= ID_MAX && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
}
