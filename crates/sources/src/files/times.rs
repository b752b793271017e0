//! Times as people and their programs write them.

use jiff::{
    civil::{Date, Time},
    tz::{Offset, TimeZone},
};

use super::columns::folded;

/// Seconds of a day.
const DAY_S: i64 = 24 * 60 * 60;
/// Day 0 of Excel's calendar, which has a 29 February 1900, in days since 1970.
const EXCEL_DAY_0: i64 = -25_569;
/// At what hour a day is told that has no time, where that is over.
const NOON: i8 = 12;

/// The months in English and Turkish, without marks.
const MONTHS: [[&str; 2]; 12] = [
    ["january", "ocak"],
    ["february", "subat"],
    ["march", "mart"],
    ["april", "nisan"],
    ["may", "mayis"],
    ["june", "haziran"],
    ["july", "temmuz"],
    ["august", "agustos"],
    ["september", "eylul"],
    ["october", "ekim"],
    ["november", "kasim"],
    ["december", "aralik"],
];
/// The days of the week, in full.
const WEEKDAYS: [&str; 14] = [
    "monday",
    "pazartesi",
    "tuesday",
    "sali",
    "wednesday",
    "carsamba",
    "thursday",
    "persembe",
    "friday",
    "cuma",
    "saturday",
    "cumartesi",
    "sunday",
    "pazar",
];

/// In which order the parts of a date stand whose year is last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DayOrder {
    /// `28/05/2026`.
    DayFirst,
    /// `05/28/2026`.
    MonthFirst,
}

/// What a time cannot be read for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum WrongTime {
    /// It is no time.
    NoTime,
    /// `05/06/2026` is in May or in June.
    TwoMeanings,
}

/// How times are read.
pub(super) struct TimeForms<'a> {
    pub zone: &'a TimeZone,
    pub order: Option<DayOrder>,
    pub now_s: i64,
}

