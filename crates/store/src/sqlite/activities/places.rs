//! Places in the queue.

use kopru_core::{Conversion, WorkspaceId};

use super::ROUTE;
use crate::{Error, sqlite::writer::Txn};

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
