//! Activities of people who were erased: those that are kept, and those that come later.

use std::collections::{BTreeSet, HashSet};

use kopru_core::{Conversion, Reason, Sent, State, Stop, WorkspaceId};
use rusqlite::Connection;

use super::{
    appended, body,
    ends::Ends,
    members::{HeldPlace, left_in},
    places::leave,
    rows::{Further, now},
    wiped,
};
use crate::{
    AttemptId, Error, Removed, added::is_added_of, keyring::WorkspaceKeys, seal::Opener, sqlite::writer::Txn,
};

/// How many attempts one step looks at: each names a thousand members at most.
const ATTEMPTS_PER_STEP: usize = 16;

/// Some activities that were looked at.
pub(in crate::sqlite) struct ActivitiesSeen {
    /// Numbers of those that are of one of these people.
    pub(in crate::sqlite) found: Vec<u64>,
    /// The last that was looked at, if there may be more behind it.
    pub(in crate::sqlite) more_after: Option<u64>,
}

/// Looks at what is kept of some activities behind a number, for those that name one of these.
pub(in crate::sqlite) fn of_people(
    connection: &Connection,
    opener: &Opener,
    workspace: WorkspaceId,
    nodes: &HashSet<&str>,
    after: u64,
    limit: usize,
) -> Result<ActivitiesSeen, Error> {
    let mut statement = connection.prepare_cached(
        "SELECT number, body FROM activity_body WHERE workspace = ? AND number > ? ORDER BY number LIMIT ?",
    )?;
    let mut rows = statement.query((workspace.0, after, limit))?;
    let (mut found, mut looked_at, mut last) = (Vec::new(), 0, after);
    while let Some(row) = rows.next()? {
        looked_at += 1;
        last = row.get(0)?;
        let sealed = row.get_ref(1)?.as_blob().unwrap_or_default();
        // What cannot be opened says nothing to anybody.
        let Ok((_, who)) = body::read(opener, sealed) else { continue };
        if who.iter().any(|node| nodes.contains(node.as_str())) {
            found.push(last);
        }
    }
    Ok(ActivitiesSeen { found, more_after: (looked_at == limit).then_some(last) })
}

/// Looks at what has left in some attempts behind one, for activities to which something of these people was added.
pub(in crate::sqlite) fn enriched_with(
    connection: &Connection,
    keys: &WorkspaceKeys,
    workspace: WorkspaceId,
    nodes: &HashSet<&str>,
    after: AttemptId,
) -> Result<ActivitiesSeen, Error> {
    let mut statement = connection.prepare_cached(
        "SELECT t.attempt, t.lane, s.members FROM activity_attempt t
         JOIN activity_sent s ON s.workspace = t.workspace AND s.attempt = t.attempt
         WHERE t.workspace = ? AND t.attempt > ? ORDER BY t.attempt LIMIT ?",
    )?;
    let mut rows = statement.query((workspace.0, after, ATTEMPTS_PER_STEP))?;
    let (mut found, mut looked_at, mut last) = (Vec::new(), 0, after);
    while let Some(row) = rows.next()? {
        looked_at += 1;
        last = row.get(0)?;
        let (lane, members): (String, String) = (row.get(1)?, row.get(2)?);
        let dataset = lane.split('/').next().unwrap_or_default();
        // What cannot be read says nothing to anybody.
        let held: Vec<HeldPlace> = serde_json::from_str(&members).unwrap_or_default();
        if held.iter().all(|one| one.carried.is_none()) {
            continue;
        }
        let left = left_in(connection, keys.opener(), workspace, last).unwrap_or_default();
        for HeldPlace { number, carried, .. } in &held {
            if let (Some(carried), Some(body)) = (carried, left.get(number))
                && is_added_of(&keys.join, dataset, carried, body, nodes)
            {
                found.push(*number);
            }
        }
    }
    Ok(ActivitiesSeen { found, more_after: (looked_at == ATTEMPTS_PER_STEP).then_some(last) })
}

/// Ends an activity, as far as it has not, and forgets whom it is about. One that an attempt holds ends with the
/// attempt, and keeps its bytes until then. Returns whether something of it has left.
pub(in crate::sqlite) fn erase(
    txn: &mut Txn<'_>,
    workspace: WorkspaceId,
    number: u64,
    at_ms: i64,
    removed: &mut Removed,
) -> Result<bool, Error> {
    let before = match now(txn, workspace, number) {
        // What cannot be read is not sent, and keeps nothing either.
        Err(Error::Corrupt(_)) => None,
        before => before?,
    };
    let Some(before) = before else {
        wiped::wipe(txn, workspace, number)?;
        return Ok(true);
    };
    if before.stop.as_ref().is_some_and(|stop| stop.reason == Reason::Erased) {
        return Ok(false);
    }
    removed.conversions += 1;
    let stop = Stop::suppressed(Reason::Erased);
    let has_left = before.sent != Sent::Never;
    match before.state {
        State::Queued if before.sent.is_under_way() => {
            let held = Conversion { stop: Some(stop), ..before };
            txn.run(
                "UPDATE activity SET further = ?3 WHERE workspace = ?1 AND number = ?2",
                (workspace.0, number, Further::of(&held)?),
            )?;
        }
        State::Queued | State::Waiting => {
            if before.state == State::Queued {
                leave(txn, workspace, &before)?;
            }
            let mut ends = Ends::new(workspace, at_ms);
            ends.change_to(txn, &before, &before.clone().stopped(stop))?;
            appended::conclude(txn, ends)?;
            removed.not_sent += u64::from(!before.sent.is_unknown());
        }
        _ => wiped::wipe(txn, workspace, number)?,
    }
    Ok(has_left)
}

/// Blanks the bytes of these activities in some attempts behind a number; returns the last that was looked at, if
/// there may be more behind it.
pub(in crate::sqlite) fn blank_some(
    txn: &Txn<'_>,
    workspace: WorkspaceId,
    numbers: &BTreeSet<u64>,
    after: AttemptId,
) -> Result<Option<AttemptId>, Error> {
    let attempts: Vec<AttemptId> = txn
        .connection()
        .prepare_cached(
            "SELECT attempt FROM activity_attempt WHERE workspace = ? AND attempt > ? ORDER BY attempt LIMIT ?",
        )?
        .query_map((workspace.0, after, ATTEMPTS_PER_STEP), |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    for attempt in &attempts {
        wiped::blank_in(txn, workspace, *attempt, numbers)?;
    }
    Ok(attempts.last().copied().filter(|_| attempts.len() == ATTEMPTS_PER_STEP))
}
