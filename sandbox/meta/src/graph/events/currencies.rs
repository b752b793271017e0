//! ISO 4217: the currencies that exist.

/// The list of ISO 4217, a fact and nobody's reading: the same file from which `capi` knows them. Its first
/// lines say as of when.
const LIST: &str = include_str!("../../../../../crates/capi/src/catalogue/currencies.tsv");

/// Whether a code exists, in capitals or not.
pub(super) fn exists(code: &str) -> bool {
    let code = code.trim().to_ascii_uppercase();
    code.len() == 3 && LIST.lines().any(|line| line.split('\t').next() == Some(code.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes() {
        for (code, expected) in [
            ("EUR", true),
            ("try", true),
            (" usd ", true),
            ("ZWG", true),
            ("XCG", true),
            ("AED", true),
            ("CLF", true),
            ("ZWL", false),
            ("ANG", false),
            ("BGN", false),
            ("ZZZ", false),
            ("EU", false),
            ("EURO", false),
            ("", false),
            ("#  ", false),
            ("€", false),
            ("D A", false),
        ] {
            assert_eq!(exists(code), expected, "{code}");
        }
    }
}
