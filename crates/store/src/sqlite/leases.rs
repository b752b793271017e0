//! Leases: who takes over a workspace goes on with what it finds.

use kopru_core::WorkspaceId;

use super::{activities, attempts::Again, queue::REPLY, writer::Txn};
use crate::{AttemptId, Error, LaneKey, Lease, seal::Seal};

/// What is said of an attempt whose answer nobody has read, sealed.
pub(super) fn interrupted_reply(seal: &Seal) -> Result<Vec<u8>, Error> {
    seal.seal(REPLY, b"interrupted: no answer was read")
}

/// Takes over a workspace. What was under way when its last holder ended may have reached Meta.
pub(super) fn lease(txn: &mut Txn<'_>, workspace: WorkspaceId, reply: &[u8]) -> Result<Lease, Error> {
    txn.run("UPDATE workspace SET fence = fence + 1 WHERE id = ?", [workspace.0])?;
    let fence = txn.one("SELECT fence FROM workspace WHERE id = ?", [workspace.0])?;
    interrupted(txn, workspace, None, reply)?;
    // Whoever starts anew may have mended what caused a pause: one event finds out at once, and what was put
    // off for it stands behind what was not tried.
    txn.run("UPDATE pause SET until_ms = 0 WHERE workspace = ? AND needs_you", [workspace.0])?;
    txn.run(
        "UPDATE due INDEXED BY due_put_off
         SET due_ms = min(due_ms, max(event_s * 1000, CAST(unixepoch('subsec') * 1000 AS INTEGER)))
         WHERE workspace = ? AND put_off_ms > -1",
        [workspace.0],
    )?;
    activities::bring_back(txn, workspace)?;
    Ok(Lease { workspace, fence })
}

/// Ends the attempts of a lane, or of all, whose answers nobody will read any more: their outcome is
/// unknown, and their members go again and are marked.
pub(super) fn interrupted(
    txn: &Txn<'_>,
    workspace: WorkspaceId,
    lane: Option<&LaneKey>,
    reply: &[u8],
) -> Result<(), Error> {
    let held: Vec<(u64, AttemptId, String)> = txn
        .connection()
        .prepare_cached(
            "SELECT number, attempt, lane FROM due INDEXED BY due_attempt
             WHERE workspace = ?1 AND attempt IS NOT NULL AND (?2 IS NULL OR lane = ?2)",
        )?
        .query_map((workspace.0, lane.map(LaneKey::to_string)), |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })?
        .collect::<Result<_, _>>()?;
    for (number, attempt, lane) in held {
        let window = LaneKey::from_stored(&lane).and_then(|lane| lane.route.deduplication_window_s());
        let again =
            Again { due_ms: None, counts: false, unknown: Some(window.is_none()), reply: Some(reply) };
        again.apply(txn, workspace, Some(attempt), number, 0)?;
    }
    activities::interrupted(txn, workspace, lane, reply)
}
