//! A journal that somebody removed, emptied or replaced by an older one lacks people whom the store knows as
//! erased. What is missing is written anew from the marks: a copy of the store that is put back later learns
//! none of them anew. Who they were cannot be told from a mark, so what such a copy knows of them stays.

use std::collections::{BTreeMap, BTreeSet};

use kopru_core::WorkspaceId;
use rusqlite::{Connection, OptionalExtension};

use crate::{
    Error,
    keyring::Keyring,
    sqlite::{
        journal::{self, Journal, JournalEntry},
        marks,
    },
};

/// How many marks are read at a time.
const MARKS_PER_READ: usize = 1_000;

/// The lines that the journal lacks, in the order of their numbers.
pub(super) fn lines(
    connection: &Connection,
    keyring: &Keyring,
    entries: &[JournalEntry],
) -> Result<Vec<JournalEntry>, Error> {
    let in_force = journal::marks_in_force(entries);
    let written: BTreeSet<_> = entries.iter().filter_map(JournalEntry::erasure).collect();
    let mut missing = Vec::new();
    let mut workspaces = connection.prepare("SELECT id FROM workspace ORDER BY id")?;
    let workspaces: Vec<u32> = workspaces.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    for workspace in workspaces {
        let id = WorkspaceId(workspace);
        if keyring.of(id).is_err() {
            let number = marks::last_erasure(connection, id)?;
            let at_ms = began_ms(connection, id, number)?.filter(|_| !written.contains(&(workspace, number)));
            missing.extend(at_ms.map(|at_ms| JournalEntry::Workspace { workspace, number, at_ms }));
            continue;
        }
        let known = in_force.get(&workspace).map(|(stand, _)| stand);
        for (number, marks) in marks_but(connection, id, known)? {
            let at_ms = began_ms(connection, id, number)?.unwrap_or_default();
            // Nobody can say any more who it was.
            let nodes = String::new();
            missing.push(JournalEntry::Erased { workspace, number, at_ms, marks, nodes });
        }
    }
    Ok(missing)
}

/// The marks of a workspace that are not among those, by the erasure that made them.
fn marks_but(
    connection: &Connection,
    workspace: WorkspaceId,
    known: Option<&BTreeSet<&str>>,
) -> Result<BTreeMap<u64, Vec<String>>, Error> {
    let mut others: BTreeMap<u64, Vec<String>> = BTreeMap::new();
    let mut after: Vec<u8> = Vec::new();
    let mut statement = connection
        .prepare("SELECT mark, erasure FROM erased WHERE workspace = ? AND mark > ? ORDER BY mark LIMIT ?")?;
    loop {
        let read: Vec<(Vec<u8>, u64)> = statement
            .query_map((workspace.0, &after, MARKS_PER_READ), |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<Result<_, _>>()?;
        let Some((last, _)) = read.last() else { return Ok(others) };
        after.clone_from(last);
        for (mark, erasure) in read {
            let mark = capi::hex(&mark);
            if !known.is_some_and(|known| known.contains(mark.as_str())) {
                others.entry(erasure).or_default().push(mark);
            }
        }
    }
}

/// When an erasure began, Unix milliseconds.
fn began_ms(connection: &Connection, workspace: WorkspaceId, number: u64) -> Result<Option<i64>, Error> {
    Ok(connection
        .prepare_cached("SELECT at_ms FROM erasure WHERE workspace = ? AND number = ?")?
        .query_row((workspace.0, number), |row| row.get(0))
        .optional()?)
}

/// Writes missing lines into the journal, and says so.
pub(super) fn write(journal: &mut Journal, missing: &[JournalEntry]) -> Result<(), Error> {
    if missing.is_empty() {
        return Ok(());
    }
    missing.iter().try_for_each(|entry| journal.restore(entry))?;
    tracing::warn!(
        erasures = missing.len(),
        "the file erasures in store.path lacks people whom the store knows as erased: it was removed, emptied or \
         is an older one. It was written anew from the marks in the store. If there is a newer file erasures, stop, \
         put it there and start again. Otherwise, whenever an older copy of the store is restored, erase these \
         people again: Kopru learns nothing of them anew, but cannot find what the copy knows of them"
    );
    Ok(())
}
