//! What the last configuration said, and what has come of it.

use kopru_core::{Adopted, History, Revisit, WorkspaceId};
use rusqlite::{Connection, OptionalExtension};

use super::{fence::check_fence, revisits, writer::Txn};
use crate::{Error, Lease};

pub(super) fn history(connection: &Connection, workspace: WorkspaceId) -> Result<History, Error> {
    let adopted: Option<String> = connection
        .prepare_cached("SELECT adopted FROM workspace WHERE id = ?")?
        .query_row([workspace.0], |row| row.get(0))
        .optional()?
        .flatten();
    let mut matched = connection.prepare_cached("SELECT rule FROM rule_matched WHERE workspace = ?")?;
    let mut taken =
        connection.prepare_cached("SELECT dataset, account FROM account_taken WHERE workspace = ?")?;
    Ok(History {
        // What cannot be read counts as never said: nothing is cut off by it.
        before: adopted.and_then(|adopted| serde_json::from_str(&adopted).ok()),
        matched: matched.query_map([workspace.0], |row| row.get(0))?.collect::<Result<_, _>>()?,
        taken: taken
            .query_map([workspace.0], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<Result<_, _>>()?,
    })
}

pub(super) fn adopt(
    txn: &mut Txn<'_>,
    lease: Lease,
    adopted: &Adopted,
    revisit: Option<&Revisit>,
) -> Result<(), Error> {
    check_fence(txn, lease)?;
    txn.run(
        "UPDATE workspace SET adopted = ?2 WHERE id = ?1",
        (lease.workspace.0, serde_json::to_string(adopted)?),
    )?;
    revisit.map_or(Ok(()), |revisit| revisits::put(txn, lease.workspace, revisit))
}

pub(super) fn note_taken(txn: &Txn<'_>, lease: Lease, dataset: &str, account: &str) -> Result<(), Error> {
    check_fence(txn, lease)?;
    txn.run(
        "INSERT OR IGNORE INTO account_taken (workspace, dataset, account) VALUES (?, ?, ?)",
        (lease.workspace.0, dataset, account),
    )?;
    Ok(())
}
