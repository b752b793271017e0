//! Times as people read and write them.

use std::str::FromStr;

use jiff::{Timestamp, civil::Date, tz::TimeZone};

use crate::Error;

/// Day and minute in a workspace's time zone.
pub(super) fn local_time(at_ms: i64, zone: &TimeZone) -> String {
    Timestamp::from_millisecond(at_ms).map_or_else(
        |_| String::new(),
        |at| at.to_zoned_datetime(zone.clone()).strftime("%Y-%m-%d %H:%M").to_string(),
    )
}

/// A time as somebody writes it: with its offset, or a day, which begins where the business is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GivenTime(Given);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Given {
    At(Timestamp),
    Day(Date),
}

impl GivenTime {
    /// A day alone.
    pub(super) fn day(text: &str) -> Option<Self> {
        // A date parser would take a time of the day along and forget it.
        let day = if text.len() == 10 { text.parse().ok() } else { None };
        day.map(|day| Self(Given::Day(day)))
    }

    /// Unix seconds.
    pub fn seconds(&self, zone: &TimeZone) -> i64 {
        match self.0 {
            Given::At(at) => at.as_second(),
            // Only a day at the end of the calendar has no beginning.
            Given::Day(day) => {
                day.to_zoned_datetime(zone.clone()).map_or(i64::MAX, |begins| begins.timestamp().as_second())
            }
        }
    }
}

impl FromStr for GivenTime {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let at = text.parse().map(|at| Self(Given::At(at)));
        at.ok().or_else(|| Self::day(text)).ok_or(Error::NotATime)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_its_offset_and_a_day_begins_where_the_business_is() {
        let istanbul = TimeZone::get("Europe/Istanbul").unwrap();
        let seconds = |text: &str, zone: &TimeZone| text.parse::<GivenTime>().map(|time| time.seconds(zone));
        for text in ["2026-05-28T20:26:40Z", "2026-05-28T23:26:40+03:00"] {
            assert_eq!(seconds(text, &istanbul), Ok(1_780_000_000));
        }
        assert_eq!(seconds("2026-05-28", &TimeZone::UTC), Ok(1_779_926_400));
        assert_eq!(seconds("2026-05-28", &istanbul), Ok(1_779_926_400 - 3 * 3600));
        assert_eq!(GivenTime::day("2026-05-28"), "2026-05-28".parse().ok());
        for text in ["2026-05-28T20:26:40Z", "2026-05-28T20:26", "2026-05-32", "28.05.2026", ""] {
            assert_eq!(GivenTime::day(text), None, "{text}");
        }
        for text in ["", "yesterday", "2026-05-32", "28.05.2026", "2026-05-28T20:26", "1780000000"] {
            assert_eq!(seconds(text, &istanbul), Err(Error::NotATime), "{text}");
        }
    }
}
