//! The log of an erased person: the rows and their ends stay, what they said goes.

use std::collections::HashSet;

use kopru_core::{Fact, Node, Reason, Seq, WorkspaceId};
use rusqlite::OptionalExtension;

use super::{Erasing, ErasurePlace, ROWS_PER_STEP, count_end};
use crate::{Error, sqlite::writer::Txn};

/// Looks at the next facts of the log; returns whether those were the last.
pub(super) fn step(txn: &mut Txn<'_>, erasing: &Erasing, place: &mut ErasurePlace) -> Result<bool, Error> {
    let workspace = erasing.workspace;
    let nodes: HashSet<&Node> = erasing.nodes.iter().collect();
    let keys = txn.keys(workspace)?;
    let mut named = Vec::new();
    let (mut looked_at, mut last) = (0, place.upto);
    {
        let mut statement = txn.connection().prepare_cached(
            "SELECT seq, body FROM fact WHERE workspace = ? AND seq > ? AND seq <= ? ORDER BY seq LIMIT ?",
        )?;
        let mut rows = statement.query((workspace.0, place.seq, place.upto, ROWS_PER_STEP))?;
        while let Some(row) = rows.next()? {
            looked_at += 1;
            last = row.get(0)?;
            let body = row.get_ref(1)?.as_blob().unwrap_or_default();
            // What cannot be opened says nothing to anybody.
            let Ok(body) = keys.opener().open("fact", body) else { continue };
            let Ok(fact) = serde_json::from_slice::<Fact>(&body) else { continue };
            if names(&fact, &nodes) {
                named.push((last, matches!(fact, Fact::Deal(_))));
            }
        }
    }
    for (seq, is_of_a_deal) in named {
        // A deal stays known, and a decision about it holds nothing of its people.
        if is_of_a_deal && is_open(txn, workspace, seq)? {
            continue;
        }
        end(txn, workspace, seq)?;
        place.removed.facts += u64::from(blank(txn, workspace, seq)?);
    }
    place.seq = last;
    Ok(looked_at < ROWS_PER_STEP)
}

/// Whether a fact says something of one of these.
fn names(fact: &Fact, nodes: &HashSet<&Node>) -> bool {
    let any = |named: &[Node]| named.iter().any(|node| nodes.contains(node));
    match fact {
        Fact::Click(click) => any(&click.who),
        Fact::Link(link) => any(&link.who),
        Fact::ContactHint(hint) => nodes.contains(&hint.contact),
        Fact::Contact(read) => nodes.contains(&read.contact) || any(&read.who),
        Fact::Deal(read) => read.found.as_ref().is_some_and(|now| any(&now.contacts)),
        // A row of a log names a record by its number, and nothing of it.
        Fact::DealHint(_) | Fact::StageLog(_) | Fact::Catalogue(_) | Fact::AuditLog(_) => false,
    }
}

fn is_open(txn: &Txn<'_>, workspace: WorkspaceId, seq: Seq) -> Result<bool, Error> {
    let end = outcome(txn, workspace, seq)?;
    Ok(end.is_none_or(|outcome| outcome == "waiting" || outcome == "set_aside"))
}

fn outcome(txn: &Txn<'_>, workspace: WorkspaceId, seq: Seq) -> Result<Option<String>, Error> {
    Ok(txn
        .connection()
        .prepare_cached("SELECT outcome FROM fact_end WHERE workspace = ? AND seq = ?")?
        .query_row((workspace.0, seq), |row| row.get(0))
        .optional()?)
}

/// Ends a fact that is undecided, waits or is set aside; one that has ended stays as it ended.
pub(super) fn end(txn: &mut Txn<'_>, workspace: WorkspaceId, seq: Seq) -> Result<(), Error> {
    let key = (workspace.0, seq);
    let was = match outcome(txn, workspace, seq)?.as_deref() {
        None if txn.run("DELETE FROM undecided WHERE workspace = ? AND seq = ?", key)? == 1 => "fact.pending",
        Some("waiting") => "fact.waiting",
        Some("set_aside") => {
            txn.run("DELETE FROM set_aside WHERE workspace = ? AND seq = ?", key)?;
            "fact.set_aside"
        }
        _ => return Ok(()),
    };
    txn.run(
        "INSERT OR REPLACE INTO fact_end (workspace, seq, outcome, reason) VALUES (?, ?, 'ignored', ?)",
        (workspace.0, seq, Reason::Erased.code()),
    )?;
    count_end(txn, workspace, was);
    Ok(())
}

/// Forgets what a fact said. Its row stays: its number is never given to another one.
pub(in crate::sqlite) fn blank(txn: &Txn<'_>, workspace: WorkspaceId, seq: Seq) -> Result<bool, Error> {
    let blanked = txn.run(
        "UPDATE fact SET body = x'' WHERE workspace = ? AND seq = ? AND body <> x''",
        (workspace.0, seq),
    )?;
    Ok(blanked == 1)
}
