//! What cannot be read or applied is set aside: the others go on, a person sees it, and it can be
//! tried again.

use kopru_core::{Reason, Seq, State, WorkspaceId};
use rusqlite::{Connection, OptionalExtension};

use super::{
    fence,
    writer::{TallyKey, Txn},
};
use crate::{Error, LaneKey, Lease, SetAsideListed, seal::Seal};

/// How many facts or conversions one change tries again.
pub(super) const RETRIED_AT_ONCE: usize = 500;

/// Sets an undecided fact aside.
pub(super) fn put(txn: &mut Txn<'_>, workspace: WorkspaceId, seq: Seq, why: &str) -> Result<(), Error> {
    txn.run(
        "INSERT INTO fact_end (workspace, seq, outcome, reason) VALUES (?, ?, 'set_aside', ?)",
        (workspace.0, seq, Reason::Unreadable.code()),
    )?;
    txn.run("DELETE FROM fact_again WHERE workspace = ? AND seq = ?", (workspace.0, seq))?;
    list(txn, workspace, seq, why)?;
    txn.count(workspace, "fact.pending", -1);
    txn.count(workspace, "fact.set_aside", 1);
    Ok(())
}

/// Sets the facts aside that wait for an answer.
pub(super) fn put_waiting(
    txn: &mut Txn<'_>,
    workspace: WorkspaceId,
    on: &str,
    why: &str,
) -> Result<(), Error> {
    let seqs: Vec<Seq> = txn
        .connection()
        .prepare_cached(
            "SELECT seq FROM fact_end INDEXED BY fact_waiting WHERE workspace = ? AND waits_on = ?",
        )?
        .query_map((workspace.0, on), |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    for seq in seqs {
        txn.run(
            "UPDATE fact_end SET outcome = 'set_aside', reason = ?3, waits_on = NULL
             WHERE workspace = ?1 AND seq = ?2",
            (workspace.0, seq, Reason::Unreadable.code()),
        )?;
        list(txn, workspace, seq, why)?;
        txn.count(workspace, "fact.waiting", -1);
        txn.count(workspace, "fact.set_aside", 1);
    }
    Ok(())
}

/// Makes the row that a person sees. What the log says of the fact may not be readable either.
fn list(txn: &Txn<'_>, workspace: WorkspaceId, seq: Seq, why: &str) -> Result<(), Error> {
    let why = txn.seal.seal("why", why.as_bytes())?;
    let listed = txn.run(
        "INSERT INTO set_aside (workspace, seq, received_ms, source, kind, why)
         SELECT workspace, seq, received_ms, source, kind, ?3 FROM fact WHERE workspace = ?1 AND seq = ?2",
        (workspace.0, seq, &why),
    );
    if !matches!(listed, Ok(1)) {
        txn.run(
            "INSERT INTO set_aside (workspace, seq, received_ms, source, kind, why) VALUES (?, ?, 0, '', '', ?)",
            (workspace.0, seq, &why),
        )?;
    }
    Ok(())
}

/// Sets the next undecided fact aside, even if nothing of it can be read; returns which it was.
pub(super) fn put_next(txn: &mut Txn<'_>, lease: Lease, why: &str) -> Result<Option<Seq>, Error> {
    fence::check_fence(txn, lease)?;
    let cursor = fence::cursor(txn, lease.workspace)?;
    let workspace = lease.workspace;
    let again: Option<Seq> = txn
        .connection()
        .prepare_cached("SELECT seq FROM fact_again WHERE workspace = ? ORDER BY seq LIMIT 1")?
        .query_row([workspace.0], |row| row.get(0))
        .optional()?;
    if let Some(seq) = again {
        put(txn, workspace, seq, why)?;
        return Ok(Some(seq));
    }
    let pending: Option<i64> = txn
        .connection()
        .prepare_cached("SELECT n FROM counter WHERE workspace = ? AND name = 'fact.pending'")?
        .query_row([workspace.0], |row| row.get(0))
        .optional()?;
    if pending.unwrap_or(0) <= 0 {
        return Ok(None);
    }
    // Numbers have no gaps, so where the log cannot be read the next number is the next fact.
    let next = txn
        .connection()
        .prepare_cached("SELECT seq FROM fact WHERE workspace = ? AND seq > ? ORDER BY seq LIMIT 1")?
        .query_row((workspace.0, cursor), |row| row.get(0))
        .or_else(|error| match error {
            rusqlite::Error::QueryReturnedNoRows => Err(error),
            _ => Ok(cursor + 1),
        })
        .optional()?;
    let Some(seq) = next else { return Ok(None) };
    put(txn, workspace, seq, why)?;
    txn.run("UPDATE workspace SET cursor = ?2 WHERE id = ?1", (workspace.0, seq))?;
    Ok(Some(seq))
}

/// The facts that are set aside, oldest first.
pub(crate) fn listed(
    connection: &Connection,
    seal: &Seal,
    workspace: WorkspaceId,
    limit: usize,
) -> Result<Vec<SetAsideListed>, Error> {
    let mut statement = connection.prepare_cached(
        "SELECT seq, source, kind, received_ms, why FROM set_aside WHERE workspace = ? ORDER BY seq LIMIT ?",
    )?;
    let mut rows = statement.query((workspace.0, limit))?;
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        all.push(SetAsideListed {
            seq: row.get(0)?,
            source: row.get(1)?,
            kind: row.get(2)?,
            received_ms: row.get(3)?,
            why: seal.open_text("why", &row.get::<_, Vec<u8>>(4)?).unwrap_or_default(),
        });
    }
    Ok(all)
}

