//! Places in the queue.

use kopru_core::{Conversion, WorkspaceId};
use rusqlite::OptionalExtension;

use super::ROUTE;
use crate::{AttemptId, Error, sqlite::writer::Txn};

/// The lane of one, as it is stored.
pub(super) fn lane(one: &Conversion) -> String {
    format!("{}/{ROUTE}", one.dataset.as_deref().unwrap_or_default())
}

/// Takes one out of the queue that no attempt holds.
pub(super) fn leave(txn: &Txn<'_>, workspace: WorkspaceId, one: &Conversion) -> Result<(), Error> {
    txn.run(
        "DELETE FROM activity_due WHERE workspace = ? AND lane = ? AND due_ms = ? AND number = ?",
        (workspace.0, lane(one), one.due_ms, one.made_by),
    )?;
    Ok(())
}

/// Gives one another place in its queue.
pub(super) fn move_due(
    txn: &Txn<'_>,
    workspace: WorkspaceId,
    lane: &str,
    number: u64,
    due_ms: i64,
    later_ms: i64,
) -> Result<(), Error> {
    txn.run(
        "UPDATE activity_due SET due_ms = ?5
         WHERE workspace = ?1 AND lane = ?2 AND due_ms = ?3 AND number = ?4",
        (workspace.0, lane, due_ms, number, later_ms),
    )?;
    txn.run(
        "UPDATE activity SET due_ms = ? WHERE workspace = ? AND number = ?",
        (later_ms, workspace.0, number),
    )?;
    Ok(())
}

/// Puts one back into the queue that has left it. What Meta may have goes again with the same bytes, as long as those
/// are kept.
pub(super) fn enter(
    txn: &Txn<'_>,
    workspace: WorkspaceId,
    one: &Conversion,
    due_ms: i64,
) -> Result<(), Error> {
    let number = one.made_by;
    let unknown: Option<(i64, AttemptId)> = txn
        .connection()
        .prepare_cached(
            "SELECT a.unknown_ms, t.attempt FROM activity a
             JOIN activity_attempt t ON t.workspace = a.workspace AND t.attempt = a.attempt
             WHERE a.workspace = ? AND a.number = ? AND a.unknown_ms IS NOT NULL",
        )?
        .query_row((workspace.0, number), |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let (unknown_ms, attempt) = unknown.unzip();
    txn.run(
        "INSERT INTO activity_due (workspace, lane, due_ms, number, tries, event_s, action_source, envelope, unknown_ms,
            unknown_attempt)
         SELECT workspace, ?3, ?4, number, 0, event_s, action_source, envelope, ?5, ?6
         FROM activity WHERE workspace = ?1 AND number = ?2",
        (workspace.0, number, lane(one), due_ms, unknown_ms, attempt),
    )?;
    if unknown_ms.is_none() {
        txn.run(
            "UPDATE activity SET unknown_ms = NULL WHERE workspace = ? AND number = ?",
            (workspace.0, number),
        )?;
    }
    Ok(())
}
