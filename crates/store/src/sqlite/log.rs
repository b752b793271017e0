//! The log of facts.

use kopru_core::{Fact, Incoming, Seq, WorkspaceId};
use rusqlite::{Connection, OptionalExtension, Row};

use super::writer::{RECEIVED, Txn};
use crate::{
    Error, SetAside,
    seal::{Opener, Seal},
};

/// A fact as it is stored.
pub(super) struct SealedFact {
    kind: &'static str,
    body: Vec<u8>,
}

/// The size of facts as they are stored.
pub(super) fn bytes(facts: &[SealedFact]) -> usize {
    facts.iter().map(|fact| fact.body.len()).sum()
}

/// Seals facts: on the caller's thread, so that the writer only writes.
pub(super) fn seal(seal: &Seal, facts: &[Fact]) -> Result<Vec<SealedFact>, Error> {
    facts
        .iter()
        .map(|fact| {
            Ok(SealedFact { kind: fact.kind(), body: seal.seal("fact", &serde_json::to_vec(fact)?)? })
        })
        .collect()
}

pub(super) fn append(
    txn: &mut Txn<'_>,
    workspace: WorkspaceId,
    source: &str,
    received_ms: i64,
    facts: &[SealedFact],
) -> Result<(), Error> {
    for fact in facts {
        let seq = txn.next("fact", "seq", workspace)?;
        txn.run(
            "INSERT INTO fact (workspace, seq, received_ms, source, kind, body) VALUES (?, ?, ?, ?, ?, ?)",
            (workspace.0, seq, received_ms, source, fact.kind, &fact.body),
        )?;
        txn.run("INSERT INTO undecided (workspace, seq) VALUES (?, ?)", (workspace.0, seq))?;
    }
    txn.count(workspace, RECEIVED, facts.len() as i64);
    txn.count(workspace, "fact.pending", facts.len() as i64);
    Ok(())
}

/// The columns of a fact that [`read_fact`] reads.
pub(super) const FACT_COLUMNS: &str = "fact.seq, fact.received_ms, fact.body";

/// Reads a fact from [`FACT_COLUMNS`].
fn read_fact(row: &Row<'_>, opener: &Opener) -> Result<Incoming, Error> {
    let body = opener.open("fact", row.get_ref(2)?.as_blob().map_err(rusqlite::Error::from)?)?;
    Ok(Incoming { seq: row.get(0)?, received_ms: row.get(1)?, fact: serde_json::from_slice(&body)? })
}

/// The facts to decide next, oldest first.
pub(super) fn undecided(
    connection: &Connection,
    opener: &Opener,
    workspace: WorkspaceId,
    limit: usize,
) -> Result<(Vec<Incoming>, Vec<SetAside>), Error> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {FACT_COLUMNS}, undecided.seq FROM undecided
         LEFT JOIN fact ON fact.workspace = undecided.workspace AND fact.seq = undecided.seq
         WHERE undecided.workspace = ? ORDER BY undecided.seq LIMIT ?"
    ))?;
    let mut rows = statement.query((workspace.0, limit))?;
    let (mut facts, mut unreadable) = (Vec::new(), Vec::new());
    while let Some(row) = rows.next()? {
        match read_fact(row, opener) {
            Ok(fact) => facts.push(fact),
            Err(error) => unreadable.push(SetAside { seq: row.get(3)?, why: error.to_string() }),
        }
    }
    Ok((facts, unreadable))
}

/// Ends the work that a fact is.
pub(super) fn take_up(txn: &Txn<'_>, workspace: WorkspaceId, seq: Seq) -> Result<(), Error> {
    let taken = txn.run("DELETE FROM undecided WHERE workspace = ? AND seq = ?", (workspace.0, seq))?;
    if taken == 1 { Ok(()) } else { Err(Error::Decided(seq)) }
}

/// When the oldest of the facts that are not decided came, Unix milliseconds.
pub(crate) fn oldest_undecided_ms(
    connection: &Connection,
    workspace: WorkspaceId,
) -> Result<Option<i64>, Error> {
    Ok(connection
        .prepare_cached(
            "SELECT fact.received_ms FROM undecided
             JOIN fact ON fact.workspace = undecided.workspace AND fact.seq = undecided.seq
             WHERE undecided.workspace = ? ORDER BY undecided.seq LIMIT 1",
        )?
        .query_row([workspace.0], |row| row.get(0))
        .optional()?)
}
