//! One form for the numbers under which one person can appear. It is for joining only and is
//! never sent: Meta gets the number itself, see [`crate::normalize::phone`].

/// The canonical form of a number given as digits with the country code.
///
/// WhatsApp and people write some countries' mobile numbers in two ways: Mexico with and without a
/// `1` after `52`, Brazil with and without the ninth digit, Argentina with and without a `9` after
/// `54`, Benin with and without `01`, the Gambia with and without the two digits of the operator.
/// Where a country made its numbers longer, the old one becomes the new one. Anything else comes back
/// as it is.
pub fn join_form(digits: &str) -> String {
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return digits.to_owned();
    }
    let today = renumbered(digits);
    let digits = today.as_deref().unwrap_or(digits);
    let left_out = match (digits.as_bytes(), digits.len()) {
        ([b'5', b'2', b'1', ..] | [b'5', b'4', b'9', ..], 13) => 2..3,
        ([b'5', b'5', _, _, b'9', ..], 13) => 4..5,
        ([b'2', b'2', b'9', b'0', b'1', ..], 13) => 3..5,
        ([b'2', b'2', b'0', b'8', two, one, ..], 12) if gambian_operator(*one) == Some(*two) => 3..5,
        _ => return digits.to_owned(),
    };
    format!("{}{}", &digits[..left_out.start], &digits[left_out.end..])
}

/// The second digit of a Gambian operator (the first is an 8), by the first of the number behind it.
fn gambian_operator(first: u8) -> Option<u8> {
    match first {
        b'3' | b'5' => Some(b'3'),
        b'6' => Some(b'6'),
        b'2' | b'4' | b'7' => Some(b'7'),
        b'9' => Some(b'9'),
        _ => None,
    }
}

/// The number of today of one from before its country made its numbers longer; `None` if it is none.
/// Where WhatsApp knows a person by the old number, it goes on to do so.
pub(crate) fn renumbered(digits: &str) -> Option<String> {
    let (code, added, kept) = match (digits.get(..3)?, digits.len()) {
        // Benin, 2024; services, which begin with 8, kept theirs.
        ("229", 11) if !digits[3..].starts_with('8') => ("229", "01", 3),
        // Ivory Coast, 2021.
        ("225", 11) => ("225", ivorian_operator(&digits[3..])?, 3),
        // Cameroon, 2014: fixed lines and mobiles, and services as they were.
        ("237", 11) if digits[3..].starts_with(['2', '3']) => ("237", "2", 3),
        ("237", 11) if !digits[3..].starts_with("88") => ("237", "6", 3),
        // Gabon, 2019: the zero became the operator.
        ("241", 11) => ("241", gabonese_operator(digits.as_bytes()[3..5].try_into().ok()?)?, 5),
        // Vietnam, 2018: eleven digits of a mobile became ten.
        ("841", 12) => ("84", vietnamese_operator(&digits[2..5])?, 5),
        _ => return None,
    };
    Some(format!("{code}{added}{}", &digits[kept..]))
}

/// By the second digit of a mobile and the third of a fixed line.
fn ivorian_operator(old: &str) -> Option<&'static str> {
    match old.as_bytes() {
        [b'2' | b'3', _, b'8', ..] => Some("21"),
        [b'2' | b'3', _, b'0', ..] => Some("25"),
        [b'2' | b'3', ..] => Some("27"),
        [_, b'0'..=b'3', ..] => Some("01"),
        [_, b'4'..=b'6', ..] => Some("05"),
        [_, b'7'..=b'9', ..] => Some("07"),
        _ => None,
    }
}

fn gabonese_operator(old: [u8; 2]) -> Option<&'static str> {
    match old {
        [b'0', b'1'] => Some("11"),
        [b'0', b'2'] => Some("62"),
        [b'0', b'4'] => Some("74"),
        [b'0', b'5'] => Some("65"),
        [b'0', b'6'] => Some("66"),
        [b'0', b'7'] => Some("77"),
        _ => None,
    }
}

fn vietnamese_operator(old: &str) -> Option<&'static str> {
    Some(match old {
        "120" => "70",
        "121" => "79",
        "122" => "77",
        "123" => "83",
        "124" => "84",
        "125" => "85",
        "126" => "76",
        "127" => "81",
        "128" => "78",
        "129" => "82",
        "162" => "32",
        "163" => "33",
        "164" => "34",
        "165" => "35",
        "166" => "36",
        "167" => "37",
        "168" => "38",
        "169" => "39",
        "186" => "56",
        "188" => "58",
        "199" => "59",
        _ => return None,
    })
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
            ("2290197123456", "22997123456"),
            ("2290144123456", "22944123456"),
            ("220833012345", "2203012345"),
            ("220879912345", "220879912345"),
            ("220872012345", "2202012345"),
            // The old number becomes the new one.
            ("22547123456", "2250747123456"),
            ("22505123456", "2250505123456"),
            ("22501123456", "2250101123456"),
            ("22520301234", "2252720301234"),
            ("22522501234", "2252722501234"),
            ("22520801234", "2252120801234"),
            ("23771234567", "237671234567"),
            ("23799123456", "237699123456"),
            ("23722212345", "237222212345"),
            ("24107123456", "24177123456"),
            ("24106123456", "24166123456"),
            ("24101123456", "24111123456"),
            ("841669748562", "84369748562"),
            ("841201234567", "84701234567"),
            ("841991234567", "84591234567"),
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
            "22997123456",
            "2290297123456",
            "220843012345",
            "220833",
            "2250747123456",
            "24177123456",
            "84912345678",
            "841701234567",
            "22981123456",
            "23788012345",
            "2é",
            "",
        ] {
            assert_eq!(join_form(digits), digits);
        }
    }
}
