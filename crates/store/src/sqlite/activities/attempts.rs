//! Requests of activities: one row for each, with the bytes that left.
//!
//! What an attempt holds is not in the queue, and comes back into it from the attempt's row.

use std::collections::HashMap;

use kopru_core::{Reason, State, Stop, WorkspaceId};
use rusqlite::{Connection, OptionalExtension};
use serde::{Deserialize, Serialize};

use super::ROUTE;
use crate::{
    AttemptId, Error, LaneKey, Lease, Member, OpenAttempt, OutcomeOf, Settled,
    outcomes::{Dimensions, Standing, Together},
    seal::{Opener, Seal},
    sqlite::{
        fence::check_fence,
        queue::{BODY, REPLY},
        writer::Txn,
    },
};

/// A member of an attempt that is to be opened.
#[derive(Debug, Clone, Copy)]
pub(in crate::sqlite) struct NarrowMember {
    number: u64,
    /// Its place in the queue when it was claimed.
    due_ms: i64,
    /// Of its bytes.
    length: usize,
    may_count_twice: bool,
}

/// A place in the queue that an attempt took.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct HeldPlace {
    #[serde(rename = "n")]
    number: u64,
    #[serde(rename = "d")]
    due_ms: i64,
    #[serde(rename = "t")]
    tries: u32,
    /// Of its bytes.
    #[serde(rename = "l")]
    length: usize,
    #[serde(rename = "u", default, skip_serializing_if = "Option::is_none")]
    unknown_ms: Option<i64>,
}

