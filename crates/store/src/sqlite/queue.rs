//! Leases, the queue, attempts and pauses.

use kopru_core::{Seq, State, WorkspaceId};
use rusqlite::{Connection, OptionalExtension, Row};

use super::writer::{TallyKey, Txn};
use crate::{AttemptId, Claimed, Error, Lease, OutcomeOf, Pause, Queued, Settled, seal::Seal};

/// Contexts of sealed values: Meta's messages may repeat a name.
pub(crate) const REPLY: &str = "reply";
const CAUSE: &str = "pause";

/// What is due.
const DUE: &str = "SELECT number, tries, event_s FROM due INDEXED BY due_order
    WHERE workspace = ?1 AND dataset = ?2 AND due_ms <= ?3
    ORDER BY due_ms, number LIMIT ?4";
/// What is held for longer than anything is held whose event has happened (five minutes): a clock that
/// was wrong has written that time.
const HELD_TOO_LONG: &str = "SELECT number, tries, event_s FROM due INDEXED BY due_held
    WHERE workspace = ?1 AND dataset = ?2
      AND due_ms > event_s * 1000 + 300000
      AND due_ms > ?3 + 300000 AND event_s * 1000 <= ?3
    ORDER BY due_ms, number LIMIT ?4";
/// Read one by one, so that a damaged page fails only what is on it.
const BODY: &str = "SELECT body FROM conversion WHERE workspace = ? AND number = ?";

/// Takes over a workspace. What was under way when its last holder ended may have reached Meta.
pub(super) fn lease(txn: &mut Txn<'_>, workspace: WorkspaceId) -> Result<Lease, Error> {
    txn.run("UPDATE workspace SET fence = fence + 1 WHERE id = ?", [workspace.0])?;
    let fence = txn.one("SELECT fence FROM workspace WHERE id = ?", [workspace.0])?;
    interrupted(txn, workspace, None)?;
    // Whoever starts anew may have mended what caused a pause: one event finds out at once.
    txn.run("UPDATE pause SET until_ms = 0 WHERE workspace = ? AND needs_you", [workspace.0])?;
    Ok(Lease { workspace, fence })
}

