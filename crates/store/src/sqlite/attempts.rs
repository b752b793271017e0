//! Attempts: which conversions a request holds, and how each of them goes on.

use kopru_core::{Reason, State, Stop, WorkspaceId};
use rusqlite::OptionalExtension;

use super::{
    conversions,
    fence::check_fence,
    marks,
    queue::{self, BODY, REPLY},
    retention,
    rows::{SealedConversion, by_number, standing},
    writer::Txn,
};
use crate::{AttemptId, Error, LaneKey, Lease, Member, OpenAttempt, OutcomeOf, Settled, seal::Seal};

/// A member of an attempt, ready to be written.
pub(super) struct SealedMember {
    number: u64,
    revision: u64,
    body: Vec<u8>,
    carried: String,
    may_count_twice: bool,
}

impl SealedMember {
    pub(super) fn of(member: Member, seal: &Seal) -> Result<Self, Error> {
        let Member { number, revision, body, carried, may_count_twice } = member;
        Ok(Self { number, revision, body: seal.seal(BODY, body.as_bytes())?, carried, may_count_twice })
    }
}

/// How a member of an attempt goes on, ready to be written.
pub(super) struct SealedOutcome {
    number: u64,
    settled: Settled,
    reply: Option<Vec<u8>>,
}

impl SealedOutcome {
    pub(super) fn of(outcome: OutcomeOf, seal: &Seal) -> Result<Self, Error> {
        let OutcomeOf { number, settled } = outcome;
        Ok(Self { number, reply: seal.seal_text(REPLY, settled.reply())?, settled })
    }
}

pub(super) fn open(
    txn: &mut Txn<'_>,
    lease: Lease,
    lane: &LaneKey,
    members: &[SealedMember],
    now_ms: i64,
) -> Result<OpenAttempt, Error> {
    check_fence(txn, lease)?;
    let workspace = lease.workspace.0;
    let attempt = next_attempt(txn, lease.workspace)?;
    let lane = lane.to_string();
    let mut moved = Vec::new();
    for SealedMember { number, revision, body, carried, may_count_twice } in members {
        let held = txn.run(
            "UPDATE due SET attempt = ?4, opened_ms = ?6, tries = tries + 1, attempts = attempts + 1
             WHERE workspace = ?1 AND number = ?2 AND revision = ?3 AND lane = ?5 AND attempt IS NULL",
            (workspace, number, revision, attempt, &lane, now_ms),
        )?;
        if held == 0 {
            moved.push(*number);
            continue;
        }
        txn.run(
            "INSERT INTO sent_body (workspace, number, body, carried) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (workspace, number) DO UPDATE SET body = ?3, carried = iif(?4 = '', carried, ?4)",
            (workspace, number, body, carried),
        )?;
        if *may_count_twice {
            txn.run(
                "UPDATE conversion SET may_count_twice = 1 WHERE workspace = ? AND number = ?",
                (workspace, number),
            )?;
        }
    }
    if let Some(first) = members.iter().map(|member| member.number).min() {
        retention::look_again_from(txn, lease.workspace, first)?;
    }
    Ok(OpenAttempt { attempt, moved })
}

/// A number that no open attempt has.
fn next_attempt(txn: &mut Txn<'_>, workspace: WorkspaceId) -> Result<AttemptId, Error> {
    const OPEN: &str = "SELECT attempt FROM due INDEXED BY due_attempt
        WHERE workspace = ? AND attempt IS NOT NULL ORDER BY attempt DESC LIMIT 1";
    txn.next_after("attempt", workspace, || OPEN)
}

