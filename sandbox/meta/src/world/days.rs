//! Days in the time zone of an ad account.

use std::sync::LazyLock;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::{TimeZone, TimeZoneDatabase};

/// The zones that came with the program: the folder of a machine may be older than the last change.
static ZONES: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);

/// The day on which a moment (Unix seconds) lies there. A zone that is unknown is read as UTC, a moment
/// beyond the calendar as its first day.
pub(crate) fn day_in(time_zone: &str, at_s: i64) -> Date {
    let zone = ZONES.get(time_zone).unwrap_or(TimeZone::UTC);
    Timestamp::from_second(at_s).map(|at| zone.to_datetime(at).date()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_a_day_of_the_zone() {
        for (zone, at, expected) in [
            ("UTC", 1_763_931_600, "2025-11-23"),
            ("Europe/Istanbul", 1_763_931_600, "2025-11-24"),
            ("America/Sao_Paulo", 1_763_949_600, "2025-11-23"),
            ("America/Vancouver", 1_798_097_400, "2026-12-24"),
            ("nowhere", 1_763_931_600, "2025-11-23"),
            ("", i64::MAX, "0000-01-01"),
        ] {
            assert_eq!(day_in(zone, at).to_string(), expected, "{zone}");
        }
    }
}
