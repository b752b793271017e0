//! Requests of activities: one row for each, with the bytes that left.
//!
//! What an attempt holds is not in the queue, and comes back into it from the attempt's row.

use std::collections::HashMap;

use kopru_core::{Carried, State, WorkspaceId};
use rusqlite::OptionalExtension;

use super::{appended, ends::Ends, members::HeldPlace, places::move_due, wiped::forget};
use crate::{
    AttemptId, Error, LaneKey, Lease, Member, OpenAttempt, OutcomeOf, Settled,
    seal::Seal,
    sqlite::{fence::check_fence, marks, queue::BODY, writer::Txn},
};

/// A member of an attempt that is to be opened.
#[derive(Debug, Clone)]
pub(in crate::sqlite) struct NarrowMember {
    number: u64,
    /// Its place in the queue when it was claimed.
    due_ms: i64,
    /// Of its bytes.
    length: usize,
    /// What it carries, where something was added to it.
    carried: Option<String>,
    may_count_twice: bool,
}

impl NarrowMember {
    /// The members of an attempt, with all their bytes, sealed together.
    pub(in crate::sqlite) fn all(members: &[Member], seal: &Seal) -> Result<(Vec<Self>, Vec<u8>), Error> {
        let mut bytes = Vec::with_capacity(members.iter().map(|member| member.body.len()).sum());
        let mut all = Vec::with_capacity(members.len());
        for Member { number, revision, body, carried, may_count_twice } in members {
            bytes.extend_from_slice(body.as_bytes());
            let due_ms = i64::try_from(*revision).map_err(Error::corrupt)?;
            let carried = (!Carried::added_of_stored(carried).is_empty()).then(|| carried.clone());
            let (number, length, may_count_twice) = (*number, body.len(), *may_count_twice);
            all.push(Self { number, due_ms, length, carried, may_count_twice });
        }
        Ok((all, seal.seal(BODY, &bytes)?))
    }
}

