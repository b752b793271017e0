//! What cannot be read or applied is set aside: the others go on, a person sees it, and it can be
//! tried again.

use kopru_core::{Reason, Seq, State, WorkspaceId};
use rusqlite::{Connection, OptionalExtension};

use super::{fence, log, rows::standing, writer::Txn};
use crate::{
    Error, LaneKey, Lease, SetAside, SetAsideListed,
    seal::{Opener, Seal},
};

/// The place of sealed words.
const WHY: &str = "why";

/// How many facts or conversions one change tries again.
pub(super) const RETRIED_AT_ONCE: usize = 500;

/// A fact that is set aside, ready to be written.
pub(super) struct SealedAside {
    seq: Seq,
    why: Vec<u8>,
}

impl SealedAside {
    pub(super) fn of(aside: &SetAside, seal: &Seal) -> Result<Self, Error> {
        Ok(Self { seq: aside.seq, why: seal_why(&aside.why, seal)? })
    }
}

/// Seals why something was set aside: the words may repeat something.
pub(super) fn seal_why(why: &str, seal: &Seal) -> Result<Vec<u8>, Error> {
    seal.seal(WHY, why.as_bytes())
}

/// Sets an undecided fact aside.
pub(super) fn put(txn: &mut Txn<'_>, workspace: WorkspaceId, aside: &SealedAside) -> Result<(), Error> {
    let SealedAside { seq, why } = aside;
    let seq = *seq;
    log::take_up(txn, workspace, seq)?;
    txn.run(
        "INSERT INTO fact_end (workspace, seq, outcome, reason) VALUES (?, ?, 'set_aside', ?)",
        (workspace.0, seq, Reason::Unreadable.code()),
    )?;
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
    why: &[u8],
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
fn list(txn: &Txn<'_>, workspace: WorkspaceId, seq: Seq, why: &[u8]) -> Result<(), Error> {
    let listed = txn.run(
        "INSERT INTO set_aside (workspace, seq, received_ms, source, kind, why)
         SELECT workspace, seq, received_ms, source, kind, ?3 FROM fact WHERE workspace = ?1 AND seq = ?2",
        (workspace.0, seq, why),
    );
    if !matches!(listed, Ok(1)) {
        txn.run(
            "INSERT INTO set_aside (workspace, seq, received_ms, source, kind, why) VALUES (?, ?, 0, '', '', ?)",
            (workspace.0, seq, why),
        )?;
    }
    Ok(())
}

/// Sets the next undecided fact aside, even if nothing of it can be read; returns which it was.
pub(super) fn put_next(txn: &mut Txn<'_>, lease: Lease, why: Vec<u8>) -> Result<Option<Seq>, Error> {
    fence::check_fence(txn, lease)?;
    let next: Option<Seq> = txn
        .connection()
        .prepare_cached("SELECT seq FROM undecided WHERE workspace = ? ORDER BY seq LIMIT 1")?
        .query_row([lease.workspace.0], |row| row.get(0))
        .optional()?;
    let Some(seq) = next else { return Ok(None) };
    put(txn, lease.workspace, &SealedAside { seq, why })?;
    Ok(Some(seq))
}

/// The facts that are set aside, oldest first.
pub(crate) fn listed(
    connection: &Connection,
    opener: &Opener,
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
            why: opener.open_text(WHY, &row.get::<_, Vec<u8>>(4)?).unwrap_or_default(),
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
        txn.run("INSERT INTO undecided (workspace, seq) VALUES (?, ?)", key)?;
    }
    let n = seqs.len() as i64;
    txn.count(workspace, "fact.set_aside", -n);
    txn.count(workspace, "fact.pending", n);
    Ok(seqs)
}

/// A conversion that ended because something of it could not be read.
pub(super) struct RetriedConversion {
    pub(super) number: u64,
    /// Where it is queued again; otherwise it waits again.
    pub(super) lane: Option<LaneKey>,
}

/// Brings some conversions after `after` back that ended because they could not be read.
pub(super) fn retry_conversions(
    txn: &mut Txn<'_>,
    workspace: WorkspaceId,
    after: u64,
) -> Result<Vec<RetriedConversion>, Error> {
    let again: Vec<RetriedConversion> = txn
        .connection()
        .prepare_cached(
            "SELECT number, iif(deadline_ms IS NULL, dataset || '/' || route, NULL)
             FROM conversion INDEXED BY conversion_unreadable
             WHERE workspace = ? AND number > ? AND state = 'failed' AND reason = 'unreadable'
             ORDER BY number LIMIT ?",
        )?
        .query_map((workspace.0, after, RETRIED_AT_ONCE), |row| {
            let lane: Option<String> = row.get(1)?;
            Ok(RetriedConversion {
                number: row.get(0)?,
                lane: lane.as_deref().and_then(LaneKey::from_stored),
            })
        })?
        .collect::<Result<_, _>>()?;
    for RetriedConversion { number, lane } in &again {
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
        move_to(txn, lease.workspace, *number, State::Failed, Some(Reason::Unreadable))?;
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
    reason: Option<Reason>,
) -> Result<(), Error> {
    let was = standing(txn, workspace, number)?;
    txn.stands(workspace, Some(&was), &was.moved_to(state, reason))
}