impl NarrowMember {
    /// The members of an attempt, with all their bytes, sealed together.
    pub(in crate::sqlite) fn all(members: &[Member], seal: &Seal) -> Result<(Vec<Self>, Vec<u8>), Error> {
        let mut bytes = Vec::with_capacity(members.iter().map(|member| member.body.len()).sum());
        let mut all = Vec::with_capacity(members.len());
        for Member { number, revision, body, may_count_twice, .. } in members {
            bytes.extend_from_slice(body.as_bytes());
            let due_ms = i64::try_from(*revision).map_err(Error::corrupt)?;
            all.push(Self { number: *number, due_ms, length: body.len(), may_count_twice: *may_count_twice });
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
    for NarrowMember { number, due_ms, length, may_count_twice } in members.iter().copied() {
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
            held.push(HeldPlace { number: 0, due_ms, tries: 0, length, unknown_ms: None });
            continue;
        };
        held.push(HeldPlace { number, due_ms, tries, length, unknown_ms });
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
        "INSERT INTO activity_attempt (workspace, attempt, lane, opened_ms, members, body)
         VALUES (?, ?, ?, ?, ?, ?)",
        (workspace.0, attempt, &lane, now_ms, serde_json::to_string(&held)?, bytes),
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

const OPEN_COLUMNS: &str = "SELECT attempt, lane, opened_ms, members FROM activity_attempt";

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
        "{OPEN_COLUMNS} INDEXED BY activity_attempt_open
         WHERE workspace = ?1 AND ended_ms IS NULL AND (?2 IS NULL OR lane = ?2)"
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
        "INSERT INTO activity_due (workspace, lane, due_ms, number, tries, unknown_ms, unknown_attempt)
         VALUES (?, ?, ?, ?, ?, ?, ?)",
        (workspace.0, &row.lane, due_ms, one.number, tries, unknown_ms, unknown_attempt),
    )?;
    txn.run(
        "UPDATE activity SET due_ms = ?3, attempts = attempts + 1, attempt = ?4
         WHERE workspace = ?1 AND number = ?2",
        (workspace.0, one.number, due_ms, row.attempt),
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
    let workspace = lease.workspace;
    let mut standing = Together::default();
    let Some(attempt) = attempt else {
        for outcome in outcomes {
            unsent(txn, workspace, &lane.to_string(), outcome, &mut standing, now_ms)?;
        }
        return log_outcomes(txn, workspace, standing);
    };
    let row = {
        let mut statement = txn.connection().prepare_cached(&format!(
            "{OPEN_COLUMNS} WHERE workspace = ? AND attempt = ? AND ended_ms IS NULL"
        ))?;
        let mut rows = statement.query((workspace.0, attempt))?;
        rows.next()?.map(read_open).transpose()?
    };
    let Some(row) = row else { return Ok(()) };
    let mut held: HashMap<u64, HeldPlace> =
        row.held.iter().filter(|one| one.number > 0).map(|one| (one.number, *one)).collect();
    for OutcomeOf { number, settled } in outcomes {
        let Some(one) = held.remove(number) else { continue };
        let unknown = one.unknown_ms.map(|unknown_ms| (unknown_ms, row.attempt));
        match settled {
            Settled::Accepted { .. } => {
                finish(txn, workspace, *number, State::Accepted, None, Some(attempt), &mut standing, now_ms)?;
                txn.run(
                    "DELETE FROM activity_body WHERE workspace = ? AND number = ?",
                    (workspace.0, number),
                )?;
            }
            Settled::Failed { reason, .. } => {
                let state = State::Failed;
                finish(txn, workspace, *number, state, Some(*reason), Some(attempt), &mut standing, now_ms)?;
            }
            Settled::Stopped { stop, .. } => {
                stopped(txn, workspace, *number, stop, Some(attempt), &mut standing, now_ms)?;
            }
            Settled::BytesRefused { .. } => {
                put_back(txn, workspace, &row, &one, one.due_ms, one.tries, None)?;
            }
            Settled::Again { due_ms, counts, .. } => {
                let tries = one.tries + u32::from(*counts);
                put_back(txn, workspace, &row, &one, due_ms.unwrap_or(one.due_ms), tries, unknown)?;
            }
            Settled::Unknown { due_ms, may_count_twice, .. } => {
                let unknown = Some((one.unknown_ms.unwrap_or(row.opened_ms), row.attempt));
                put_back(txn, workspace, &row, &one, due_ms.unwrap_or(one.due_ms), one.tries, unknown)?;
                if *may_count_twice {
                    txn.run(
                        "UPDATE activity SET may_count_twice = 1 WHERE workspace = ? AND number = ?",
                        (workspace.0, number),
                    )?;
                }
            }
        }
    }
    // Whoever has no outcome of its own stays where it was.
    for one in held.values() {
        let unknown = one.unknown_ms.map(|unknown_ms| (unknown_ms, row.attempt));
        put_back(txn, workspace, &row, one, one.due_ms, one.tries, unknown)?;
    }
    end(txn, workspace, attempt, reply, now_ms)?;
    log_outcomes(txn, workspace, standing)
}

fn log_outcomes(txn: &mut Txn<'_>, workspace: WorkspaceId, standing: Together) -> Result<(), Error> {
    standing.into_moved().try_for_each(|(was, now, n)| txn.all_stand(workspace, was.as_ref(), &now, n))
}

/// What becomes of one that was not sent.
fn unsent(
    txn: &mut Txn<'_>,
    workspace: WorkspaceId,
    lane: &str,
    OutcomeOf { number, settled }: &OutcomeOf,
    standing: &mut Together,
    now_ms: i64,
) -> Result<(), Error> {
    let due_ms: Option<Option<i64>> = txn
        .connection()
        .prepare_cached("SELECT due_ms FROM activity WHERE workspace = ? AND number = ?")?
        .query_row((workspace.0, number), |row| row.get(0))
        .optional()?;
    let Some(due_ms) = due_ms.flatten() else { return Ok(()) };
    match settled {
        // It changed since it was claimed.
        Settled::Stopped { revision, .. } if u64::try_from(due_ms).ok() != Some(*revision) => return Ok(()),
        Settled::Again { due_ms: later, .. } | Settled::Unknown { due_ms: later, .. } => {
            let Some(later) = later else { return Ok(()) };
            txn.run(
                "UPDATE activity_due SET due_ms = ?5
                 WHERE workspace = ?1 AND lane = ?2 AND due_ms = ?3 AND number = ?4",
                (workspace.0, lane, due_ms, number, later),
            )?;
            txn.run(
                "UPDATE activity SET due_ms = ? WHERE workspace = ? AND number = ?",
                (later, workspace.0, number),
            )?;
            return Ok(());
        }
        _ => {}
    }
    let taken = txn.run(
        "DELETE FROM activity_due WHERE workspace = ? AND lane = ? AND due_ms = ? AND number = ?",
        (workspace.0, lane, due_ms, number),
    )?;
    match settled {
        _ if taken == 0 => Ok(()),
        Settled::Failed { reason, .. } => {
            finish(txn, workspace, *number, State::Failed, Some(*reason), None, standing, now_ms)
        }
        Settled::Stopped { stop, .. } => stopped(txn, workspace, *number, stop, None, standing, now_ms),
        _ => Ok(()),
    }
}

fn stopped(
    txn: &mut Txn<'_>,
    workspace: WorkspaceId,
    number: u64,
    stop: &Stop,
    attempt: Option<AttemptId>,
    standing: &mut Together,
    now_ms: i64,
) -> Result<(), Error> {
    finish(txn, workspace, number, stop.state, Some(stop.reason), attempt, standing, now_ms)
}

/// Takes one that is not in the queue any more to where it stands.
#[expect(clippy::too_many_arguments, reason = "each is one column")]
fn finish(
    txn: &mut Txn<'_>,
    workspace: WorkspaceId,
    number: u64,
    state: State,
    reason: Option<Reason>,
    attempt: Option<AttemptId>,
    standing: &mut Together,
    now_ms: i64,
) -> Result<(), Error> {
    let now = txn
        .connection()
        .prepare_cached(
            "UPDATE activity SET state = ?3, reason = ?4, due_ms = NULL, settled_ms = ?5,
                attempts = attempts + (?6 IS NOT NULL), attempt = coalesce(?6, attempt)
             WHERE workspace = ?1 AND number = ?2
             RETURNING dataset, origin, name, event_s, value, currency",
        )?
        .query_row((workspace.0, number, state.code(), reason.map(Reason::code), now_ms, attempt), |row| {
            let value: Option<String> = row.get(4)?;
            let currency: Option<String> = row.get(5)?;
            let amount = value.and_then(|value| value.parse().ok()).filter(|_| currency.is_some());
            let name: String = row.get(2)?;
            let place = Dimensions {
                dataset: row.get(0)?,
                name: name.clone(),
                route: ROUTE.to_owned(),
                source: row.get(1)?,
                ad: String::new(),
                state,
                reason,
                currency: currency.filter(|_| amount.is_some()).unwrap_or_default(),
            };
            Ok(Standing { event: name, rule: String::new(), place, event_s: row.get(3)?, amount })
        })
        .optional()?;
    if let Some(now) = now {
        standing.add(Some((State::Queued, None)), now);
    }
    Ok(())
}

/// The bytes that left in an attempt, by number.
pub(super) fn left_in(
    connection: &Connection,
    opener: &Opener,
    workspace: WorkspaceId,
    attempt: AttemptId,
) -> Result<HashMap<u64, String>, Error> {
    let row: Option<(String, Vec<u8>)> = connection
        .prepare_cached("SELECT members, body FROM activity_attempt WHERE workspace = ? AND attempt = ?")?
        .query_row((workspace.0, attempt), |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((members, sealed)) = row else { return Ok(HashMap::new()) };
    let held: Vec<HeldPlace> = serde_json::from_str(&members)?;
    let broken = || Error::corrupt(format!("the bytes of attempt {attempt}"));
    let bytes = String::from_utf8(opener.open(BODY, &sealed)?).map_err(|_| broken())?;
    let mut rest = bytes.as_str();
    let mut left = HashMap::with_capacity(held.len());
    for HeldPlace { number, length, .. } in held {
        let (own, behind) = rest.split_at_checked(length).ok_or_else(broken)?;
        rest = behind;
        if number > 0 {
            left.insert(number, own.to_owned());
        }
    }
    Ok(left)
}

/// What left of an attempt and what Meta said: the bytes of each member, and the reply.
pub(in crate::sqlite) fn sent(
    connection: &Connection,
    opener: &Opener,
    workspace: WorkspaceId,
    attempt: AttemptId,
) -> Result<(HashMap<u64, String>, Option<String>), Error> {
    let reply: Option<Option<Vec<u8>>> = connection
        .prepare_cached("SELECT reply FROM activity_attempt WHERE workspace = ? AND attempt = ?")?
        .query_row((workspace.0, attempt), |row| row.get(0))
        .optional()?;
    let reply = reply.flatten().and_then(|sealed| opener.open_text(REPLY, &sealed));
    Ok((left_in(connection, opener, workspace, attempt).unwrap_or_default(), reply))
}
