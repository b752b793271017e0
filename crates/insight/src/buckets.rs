//! Where an event belongs by its time, and what it is worth in whole units.

use capi::{Money, catalogue::minor_units};
use jiff::{Timestamp, ToSpan as _, civil::Date, tz::TimeZone};
use store::outcomes::Grain;

use crate::time_zone;

/// A quarter of an hour, seconds.
pub(crate) const QUARTER_S: i64 = 900;
/// A day that knows of no zone, seconds.
pub(crate) const DAY_S: i64 = 86_400;
/// The largest amount that is added up, in the smallest unit of a currency. No sale is worth as much, and
/// thousands of them still have a sum.
const AMOUNT_MAX: u64 = 1_000_000_000_000_000;
/// Digits behind the point where nobody knows the currency.
const DIGITS_UNKNOWN: u8 = 2;

/// The beginning of the quarter of an hour in which a time lies, Unix seconds.
pub(crate) fn quarter_of(at_s: i64) -> i64 {
    at_s.saturating_sub(at_s.rem_euclid(QUARTER_S))
}

/// An amount in the smallest unit of its currency. Without a currency it is no amount, and one that no
/// sale can have is none.
pub(crate) fn in_minor_units(amount: Option<Money>, currency: &str) -> i64 {
    if currency.is_empty() {
        return 0;
    }
    let units = amount.and_then(|amount| amount.in_minor_units(digits(currency)));
    units.filter(|units| units.unsigned_abs() <= AMOUNT_MAX).unwrap_or(0)
}

/// The amount of so many smallest units of a currency.
pub(crate) fn money(units: i64, currency: &str) -> Money {
    Money::from_minor_units(units, digits(currency)).unwrap_or(Money::ZERO)
}

fn digits(currency: &str) -> u8 {
    minor_units(currency).unwrap_or(DIGITS_UNKNOWN)
}

/// A time zone by whose days events are counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Zone(TimeZone);

impl Zone {
    /// The zone; UTC if it has no name by which it would be found again.
    pub fn of(zone: &TimeZone) -> Self {
        Self(if zone.iana_name().is_some() { zone.clone() } else { TimeZone::UTC })
    }

    /// The zone of this name, if there is one.
    pub(crate) fn named(name: &str) -> Option<Self> {
        time_zone(name).map(Self)
    }

    /// Its name.
    pub fn name(&self) -> &str {
        self.0.iana_name().unwrap_or("UTC")
    }

    /// Its days.
    pub(crate) fn grain(&self) -> Grain {
        Grain::Day(self.name().to_owned())
    }

    /// The beginning of the day in which a time lies, Unix seconds.
    pub(crate) fn day_of(&self, at_s: i64) -> i64 {
        let begins = Timestamp::from_second(at_s)
            .and_then(|at| at.to_zoned_datetime(self.0.clone()).start_of_day())
            .map(|begins| begins.timestamp().as_second());
        // What is beyond the calendar is in no zone.
        begins.unwrap_or_else(|_| at_s.saturating_sub(at_s.rem_euclid(DAY_S)))
    }

    /// The beginning of the first day that begins at a time or later, Unix seconds.
    pub(crate) fn first_day_from(&self, at_s: i64) -> i64 {
        let begun = self.day_of(at_s);
        if begun == at_s {
            return at_s;
        }
        let next = Timestamp::from_second(at_s)
            .and_then(|at| at.to_zoned_datetime(self.0.clone()).checked_add(1.day()))
            .and_then(|tomorrow| tomorrow.start_of_day())
            .map(|begins| begins.timestamp().as_second());
        next.unwrap_or_else(|_| begun.saturating_add(DAY_S))
    }