impl TimeForms<'_> {
    /// A time, Unix seconds; `of_day` is the time of day where another column has it, empty otherwise.
    pub(super) fn read(&self, text: &str, of_day: &str) -> Result<i64, WrongTime> {
        let text = text.trim();
        if let Some(time_s) = self.number(text) {
            return time_s;
        }
        let text = without_weekday(text);
        let (date, rest) = date_in_words(text).map_or_else(|| self.date(text), Ok)?;
        let rest = without_weekday(rest.trim_start_matches(['T', ' ', ',']).trim());
        let rest = rest.strip_prefix("- ").or_else(|| rest.strip_prefix("Saat ")).unwrap_or(rest);
        let rest = if rest.is_empty() { of_day.trim() } else { rest };
        if rest.is_empty() {
            return self
                .within(date, Time::constant(NOON, 0, 0, 0), None)
                .map(|noon_s| self.by_now(date, noon_s));
        }
        let (time, offset) = time_of_day(rest).ok_or(WrongTime::NoTime)?;
        self.within(date, time, offset)
    }

    /// A day of which noon is still to come is told as it is now, if it has begun.
    fn by_now(&self, date: Date, noon_s: i64) -> i64 {
        let begins_s = self.within(date, Time::midnight(), None).unwrap_or(noon_s);
        if begins_s <= self.now_s { noon_s.min(self.now_s) } else { noon_s }
    }

    fn within(&self, date: Date, time: Time, offset: Option<Offset>) -> Result<i64, WrongTime> {
        let at = date.to_datetime(time);
        let timestamp = match offset {
            Some(offset) => offset.to_timestamp(at),
            None => at.to_zoned_datetime(self.zone.clone()).map(|zoned| zoned.timestamp()),
        };
        timestamp.map(jiff::Timestamp::as_second).map_err(|_| WrongTime::NoTime)
    }

    /// Unix seconds or milliseconds, Excel's days, or digits without signs between.
    fn number(&self, text: &str) -> Option<Result<i64, WrongTime>> {
        let (whole, decimals) = text.split_once(['.', ',']).unwrap_or((text, ""));
        if whole.is_empty() || !whole.bytes().chain(decimals.bytes()).all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let number: i64 = whole.parse().ok()?;
        match (whole.len(), decimals.len()) {
            (9..=10, _) => Some(Ok(number)),
            (13, _) => Some(Ok(number.div_euclid(1000))),
            (12, 0) => Some(self.digits(number / 10_000, number % 10_000 * 100)),
            (14, 0) => Some(self.digits(number / 1_000_000, number % 1_000_000)),
            (5, 0..=17) => Some(self.excel(number, decimals)),
            (8, 0) => {
                let date = calendar_date(number / 10_000, number / 100 % 100, number % 100);
                let noon = date.ok_or(WrongTime::NoTime).and_then(|date| {
                    let noon_s = self.within(date, Time::constant(NOON, 0, 0, 0), None)?;
                    Ok(self.by_now(date, noon_s))
                });
                Some(noon)
            }
            _ => None,
        }
    }

    /// `20260528` and `202640`.
    fn digits(&self, date: i64, time: i64) -> Result<i64, WrongTime> {
        let date = calendar_date(date / 10_000, date / 100 % 100, date % 100).ok_or(WrongTime::NoTime)?;
        let parts =
            [time / 10_000, time / 100 % 100, time % 100].map(|part| i8::try_from(part).unwrap_or(-1));
        let time = Time::new(parts[0], parts[1], parts[2], 0).map_err(|_| WrongTime::NoTime)?;
        self.within(date, time, None)
    }

    fn excel(&self, day: i64, decimals: &str) -> Result<i64, WrongTime> {
        let fraction: f64 = format!("0.{decimals}").parse().unwrap_or(0.0);
        let since_1970 = day + EXCEL_DAY_0;
        let second = ((fraction * DAY_S as f64).round() as i64).min(DAY_S - 1);
        let civil =
            jiff::Timestamp::from_second(since_1970 * DAY_S + second).map_err(|_| WrongTime::NoTime)?;
        let at = civil.to_zoned_datetime(TimeZone::UTC).datetime();
        if decimals.bytes().all(|digit| digit == b'0') {
            let noon_s = self.within(at.date(), Time::constant(NOON, 0, 0, 0), None)?;
            return Ok(self.by_now(at.date(), noon_s));
        }
        self.within(at.date(), at.time(), None)
    }

    /// The date at the beginning, and what follows it.
    fn date<'t>(&self, text: &'t str) -> Result<(Date, &'t str), WrongTime> {
        let (parts, sign, rest) = three_numbers(text).ok_or(WrongTime::NoTime)?;
        let [(first, first_digits), (second, _), (third, third_digits)] = parts;
        if first_digits == 4 {
            return calendar_date(first, second, third).map(|date| (date, rest)).ok_or(WrongTime::NoTime);
        }
        let year = match third_digits {
            4 => third,
            2 => 2000 + third,
            _ => return Err(WrongTime::NoTime),
        };
        // With points it is the day that stands first, wherever people write so.
        let order = match (sign, self.order) {
            ('.', _) => DayOrder::DayFirst,
            (_, Some(order)) => order,
            _ if first > 12 => DayOrder::DayFirst,
            _ if second > 12 => DayOrder::MonthFirst,
            _ if first == second => DayOrder::DayFirst,
            _ => return Err(WrongTime::TwoMeanings),
        };
        let date = match order {
            DayOrder::DayFirst => calendar_date(year, second, first),
            DayOrder::MonthFirst => calendar_date(year, first, second),
        };
        date.map(|date| (date, rest)).ok_or(WrongTime::NoTime)
    }
}

/// A date with its month in words at the beginning, and what follows it: `28 Mayıs 2026`, `28-May-26`, `May 28, 2026`.
fn date_in_words(text: &str) -> Option<(Date, &str)> {
    let between = [' ', '-', '.', '/', ','];
    let (first, rest) = word_at(text);
    let (second, rest) = word_at(rest.trim_start_matches(between));
    let (third, rest) = word_at(rest.trim_start_matches(between));
    let (day, month) =
        month_of(second).map_or_else(|| (second, month_of(first)), |month| (first, Some(month)));
    let year: i64 = third.parse().ok()?;
    let year = match third.len() {
        4 => year,
        2 => 2000 + year,
        _ => return None,
    };
    Some((calendar_date(year, month?, day.parse().ok()?)?, rest))
}

/// The letters or digits at the beginning, and what follows them.
fn word_at(text: &str) -> (&str, &str) {
    let is_digits = text.starts_with(|sign: char| sign.is_ascii_digit());
    let is_of_word = |sign: char| {
        if is_digits { sign.is_ascii_digit() } else { sign.is_alphabetic() || sign == '\u{307}' }
    };
    text.split_at(text.find(|sign| !is_of_word(sign)).unwrap_or(text.len()))
}

/// The month of a word, in English or Turkish, in full or its first three letters.
fn month_of(word: &str) -> Option<i64> {
    let word = folded(word);
    let is = |name: &&str| word == *name || word.len() == 3 && name.starts_with(&word);
    let (place, _) = MONTHS.iter().enumerate().find(|(_, names)| names.iter().any(is))?;
    i64::try_from(place + 1).ok()
}

