//! One form for the numbers under which one person can appear. It is for joining only and is
//! never sent: Meta gets the number itself, see [`crate::normalize::phone`].

/// The canonical form of a number given as digits with the country code.
///
/// WhatsApp and people write three countries' mobile numbers in two ways:
/// Mexico with and without a `1` after `52`, Brazil with and without the ninth digit, Argentina
/// with and without a `9` after `54`. Anything else comes back as it is.
pub fn join_form(digits: &str) -> String {
    let mobile_prefix_at = match digits.as_bytes() {
        [b'5', b'2', b'1', ..] | [b'5', b'4', b'9', ..] if digits.len() == 13 => Some(2),
        [b'5', b'5', _, _, b'9', ..] if digits.len() == 13 => Some(4),
        _ => None,
    };
    let all_digits = digits.bytes().all(|byte| byte.is_ascii_digit());
    match mobile_prefix_at {
        Some(at) if all_digits => format!("{}{}", &digits[..at], &digits[at + 1..]),
        _ => digits.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_forms_of_one_mobile_join() {
        for (one, other) in [
            ("5215512345678", "525512345678"),
            ("5511987654321", "551187654321"),
            ("5491123456789", "541123456789"),
        ] {
            assert_eq!(join_form(one), other);
            assert_eq!(join_form(other), other);
        }
    }

    #[test]
    fn other_numbers_stay() {
        for digits in [
            "905321234567",
            "16505551234",
            "551133334444",
            "521551234567",
            "54911234567890",
            "55é1987654321",
            "",
        ] {
            assert_eq!(join_form(digits), digits);
        }
    }
}
