//! What contacts had once: they are found by it as well.

use kopru_core::{Contact, Node, WorkspaceId};
use rusqlite::{Connection, OptionalExtension};

use super::writer::Txn;
use crate::Error;

/// Replaces what a contact had once.
pub(super) fn save(txn: &Txn<'_>, workspace: WorkspaceId, contact: &Contact) -> Result<(), Error> {
    remove(txn, workspace, &contact.node)?;
    for former in &contact.former {
        for (a, b) in [(&contact.node, &former.node), (&former.node, &contact.node)] {
            txn.run(
                "INSERT OR IGNORE INTO former_link (workspace, a, b) VALUES (?, ?, ?)",
                (workspace.0, a.as_str(), b.as_str()),
            )?;
        }
    }
    Ok(())
}

/// The first contacts that had an identifier once, or what a contact had.
pub(super) fn of(
    connection: &Connection,
    workspace: WorkspaceId,
    node: &Node,
    limit: usize,
) -> Result<Vec<Node>, Error> {
    let mut statement = connection
        .prepare_cached("SELECT b FROM former_link WHERE workspace = ? AND a = ? ORDER BY b LIMIT ?")?;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let others = statement.query_map((workspace.0, node.as_str(), limit), |row| row.get(0))?;
    Ok(others.map(|other| other.map(Node::from_stored)).collect::<Result<_, _>>()?)
}

/// Forgets that a contact had anything once.
pub(super) fn remove(txn: &Txn<'_>, workspace: WorkspaceId, contact: &Node) -> Result<(), Error> {
    for identifier in of(txn.connection(), workspace, contact, usize::MAX)? {
        unlink(txn, workspace, contact, &identifier)?;
    }
    Ok(())
}

/// Forgets of a contact what it had once, or of as many contacts that they had an identifier; returns how many
/// those were.
pub(super) fn forget(
    txn: &Txn<'_>,
    workspace: WorkspaceId,
    node: &Node,
    limit: usize,
) -> Result<usize, Error> {
    let others = of(txn.connection(), workspace, node, limit)?;
    for other in &others {
        unlink(txn, workspace, node, other)?;
        if other.is_contact() {
            let known: Option<String> = txn
                .connection()
                .prepare_cached("SELECT state FROM contact WHERE workspace = ? AND node = ?")?
                .query_row((workspace.0, other.as_str()), |row| row.get(0))
                .optional()?;
            // What cannot be read back says nothing.
            let known = known.and_then(|known| serde_json::from_str::<Contact>(&known).ok());
            if let Some(mut known) = known {
                known.former.retain(|former| former.node != *node);
                txn.run(
                    "UPDATE contact SET state = ?3 WHERE workspace = ?1 AND node = ?2",
                    (workspace.0, other.as_str(), serde_json::to_string(&known)?),
                )?;
            }
        }
    }
    Ok(others.len())
}

fn unlink(txn: &Txn<'_>, workspace: WorkspaceId, one: &Node, other: &Node) -> Result<(), Error> {
    for (a, b) in [(one, other), (other, one)] {
        txn.run(
            "DELETE FROM former_link WHERE workspace = ? AND a = ? AND b = ?",
            (workspace.0, a.as_str(), b.as_str()),
        )?;
    }
    Ok(())
}