/// The text without the name of a day of the week at its beginning.
fn without_weekday(text: &str) -> &str {
    let (word, rest) = word_at(text);
    if WEEKDAYS.contains(&folded(word).as_str()) { rest.trim_start_matches([',', ' ']) } else { text }
}

fn calendar_date(year: i64, month: i64, day: i64) -> Option<Date> {
    Date::new(year.try_into().ok()?, month.try_into().ok()?, day.try_into().ok()?).ok()
}

/// Three numbers with the same sign between, each with its digits, and what follows.
#[expect(clippy::type_complexity, reason = "it is taken apart at once")]
fn three_numbers(text: &str) -> Option<([(i64, usize); 3], char, &str)> {
    let (first, rest) = number_at(text)?;
    let sign = rest.chars().next().filter(|sign| matches!(sign, '-' | '.' | '/'))?;
    let (second, rest) = number_at(&rest[1..])?;
    let (third, rest) = number_at(rest.strip_prefix(sign)?)?;
    Some(([first, second, third], sign, rest))
}

/// A number of at most four digits at the beginning, with how many they are, and what follows.
fn number_at(text: &str) -> Option<((i64, usize), &str)> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let number = text.get(..digits).filter(|_| (1..=4).contains(&digits))?;
    Some(((number.parse().ok()?, digits), &text[digits..]))
}

/// A time of day, with how far it is from UTC if that is said.
fn time_of_day(text: &str) -> Option<(Time, Option<Offset>)> {
    let ((hour, _), rest) = number_at(text)?;
    let ((minute, _), mut rest) = number_at(rest.strip_prefix([':', '.'])?)?;
    let mut second = 0;
    if let Some(after) = rest.strip_prefix([':', '.']) {
        ((second, _), rest) = number_at(after)?;
        if let Some(fraction) = rest.strip_prefix(['.', ',']) {
            rest = fraction.trim_start_matches(|sign: char| sign.is_ascii_digit());
        }
    }
    let rest = rest.trim();
    // Turkish has `ÖÖ` before noon and `ÖS` after it.
    let (half, after) = word_at(rest);
    let (hour, rest) = match folded(half).as_str() {
        "am" | "oo" if hour <= 12 => (hour % 12, after.trim()),
        "pm" | "os" if hour <= 12 => (hour % 12 + 12, after.trim()),
        _ => (hour, rest),
    };
    let part = |number: i64| i8::try_from(number).ok();
    // A leap second is the one before it.
    let time =
        Time::new(part(hour)?, part(minute)?, part(second.min(59 + i64::from(second > 60)))?, 0).ok()?;
    Some((time, offset(rest).ok()?))
}

/// How far a time is from UTC, if the text says so and nothing else.
fn offset(text: &str) -> Result<Option<Offset>, WrongTime> {
    match text {
        "" => return Ok(None),
        "Z" | "z" | "UTC" | "GMT" => return Ok(Some(Offset::UTC)),
        _ => {}
    }
    let text = text.strip_prefix("UTC").or_else(|| text.strip_prefix("GMT")).unwrap_or(text);
    let (sign, digits) = match (text.strip_prefix('+'), text.strip_prefix(['-', '\u{2212}'])) {
        (Some(digits), _) => (1, digits),
        (_, Some(digits)) => (-1, digits),
        _ => return Err(WrongTime::NoTime),
    };
    let (hours, minutes) = match digits.split_once(':') {
        Some((hours, minutes)) => (hours, minutes),
        None if digits.len() == 4 && digits.is_ascii() => digits.split_at(2),
        None => (digits, "0"),
    };
    let number = |text: &str| {
        let is_number = (1..=2).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse::<i32>().ok().filter(|_| is_number).ok_or(WrongTime::NoTime)
    };
    let offset = Offset::from_seconds(sign * (number(hours)? * 3600 + number(minutes)? * 60));
    offset.map(Some).map_err(|_| WrongTime::NoTime)
}

/// In which order days and months stand, by dates that can be read in one way only; nothing if none can or two differ.
pub(super) fn order_of<'a>(samples: impl Iterator<Item = &'a str>) -> Option<DayOrder> {
    let says = |text: &str| {
        let ([(first, digits), (second, _), _], sign, _) = three_numbers(text.trim())?;
        match (first > 12, second > 12) {
            _ if digits == 4 || sign == '.' => None,
            (true, false) => Some(DayOrder::DayFirst),
            (false, true) => Some(DayOrder::MonthFirst),
            _ => None,
        }
    };
    let mut said = samples.filter_map(says);
    let first = said.next()?;
    said.all(|other| other == first).then_some(first)
}
