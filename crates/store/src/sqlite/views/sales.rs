//! Sales that are told outside of a CRM and that a CRM tells as well.

use kopru_core::{Cause, DealKey, Node, State, WorkspaceId};
use rusqlite::Connection;

use crate::{
    Error,
    views::{SALE_CONTACTS_MAX, SALE_DEALS_MAX, ToldSale},
};

/// Of each sale the deal that seems to be the same one.
pub(super) fn deals(
    connection: &Connection,
    workspace: WorkspaceId,
    sales: &[ToldSale],
) -> Result<Vec<Option<DealKey>>, Error> {
    let mut any = connection.prepare_cached("SELECT 1 FROM deal_contact WHERE workspace = ? LIMIT 1")?;
    if !any.exists([workspace.0])? {
        return Ok(vec![None; sales.len()]);
    }
    sales.iter().map(|sale| deal(connection, workspace, sale)).collect()
}

fn deal(connection: &Connection, workspace: WorkspaceId, sale: &ToldSale) -> Result<Option<DealKey>, Error> {
    for node in &sale.who {
        for contact in contacts(connection, workspace, node)? {
            for deal in deals_of(connection, workspace, &contact)? {
                if is_of(connection, workspace, &deal, sale)? {
                    return Ok(Some(deal));
                }
            }
        }
    }
    Ok(None)
}

fn contacts(connection: &Connection, workspace: WorkspaceId, node: &Node) -> Result<Vec<Node>, Error> {
    let mut statement =
        connection.prepare_cached("SELECT b FROM link WHERE workspace = ? AND a = ? ORDER BY b LIMIT ?")?;
    // Other identifiers stand there, too.
    let nodes = statement.query_map((workspace.0, node.as_str(), 4 * SALE_CONTACTS_MAX), |row| row.get(0))?;
    let mut found = Vec::new();
    for text in nodes {
        let other = Node::from_stored(text?);
        if other.is_contact() && found.len() < SALE_CONTACTS_MAX {
            found.push(other);
        }
    }
    Ok(found)
}

fn deals_of(connection: &Connection, workspace: WorkspaceId, contact: &Node) -> Result<Vec<DealKey>, Error> {
    let mut statement = connection.prepare_cached(
        "SELECT origin, id FROM deal_contact WHERE workspace = ? AND contact = ? ORDER BY origin, id LIMIT ?",
    )?;
    let deals = statement.query_map((workspace.0, contact.as_str(), SALE_DEALS_MAX), |row| {
        Ok(DealKey { origin: row.get(0)?, id: row.get(1)? })
    })?;
    Ok(deals.collect::<Result<_, _>>()?)
}

fn is_of(
    connection: &Connection,
    workspace: WorkspaceId,
    deal: &DealKey,
    sale: &ToldSale,
) -> Result<bool, Error> {
    let mut statement = connection.prepare_cached(
        "SELECT c.event, c.state, c.value, c.currency, c.event_s
         FROM conversion c INDEXED BY conversion_cause WHERE c.workspace = ? AND c.cause = ? LIMIT ?",
    )?;
    let cause = Cause::Deal(deal.clone()).key();
    let mut rows = statement.query((workspace.0, cause, SALE_DEALS_MAX))?;
    while let Some(row) = rows.next()? {
        let (event, state, value): (String, String, Option<String>) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let currency: Option<String> = row.get(3)?;
        let value = value.and_then(|value| value.parse().ok());
        let is_it = State::from_code(&state)
            .is_some_and(|state| sale.is(&event, state, value, currency.as_deref(), row.get(4).unwrap_or(0)));
        if is_it {
            return Ok(true);
        }
    }
    Ok(false)
}
