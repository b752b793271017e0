//! Leases, the queue, attempts and pauses.

use kopru_core::{State, WorkspaceId};
use rusqlite::{Connection, OptionalExtension};

use super::writer::Txn;
use crate::{AttemptId, Claimed, Lease, OutcomeOf, Pause, Queued, Settled, StoreError, seal::Seal};

/// Takes over a workspace. What was under way when its last holder ended may have reached Meta.
pub(super) fn lease(txn: &mut Txn<'_>, workspace: WorkspaceId) -> Result<Lease, StoreError> {
    txn.run("UPDATE workspace SET fence = fence + 1 WHERE id = ?", [workspace.0])?;
    let fence = txn.one("SELECT fence FROM workspace WHERE id = ?", [workspace.0])?;
    txn.run(
        "UPDATE conversion SET may_count_twice = 1, reply = 'interrupted: no answer was read'
         WHERE workspace = ?1 AND number IN (SELECT number FROM attempt_member WHERE workspace = ?1)",
        [workspace.0],
    )?;
    // Whoever starts anew may have mended what caused a pause: one event finds out at once.
    txn.run("UPDATE pause SET until_ms = 0 WHERE workspace = ? AND needs_you", [workspace.0])?;
    txn.run("DELETE FROM attempt_member WHERE workspace = ?", [workspace.0])?;
    txn.run("DELETE FROM attempt WHERE workspace = ?", [workspace.0])?;
    Ok(Lease { workspace, fence })
}

/// Refuses whoever no longer holds the lease.
pub(super) fn hold(txn: &Txn<'_>, lease: Lease) -> Result<(), StoreError> {
    let fence: u64 = txn.one("SELECT fence FROM workspace WHERE id = ?", [lease.workspace.0])?;
    if fence == lease.fence { Ok(()) } else { Err(StoreError::Fenced(lease.workspace.0)) }
}

pub(super) fn claim(
    connection: &Connection,
    seal: &Seal,
    lease: Lease,
    dataset: &str,
    limit: usize,
    now_ms: i64,
) -> Result<Claimed, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT due.number, due.tries, conversion.body, conversion.record ->> 'event_s'
         FROM due JOIN conversion
           ON conversion.workspace = due.workspace AND conversion.number = due.number
         WHERE due.workspace = ?1 AND due.dataset = ?2 AND due.due_ms <= ?3
         ORDER BY due.due_ms, due.number LIMIT ?4",
    )?;
    let mut rows = statement.query((lease.workspace.0, dataset, now_ms, limit))?;
    let mut claimed = Claimed::default();
    while let Some(row) = rows.next()? {
        let number = row.get(0)?;
        let sealed: Vec<u8> = row.get(2)?;
        let opened = seal.open("conversion", &sealed).ok().and_then(|body| String::from_utf8(body).ok());
        match opened {
            Some(body) => {
                claimed.ready.push(Queued { number, tries: row.get(1)?, body, event_s: row.get(3)? });
            }
            None => claimed.unreadable.push(number),
        }
    }
    Ok(claimed)
}

pub(super) fn next_due(
    connection: &Connection,
    lease: Lease,
    dataset: &str,
) -> Result<Option<i64>, StoreError> {
    Ok(connection
        .prepare_cached("SELECT min(due_ms) FROM due WHERE workspace = ? AND dataset = ?")?
        .query_row((lease.workspace.0, dataset), |row| row.get(0))?)
}

pub(super) fn open(
    txn: &mut Txn<'_>,
    lease: Lease,
    dataset: &str,
    members: &[u64],
    now_ms: i64,
) -> Result<AttemptId, StoreError> {
    hold(txn, lease)?;
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
) -> Result<(), StoreError> {
    hold(txn, lease)?;
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
) -> Result<(), StoreError> {
    let workspace = lease.workspace.0;
    let ended = txn.run(
        "UPDATE conversion SET state = ?3, reason = ?4, reply = ?5, settled_ms = ?6
         WHERE workspace = ?1 AND number = ?2 AND state = 'queued'",
        (workspace, number, state.code(), reason, reply, now_ms),
    )?;
    txn.run(
        "DELETE FROM due WHERE workspace = ? AND dataset = ? AND number = ?",
        (workspace, dataset, number),
    )?;
    txn.count(lease.workspace, "conversion.queued", -(ended as i64));
    txn.count(lease.workspace, format!("conversion.{}", state.code()), ended as i64);
    Ok(())
}

pub(super) fn pause(
    txn: &Txn<'_>,
    lease: Lease,
    dataset: &str,
    pause: Option<&Pause>,
) -> Result<(), StoreError> {
    hold(txn, lease)?;
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
                &pause.cause,
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
    workspace: WorkspaceId,
    dataset: &str,
) -> Result<Option<Pause>, StoreError> {
    Ok(connection
        .prepare_cached(
            "SELECT until_ms, needs_you, cause, since_ms, code FROM pause WHERE workspace = ? AND dataset = ?",
        )?
        .query_row((workspace.0, dataset), |row| {
            Ok(Pause {
                until_ms: row.get(0)?,
                needs_you: row.get(1)?,
                cause: row.get(2)?,
                since_ms: row.get(3)?,
                code: row.get(4)?,
            })
        })
        .optional()?)
}
