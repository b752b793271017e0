//! What became of events, added up: by quarter of an hour and by day, and the reports made of it.
//!
//! Each change of where an event stands is a row of the outcome log, with where it stood before. The
//! [`Follower`] takes away what was and adds what is; it has a cursor of its own, so that counting holds up
//! nobody, and is at most a second behind. Nothing here writes an event or decides about one.

mod ads;
mod buckets;
mod follower;
mod sums;
#[cfg(test)]
mod tests;
mod unsent;
mod zone_rules;

pub use ads::{AdRow, AdsReport, ads_report};
pub use buckets::Zone;
pub use follower::{Follower, catch_up};
pub use unsent::unsent;
pub use zone_rules::{ZoneRules, time_zone, zone_rules};