    /// The date of a time, if the calendar has it.
    pub(crate) fn date_of(&self, at_s: i64) -> Option<Date> {
        Timestamp::from_second(at_s).ok().map(|at| at.to_zoned_datetime(self.0.clone()).date())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_where_the_business_is() {
        let begins = |zone: &str, at: &str| {
            let at: Timestamp = at.parse().unwrap();
            let zone = Zone::named(zone).unwrap();
            let day = Timestamp::from_second(zone.day_of(at.as_second())).unwrap();
            let next = Timestamp::from_second(zone.first_day_from(at.as_second())).unwrap();
            assert_eq!(zone.first_day_from(next.as_second()), next.as_second());
            (day.to_string(), next.to_string())
        };
        for (zone, at, day, next) in [
            ("UTC", "2026-05-28T20:26:40Z", "2026-05-28T00:00:00Z", "2026-05-29T00:00:00Z"),
            ("Europe/Istanbul", "2026-05-28T20:59:59Z", "2026-05-27T21:00:00Z", "2026-05-28T21:00:00Z"),
            ("Europe/Istanbul", "2026-05-28T21:00:00Z", "2026-05-28T21:00:00Z", "2026-05-28T21:00:00Z"),
            ("Asia/Kathmandu", "2026-05-28T18:15:01Z", "2026-05-28T18:15:00Z", "2026-05-29T18:15:00Z"),
            // 23 and 25 hours.
            ("Europe/Berlin", "2026-03-29T12:00:00Z", "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z"),
            ("Europe/Berlin", "2026-10-25T12:00:00Z", "2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z"),
            // From November 2026 Vancouver keeps its summer time.
            ("America/Vancouver", "2026-11-01T12:00:00Z", "2026-11-01T07:00:00Z", "2026-11-02T07:00:00Z"),
            ("America/Vancouver", "2026-03-08T12:00:00Z", "2026-03-08T08:00:00Z", "2026-03-09T07:00:00Z"),
            // A day that has no midnight.
            ("America/Santiago", "2026-09-06T12:00:00Z", "2026-09-06T04:00:00Z", "2026-09-07T03:00:00Z"),
        ] {
            assert_eq!(begins(zone, at), (day.to_owned(), next.to_owned()), "{at} in {zone}");
        }
        let zone = Zone::named("Europe/Istanbul").unwrap();
        for beyond in [i64::MIN, i64::MAX, -1 << 60] {
            assert!(zone.day_of(beyond) <= beyond && zone.first_day_from(beyond) >= zone.day_of(beyond));
            assert!(quarter_of(beyond) <= beyond);
        }
        assert_eq!(Zone::of(&TimeZone::fixed(jiff::tz::offset(3))).name(), "UTC");
        assert_eq!(Zone::of(&TimeZone::UTC).name(), "UTC");
    }

    #[test]
    fn each_quarter_lies_in_one_day_of_every_zone() {
        // What days of a new zone are built from: offsets by which the world lives today.
        let zones =
            ["Asia/Kathmandu", "Australia/Eucla", "Pacific/Chatham", "America/St_Johns", "Asia/Kolkata"];
        for zone in zones.map(|name| Zone::named(name).unwrap()) {
            for quarter in (0..40_000).map(|n| 1_770_000_300 + n * QUARTER_S) {
                assert_eq!(quarter_of(quarter), quarter);
                assert_eq!(zone.day_of(quarter), zone.day_of(quarter + QUARTER_S - 1), "{zone:?}");
            }
        }
    }

    #[test]
    fn amounts_are_whole_and_of_a_currency() {
        for (amount, currency, units) in [
            (Some("1499.90"), "TRY", 149_990),
            (Some("1499.90"), "try", 149_990),
            (Some("1500"), "JPY", 1_500),
            (Some("1.5"), "KWD", 1_500),
            (Some("7.5"), "XXL", 750),
            (Some("7.5"), "", 0),
            (None, "TRY", 0),
            (Some("10000000000000"), "TRY", 1_000_000_000_000_000),
            (Some("10000000000000.01"), "TRY", 0),
            (Some("79228162514264337593543950335"), "TRY", 0),
        ] {
            let given = amount.map(|amount| amount.parse().unwrap());
            assert_eq!(in_minor_units(given, currency), units, "{amount:?} {currency}");
        }
        assert_eq!(money(149_990, "TRY").to_string(), "1499.9");
        assert_eq!(money(1_500, "JPY").to_string(), "1500");
    }
}
