//! Pauses of delivery.

use rusqlite::{Connection, OptionalExtension, Row};

use super::{fence::check_fence, writer::Txn};
use crate::{Error, Lease, Pause, PauseScope, seal::Opener};

/// The context of sealed causes: Meta's messages may repeat a name.
pub(super) const CAUSE: &str = "pause";

/// Pauses what a scope holds up, or ends the pause; the cause is sealed already.
pub(super) fn put(
    txn: &Txn<'_>,
    lease: Lease,
    scope: &PauseScope,
    pause: Option<(&Pause, &[u8])>,
) -> Result<(), Error> {
    check_fence(txn, lease)?;
    let scope = scope.to_string();
    match pause {
        // `since` stays when a pause is prolonged.
        Some((pause, cause)) => txn.run(
            "INSERT INTO pause (workspace, scope, dataset, until_ms, needs_you, cause, since_ms, code)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
             ON CONFLICT (workspace, scope) DO UPDATE
             SET until_ms = ?4, needs_you = ?5, cause = ?6, code = ?8",
            (
                lease.workspace.0,
                scope,
                &pause.dataset,
                pause.until_ms,
                pause.needs_you,
                cause,
                pause.since_ms,
                &pause.code,
            ),
        )?,
        None => txn.run("DELETE FROM pause WHERE workspace = ? AND scope = ?", (lease.workspace.0, scope))?,
    };
    Ok(())
}

/// Ends the pauses that hold up none of these.
pub(super) fn end_others(txn: &Txn<'_>, lease: Lease, scopes: &[PauseScope]) -> Result<(), Error> {
    let stored: Vec<String> = txn
        .connection()
        .prepare_cached("SELECT scope FROM pause WHERE workspace = ?")?
        .query_map([lease.workspace.0], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    let served: Vec<String> = scopes.iter().map(PauseScope::to_string).collect();
    for scope in stored.iter().filter(|scope| !served.contains(scope)) {
        txn.run("DELETE FROM pause WHERE workspace = ? AND scope = ?", (lease.workspace.0, scope))?;
    }
    Ok(())
}

pub(super) fn of(
    connection: &Connection,
    opener: &Opener,
    lease: Lease,
    scopes: &[PauseScope],
) -> Result<Vec<(PauseScope, Pause)>, Error> {
    let mut statement = connection.prepare_cached(
        "SELECT until_ms, needs_you, cause, since_ms, code, dataset FROM pause WHERE workspace = ? AND scope = ?",
    )?;
    let mut found = Vec::new();
    for scope in scopes {
        let pause = statement
            .query_row((lease.workspace.0, scope.to_string()), |row| read_pause(row, opener))
            .optional()?;
        found.extend(pause.map(|pause| (scope.clone(), pause)));
    }
    Ok(found)
}

/// Reads a pause from `until_ms, needs_you, cause, since_ms, code, dataset`.
pub(crate) fn read_pause(row: &Row<'_>, opener: &Opener) -> rusqlite::Result<Pause> {
    Ok(Pause {
        until_ms: row.get(0)?,
        needs_you: row.get(1)?,
        cause: opener.open_text(CAUSE, row.get_ref(2)?.as_blob()?).unwrap_or_default(),
        since_ms: row.get(3)?,
        code: row.get_ref(4)?.as_str().unwrap_or_default().to_owned(),
        dataset: row.get(5)?,
    })
}
