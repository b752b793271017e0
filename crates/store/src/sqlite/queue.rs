//! The queue: what is due, and how conversions come into it and out of it.

use kopru_core::{Conversion, WorkspaceId};
use rusqlite::{Connection, OptionalExtension};

use super::{
    rows::{BY_NUMBER, read_conversion},
    writer::Txn,
};
use crate::{
    AttemptId, Claimed, Error, LaneKey, Lease, Queued,
    bounds::{HELD_MAX_MS, ORDER_KEPT_MS},
    seal::Opener,
};

/// The context of sealed replies: Meta's messages may repeat a name.
pub(crate) const REPLY: &str = "reply";
/// The context of sealed bodies.
pub(crate) const BODY: &str = "body";

/// What an earlier event of the same cause holds up: one that is under way, or was put off a short while
/// ago. What a clock that was ahead has written (five minutes and more) holds up nothing.
fn held_up_sql() -> String {
    format!(
        "EXISTS (SELECT 1 FROM due e INDEXED BY due_cause
         WHERE e.workspace = ?1 AND e.cause = d.cause AND e.number < d.number
           AND (e.attempt IS NOT NULL OR (e.put_off_ms > ?5 AND e.put_off_ms <= ?3 + {HELD_MAX_MS})) LIMIT 1)"
    )
}

/// What is due.
fn due_sql() -> String {
    format!(
        "SELECT d.number, d.tries, d.revision FROM due d INDEXED BY due_order
         WHERE d.workspace = ?1 AND d.lane = ?2 AND d.due_ms <= ?3 AND d.attempt IS NULL AND NOT {}
         ORDER BY d.due_ms, d.number LIMIT ?4",
        held_up_sql()
    )
}

/// What is held for longer than anything is held whose event has happened (five minutes): a clock that
/// was wrong has written that time.
fn held_too_long_sql() -> String {
    format!(
        "SELECT d.number, d.tries, d.revision FROM due d INDEXED BY due_held
         WHERE d.workspace = ?1 AND d.lane = ?2 AND d.attempt IS NULL
           AND d.due_ms > d.event_s * 1000 + {HELD_MAX_MS}
           AND d.due_ms > ?3 + {HELD_MAX_MS} AND d.event_s * 1000 <= ?3 AND NOT {}
         ORDER BY d.due_ms, d.number LIMIT ?4",
        held_up_sql()
    )
}

pub(super) fn claim(
    connection: &Connection,
    opener: &Opener,
    lease: Lease,
    lane: &LaneKey,
    limit: usize,
    now_ms: i64,
) -> Result<Claimed, Error> {
    let mut claimed = Claimed::default();
    let lane = lane.to_string();
    for sql in [due_sql(), held_too_long_sql()] {
        let taken = claimed.ready.len() + claimed.unreadable.len();
        if taken == limit {
            break;
        }
        let mut statement = connection.prepare_cached(&sql)?;
        let parameters = (lease.workspace.0, &lane, now_ms, limit - taken, now_ms - ORDER_KEPT_MS);
        let mut rows = statement.query(parameters)?;
        while let Some(row) = rows.next()? {
            // A number that nothing can have would stop all others, and cannot be set aside.
            let Ok(number) = row.get(0) else { continue };
            let (tries, revision) = (row.get(1).ok(), row.get(2).ok());
            match (tries, revision, queued(connection, opener, lease.workspace, number)?) {
                (Some(tries), Some(revision), Some((conversion, unknown))) => {
                    claimed.ready.push(Queued { number, revision, conversion, tries, unknown });
                }
                _ => claimed.unreadable.push(number),
            }
        }
    }
    Ok(claimed)
}

type QueuedConversion = (kopru_core::Conversion, Option<(String, i64)>);

/// A conversion of the queue, with the bytes that Meta may have; `None` if it cannot be read back. Read one
/// by one, so that a damaged page fails only what is on it.
fn queued(
    connection: &Connection,
    opener: &Opener,
    workspace: WorkspaceId,
    number: u64,
) -> Result<Option<QueuedConversion>, Error> {
    let read = || -> Result<Option<QueuedConversion>, Error> {
        let mut statement = connection.prepare_cached(BY_NUMBER)?;
        let mut rows = statement.query((workspace.0, number))?;
        let Some(row) = rows.next()? else { return Ok(None) };
        let conversion = read_conversion(row, opener)?;
        let Some(unknown_ms) = row.get("unknown_ms")? else { return Ok(Some((conversion, None))) };
        let body = sent_body(connection, opener, workspace, number)?;
        Ok(body.map(|body| (conversion, Some((body, unknown_ms)))))
    };
    match read() {
        Err(Error::Corrupt(_) | Error::Database(_)) => Ok(None),
        read => read,
    }
}

