//! Rows of activities, read back.

use kopru_core::{ActivityKey, Conversion, Reason, Sent, State, Stop, WorkspaceId};
use rusqlite::Row;
use serde::{Deserialize, Serialize};

use crate::{Error, sqlite::writer::Txn};

/// The columns that [`read_activity`] reads.
macro_rules! activity_columns {
    () => {
        "a.number, a.received_ms, a.event_s, a.dataset, a.origin, a.name, a.event_id, a.state, a.reason, a.value,
         a.currency, a.consent, a.due_ms, a.attempts, a.unknown_ms, a.deadline_ms, a.further"
    };
}
pub(super) use activity_columns;

/// A statement whose rows [`read_activity`] reads: further columns, and which rows of `activity a`. None of them is
/// held by an attempt.
macro_rules! select_activities {
    ($further:literal, $which:literal) => {
        concat!("SELECT ", activity_columns!(), $further, " ", $which)
    };
}
pub(super) use select_activities;

/// The same of any rows, for [`read_standing`]: what has a place in the queue and is not there, an attempt holds.
macro_rules! select_standing {
    ($further:literal, $which:literal) => {
        concat!(
            "SELECT ",
            activity_columns!(),
            ", a.due_ms IS NOT NULL AND NOT EXISTS (SELECT 1 FROM activity_due q
                WHERE q.workspace = a.workspace AND q.lane = a.dataset || '/website' AND q.due_ms = a.due_ms
                  AND q.number = a.number LIMIT 1) AS is_under_way",
            $further,
            " ",
            $which
        )
    };
}
pub(super) use select_standing;

/// What few activities have.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Further {
    /// Why it would not leave any more, as said since an attempt holds it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) stop: Option<Stop>,
    /// What would be refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    /// Whether somebody has let it go although Meta may count it twice.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    released: bool,
}

impl Further {
    /// What of it is written; nothing for most.
    pub(super) fn of(one: &Conversion) -> Result<Option<String>, Error> {
        let Conversion { stop, detail, released, .. } = one;
        if stop.is_none() && detail.is_none() && !released {
            return Ok(None);
        }
        let further = Self { stop: stop.clone(), detail: detail.clone(), released: *released };
        Ok(Some(serde_json::to_string(&further)?))
    }
}

/// Reads an activity as the conversion that it is, without by what its person is recognised. It is made by itself:
/// its number says which one is meant.
pub(in crate::sqlite) fn read_activity(row: &Row<'_>) -> Result<Conversion, Error> {
    let key = ActivityKey { origin: row.get(4)?, id: row.get(6)? };
    let (state, reason): (String, Option<String>) = (row.get(7)?, row.get(8)?);
    let state = State::from_code(&state).ok_or_else(|| Error::corrupt(format!("activity state {state}")))?;
    let value: Option<String> = row.get(9)?;
    let (attempts, unknown_ms): (u32, Option<i64>) = (row.get(13)?, row.get(14)?);
    let further: Option<String> = row.get(16)?;
    let further: Further = further.map(|text| serde_json::from_str(&text)).transpose()?.unwrap_or_default();
    Ok(Conversion {
        made_by: row.get(0)?,
        dataset: row.get(3)?,
        value: value.and_then(|value| value.parse().ok()),
        currency: row.get(10)?,
        consent: row.get::<_, Option<u8>>(11)?.map(kopru_core::ConsentAnswer::from_code),
        state,
        reason: reason.as_deref().and_then(Reason::from_code),
        due_ms: row.get(12)?,
        deadline_ms: row.get(15)?,
        detail: further.detail,
        stop: further.stop,
        released: further.released,
        sent: match unknown_ms {
            Some(_) => Sent::Unknown,
            None if attempts > 0 => Sent::NotTaken,
            None => Sent::Never,
        },
        stored: Some(state),
        ..Conversion::of_activity(key, row.get(5)?, row.get(2)?, row.get(1)?)
    })
}

/// The same of a row that says whether an attempt holds it.
pub(super) fn read_standing(row: &Row<'_>) -> Result<Conversion, Error> {
    let one = read_activity(row)?;
    let sent = match (row.get("is_under_way")?, one.sent) {
        (true, Sent::Unknown) => Sent::UnknownUnderWay,
        (true, _) => Sent::UnderWay,
        (false, sent) => sent,
    };
    Ok(Conversion { sent, ..one })
}

/// One of them, whether or not an attempt holds it.
const STANDING: &str = select_standing!("", "FROM activity a WHERE a.workspace = ?1 AND a.number = ?2");

/// One as it is now, without by what its person is recognised.
pub(super) fn now(txn: &Txn<'_>, workspace: WorkspaceId, number: u64) -> Result<Option<Conversion>, Error> {
    let mut statement = txn.connection().prepare_cached(STANDING)?;
    let mut rows = statement.query((workspace.0, number))?;
    rows.next()?.map(read_standing).transpose()
}