pub(super) fn settle(
    txn: &mut Txn<'_>,
    lease: Lease,
    attempt: Option<AttemptId>,
    outcomes: &[SealedOutcome],
    now_ms: i64,
) -> Result<(), Error> {
    check_fence(txn, lease)?;
    let workspace = lease.workspace;
    for SealedOutcome { number, settled, reply } in outcomes {
        let reply = reply.as_deref();
        match settled {
            Settled::Accepted { .. } => {
                // Its sale may have been undone while it was on its way.
                let stop = stop_of(txn, workspace, *number)?;
                let end = End { state: State::Accepted, reason: Reason::once_taken(stop), reply };
                end.apply(txn, workspace, attempt, *number, now_ms)?;
            }
            // What it was refused for may have changed while it was on its way.
            Settled::Failed { reason: Reason::RefusedByMeta, .. }
                if has_changed(txn, workspace, *number)? =>
            {
                let again = Again { due_ms: None, counts: true, unknown: None, reply };
                again.apply(txn, workspace, attempt, *number, now_ms)?;
            }
            Settled::Failed { reason, .. } => {
                let end = End { state: State::Failed, reason: Some(*reason), reply };
                end.apply(txn, workspace, attempt, *number, now_ms)?;
            }
            Settled::Stopped { stop, revision } => {
                stopped(txn, workspace, (*number, *revision), stop, now_ms)?;
            }
            Settled::BytesRefused { .. } => {
                let again = Again { due_ms: None, counts: false, unknown: None, reply };
                if again.apply(txn, workspace, attempt, *number, now_ms)? {
                    txn.run(
                        "UPDATE conversion SET unknown_ms = NULL WHERE workspace = ? AND number = ?",
                        (workspace.0, number),
                    )?;
                }
            }
            Settled::Again { due_ms, counts, .. } => {
                let again = Again { due_ms: *due_ms, counts: *counts, unknown: None, reply };
                again.apply(txn, workspace, attempt, *number, now_ms)?;
            }
            Settled::Unknown { due_ms, may_count_twice, .. } => {
                let unknown = Some(*may_count_twice);
                let again = Again { due_ms: *due_ms, counts: false, unknown, reply };
                again.apply(txn, workspace, attempt, *number, now_ms)?;
            }
        }
    }
    if let Some(attempt) = attempt {
        // Whoever has no outcome of its own stays where it was.
        txn.run(
            "UPDATE due INDEXED BY due_attempt SET attempt = NULL WHERE workspace = ? AND attempt = ?",
            (workspace.0, attempt),
        )?;
    }
    if marks::last_erasure(txn.connection(), workspace)? > 0 {
        outcomes.iter().try_for_each(|outcome| forget(txn, workspace, outcome.number))?;
    }
    Ok(())
}

/// What has ended of somebody who was erased while it was on its way keeps nothing of them.
fn forget(txn: &Txn<'_>, workspace: WorkspaceId, number: u64) -> Result<(), Error> {
    let one = match by_number(txn, workspace, number) {
        Err(Error::Corrupt(_) | Error::Database(_)) => None,
        found => found?,
    };
    let ended = one.filter(|one| !matches!(one.state, State::Waiting | State::Queued));
    let is_erased = ended.and_then(|one| one.stop).is_some_and(|stop| stop.reason == Reason::Erased);
    if is_erased { conversions::wipe(txn, workspace, number) } else { Ok(()) }
}

/// Whether decisions have made something else of a conversion since an attempt holds it.
fn has_changed(txn: &Txn<'_>, workspace: WorkspaceId, number: u64) -> Result<bool, Error> {
    Ok(stop_of(txn, workspace, number)? == Some(Reason::ChangedMeanwhile))
}

/// Why a conversion would not leave any more, as decided since an attempt holds it.
fn stop_of(txn: &Txn<'_>, workspace: WorkspaceId, number: u64) -> Result<Option<Reason>, Error> {
    let stop = txn
        .connection()
        .prepare_cached(
            "SELECT json_extract(record, '$.stop.reason') FROM conversion WHERE workspace = ? AND number = ?",
        )?
        .query_row((workspace.0, number), |row| row.get::<_, Option<String>>(0))
        .optional();
    // What cannot be read says nothing.
    Ok(stop.ok().flatten().flatten().as_deref().and_then(Reason::from_code))
}

/// How a conversion goes back into the queue.
pub(super) struct Again<'a> {
    /// Not before, Unix milliseconds; `None` if it keeps its place in the queue.
    pub(super) due_ms: Option<i64>,
    /// Whether the attempt counts against the bound on tries.
    pub(super) counts: bool,
    /// Meta may have it; whether it would not recognise a double.
    pub(super) unknown: Option<bool>,
    /// What the attempt ended with, sealed.
    pub(super) reply: Option<&'a [u8]>,
}

