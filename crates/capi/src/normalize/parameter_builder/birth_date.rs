//! Its reading of dates: the first three groups of digits, month before day where both would do,
//! and no calendar (30 February passes).

use std::fmt::Write as _;

const EARLIEST_YEAR: u64 = 1800;

pub(super) fn normalize(value: &str, this_year: i16, out: &mut String) -> Option<()> {
    let mut groups = value.split(|c: char| !c.is_ascii_digit()).filter(|group| !group.is_empty());
    let first = groups.next()?;
    match (groups.next(), groups.next()) {
        (Some(second), Some(third)) => {
            let (year, month, day) = order(number(first), number(second), number(third));
            let latest_year = u64::from(this_year.unsigned_abs()) + 1;
            let possible = (EARLIEST_YEAR..=latest_year).contains(&year)
                && (1..=12).contains(&month)
                && (1..=31).contains(&day);
            if possible {
                write!(out, "{year:04}{month:02}{day:02}").ok()?;
                return Some(());
            }
            None
        }
        (None, _) if first.len() == 8 => {
            out.push_str(first);
            Some(())
        }
        _ => None,
    }
}

/// Which of three numbers is the year, the month and the day.
fn order(first: u64, second: u64, third: u64) -> (u64, u64, u64) {
    let (year, a, b) = if first > 31 {
        (first, second, third)
    } else if second > 31 {
        // The month is looked for behind the year first.
        (second, third, first)
    } else {
        (third, first, second)
    };
    if a > 12 { (year, b, a) } else { (year, a, b) }
}

/// A number too large to count is no part of a date either way.
fn number(digits: &str) -> u64 {
    digits.parse().unwrap_or(u64::MAX)
}