/// Makes some facts after `after` pending again; returns them.
pub(super) fn retry_facts(txn: &mut Txn<'_>, workspace: WorkspaceId, after: Seq) -> Result<Vec<Seq>, Error> {
    let seqs: Vec<Seq> = txn
        .connection()
        .prepare_cached("SELECT seq FROM set_aside WHERE workspace = ? AND seq > ? ORDER BY seq LIMIT ?")?
        .query_map((workspace.0, after, RETRIED_AT_ONCE), |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    for seq in &seqs {
        let key = (workspace.0, seq);
        txn.run("DELETE FROM set_aside WHERE workspace = ? AND seq = ?", key)?;
        txn.run("DELETE FROM fact_end WHERE workspace = ? AND seq = ?", key)?;
        txn.run("INSERT INTO fact_again (workspace, seq) VALUES (?, ?)", key)?;
    }
    let n = seqs.len() as i64;
    txn.count(workspace, "fact.set_aside", -n);
    txn.count(workspace, "fact.pending", n);
    Ok(seqs)
}

/// A conversion that ended because something of it could not be read.
pub(super) struct Again {
    pub(super) number: u64,
    /// Where it is queued again; otherwise it waits again.
    pub(super) lane: Option<LaneKey>,
}

/// Brings some conversions after `after` back that ended because they could not be read.
pub(super) fn retry_conversions(
    txn: &mut Txn<'_>,
    workspace: WorkspaceId,
    after: u64,
) -> Result<Vec<Again>, Error> {
    let again: Vec<Again> = txn
        .connection()
        .prepare_cached(
            "SELECT number, iif(deadline_ms IS NULL, dataset || '/' || route, NULL)
             FROM conversion INDEXED BY conversion_unreadable
             WHERE workspace = ? AND number > ? AND state = 'failed' AND reason = 'unreadable'
             ORDER BY number LIMIT ?",
        )?
        .query_map((workspace.0, after, RETRIED_AT_ONCE), |row| {
            let lane: Option<String> = row.get(1)?;
            Ok(Again { number: row.get(0)?, lane: lane.as_deref().and_then(LaneKey::from_stored) })
        })?
        .collect::<Result<_, _>>()?;
    for Again { number, lane } in &again {
        let state = if lane.is_some() { State::Queued } else { State::Waiting };
        if let Some(lane) = lane {
            txn.run(
                "INSERT INTO due (workspace, number, lane, cause, due_ms, event_s, revision)
                 SELECT workspace, number, ?3, cause, coalesce(settled_ms, 0), event_s, revision FROM conversion
                 WHERE workspace = ?1 AND number = ?2",
                (workspace.0, number, lane.to_string()),
            )?;
        }
        move_to(txn, workspace, *number, state, None)?;
        txn.run(
            "UPDATE conversion SET state = ?3, reason = NULL, settled_ms = NULL WHERE workspace = ?1 AND number = ?2",
            (workspace.0, number, state.code()),
        )?;
    }
    Ok(again)
}

/// Ends waiting conversions whose record cannot be read back.
pub(super) fn end_unreadable(
    txn: &mut Txn<'_>,
    lease: Lease,
    numbers: &[u64],
    now_ms: i64,
) -> Result<(), Error> {
    fence::check_fence(txn, lease)?;
    let reason = Reason::Unreadable.code();
    for number in numbers {
        move_to(txn, lease.workspace, *number, State::Failed, Some(reason))?;
        txn.run(
            "UPDATE conversion SET state = 'failed', reason = ?3, settled_ms = ?4
             WHERE workspace = ?1 AND number = ?2",
            (lease.workspace.0, number, reason, now_ms),
        )?;
    }
    Ok(())
}

/// Counts a conversion, as it stands in the table, where it goes and no more where it was. To be called
/// before the change.
pub(super) fn move_to(
    txn: &mut Txn<'_>,
    workspace: WorkspaceId,
    number: u64,
    state: State,
    reason: Option<&str>,
) -> Result<(), Error> {
    let (from, worth) = TallyKey::of_row(txn.connection(), workspace, number)?;
    let to = TallyKey { state: state.code(), reason: reason.map(str::to_owned), ..from.clone() };
    txn.tally(workspace, from, -1, worth);
    txn.tally(workspace, to, 1, worth);
    Ok(())
}