/// The bytes of an event as they left last; `None` if nothing has left or they cannot be read back.
pub(crate) fn sent_body(
    connection: &Connection,
    opener: &Opener,
    workspace: WorkspaceId,
    number: u64,
) -> Result<Option<String>, Error> {
    let sealed: Option<Option<Vec<u8>>> = connection
        .prepare_cached("SELECT body FROM sent_body WHERE workspace = ? AND number = ?")?
        .query_row((workspace.0, number), |row| row.get(0))
        .optional()?;
    Ok(sealed.flatten().and_then(|sealed| opener.open_text(BODY, &sealed)))
}

/// When the next conversion is due, once nothing is left to claim: whatever was held for too long
/// has been claimed then.
pub(super) fn next_due(connection: &Connection, lease: Lease, lane: &LaneKey) -> Result<Option<i64>, Error> {
    Ok(connection
        .prepare_cached(
            "SELECT due_ms FROM due INDEXED BY due_order
             WHERE workspace = ? AND lane = ? AND attempt IS NULL ORDER BY due_ms LIMIT 1",
        )?
        .query_row((lease.workspace.0, lane.to_string()), |row| row.get(0))
        .optional()?)
}

/// When the longest due conversion of any lane was due.
pub(crate) fn oldest_due_ms(connection: &Connection, workspace: WorkspaceId) -> Result<Option<i64>, Error> {
    let mut next = connection.prepare_cached(
        "SELECT lane FROM due INDEXED BY due_order
         WHERE workspace = ? AND lane > ? AND attempt IS NULL ORDER BY lane LIMIT 1",
    )?;
    let mut oldest = connection.prepare_cached(
        "SELECT max(due_ms, event_s * 1000) FROM due INDEXED BY due_order
         WHERE workspace = ? AND lane = ? AND attempt IS NULL ORDER BY due_ms LIMIT 1",
    )?;
    let mut lane = String::new();
    let mut all: Option<i64> = None;
    while let Some(found) = next.query_row((workspace.0, &lane), |row| row.get::<_, String>(0)).optional()? {
        let due_ms = oldest.query_row((workspace.0, &found), |row| row.get(0))?;
        all = Some(all.map_or(due_ms, |all| all.min(due_ms)));
        lane = found;
    }
    Ok(all)
}

/// Puts a conversion that is complete into the queue of its lane.
pub(super) fn enter(
    txn: &Txn<'_>,
    workspace: WorkspaceId,
    number: u64,
    one: &Conversion,
    now_ms: i64,
) -> Result<(), Error> {
    let Some(lane) = LaneKey::of(one) else { return Ok(()) };
    txn.run(
        "INSERT INTO due (workspace, number, lane, cause, due_ms, event_s, revision)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, (SELECT revision FROM conversion WHERE workspace = ?1 AND number = ?2))",
        (workspace.0, number, lane.to_string(), one.cause.key(), one.due_ms.unwrap_or(now_ms), one.event_s),
    )?;
    Ok(())
}

/// A conversion of the queue has changed: whoever has claimed it makes its body anew.
pub(super) fn move_lane(
    txn: &Txn<'_>,
    workspace: WorkspaceId,
    number: u64,
    one: &Conversion,
) -> Result<(), Error> {
    txn.run(
        "UPDATE due SET revision = revision + 1, lane = coalesce(?3, lane), event_s = ?4
         WHERE workspace = ?1 AND number = ?2",
        (workspace.0, number, LaneKey::of(one).map(|lane| lane.to_string()), one.event_s),
    )?;
    Ok(())
}

/// Takes a conversion out of the queue, if it is held by this attempt, or by none; returns how many
/// attempts the queue has counted, and its revision.
pub(super) fn take_out(
    txn: &Txn<'_>,
    workspace: WorkspaceId,
    attempt: Option<AttemptId>,
    number: u64,
) -> Result<Option<(u32, u64)>, Error> {
    Ok(txn
        .connection()
        .prepare_cached(
            "DELETE FROM due WHERE workspace = ? AND number = ? AND attempt IS ? RETURNING attempts, revision",
        )?
        .query_row((workspace.0, number, attempt), |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?)
}

/// Takes a conversion out of the queue that decisions have taken back. What the queue has counted of it is
/// kept: should it come back, nobody takes it for what it was when it was claimed.
pub(super) fn leave(txn: &Txn<'_>, workspace: WorkspaceId, number: u64) -> Result<(), Error> {
    txn.run(
        "UPDATE conversion SET (attempts, revision) = (SELECT conversion.attempts + due.attempts, due.revision + 1
            FROM due WHERE workspace = ?1 AND number = ?2)
         WHERE workspace = ?1 AND number = ?2
           AND EXISTS (SELECT 1 FROM due WHERE workspace = ?1 AND number = ?2 LIMIT 1)",
        (workspace.0, number),
    )?;
    txn.run("DELETE FROM due WHERE workspace = ? AND number = ?", (workspace.0, number))?;
    Ok(())
}
