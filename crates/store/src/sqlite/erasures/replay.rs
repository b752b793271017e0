//! At every opening the store is compared with the journal: what it does not know yet, because it was restored
//! from an older copy, is erased again, and what was interrupted goes on.

use std::{path::Path, sync::OnceLock};

use kopru_core::{Node, WorkspaceId};
use rusqlite::Connection;

use super::{Erasing, begin, give_up, lift, missing, place, step, workspace};
use crate::{
    Error,
    keyring::Keyring,
    sqlite::{
        journal::{self, Journal, JournalEntry, NODES, bytes},
        marks::Mark,
        writer::alone,
    },
};

/// Replays the journal into the store; returns it. What cannot be replayed is said: the doors open all the
/// same.
pub(in crate::sqlite) fn replay(
    folder: &Path,
    connection: &Connection,
    keyring: &Keyring,
) -> Result<Journal, Error> {
    let (mut journal, entries) = Journal::open(folder).map_err(crate::sqlite::file::unwritable(folder))?;
    let mut replayed = 0;
    let in_force = journal::marks_in_force(&entries);
    for (workspace, (_, lifted)) in &in_force {
        let lifted: Vec<Vec<u8>> = lifted.iter().filter_map(|mark| bytes(mark)).collect();
        if !lifted.is_empty() {
            // Of a later erasure an older journal does not know.
            let upto = journal.last(WorkspaceId(*workspace));
            alone(connection, keyring, |txn| lift(txn, WorkspaceId(*workspace), &lifted, upto))?;
        }
    }
    for entry in &entries {
        let done = match entry {
            JournalEntry::Erased { .. } => again(connection, keyring, entry, |workspace, mark| {
                in_force.get(&workspace).is_some_and(|(stand, _)| stand.contains(mark))
            }),
            JournalEntry::Workspace { workspace, number, at_ms } => {
                workspace_again(connection, keyring, WorkspaceId(*workspace), *number, *at_ms)
            }
            JournalEntry::Lifted { .. } => Ok(false),
        };
        match done {
            Ok(did) => replayed += u64::from(did),
            Err(error) => say(&error, entry),
        }
    }
    let missing = missing::lines(connection, keyring, &entries)?;
    if let Err(error) = missing::write(&mut journal, &missing) {
        let error = &error as &dyn std::error::Error;
        tracing::error!(error, "the file erasures in store.path lacks erasures, and cannot be written");
    }
    for entry in &missing {
        // One that was interrupted cannot go on, and that is said.
        if let Err(error) = again(connection, keyring, entry, |_, _| true) {
            say(&error, entry);
        }
    }
    if replayed > 0 {
        tracing::info!(
            erasures = replayed,
            "erasures that the store did not know or had not finished were done"
        );
        crate::sqlite::truncate_log(connection)?;
    }
    Ok(journal)
}

fn say(error: &Error, entry: &JournalEntry) {
    tracing::error!(
        error = error as &dyn std::error::Error,
        erasure = ?entry.erasure(),
        "an erasure could not be replayed"
    );
}

/// Erases a person again, or goes on with it; returns whether there was anything to do.
fn again(
    connection: &Connection,
    keyring: &Keyring,
    entry: &JournalEntry,
    stands: impl Fn(u32, &str) -> bool,
) -> Result<bool, Error> {
    let JournalEntry::Erased { workspace, number, at_ms, marks, nodes } = entry else { return Ok(false) };
    let id = WorkspaceId(*workspace);
    // The workspace is gone, or not there yet in the copy that was restored: then nothing of them is either.
    let Ok(keys) = keyring.of(id) else { return Ok(false) };
    let is_known = is_known(connection, id, *number)?;
    if is_known && alone(connection, keyring, |txn| place(txn, id, *number))?.is_none() {
        return Ok(false);
    }
    let sealed = bytes(nodes).and_then(|sealed| keys.opener().open(NODES, &sealed).ok());
    let nodes: Option<Vec<Node>> = sealed.and_then(|nodes| serde_json::from_slice(&nodes).ok());
    let erasing = Erasing {
        workspace: id,
        number: *number,
        at_ms: *at_ms,
        nodes: nodes.clone().unwrap_or_default(),
        clicks: OnceLock::new(),
    };
    if !is_known {
        let standing = marks.iter().filter(|mark| stands(*workspace, mark));
        let marked: Vec<Mark> = standing.filter_map(|mark| bytes(mark)?.try_into().ok()).collect();
        alone(connection, keyring, |txn| begin(txn, &erasing, &marked))?;
    }
    if nodes.is_none() {
        alone(connection, keyring, |txn| give_up(txn, &erasing))?;
        return Err(Error::corrupt(
            "who was erased cannot be read from the journal; only the marks are back",
        ));
    }
    while alone(connection, keyring, |txn| step(txn, &erasing))?.is_none() {}
    Ok(true)
}

fn workspace_again(
    connection: &Connection,
    keyring: &Keyring,
    id: WorkspaceId,
    number: u64,
    at_ms: i64,
) -> Result<bool, Error> {
    let is_known = is_known(connection, id, number)?;
    if is_known && alone(connection, keyring, |txn| place(txn, id, number))?.is_none() {
        return Ok(false);
    }
    if !is_known {
        alone(connection, keyring, |txn| workspace::begin(txn, id, number, at_ms))?;
    }
    keyring.remove(id);
    while alone(connection, keyring, |txn| workspace::step(txn, id, number))?.is_none() {}
    Ok(true)
}

fn is_known(connection: &Connection, workspace: WorkspaceId, number: u64) -> Result<bool, Error> {
    Ok(connection
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM erasure WHERE workspace = ? AND number = ? LIMIT 1)")?
        .query_row((workspace.0, number), |row| row.get(0))?)
}
