//! Files of past events: what their columns mean, and an event of Meta's shape of each row.
//!
//! Pure: whoever reads the file gives the cells. [`guess`] says what the columns are by their names and values, [`RowForms`] how
//! days and amounts are written, and [`RowReader`] makes the JSON of an event, which then goes through the door for
//! events as any other: what Meta would refuse is refused there.

mod amounts;
mod columns;
mod currencies;
mod keys;
mod names;
mod row;
mod statuses;
mod times;

#[cfg(test)]
mod tests;

pub use amounts::DecimalMark;
pub use columns::{guess, same_column};
pub use keys::{FILE_KEYS, FileKey, find_key};
pub use names::unsure_name;
pub use row::{RefusedRow, RowForms, RowReader};
pub use statuses::{is_likely_paid, is_status};
pub use times::DayOrder;