pub(in crate::sqlite) fn open(
    txn: &mut Txn<'_>,
    lease: Lease,
    lane: &LaneKey,
    members: &[NarrowMember],
    bytes: &[u8],
    now_ms: i64,
) -> Result<OpenAttempt, Error> {
    check_fence(txn, lease)?;
    let workspace = lease.workspace;
    let attempt = txn.next_after(
        "activity_attempt",
        workspace,
        || "SELECT attempt FROM activity_attempt WHERE workspace = ? ORDER BY attempt DESC LIMIT 1",
    )?;
    let lane = lane.to_string();
    let (mut held, mut moved) = (Vec::with_capacity(members.len()), Vec::new());
    for NarrowMember { number, due_ms, length, carried, may_count_twice } in members {
        let (number, due_ms, length, may_count_twice) = (*number, *due_ms, *length, *may_count_twice);
        let taken: Option<(u32, Option<i64>)> = txn
            .connection()
            .prepare_cached(
                "DELETE FROM activity_due WHERE workspace = ? AND lane = ? AND due_ms = ? AND number = ?
                 RETURNING tries, unknown_ms",
            )?
            .query_row((workspace.0, &lane, due_ms, number), |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let Some((tries, unknown_ms)) = taken else {
            moved.push(number);
            // Its bytes are passed over.
            held.push(HeldPlace { number: 0, due_ms, tries: 0, length, unknown_ms: None, carried: None });
            continue;
        };
        held.push(HeldPlace { number, due_ms, tries, length, unknown_ms, carried: carried.clone() });
        if may_count_twice {
            txn.run(
                "UPDATE activity SET may_count_twice = 1 WHERE workspace = ? AND number = ?",
                (workspace.0, number),
            )?;
        }
    }
    if moved.len() == members.len() {
        return Ok(OpenAttempt { attempt, moved });
    }
    txn.run(
        "INSERT INTO activity_attempt (workspace, attempt, lane, opened_ms) VALUES (?, ?, ?, ?)",
        (workspace.0, attempt, &lane, now_ms),
    )?;
    txn.run(
        "INSERT INTO activity_sent (workspace, attempt, members, body) VALUES (?, ?, ?, ?)",
        (workspace.0, attempt, serde_json::to_string(&held)?, bytes),
    )?;
    Ok(OpenAttempt { attempt, moved })
}

/// An attempt that is under way.
struct OpenRow {
    attempt: AttemptId,
    lane: String,
    opened_ms: i64,
    held: Vec<HeldPlace>,
}

const OPEN_COLUMNS: &str = "SELECT t.attempt, t.lane, t.opened_ms, s.members FROM activity_attempt t";
const WITH_MEMBERS: &str = "JOIN activity_sent s ON s.workspace = t.workspace AND s.attempt = t.attempt";

fn read_open(row: &rusqlite::Row<'_>) -> Result<OpenRow, Error> {
    let members: String = row.get(3)?;
    Ok(OpenRow {
        attempt: row.get(0)?,
        lane: row.get(1)?,
        opened_ms: row.get(2)?,
        held: serde_json::from_str(&members)?,
    })
}

/// Ends attempts of a lane, or of all, whose answers nobody will read: Meta may have what they held.
pub(in crate::sqlite) fn interrupted(
    txn: &Txn<'_>,
    workspace: WorkspaceId,
    lane: Option<&LaneKey>,
    reply: &[u8],
) -> Result<(), Error> {
    let now_ms = txn.one("SELECT CAST(unixepoch('subsec') * 1000 AS INTEGER)", [])?;
    let mut statement = txn.connection().prepare_cached(&format!(
        "{OPEN_COLUMNS} INDEXED BY activity_attempt_open {WITH_MEMBERS}
         WHERE t.workspace = ?1 AND t.ended_ms IS NULL AND (?2 IS NULL OR t.lane = ?2)"
    ))?;
    let mut rows = statement.query((workspace.0, lane.map(LaneKey::to_string)))?;
    let mut open = Vec::new();
    while let Some(row) = rows.next()? {
        open.push(read_open(row)?);
    }
    for row in open {
        for one in row.held.iter().filter(|one| one.number > 0) {
            let unknown = Some((one.unknown_ms.unwrap_or(row.opened_ms), row.attempt));
            put_back(txn, workspace, &row, one, one.due_ms, one.tries, unknown)?;
        }
        end(txn, workspace, row.attempt, Some(reply), now_ms)?;
    }
    Ok(())
}

/// Puts one back into the queue.
fn put_back(
    txn: &Txn<'_>,
    workspace: WorkspaceId,
    row: &OpenRow,
    one: &HeldPlace,
    due_ms: i64,
    tries: u32,
    unknown: Option<(i64, AttemptId)>,
) -> Result<(), Error> {
    let (unknown_ms, unknown_attempt) = unknown.unzip();
    txn.run(
        "INSERT INTO activity_due (workspace, lane, due_ms, number, tries, event_s, action_source, envelope, unknown_ms,
            unknown_attempt)
         SELECT workspace, ?3, ?4, number, ?5, event_s, action_source, envelope, ?6, ?7
         FROM activity WHERE workspace = ?1 AND number = ?2",
        (workspace.0, one.number, &row.lane, due_ms, tries, unknown_ms, unknown_attempt),
    )?;
    txn.run(
        "UPDATE activity SET due_ms = ?3, attempts = attempts + 1, attempt = ?4, unknown_ms = ?5
         WHERE workspace = ?1 AND number = ?2",
        (workspace.0, one.number, due_ms, row.attempt, unknown_ms),
    )?;
    Ok(())
}

fn end(
    txn: &Txn<'_>,
    workspace: WorkspaceId,
    attempt: AttemptId,
    reply: Option<&[u8]>,
    now_ms: i64,
) -> Result<(), Error> {
    txn.run(
        "UPDATE activity_attempt SET ended_ms = ?3, reply = ?4
         WHERE workspace = ?1 AND attempt = ?2 AND ended_ms IS NULL",
        (workspace.0, attempt, now_ms, reply),
    )?;
    Ok(())
}

pub(in crate::sqlite) fn settle(
    txn: &mut Txn<'_>,
    lease: Lease,
    lane: &LaneKey,
    attempt: Option<AttemptId>,
    outcomes: &[OutcomeOf],
    reply: Option<&[u8]>,
    now_ms: i64,
) -> Result<(), Error> {
    check_fence(txn, lease)?;
    let mut ends = Ends::new(lease.workspace, now_ms);
    match attempt {
        None => {
            let lane = lane.to_string();
            outcomes.iter().try_for_each(|outcome| unsent(txn, &mut ends, &lane, outcome))?;
        }
        Some(attempt) => attempted(txn, &mut ends, lane, attempt, outcomes, reply)?,
    }
    appended::conclude(txn, ends)?;
    if marks::last_erasure(txn.connection(), lease.workspace)? > 0 {
        outcomes.iter().try_for_each(|outcome| forget(txn, lease.workspace, outcome.number))?;
    }
    Ok(())
}

