//! Codes of currencies that ISO 4217 has withdrawn.

use std::{fmt, sync::LazyLock};

use super::lines;

/// A currency that there is no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WithdrawnCurrency {
    /// Its code.
    pub code: &'static str,
    /// The code of what replaced it.
    pub replacement: &'static str,
    /// How many old units are one new unit, as a decimal; `1` where the amount stays.
    pub old_units: &'static str,
    /// The year and month in which the code was withdrawn.
    pub since: &'static str,
}

/// Codes that people go on writing for what replaced them, decades after the change. Our own list.
const STILL_WRITTEN: [&str; 1] = ["RUR"];

/// In the order of the codes.
static WITHDRAWN: LazyLock<Vec<WithdrawnCurrency>> = LazyLock::new(|| {
    lines(include_str!("withdrawn.tsv"))
        .filter_map(|line| {
            let mut columns = line.split('\t');
            Some(WithdrawnCurrency {
                code: columns.next()?,
                replacement: columns.next()?,
                old_units: columns.next()?,
                since: columns.next()?,
            })
        })
        .collect()
});

/// The withdrawn currency with this code, in upper or lower case.
///
/// ```
/// use capi::catalogue::withdrawn_currency;
///
/// let guilder = withdrawn_currency("ang").unwrap();
/// assert_eq!(guilder.to_string(), "ANG was withdrawn in 2025-03; write XCG, the amount stays");
/// ```
pub fn withdrawn_currency(code: &str) -> Option<WithdrawnCurrency> {
    WITHDRAWN.iter().find(|one| one.code.eq_ignore_ascii_case(code.trim())).copied()
}

impl fmt::Display for WithdrawnCurrency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { code, replacement, old_units, since } = self;
        write!(f, "{code} was withdrawn in {since}; write {replacement}")?;
        if STILL_WRITTEN.contains(code) {
            write!(
                f,
                ": who writes {code} today usually means {replacement} with the same amount, although {old_units} {code} were 1 {replacement} then"
            )
        } else if *old_units == "1" {
            f.write_str(", the amount stays")
        } else {
            write!(f, ", and the amount changes: {old_units} {code} are 1 {replacement}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{currency_hint, is_currency};
    use super::*;

    #[test]
    fn what_was_withdrawn_has_a_replacement_that_is_in_use() {
        assert!(WITHDRAWN.is_sorted_by(|one, other| one.code < other.code));
        for one in WITHDRAWN.iter() {
            assert!(!is_currency(one.code) && is_currency(one.replacement), "{one}");
            assert!(one.old_units.parse::<crate::Money>().unwrap().is_positive(), "{one}");
            assert!(one.since.len() == 7 && one.code.len() == 3, "{one}");
            assert_eq!(currency_hint(one.code), Some(one.replacement), "{one}");
        }
    }

    #[test]
    fn it_says_whether_the_amount_changes() {
        for (code, says) in [
            ("ANG", "write XCG, the amount stays"),
            ("sll", "write SLE, and the amount changes: 1000 SLL are 1 SLE"),
            ("ZWL", "write ZWG, and the amount changes: 2498.7242 ZWL are 1 ZWG"),
            ("BGN", "write EUR, and the amount changes: 1.95583 BGN are 1 EUR"),
            (
                "RUR",
                "write RUB: who writes RUR today usually means RUB with the same amount, although 1000 RUR were 1 RUB then",
            ),
            (" hrk ", "write EUR, and the amount changes: 7.5345 HRK are 1 EUR"),
        ] {
            let said = withdrawn_currency(code).unwrap().to_string();
            assert!(said.ends_with(says), "{said}");
        }
        for code in ["EUR", "XCG", "ZZZ", "", "B", "BGNX"] {
            assert_eq!(withdrawn_currency(code), None, "{code}");
        }
    }
}
