//! Times as people read them.

use jiff::{Timestamp, tz::TimeZone};

/// Day and minute in a workspace's time zone.
pub(super) fn local_time(at_ms: i64, zone: &TimeZone) -> String {
    Timestamp::from_millisecond(at_ms).map_or_else(
        |_| String::new(),
        |at| at.to_zoned_datetime(zone.clone()).strftime("%Y-%m-%d %H:%M").to_string(),
    )
}
