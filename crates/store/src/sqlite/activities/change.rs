//! Activities that people or the configuration have looked at again: tried again, dropped, or too old by now.
//!
//! The same revisits go through them as through conversions that decisions made, by number, and what becomes of one
//! is said by the same effect; only that it is known by its number, and that nothing but its place in the queue, how
//! far it is and what stops it can change.

use kopru_core::{Conversion, State, Stop, WorkspaceId};

use super::{
    appended,
    ends::Ends,
    once::came_anew,
    places::{enter, lane, leave, move_due},
    rows::{Further, activity_columns, now, read_standing, select_standing},
};
use crate::{Error, LaneKey, sqlite::writer::Txn};

/// Changes one, as far as it may be changed still.
pub(in crate::sqlite) fn change(
    txn: &mut Txn<'_>,
    workspace: WorkspaceId,
    decided: &Conversion,
    now_ms: i64,
) -> Result<(), Error> {
    let before = match now(txn, workspace, decided.made_by) {
        // What cannot be read is left as it is, and does not stand in the way of its neighbours.
        Err(Error::Corrupt(_)) => return Ok(()),
        before => before?,
    };
    let Some(before) = before else { return Ok(()) };
    // Only whoever knows how it stands changes it.
    if decided.stored != Some(before.state) {
        return Ok(());
    }
    let mut ends = Ends::new(workspace, now_ms);
    match (before.state, decided.state) {
        (State::Accepted | State::Duplicate, _) => return Ok(()),
        (State::Queued, _) if before.sent.is_under_way() => {
            return stop_once_it_is_back(txn, workspace, &before, decided);
        }
        (State::Queued, State::Queued) => {
            let due_ms = decided.due_ms.unwrap_or(now_ms);
            write_further(txn, workspace, decided)?;
            if let (true, Some(was_ms)) = (decided.due_ms != before.due_ms, before.due_ms) {
                move_due(txn, workspace, &lane(&before), before.made_by, was_ms, due_ms)?;
            }
            return Ok(());
        }
        (State::Queued, _) => {
            leave(txn, workspace, &before)?;
            ends.change_to(txn, &before, decided)?;
        }
        (_, State::Queued) => {
            if !may_come_back(txn, workspace, &before)? {
                return Ok(());
            }
            let due_ms = decided.due_ms.unwrap_or(now_ms);
            let queued = Conversion { due_ms: Some(due_ms), deadline_ms: None, ..decided.clone() };
            ends.change_to(txn, &before, &queued)?;
            enter(txn, workspace, &queued, due_ms)?;
        }
        _ => ends.change_to(txn, &before, decided)?,
    }
    appended::conclude(txn, ends)?;
    Ok(())
}

/// An attempt holds it: what Meta may not be told does not go again, should the attempt come back without it.
fn stop_once_it_is_back(
    txn: &Txn<'_>,
    workspace: WorkspaceId,
    before: &Conversion,
    decided: &Conversion,
) -> Result<(), Error> {
    let implied = decided.reason.filter(|_| decided.state != State::Queued).map(|reason| Stop {
        state: decided.state,
        reason,
        deadline_ms: decided.deadline_ms,
        detail: None,
    });
    let stop = decided.stop.clone().or(implied.filter(Stop::holds_after_unknown));
    let released = before.released || decided.released;
    let held = Conversion { stop: stop.or(before.stop.clone()), released, ..before.clone() };
    write_further(txn, workspace, &held)
}

fn write_further(txn: &Txn<'_>, workspace: WorkspaceId, one: &Conversion) -> Result<(), Error> {
    txn.run(
        "UPDATE activity SET further = ?3 WHERE workspace = ?1 AND number = ?2",
        (workspace.0, one.made_by, Further::of(one)?),
    )?;
    Ok(())
}

/// Whether there is still something of one that could be sent, and nobody has told it anew meanwhile.
fn may_come_back(txn: &Txn<'_>, workspace: WorkspaceId, one: &Conversion) -> Result<bool, Error> {
    let has_body: bool = txn.one(
        "SELECT EXISTS (SELECT 1 FROM activity_body WHERE workspace = ? AND number = ? LIMIT 1)",
        (workspace.0, one.made_by),
    )?;
    if !has_body {
        return Ok(false);
    }
    let keys = txn.keys(workspace)?;
    let is_anew = came_anew(&keys, one, |key| txn.once(workspace, key))?;
    Ok(!is_anew && appended::may_leave(txn, workspace, one.made_by)?)
}

/// Activities that ended because something of them could not be read.
pub(in crate::sqlite) struct RetriedActivities {
    /// The last that was looked at.
    pub(in crate::sqlite) last: u64,
    /// The lanes of those that are queued again, one for each of them.
    pub(in crate::sqlite) lanes: Vec<LaneKey>,
}

/// Brings some activities behind a number back that ended because they could not be read; `None` if there is none.
pub(in crate::sqlite) fn retry_unreadable(
    txn: &mut Txn<'_>,
    workspace: WorkspaceId,
    after: u64,
    limit: usize,
) -> Result<Option<RetriedActivities>, Error> {
    const UNREADABLE: &str = select_standing!(
        ", a.settled_ms",
        "FROM activity a INDEXED BY activity_unreadable
         WHERE a.workspace = ? AND a.number > ? AND a.state = 'failed' AND a.reason = 'unreadable'
         ORDER BY a.number LIMIT ?"
    );
    let found: Vec<(Conversion, Option<i64>)> = {
        let mut statement = txn.connection().prepare_cached(UNREADABLE)?;
        let mut rows = statement.query((workspace.0, after, limit))?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.push((read_standing(row)?, row.get("settled_ms")?));
        }
        found
    };
    let Some((last, _)) = found.last() else { return Ok(None) };
    let mut retried = RetriedActivities { last: last.made_by, lanes: Vec::new() };
    let mut ends = Ends::new(workspace, 0);
    for (before, settled_ms) in found {
        if !may_come_back(txn, workspace, &before)? {
            continue;
        }
        let due_ms = settled_ms.unwrap_or(0);
        let (state, reason) = (State::Queued, None);
        let queued = Conversion { state, reason, due_ms: Some(due_ms), deadline_ms: None, ..before.clone() };
        ends.change_to(txn, &before, &queued)?;
        enter(txn, workspace, &queued, due_ms)?;
        retried.lanes.extend(LaneKey::of(&queued));
    }
    appended::conclude(txn, ends)?;
    Ok(Some(retried))
}