impl Again<'_> {
    /// Puts a conversion back into the queue after an attempt, if it is held by this one; returns whether it
    /// was.
    pub(super) fn apply(
        &self,
        txn: &Txn<'_>,
        workspace: WorkspaceId,
        attempt: Option<AttemptId>,
        number: u64,
        now_ms: i64,
    ) -> Result<bool, Error> {
        let Self { due_ms, counts, unknown, reply } = self;
        // What was never tried has no try to take back.
        let back: Option<Option<i64>> = txn
            .connection()
            .prepare_cached(
                "UPDATE due SET due_ms = coalesce(?3, due_ms), tries = max(tries - iif(attempt IS NULL, 0, ?4), 0),
                    attempt = NULL, put_off_ms = iif(?3 IS NULL, put_off_ms, coalesce(put_off_ms, ?5))
                 WHERE workspace = ?1 AND number = ?2 AND attempt IS ?6 RETURNING opened_ms",
            )?
            .query_row((workspace.0, number, due_ms, i32::from(!counts), now_ms, attempt), |row| row.get(0))
            .optional()?;
        let Some(opened_ms) = back else { return Ok(false) };
        txn.run(
            "UPDATE conversion SET reply = ?3, unknown_ms = coalesce(unknown_ms, ?4),
                may_count_twice = max(may_count_twice, ?5)
             WHERE workspace = ?1 AND number = ?2",
            (workspace.0, number, reply, opened_ms.filter(|_| unknown.is_some()), unknown.unwrap_or(false)),
        )?;
        Ok(true)
    }
}

/// Takes a conversion out of the queue that does not leave under the present configuration.
fn stopped(
    txn: &mut Txn<'_>,
    workspace: WorkspaceId,
    (number, revision): (u64, u64),
    stop: &Stop,
    now_ms: i64,
) -> Result<(), Error> {
    let Some(before) = by_number(txn, workspace, number)? else { return Ok(()) };
    let is_as_claimed: bool = txn.one(
        "SELECT EXISTS (SELECT 1 FROM due
            WHERE workspace = ? AND number = ? AND revision = ? AND attempt IS NULL LIMIT 1)",
        (workspace.0, number, revision),
    )?;
    if before.state == State::Queued && is_as_claimed {
        let stopped = before.clone().stopped(stop.clone());
        let written = SealedConversion::with_its_identity(&stopped)?;
        conversions::replace(txn, workspace, number, &before, &stopped, &written, now_ms)?;
    }
    Ok(())
}

/// How a conversion ends.
struct End<'a> {
    state: State,
    reason: Option<Reason>,
    reply: Option<&'a [u8]>,
}

impl End<'_> {
    fn apply(
        &self,
        txn: &mut Txn<'_>,
        workspace: WorkspaceId,
        attempt: Option<AttemptId>,
        number: u64,
        now_ms: i64,
    ) -> Result<(), Error> {
        let Some((attempts, revision)) = queue::take_out(txn, workspace, attempt, number)? else {
            return Ok(());
        };
        let was = match standing(txn, workspace, number) {
            Ok(found) => found,
            // What cannot be read does not stay in the way of the rest.
            Err(Error::Corrupt(_) | Error::Database(_)) => return Ok(()),
            Err(error) => return Err(error),
        };
        let ended = txn.run(
            "UPDATE conversion SET state = ?3, reason = ?4, reply = ?5, settled_ms = ?6, attempts = attempts + ?7,
                revision = ?8
             WHERE workspace = ?1 AND number = ?2 AND state = 'queued'",
            (
                workspace.0,
                number,
                self.state.code(),
                self.reason.map(Reason::code),
                self.reply,
                now_ms,
                attempts,
                revision + 1,
            ),
        )?;
        if ended == 1 {
            txn.stands(workspace, Some(&was), &was.moved_to(self.state, self.reason))?;
        }
        Ok(())
    }
}
