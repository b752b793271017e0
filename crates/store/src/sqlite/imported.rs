//! Sales that files have told: what a deal of a CRM is compared with.

use capi::Money;
use kopru_core::{ImportedSale, Node, WorkspaceId};
use rusqlite::Connection;

use super::{clicks::who, marks, writer::Txn};
use crate::{
    Error,
    views::{IMPORTED_SALES_MAX, ToldSale},
};

/// Keeps sales under each identifier of who bought. One that is known changes nothing, and of whom was erased none is.
pub(super) fn keep(txn: &Txn<'_>, workspace: WorkspaceId, sales: &[ToldSale]) -> Result<(), Error> {
    let is_somebody_erased = marks::last_erasure(txn.connection(), workspace)? > 0;
    let keys = txn.keys(workspace)?;
    for ToldSale { who: nodes, value, currency, from_s, to_s } in sales {
        for node in nodes {
            if is_somebody_erased && marks::has(txn.connection(), &keys, workspace, node)? {
                continue;
            }
            txn.run(
                "INSERT OR IGNORE INTO imported_sale (workspace, who, from_s, value, currency, to_s)
                 VALUES (?, ?, ?, ?, ?, ?)",
                (workspace.0, who(node), from_s, value.to_string(), currency, to_s),
            )?;
        }
    }
    Ok(())
}

/// The newest sales of whoever has this identifier.
pub(super) fn of(
    connection: &Connection,
    workspace: WorkspaceId,
    node: &Node,
) -> Result<Vec<ImportedSale>, Error> {
    if !node.is_phone() && !node.is_email() {
        return Ok(Vec::new());
    }
    let mut statement = connection.prepare_cached(
        "SELECT value, currency, from_s, to_s FROM imported_sale
         WHERE workspace = ? AND who = ? ORDER BY from_s DESC, value DESC, currency DESC LIMIT ?",
    )?;
    let mut rows = statement.query((workspace.0, who(node), IMPORTED_SALES_MAX))?;
    let mut sales = Vec::new();
    while let Some(row) = rows.next()? {
        let value: String = row.get(0)?;
        // What cannot be read stops nothing.
        let Ok(value) = value.parse::<Money>() else { continue };
        sales.push(ImportedSale { value, currency: row.get(1)?, from_s: row.get(2)?, to_s: row.get(3)? });
    }
    Ok(sales)
}

/// Forgets some sales of whoever has this identifier; returns how many.
pub(super) fn forget(
    txn: &Txn<'_>,
    workspace: WorkspaceId,
    node: &Node,
    limit: usize,
) -> Result<usize, Error> {
    let who = who(node);
    let sales: Vec<(i64, String, String)> = txn
        .connection()
        .prepare_cached(
            "SELECT from_s, value, currency FROM imported_sale WHERE workspace = ? AND who = ? LIMIT ?",
        )?
        .query_map((workspace.0, who, limit), |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
        .collect::<Result<_, _>>()?;
    for (from_s, value, currency) in &sales {
        remove(txn, workspace, &who, (*from_s, value, currency))?;
    }
    Ok(sales.len())
}

/// A sale, and when its day ends, Unix seconds.
pub(super) struct SaleSeen {
    pub(super) who: Vec<u8>,
    pub(super) from_s: i64,
    pub(super) value: String,
    pub(super) currency: String,
    pub(super) to_s: i64,
}

/// Some sales in their order, from an identifier on.
pub(super) fn behind(
    txn: &Txn<'_>,
    workspace: WorkspaceId,
    (who, from_s, value, currency): &(Vec<u8>, i64, String, String),
    limit: usize,
) -> Result<Vec<SaleSeen>, Error> {
    Ok(txn
        .connection()
        .prepare_cached(
            "SELECT who, from_s, value, currency, to_s FROM imported_sale
             WHERE workspace = ? AND (who, from_s, value, currency) > (?, ?, ?, ?)
             ORDER BY who, from_s, value, currency LIMIT ?",
        )?
        .query_map((workspace.0, who, from_s, value, currency, limit), |row| {
            Ok(SaleSeen {
                who: row.get(0)?,
                from_s: row.get(1)?,
                value: row.get(2)?,
                currency: row.get(3)?,
                to_s: row.get(4)?,
            })
        })?
        .collect::<Result<_, _>>()?)
}

/// Takes one away.
pub(super) fn remove(
    txn: &Txn<'_>,
    workspace: WorkspaceId,
    who: &[u8],
    (from_s, value, currency): (i64, &str, &str),
) -> Result<usize, Error> {
    txn.run(
        "DELETE FROM imported_sale WHERE workspace = ? AND who = ? AND from_s = ? AND value = ? AND currency = ?",
        (workspace.0, who, from_s, value, currency),
    )
}