/// What becomes of those that an attempt holds, if it is under way.
fn attempted(
    txn: &mut Txn<'_>,
    ends: &mut Ends,
    lane: &LaneKey,
    attempt: AttemptId,
    outcomes: &[OutcomeOf],
    reply: Option<&[u8]>,
) -> Result<(), Error> {
    let workspace = ends.workspace;
    let is_stop = |one: &OutcomeOf| matches!(one.settled, Settled::Stopped { .. });
    // Those are of such that are not on their way.
    for stopped in outcomes.iter().filter(|one| is_stop(one)) {
        unsent(txn, ends, &lane.to_string(), stopped)?;
    }
    let row = {
        let mut statement = txn.connection().prepare_cached(&format!(
            "{OPEN_COLUMNS} {WITH_MEMBERS} WHERE t.workspace = ? AND t.attempt = ? AND t.ended_ms IS NULL"
        ))?;
        let mut rows = statement.query((workspace.0, attempt))?;
        rows.next()?.map(read_open).transpose()?
    };
    let Some(row) = row else { return Ok(()) };
    let mut held: HashMap<u64, &HeldPlace> =
        row.held.iter().filter(|one| one.number > 0).map(|one| (one.number, one)).collect();
    for OutcomeOf { number, settled } in outcomes.iter().filter(|one| !is_stop(one)) {
        let Some(one) = held.remove(number) else { continue };
        let unknown = one.unknown_ms.map(|unknown_ms| (unknown_ms, row.attempt));
        match settled {
            Settled::Accepted { .. } => {
                ends.accepted(txn, *number, attempt, one.carried.as_deref())?;
            }
            Settled::Failed { reason, .. } => {
                ends.end(txn, *number, State::Failed, Some(*reason), Some(attempt))?;
            }
            Settled::Stopped { .. } => {}
            Settled::BytesRefused { .. } => {
                put_back(txn, workspace, &row, one, one.due_ms, one.tries, None)?;
            }
            Settled::Again { due_ms, counts, .. } => {
                let tries = one.tries + u32::from(*counts);
                put_back(txn, workspace, &row, one, due_ms.unwrap_or(one.due_ms), tries, unknown)?;
            }
            Settled::Unknown { due_ms, may_count_twice, .. } => {
                let unknown = Some((one.unknown_ms.unwrap_or(row.opened_ms), row.attempt));
                put_back(txn, workspace, &row, one, due_ms.unwrap_or(one.due_ms), one.tries, unknown)?;
                if *may_count_twice {
                    txn.run(
                        "UPDATE activity SET may_count_twice = 1 WHERE workspace = ? AND number = ?",
                        (workspace.0, number),
                    )?;
                }
            }
        }
    }
    // Whoever has no outcome of its own stays where it was, after one try more.
    for one in held.values() {
        let unknown = one.unknown_ms.map(|unknown_ms| (unknown_ms, row.attempt));
        put_back(txn, workspace, &row, one, one.due_ms, one.tries + 1, unknown)?;
    }
    end(txn, workspace, attempt, reply, ends.now_ms)
}

/// What becomes of one that was not sent, if no attempt holds it.
fn unsent(
    txn: &mut Txn<'_>,
    ends: &mut Ends,
    lane: &str,
    OutcomeOf { number, settled }: &OutcomeOf,
) -> Result<(), Error> {
    let workspace = ends.workspace;
    let key = (workspace.0, number);
    let due_ms: Option<i64> = txn
        .connection()
        .prepare_cached(
            "SELECT d.due_ms FROM activity a JOIN activity_due d
                ON d.workspace = a.workspace AND d.lane = ?3 AND d.due_ms = a.due_ms AND d.number = a.number
             WHERE a.workspace = ?1 AND a.number = ?2",
        )?
        .query_row((key.0, key.1, lane), |row| row.get(0))
        .optional()?;
    let Some(due_ms) = due_ms else { return Ok(()) };
    let leave = |txn: &Txn<'_>| {
        txn.run(
            "DELETE FROM activity_due WHERE workspace = ? AND lane = ? AND due_ms = ? AND number = ?",
            (workspace.0, lane, due_ms, number),
        )
    };
    match settled {
        // It changed since it was claimed.
        Settled::Stopped { revision, .. } if u64::try_from(due_ms).ok() != Some(*revision) => Ok(()),
        Settled::Stopped { stop, .. } => {
            leave(txn)?;
            ends.stop(txn, *number, stop)
        }
        Settled::Accepted { .. } => {
            leave(txn)?;
            ends.end(txn, *number, State::Accepted, None, None)
        }
        Settled::Failed { reason, .. } => {
            leave(txn)?;
            ends.end(txn, *number, State::Failed, Some(*reason), None)
        }
        Settled::Again { due_ms: Some(later), .. } | Settled::Unknown { due_ms: Some(later), .. } => {
            move_due(txn, workspace, lane, *number, due_ms, *later)
        }
        Settled::Again { .. } | Settled::Unknown { .. } | Settled::BytesRefused { .. } => Ok(()),
    }
}
