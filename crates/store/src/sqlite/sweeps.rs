//! Sweeps: a contact with more deals than one turn can hold is gone through step by step, beside the
//! facts, until each of its deals was looked at.

use kopru_core::{DealKey, Node, Seq, WorkspaceId};
use rusqlite::OptionalExtension;

use super::{state::Loader, writer::Txn};
use crate::{Error, Sweep, bounds::DEALS_MAX};

/// The next step of the sweep that was asked for first, with the state around its deals.
pub(super) fn next(loader: &mut Loader<'_>) -> Result<Option<Sweep>, Error> {
    let workspace = loader.workspace.0;
    let row: Option<(String, String, String)> = loader
        .connection
        .prepare_cached(
            "SELECT contact, origin, id FROM sweep INDEXED BY sweep_order
             WHERE workspace = ? ORDER BY asked_by LIMIT 1",
        )?
        .query_row([workspace], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()?;
    let Some((contact, origin, id)) = row else { return Ok(None) };
    let mut deals = loader.rows(
        "SELECT origin, id FROM deal_contact
         WHERE workspace = ? AND contact = ? AND (origin, id) > (?, ?) ORDER BY origin, id LIMIT ?",
        (workspace, &contact, origin, id, DEALS_MAX),
        |row| Ok(DealKey { origin: row.get(0)?, id: row.get(1)? }),
    )?;
    let after = if deals.len() < DEALS_MAX { None } else { deals.last().cloned() };
    deals.retain(|deal| match loader.deal(deal) {
        Ok(()) => true,
        Err(error) => {
            tracing::warn!(error = &error as &dyn std::error::Error, %deal, workspace, "a deal was left out, because what is around it cannot be read");
            false
        }
    });
    Ok(Some(Sweep { contact: Node::from_stored(contact), deals, after }))
}

/// Notes that the deals of a contact are to be looked at. While that is under way, it is noted that
/// they are to be looked at once more, from the first.
pub(super) fn ask(txn: &Txn<'_>, workspace: WorkspaceId, contact: &Node, asked_by: Seq) -> Result<(), Error> {
    txn.run(
        "INSERT INTO sweep (workspace, contact, asked_by) VALUES (?1, ?2, ?3)
         ON CONFLICT (workspace, contact) DO UPDATE SET again = ?3",
        (workspace.0, contact.as_str(), asked_by),
    )?;
    Ok(())
}

/// Goes on behind a step.
pub(super) fn step(txn: &Txn<'_>, workspace: WorkspaceId, sweep: &Sweep) -> Result<(), Error> {
    let key = (workspace.0, sweep.contact.as_str());
    if let Some(DealKey { origin, id }) = &sweep.after {
        txn.run(
            "UPDATE sweep SET origin = ?3, id = ?4 WHERE workspace = ?1 AND contact = ?2",
            (key.0, key.1, origin, id),
        )?;
        return Ok(());
    }
    txn.run("DELETE FROM sweep WHERE workspace = ? AND contact = ? AND again IS NULL", key)?;
    txn.run(
        "UPDATE sweep SET asked_by = again, again = NULL, origin = '', id = ''
         WHERE workspace = ? AND contact = ?",
        key,
    )?;
    Ok(())
}
