//! Rows of activities, read back.

use kopru_core::{ActivityKey, Conversion, Reason, State};
use rusqlite::Row;

use crate::Error;

/// A statement whose rows [`read_activity`] reads: further columns, and which rows of `activity a`.
macro_rules! select_activities {
    ($further:literal, $which:literal) => {
        concat!(
            "SELECT a.number, a.received_ms, a.event_s, a.dataset, a.origin, a.name, a.event_id, a.state, a.reason,
                a.value, a.currency, a.consent",
            $further,
            " ",
            $which
        )
    };
}
pub(super) use select_activities;

/// Reads an activity as the conversion that it is, without by what its person is recognised.
pub(in crate::sqlite) fn read_activity(row: &Row<'_>) -> Result<Conversion, Error> {
    let key = ActivityKey { origin: row.get(4)?, id: row.get(6)? };
    let (state, reason): (String, Option<String>) = (row.get(7)?, row.get(8)?);
    let state = State::from_code(&state).ok_or_else(|| Error::corrupt(format!("activity state {state}")))?;
    let value: Option<String> = row.get(9)?;
    Ok(Conversion {
        dataset: row.get(3)?,
        value: value.and_then(|value| value.parse().ok()),
        currency: row.get(10)?,
        consent: row.get(11)?,
        state,
        reason: reason.as_deref().and_then(Reason::from_code),
        stored: Some(state),
        ..Conversion::of_activity(key, row.get(5)?, row.get(2)?, row.get(1)?)
    })
}
