//! Events that came under the id of another one and are none of its repetitions: the id is a constant.

use kopru_core::{Admitted, WorkspaceId, is_of_its_time, is_under_a_shared_id};
use rusqlite::OptionalExtension;

use super::body;
use crate::{Error, sqlite::writer::Txn};

/// Whether what counts as a repetition by its id is another event, as far as what is kept of the first one shows.
pub(super) fn has_come_under_one(
    txn: &Txn<'_>,
    workspace: WorkspaceId,
    again: &Admitted,
    received_ms: i64,
) -> Result<bool, Error> {
    let now_s = received_ms.div_euclid(1000);
    let mut holder = None;
    for key in &again.activity.once {
        let held = txn.once(workspace, &key.key)?.filter(|held| held.until_s >= now_s);
        if held.is_some() && key.is_order {
            return Ok(false);
        }
        holder = holder.or(held);
    }
    let Some(holder) = holder else { return Ok(false) };
    let first_s: Option<i64> = txn
        .connection()
        .prepare_cached("SELECT event_s FROM activity WHERE workspace = ? AND number = ?")?
        .query_row((workspace.0, holder.number), |row| row.get(0))
        .optional()?;
    let Some(first_s) = first_s.filter(|first_s| !is_of_its_time(*first_s, &again.activity)) else {
        return Ok(false);
    };
    let body: Option<Vec<u8>> = txn
        .connection()
        .prepare_cached("SELECT body FROM activity_body WHERE workspace = ? AND number = ?")?
        .query_row((workspace.0, holder.number), |row| row.get(0))
        .optional()?;
    let Some(body) = body else { return Ok(false) };
    let Ok((event, who)) = body::read(txn.keys(workspace)?.opener(), &body) else { return Ok(false) };
    Ok(is_under_a_shared_id((&event, first_s, &who), &again.activity))
}
