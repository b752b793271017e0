//! Marks of people who were erased: by them the store knows whom nobody learns anew, without keeping who it
//! was.

use kopru_core::{Node, WorkspaceId};
use rusqlite::{Connection, OptionalExtension};

use crate::{Error, keyring::WorkspaceKeys};

/// The mark of an identifier or contact.
pub(super) type Mark = [u8; 16];

/// The mark of a node, under the key of its workspace: not even a contact's number can be read from it.
pub(super) fn of(keys: &WorkspaceKeys, node: &Node) -> Mark {
    keys.join.mark(node)
}

/// The number of the last erasure of a workspace; 0 if nobody was ever erased.
pub(super) fn last_erasure(connection: &Connection, workspace: WorkspaceId) -> Result<u64, Error> {
    Ok(connection
        .prepare_cached("SELECT number FROM erasure WHERE workspace = ? ORDER BY number DESC LIMIT 1")?
        .query_row([workspace.0], |row| row.get(0))
        .optional()?
        .unwrap_or(0))
}

/// Whether a node belongs to somebody who was erased.
pub(super) fn has(
    connection: &Connection,
    keys: &WorkspaceKeys,
    workspace: WorkspaceId,
    node: &Node,
) -> Result<bool, Error> {
    Ok(connection
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM erased WHERE workspace = ? AND mark = ? LIMIT 1)")?
        .query_row((workspace.0, of(keys, node)), |row| row.get(0))?)
}
