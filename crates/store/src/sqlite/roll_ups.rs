//! What was added up: quarters of an hour, and days of zones.

use kopru_core::{Reason, State, WorkspaceId};
use rusqlite::{Connection, OptionalExtension, Row};

use super::writer::Txn;
use crate::{
    Error,
    bounds::QUARTERS_DELETED_PER_STEP,
    outcomes::{Dimensions, Grain, KeptRollUps, Quarters, RollUp, RollUpPage},
};

/// Which roll-ups are kept up.
pub(super) fn kept(connection: &Connection, workspace: WorkspaceId) -> Result<Vec<KeptRollUps>, Error> {
    let mut statement = connection.prepare_cached(
        "SELECT zone, since_s, built_upto_s FROM roll_up_kept WHERE workspace = ? ORDER BY zone",
    )?;
    let rows = statement.query_map([workspace.0], |row| {
        Ok(KeptRollUps {
            grain: Grain::from_stored(row.get(0)?),
            since_s: row.get(1)?,
            built_upto_s: row.get(2)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(super) fn keep(txn: &Txn<'_>, workspace: WorkspaceId, kept: &[KeptRollUps]) -> Result<(), Error> {
    for KeptRollUps { grain, since_s, built_upto_s } in kept {
        txn.run(
            "INSERT INTO roll_up_kept (workspace, zone, since_s, built_upto_s) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (workspace, zone) DO UPDATE SET since_s = ?3, built_upto_s = ?4",
            (workspace.0, grain.to_string(), since_s, built_upto_s),
        )?;
    }
    Ok(())
}

/// Adds to the numbers of a place. A sum that is too large stays the largest there is, so that no event
/// keeps the others from being counted.
pub(super) fn add(txn: &Txn<'_>, workspace: WorkspaceId, change: &RollUp) -> Result<(), Error> {
    let RollUp { grain, start_s, place, n, amount } = change;
    if *n == 0 && *amount == 0 {
        return Ok(());
    }
    let zone = grain.to_string();
    let (state, reason) = (place.state.code(), place.reason.map_or("", Reason::code));
    txn.run(
        "INSERT INTO roll_up (workspace, zone, start_s, dataset, name, route, source, ad, state, reason, currency,
             n, amount)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (workspace, zone, start_s, dataset, name, route, source, ad, state, reason, currency)
         DO UPDATE SET n = n + excluded.n, amount = CAST(amount + excluded.amount AS INTEGER)",
        rusqlite::params![
            workspace.0,
            &zone,
            start_s,
            &place.dataset,
            &place.name,
            &place.route,
            &place.source,
            &place.ad,
            state,
            reason,
            &place.currency,
            n,
            amount,
        ],
    )?;
    if *n > 0 {
        return Ok(());
    }
    txn.run(
        "DELETE FROM roll_up
         WHERE workspace = ? AND zone = ? AND start_s = ? AND dataset = ? AND name = ? AND route = ? AND source = ?
             AND ad = ? AND state = ? AND reason = ? AND currency = ? AND n = 0 AND amount = 0",
        rusqlite::params![
            workspace.0,
            &zone,
            start_s,
            &place.dataset,
            &place.name,
            &place.route,
            &place.source,
            &place.ad,
            state,
            reason,
            &place.currency,
        ],
    )?;
    Ok(())
}

/// Deletes some of the quarters that are not kept any more, oldest first; returns whether there are others.
pub(super) fn delete_quarters(txn: &Txn<'_>, workspace: WorkspaceId) -> Result<bool, Error> {
    let since_s: Option<i64> = txn
        .connection()
        .prepare_cached("SELECT since_s FROM roll_up_kept WHERE workspace = ? AND zone = ''")?
        .query_row([workspace.0], |row| row.get(0))
        .optional()?;
    let Some(since_s) = since_s else { return Ok(false) };
    let mut deleted = 0;
    while let Some(oldest_s) = quarter_from(txn.connection(), workspace, i64::MIN)?.filter(|at| *at < since_s)
    {
        if deleted >= QUARTERS_DELETED_PER_STEP {
            return Ok(true);
        }
        deleted += txn.run(
            "DELETE FROM roll_up WHERE workspace = ? AND zone = '' AND start_s = ?",
            (workspace.0, oldest_s),
        )?;
    }
    Ok(false)
}

/// The first quarter that begins at a time or later and holds anything.
fn quarter_from(connection: &Connection, workspace: WorkspaceId, from_s: i64) -> Result<Option<i64>, Error> {
    Ok(connection
        .prepare_cached(
            "SELECT start_s FROM roll_up WHERE workspace = ? AND zone = '' AND start_s >= ? ORDER BY start_s LIMIT 1",
        )?
        .query_row((workspace.0, from_s), |row| row.get(0))
        .optional()?)
}

/// Whole quarters from a time on, until there are so many rows.
pub(super) fn quarters(
    connection: &Connection,
    workspace: WorkspaceId,
    from_s: i64,
    rows_max: usize,
) -> Result<Quarters, Error> {
    let mut quarters = Quarters::default();
    let mut next = quarter_from(connection, workspace, from_s)?;
    while let Some(start_s) = next {
        if quarters.rows.len() >= rows_max {
            quarters.next_s = Some(start_s);
            break;
        }
        read(connection, workspace, &Grain::Quarter, start_s, &mut quarters.rows)?;
        next = quarter_from(connection, workspace, start_s + 1)?;
    }
    Ok(quarters)
}

/// Whole quarters or days that begin in a span, newest first, until there are so many rows.
pub(super) fn newest(
    connection: &Connection,
    workspace: WorkspaceId,
    grain: &Grain,
    from_s: i64,
    to_s: i64,
    rows_max: usize,
) -> Result<RollUpPage, Error> {
    let kept = kept(connection, workspace)?.into_iter().find(|kept| kept.grain == *grain);
    let mut page = RollUpPage { kept, ..RollUpPage::default() };
    let mut before = connection.prepare_cached(
        "SELECT start_s FROM roll_up WHERE workspace = ? AND zone = ? AND start_s >= ? AND start_s < ?
         ORDER BY start_s DESC LIMIT 1",
    )?;
    let (zone, mut last_s) = (grain.to_string(), to_s);
    loop {
        let next: Option<i64> =
            before.query_row((workspace.0, &zone, from_s, last_s), |row| row.get(0)).optional()?;
        let Some(start_s) = next else { return Ok(page) };
        if page.rows.len() >= rows_max {
            page.stopped_at_s = Some(last_s);
            return Ok(page);
        }
        read(connection, workspace, grain, start_s, &mut page.rows)?;
        last_s = start_s;
    }
}

/// All of one quarter or day.
fn read(
    connection: &Connection,
    workspace: WorkspaceId,
    grain: &Grain,
    start_s: i64,
    into: &mut Vec<RollUp>,
) -> Result<(), Error> {
    let mut statement = connection.prepare_cached(
        "SELECT dataset, name, route, source, ad, state, reason, currency, n, amount FROM roll_up
         WHERE workspace = ? AND zone = ? AND start_s = ?",
    )?;
    let mut rows = statement.query((workspace.0, grain.to_string(), start_s))?;
    while let Some(row) = rows.next()? {
        let (n, amount) = (row.get(8)?, row.get(9)?);
        into.push(RollUp { grain: grain.clone(), start_s, place: read_place(row)?, n, amount });
    }
    Ok(())
}

fn read_place(row: &Row<'_>) -> Result<Dimensions, Error> {
    let (state, reason): (String, String) = (row.get(5)?, row.get(6)?);
    Ok(Dimensions {
        dataset: row.get(0)?,
        name: row.get(1)?,
        route: row.get(2)?,
        source: row.get(3)?,
        ad: row.get(4)?,
        state: State::from_code(&state)
            .ok_or_else(|| Error::corrupt(format!("conversion state {state} of a roll-up")))?,
        reason: Reason::from_code(&reason),
        currency: row.get(7)?,
    })
}
