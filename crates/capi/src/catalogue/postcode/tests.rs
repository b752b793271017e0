use super::*;
use crate::catalogue::country_codes;

#[test]
fn no_country_is_there_twice_and_all_exist() {
    let lists = DIGITS.into_iter().map(|(_, codes)| codes).chain([ALPHANUMERIC, WITHOUT]);
    let mut codes: Vec<_> = lists.flat_map(str::split_ascii_whitespace).collect();
    let all = codes.len();
    codes.sort_unstable();
    codes.dedup();
    assert_eq!(codes.len(), all);
    for code in codes {
        assert!(country_codes().any(|known| known == code), "{code}");
        assert!(postcode_shape(code).is_some());
    }
}

#[test]
fn shapes() {
    for (digits, codes) in [
        (4, "ch at au be dk"),
        (5, "us de tr mx sa eg fr es it"),
        (6, "in cn ru sg"),
        (7, "jp pt"),
        (8, "br BR"),
        (10, "ir"),
    ] {
        for code in codes.split(' ') {
            assert_eq!(postcode_shape(code), Some(Shape::Digits(digits)), "{code}");
        }
    }
    for code in ["gb", "ca", "nl", "ie", "AR"] {
        assert_eq!(postcode_shape(code), Some(Shape::Alphanumeric), "{code}");
    }
    for code in ["ae", "QA", "hk"] {
        assert_eq!(postcode_shape(code), Some(Shape::None), "{code}");
    }
    for code in ["", "zz", "t", "tur", "il", "é", "u s"] {
        assert_eq!(postcode_shape(code), None, "{code}");
    }
}
