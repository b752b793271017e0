//! Dates of birth, `YYYYMMDD`.

use std::fmt::Write as _;

use jiff::civil::Date;

use super::{Context, text};
use crate::{catalogue, normalize::Dropped};

/// Meta's documentation takes years from here on.
const EARLIEST_YEAR: i16 = 1900;
/// The month's number and its names in many languages, folded.
const MONTHS: &str = include_str!("months.tsv");

/// How the parts of a date follow each other where the numbers leave it open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    DayFirst,
    MonthFirst,
}

pub(super) fn write(value: &str, context: Context, out: &mut String) -> Result<(), Dropped> {
    let cleaned = text::clean(value);
    let (year, month, day) = read(&cleaned, context).ok_or(Dropped::Unreadable)?;
    if (year, month, day) == (EARLIEST_YEAR, 1, 1) || year < 2 || month == 0 || day == 0 {
        // What systems write where they have no date.
        return Err(Dropped::Nonsense);
    }
    let date = Date::new(year, month, day).map_err(|_| Dropped::Unreadable)?;
    if year < EARLIEST_YEAR || date > context.today {
        return Err(Dropped::Unreadable);
    }
    write!(out, "{year:04}{month:02}{day:02}").map_err(|_| Dropped::Unreadable)
}

fn read(text: &str, context: Context) -> Option<(i16, i8, i8)> {
    let groups: Vec<&str> =
        text.split(|c: char| !c.is_ascii_digit()).filter(|group| !group.is_empty()).take(4).collect();
    let order = order(text, context.country);
    if let Some(month) = month_by_name(text) {
        let [a, b] = *groups.get(..2)? else { return None };
        let (day, year) = if a.len() == 4 { (b, a) } else { (a, b) };
        return Some((full_year(year, context)?, month, day.parse().ok()?));
    }
    match groups[..] {
        [run] if run.len() == 8 => eight_digits(run, order, context),
        [first, second, third, ..] => three_groups([first, second, third], order, context),
        _ => None,
    }
}

/// The United States and those who follow them write the month first; so does Meta's example.
/// Where no country is known, dots speak for the day: that is how Europe writes them.
fn order(text: &str, country: Option<&str>) -> Order {
    match country {
        Some("us" | "pr" | "gu" | "vi" | "as" | "mp" | "um" | "ph" | "fm" | "mh" | "pw") => Order::MonthFirst,
        Some(_) => Order::DayFirst,
        None if text.contains('.') => Order::DayFirst,
        None => Order::MonthFirst,
    }
}

fn eight_digits(run: &str, order: Order, context: Context) -> Option<(i16, i8, i8)> {
    let year_first = (run.get(..4)?, run.get(4..6)?, run.get(6..)?);
    let year = full_year(year_first.0, context)?;
    let plausible = (EARLIEST_YEAR..=context.today.year()).contains(&year);
    let (month, day) = (year_first.1.parse().ok()?, year_first.2.parse().ok()?);
    if plausible && Date::new(year, month, day).is_ok() {
        return Some((year, month, day));
    }
    three_groups([run.get(..2)?, run.get(2..4)?, run.get(4..)?], order, context)
}

fn three_groups([first, second, third]: [&str; 3], order: Order, context: Context) -> Option<(i16, i8, i8)> {
    let number = |group: &str| group.parse::<i16>().ok();
    let small = |group: i16| i8::try_from(group).ok();
    let year_first = first.len() >= 3 || number(first)? > 31;
    let (year, a, b) = if year_first { (first, second, third) } else { (third, first, second) };
    let (a, b) = (number(a)?, number(b)?);
    let month_first = match (a > 12, b > 12) {
        (true, _) => false,
        (_, true) => true,
        // A year in front is followed by the month everywhere.
        _ => year_first || order == Order::MonthFirst,
    };
    let (month, day) = if month_first { (a, b) } else { (b, a) };
    Some((full_year(year, context)?, small(month)?, small(day)?))
}

/// A year of two digits belongs to the century in which it lies in the past.
fn full_year(digits: &str, context: Context) -> Option<i16> {
    let year: i16 = digits.parse().ok()?;
    match digits.len() {
        2 => {
            let century = context.today.year() - context.today.year() % 100;
            Some(if century + year > context.today.year() { century - 100 + year } else { century + year })
        }
        4 => Some(year),
        _ => None,
    }
}

fn month_by_name(text: &str) -> Option<i8> {
    text.split(|c: char| !c.is_alphabetic()).filter(|word| word.chars().count() >= 3).find_map(|word| {
        let folded = catalogue::fold(word);
        let line = MONTHS.lines().position(|names| names.split('|').any(|name| name == folded))?;
        i8::try_from(line + 1).ok()
    })
}
