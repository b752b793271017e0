//! Bodies that were authentic but not understood: kept for a while, within bounds, at a cost that does
//! not depend on how many there are.

use kopru_core::WorkspaceId;
use rusqlite::{Connection, OptionalExtension};

use super::writer::Txn;
use crate::{Error, UNREADABLE_KEPT_MS, Unreadable, seal::Opener, views::UnreadableListed};

/// The place of sealed bodies.
pub(super) const BODY: &str = "unreadable";

/// What is kept of a workspace's bodies; the oldest leave first.
pub(super) struct BodyBounds {
    /// How long one is kept, milliseconds.
    pub(super) age_ms: i64,
    pub(super) bodies: i64,
    pub(super) bytes: i64,
    /// How many one new body drives out. If there is no room then, its own bytes are not kept.
    pub(super) evicted_at_once: usize,
}

pub(super) const BOUNDS: BodyBounds =
    BodyBounds { age_ms: UNREADABLE_KEPT_MS, bodies: 2_000, bytes: 256 * 1024 * 1024, evicted_at_once: 64 };

/// The newest of a source below a number. There are never more than [`BOUNDS`] allow.
pub(super) fn listed(
    connection: &Connection,
    opener: &Opener,
    workspace: WorkspaceId,
    (source, below, limit): (&str, Option<u64>, usize),
) -> Result<Vec<UnreadableListed>, Error> {
    let mut statement = connection.prepare_cached(
        "SELECT u.number, u.received_ms, u.skeleton, b.body FROM unreadable u
         LEFT JOIN unreadable_body b ON b.workspace = u.workspace AND b.number = u.number
         WHERE u.workspace = ? AND u.number < ? AND u.source = ? ORDER BY u.number DESC LIMIT ?",
    )?;
    let below = below.and_then(|below| i64::try_from(below).ok()).unwrap_or(i64::MAX);
    let mut rows = statement.query((workspace.0, below, source, limit))?;
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        let sealed: Option<Vec<u8>> = row.get(3)?;
        all.push(UnreadableListed {
            number: row.get(0)?,
            received_ms: row.get(1)?,
            skeleton: row.get(2)?,
            // What cannot be opened is not shown; the others are.
            body: sealed.and_then(|sealed| opener.open(BODY, &sealed).ok()),
        });
    }
    Ok(all)
}

/// Keeps a body that is sealed already.
pub(super) fn append(
    txn: &mut Txn<'_>,
    workspace: WorkspaceId,
    received_ms: i64,
    unreadable: &Unreadable,
    bounds: &BodyBounds,
) -> Result<(), Error> {
    let size = i64::try_from(unreadable.body.len()).unwrap_or(i64::MAX);
    let (mut n, mut bytes) = txn
        .connection()
        .prepare_cached("SELECT n, bytes FROM unreadable_kept WHERE workspace = ?")?
        .query_row([workspace.0], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?)))
        .optional()?
        .unwrap_or((0, 0));
    for _ in 0..bounds.evicted_at_once {
        let oldest: Option<(u64, i64, i64)> = txn
            .connection()
            .prepare_cached(
                "SELECT number, received_ms, bytes FROM unreadable WHERE workspace = ? ORDER BY number LIMIT 1",
            )?
            .query_row([workspace.0], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
            .optional()?;
        let Some((number, since_ms, freed)) = oldest else { break };
        let fits = n < bounds.bodies && bytes.saturating_add(size) <= bounds.bytes;
        if fits && since_ms >= received_ms - bounds.age_ms {
            break;
        }
        txn.run("DELETE FROM unreadable WHERE workspace = ? AND number = ?", (workspace.0, number))?;
        txn.run("DELETE FROM unreadable_body WHERE workspace = ? AND number = ?", (workspace.0, number))?;
        n -= 1;
        bytes -= freed;
    }
    let number = txn.next("unreadable", "number", workspace)?;
    let kept = if bytes.saturating_add(size) <= bounds.bytes { size } else { 0 };
    txn.run(
        "INSERT INTO unreadable (workspace, number, received_ms, source, skeleton, bytes) VALUES (?, ?, ?, ?, ?, ?)",
        (workspace.0, number, received_ms, &unreadable.source, &unreadable.skeleton, kept),
    )?;
    if kept > 0 {
        txn.run(
            "INSERT INTO unreadable_body (workspace, number, body) VALUES (?, ?, ?)",
            (workspace.0, number, &unreadable.body),
        )?;
    }
    txn.run(
        "INSERT OR REPLACE INTO unreadable_kept (workspace, n, bytes) VALUES (?, ?, ?)",
        (workspace.0, n + 1, bytes + kept),
    )?;
    txn.count(workspace, format!("door.{}", unreadable.counted_as), 1);
    Ok(())
}
