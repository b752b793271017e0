//! How far audit logs were read.

use kopru_core::WorkspaceId;
use rusqlite::{Connection, OptionalExtension};

use super::writer::Txn;
use crate::{AuditRead, Error};

pub(super) fn since(
    connection: &Connection,
    workspace: WorkspaceId,
    origin: &str,
) -> Result<Option<i64>, Error> {
    Ok(connection
        .prepare_cached(
            "SELECT min(upto_s, ifnull(again_s, upto_s)) FROM audit_place WHERE workspace = ? AND origin = ?",
        )?
        .query_row((workspace.0, origin), |row| row.get(0))
        .optional()?)
}

/// What somebody wants read once more is still wanted if that was asked after the reading began.
pub(super) fn put(txn: &Txn<'_>, workspace: WorkspaceId, read: &AuditRead) -> Result<(), Error> {
    txn.run(
        "INSERT INTO audit_place (workspace, origin, upto_s) VALUES (?1, ?2, ?4)
         ON CONFLICT (workspace, origin) DO UPDATE SET
             again_s = iif(again_s < ?3, again_s, iif(again_s < upto_s AND ?4 < upto_s, ?4, NULL)),
             upto_s = max(upto_s, ?4)",
        (workspace.0, &read.origin, read.since_s, read.upto_s),
    )?;
    Ok(())
}

pub(super) fn again(txn: &Txn<'_>, workspace: WorkspaceId, origin: &str, since_s: i64) -> Result<(), Error> {
    txn.run(
        "INSERT INTO audit_place (workspace, origin, upto_s) VALUES (?1, ?2, ?3)
         ON CONFLICT (workspace, origin) DO UPDATE SET again_s = min(ifnull(again_s, ?3), ?3)",
        (workspace.0, origin, since_s),
    )?;
    Ok(())
}