/// Ends the attempts of a dataset, or of all, whose answers nobody will read any more: their outcome is
/// unknown, and their members go again and are marked.
pub(super) fn interrupted(txn: &Txn<'_>, workspace: WorkspaceId, dataset: Option<&str>) -> Result<(), Error> {
    let open: Vec<(AttemptId, String)> = txn
        .connection()
        .prepare_cached(
            "SELECT id, dataset FROM attempt WHERE workspace = ?1 AND (?2 IS NULL OR dataset = ?2)",
        )?
        .query_map((workspace.0, dataset), |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<_, _>>()?;
    for (attempt, of) in open {
        let reply = txn.seal.seal(REPLY, b"interrupted: no answer was read")?;
        txn.run(
            "UPDATE conversion SET may_count_twice = 1, reply = ?3 WHERE workspace = ?1 AND number IN
                 (SELECT number FROM attempt_member WHERE workspace = ?1 AND attempt = ?2)",
            (workspace.0, attempt, reply),
        )?;
        // Nothing was said of the events, so it does not count as a try.
        for number in members(txn, workspace, attempt)? {
            txn.run(
                "UPDATE due SET tries = max(tries - 1, 0) WHERE workspace = ? AND dataset = ? AND number = ?",
                (workspace.0, &of, number),
            )?;
        }
        txn.run("DELETE FROM attempt_member WHERE workspace = ? AND attempt = ?", (workspace.0, attempt))?;
        txn.run("DELETE FROM attempt WHERE workspace = ? AND id = ?", (workspace.0, attempt))?;
    }
    Ok(())
}

fn members(txn: &Txn<'_>, workspace: WorkspaceId, attempt: AttemptId) -> Result<Vec<u64>, Error> {
    Ok(txn
        .connection()
        .prepare_cached("SELECT number FROM attempt_member WHERE workspace = ? AND attempt = ?")?
        .query_map((workspace.0, attempt), |row| row.get(0))?
        .collect::<Result<_, _>>()?)
}

/// Refuses whoever no longer holds the lease; returns up to where facts are decided.
pub(super) fn check_fence(txn: &Txn<'_>, lease: Lease) -> Result<Seq, Error> {
    let (fence, cursor): (u64, Seq) = txn
        .connection()
        .prepare_cached("SELECT fence, cursor FROM workspace WHERE id = ?")?
        .query_row([lease.workspace.0], |row| Ok((row.get(0)?, row.get(1)?)))?;
    if fence == lease.fence { Ok(cursor) } else { Err(Error::Fenced(lease.workspace.0)) }
}

pub(super) fn claim(
    connection: &Connection,
    seal: &Seal,
    lease: Lease,
    dataset: &str,
    limit: usize,
    now_ms: i64,
) -> Result<Claimed, Error> {
    let mut claimed = Claimed::default();
    for sql in [DUE, HELD_TOO_LONG] {
        let taken = claimed.ready.len() + claimed.unreadable.len();
        if taken == limit {
            break;
        }
        let mut statement = connection.prepare_cached(sql)?;
        let mut rows = statement.query((lease.workspace.0, dataset, now_ms, limit - taken))?;
        while let Some(row) = rows.next()? {
            // A number that nothing can have would stop all others, and cannot be set aside.
            let Ok(number) = row.get(0) else { continue };
            let (tries, event_s) = (row.get(1).ok(), row.get(2)?);
            match (tries, body(connection, seal, lease.workspace, number)?) {
                (Some(tries), Some(body)) => {
                    claimed.ready.push(Queued { number, body, event_s, tries });
                }
                _ => claimed.unreadable.push(number),
            }
        }
    }
    Ok(claimed)
}

/// The body of a conversion, or `None` if it cannot be read back.
fn body(
    connection: &Connection,
    seal: &Seal,
    workspace: WorkspaceId,
    number: u64,
) -> Result<Option<String>, Error> {
    let sealed = connection
        .prepare_cached(BODY)?
        .query_row((workspace.0, number), |row| row.get::<_, Option<Vec<u8>>>(0))
        .optional();
    match sealed.map_err(Error::from) {
        Ok(sealed) => Ok(sealed.flatten().and_then(|sealed| seal.open_text("conversion", &sealed))),
        Err(Error::Corrupt(_) | Error::Database(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// When the next conversion is due, once nothing is left to claim: whatever was held for too long
/// has been claimed then.
pub(super) fn next_due(connection: &Connection, lease: Lease, dataset: &str) -> Result<Option<i64>, Error> {
    Ok(connection
        .prepare_cached(
            "SELECT due_ms FROM due INDEXED BY due_order
             WHERE workspace = ? AND dataset = ? ORDER BY due_ms LIMIT 1",
        )?
        .query_row((lease.workspace.0, dataset), |row| row.get(0))
        .optional()?)
}

/// When the longest due conversion of any dataset was due.
pub(crate) fn oldest_due_ms(connection: &Connection, workspace: WorkspaceId) -> Result<Option<i64>, Error> {
    let mut next = connection.prepare_cached(
        "SELECT dataset FROM due WHERE workspace = ? AND dataset > ? ORDER BY dataset LIMIT 1",
    )?;
    // What was put at the head of the queue has no due time of its own.
    let mut oldest = connection.prepare_cached(
        "SELECT max(due_ms, event_s * 1000) FROM due INDEXED BY due_order
         WHERE workspace = ? AND dataset = ? ORDER BY due_ms LIMIT 1",
    )?;
    let mut dataset = String::new();
    let mut all: Option<i64> = None;
    while let Some(found) =
        next.query_row((workspace.0, &dataset), |row| row.get::<_, String>(0)).optional()?
    {
        let due_ms = oldest.query_row((workspace.0, &found), |row| row.get(0))?;
        all = Some(all.map_or(due_ms, |all| all.min(due_ms)));
        dataset = found;
    }
    Ok(all)
}

pub(super) fn open(
    txn: &mut Txn<'_>,
    lease: Lease,
    dataset: &str,
    members: &[u64],
    now_ms: i64,
) -> Result<AttemptId, Error> {
    check_fence(txn, lease)?;
    let workspace = lease.workspace.0;
    let id = txn.next("attempt", "id", lease.workspace)?;
    txn.run(
        "INSERT INTO attempt (workspace, id, dataset, opened_ms) VALUES (?, ?, ?, ?)",
        (workspace, id, dataset, now_ms),
    )?;
    for number in members {
        txn.run(
            "INSERT INTO attempt_member (workspace, attempt, number) VALUES (?, ?, ?)",
            (workspace, id, number),
        )?;
        txn.run(
            "UPDATE due SET tries = tries + 1 WHERE workspace = ? AND dataset = ? AND number = ?",
            (workspace, dataset, number),
        )?;
        txn.run(
            "UPDATE conversion SET attempts = attempts + 1 WHERE workspace = ? AND number = ?",
            (workspace, number),
        )?;
    }
    Ok(id)
}

pub(super) fn settle(
    txn: &mut Txn<'_>,
    lease: Lease,
    dataset: &str,
    attempt: Option<AttemptId>,
    outcomes: &[OutcomeOf],
    now_ms: i64,
) -> Result<(), Error> {
    check_fence(txn, lease)?;
    let workspace = lease.workspace.0;
    for outcome in outcomes {
        match &outcome.settled {
            Settled::Accepted { reply } => {
                end(txn, lease, dataset, outcome.number, State::Accepted, None, Some(reply), now_ms)?;
            }
            Settled::Failed { reason, reply } => {
                let reason = Some(reason.code());
                end(txn, lease, dataset, outcome.number, State::Failed, reason, reply.as_deref(), now_ms)?;
            }
            Settled::Again { due_ms, reply, may_count_twice, counts } => {
                txn.run(
                    "UPDATE due SET due_ms = ?4, tries = tries - ?5
                     WHERE workspace = ?1 AND dataset = ?2 AND number = ?3",
                    (workspace, dataset, outcome.number, due_ms, i32::from(!counts)),
                )?;
                let reply = txn.seal.seal_text(REPLY, reply.as_deref())?;
                txn.run(
                    "UPDATE conversion SET reply = ?3, may_count_twice = max(may_count_twice, ?4)
                     WHERE workspace = ?1 AND number = ?2 AND state = 'queued'",
                    (workspace, outcome.number, reply, may_count_twice),
                )?;
            }
        }
    }
    if let Some(attempt) = attempt {
        txn.run("DELETE FROM attempt_member WHERE workspace = ? AND attempt = ?", (workspace, attempt))?;
        txn.run("DELETE FROM attempt WHERE workspace = ? AND id = ?", (workspace, attempt))?;
    }
    Ok(())
}

#[expect(clippy::too_many_arguments, reason = "the columns of one update")]
fn end(
    txn: &mut Txn<'_>,
    lease: Lease,
    dataset: &str,
    number: u64,
    state: State,
    reason: Option<&str>,
    reply: Option<&str>,
    now_ms: i64,
) -> Result<(), Error> {
    let workspace = lease.workspace.0;
    let reply = txn.seal.seal_text(REPLY, reply)?;
    let (from, worth) = match TallyKey::of_row(txn.connection(), lease.workspace, number) {
        Ok(found) => found,
        // What cannot be read does not stay in the way of the rest.
        Err(Error::Corrupt(_) | Error::Database(_)) => {
            return leave(txn, workspace, dataset, number);
        }
        Err(error) => return Err(error),
    };
    let ended = txn.run(
        "UPDATE conversion SET state = ?3, reason = ?4, reply = ?5, settled_ms = ?6
         WHERE workspace = ?1 AND number = ?2 AND state = 'queued'",
        (workspace, number, state.code(), reason, reply, now_ms),
    )?;
    if ended == 1 {
        let to = TallyKey { state: state.code(), reason: reason.map(str::to_owned), ..from.clone() };
        txn.tally(lease.workspace, from, -1, worth);
        txn.tally(lease.workspace, to, 1, worth);
    }
    leave(txn, workspace, dataset, number)
}

/// Takes a conversion out of the queue.
fn leave(txn: &Txn<'_>, workspace: u32, dataset: &str, number: u64) -> Result<(), Error> {
    txn.run(
        "DELETE FROM due WHERE workspace = ? AND dataset = ? AND number = ?",
        (workspace, dataset, number),
    )?;
    Ok(())
}

pub(super) fn pause(txn: &Txn<'_>, lease: Lease, dataset: &str, pause: Option<&Pause>) -> Result<(), Error> {
    check_fence(txn, lease)?;
    match pause {
        // `since` stays when a pause is prolonged.
        Some(pause) => txn.run(
            "INSERT INTO pause (workspace, dataset, until_ms, needs_you, cause, since_ms, code)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
             ON CONFLICT (workspace, dataset) DO UPDATE
             SET until_ms = ?3, needs_you = ?4, cause = ?5, code = ?7",
            (
                lease.workspace.0,
                dataset,
                pause.until_ms,
                pause.needs_you,
                txn.seal.seal(CAUSE, pause.cause.as_bytes())?,
                pause.since_ms,
                &pause.code,
            ),
        )?,
        None => {
            txn.run("DELETE FROM pause WHERE workspace = ? AND dataset = ?", (lease.workspace.0, dataset))?
        }
    };
    Ok(())
}

pub(super) fn paused(
    connection: &Connection,
    seal: &Seal,
    workspace: WorkspaceId,
    dataset: &str,
) -> Result<Option<Pause>, Error> {
    Ok(connection
        .prepare_cached(
            "SELECT until_ms, needs_you, cause, since_ms, code FROM pause WHERE workspace = ? AND dataset = ?",
        )?
        .query_row((workspace.0, dataset), |row| read_pause(row, seal))
        .optional()?)
}

/// Reads a pause from `until_ms, needs_you, cause, since_ms, code`.
pub(crate) fn read_pause(row: &Row<'_>, seal: &Seal) -> rusqlite::Result<Pause> {
    Ok(Pause {
        until_ms: row.get(0)?,
        needs_you: row.get(1)?,
        cause: seal.open_text(CAUSE, row.get_ref(2)?.as_blob()?).unwrap_or_default(),
        since_ms: row.get(3)?,
        code: row.get_ref(4)?.as_str().unwrap_or_default().to_owned(),
    })
}
