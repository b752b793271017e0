//! What is left of an activity whose person was erased: its row, with nothing of the person.

use std::collections::BTreeSet;

use kopru_core::{Reason, State, WorkspaceId};
use rusqlite::OptionalExtension;

use super::{members::HeldPlace, rows::now};
use crate::{
    AttemptId, Error,
    sqlite::{queue::BODY, writer::Txn},
};

/// Forgets what Meta was to get of one, by what its person is recognised, and what left of it last.
pub(super) fn wipe(txn: &Txn<'_>, workspace: WorkspaceId, number: u64) -> Result<(), Error> {
    txn.run("DELETE FROM activity_body WHERE workspace = ? AND number = ?", (workspace.0, number))?;
    let attempt: Option<Option<AttemptId>> = txn
        .connection()
        .prepare_cached("SELECT attempt FROM activity WHERE workspace = ? AND number = ?")?
        .query_row((workspace.0, number), |row| row.get(0))
        .optional()?;
    match attempt.flatten() {
        Some(attempt) => blank_in(txn, workspace, attempt, &BTreeSet::from([number])),
        None => Ok(()),
    }
}

/// Blanks the bytes of some members of an attempt, unless it is under way: then they are blanked when it ends. What
/// Meta said goes with them where it was said of them alone.
pub(super) fn blank_in(
    txn: &Txn<'_>,
    workspace: WorkspaceId,
    attempt: AttemptId,
    numbers: &BTreeSet<u64>,
) -> Result<(), Error> {
    let key = (workspace.0, attempt);
    let members: Option<String> = txn
        .connection()
        .prepare_cached(
            "SELECT s.members FROM activity_attempt t
             JOIN activity_sent s ON s.workspace = t.workspace AND s.attempt = t.attempt
             WHERE t.workspace = ? AND t.attempt = ? AND t.ended_ms IS NOT NULL",
        )?
        .query_row(key, |row| row.get(0))
        .optional()?;
    // What cannot be read says nothing to anybody.
    let held: Vec<HeldPlace> =
        members.and_then(|members| serde_json::from_str(&members).ok()).unwrap_or_default();
    if held.iter().all(|one| one.number == 0 || !numbers.contains(&one.number)) {
        return Ok(());
    }
    let sealed: Vec<u8> =
        txn.one("SELECT body FROM activity_sent WHERE workspace = ? AND attempt = ?", key)?;
    let keys = txn.keys(workspace)?;
    let Ok(mut bytes) = keys.opener().open(BODY, &sealed) else { return Ok(()) };
    let mut begins = 0;
    let mut is_changed = false;
    for one in &held {
        let own = bytes.get_mut(begins..begins + one.length).unwrap_or_default();
        if one.number > 0 && numbers.contains(&one.number) && own.iter().any(|byte| *byte != b' ') {
            own.fill(b' ');
            is_changed = true;
        }
        begins += one.length;
    }
    if is_changed {
        let is_all = held.iter().all(|one| one.number == 0 || numbers.contains(&one.number));
        txn.run(
            "UPDATE activity_sent SET body = ? WHERE workspace = ? AND attempt = ?",
            (keys.seal.seal(BODY, &bytes)?, workspace.0, attempt),
        )?;
        if is_all {
            txn.run("UPDATE activity_attempt SET reply = NULL WHERE workspace = ? AND attempt = ?", key)?;
        }
    }
    Ok(())
}

/// What has ended of somebody who was erased while it was on its way keeps nothing of them.
pub(super) fn forget(txn: &Txn<'_>, workspace: WorkspaceId, number: u64) -> Result<(), Error> {
    let one = match now(txn, workspace, number) {
        Err(Error::Corrupt(_) | Error::Database(_)) => None,
        found => found?,
    };
    let ended = one.filter(|one| !matches!(one.state, State::Waiting | State::Queued));
    let is_erased = ended.and_then(|one| one.stop).is_some_and(|stop| stop.reason == Reason::Erased);
    if is_erased { wipe(txn, workspace, number) } else { Ok(()) }
}
