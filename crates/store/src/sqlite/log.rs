//! The log of facts, bodies that were not understood, and counters.

use kopru_core::{Fact, Incoming, Seq, WorkspaceId};
use rusqlite::{Connection, Row};

use super::writer::Txn;
use crate::{StoreError, Unreadable, seal::Seal};

/// How long a body that was not understood is kept.
const UNREADABLE_KEPT_MS: i64 = 7 * 24 * 3600 * 1000;
/// How many such bodies are kept in a workspace, and how many bytes; the oldest leave first.
const UNREADABLE_KEPT_MAX: u64 = 2_000;
const UNREADABLE_BYTES_MAX: i64 = 256 * 1024 * 1024;

/// A fact as it is stored.
pub(super) struct Sealed {
    kind: &'static str,
    body: Vec<u8>,
}

/// Seals facts: on the caller's thread, so that the writer only writes.
pub(super) fn seal(seal: &Seal, facts: &[Fact]) -> Result<Vec<Sealed>, StoreError> {
    facts
        .iter()
        .map(|fact| Ok(Sealed { kind: fact.kind(), body: seal.seal("fact", &serde_json::to_vec(fact)?)? }))
        .collect()
}

pub(super) fn append(
    txn: &mut Txn<'_>,
    workspace: WorkspaceId,
    source: &str,
    received_ms: i64,
    facts: &[Sealed],
) -> Result<(), StoreError> {
    for fact in facts {
        let seq = txn.next("fact", "seq", workspace)?;
        txn.run(
            "INSERT INTO fact (workspace, seq, received_ms, source, kind, body) VALUES (?, ?, ?, ?, ?, ?)",
            (workspace.0, seq, received_ms, source, fact.kind, &fact.body),
        )?;
    }
    txn.count(workspace, "fact.received", facts.len() as i64);
    txn.count(workspace, "fact.pending", facts.len() as i64);
    Ok(())
}

pub(super) fn append_unreadable(
    txn: &mut Txn<'_>,
    workspace: WorkspaceId,
    received_ms: i64,
    unreadable: &Unreadable,
) -> Result<(), StoreError> {
    let number = txn.next("unreadable", "number", workspace)?;
    let body = txn.seal.seal("unreadable", &unreadable.body)?;
    txn.run(
        "INSERT INTO unreadable (workspace, received_ms, number, source, shape, body) VALUES (?, ?, ?, ?, ?, ?)",
        (workspace.0, received_ms, number, &unreadable.source, &unreadable.shape, body),
    )?;
    txn.run(
        "DELETE FROM unreadable WHERE workspace = ?1 AND (received_ms < ?2 OR number <= ?3)",
        (workspace.0, received_ms - UNREADABLE_KEPT_MS, number.saturating_sub(UNREADABLE_KEPT_MAX)),
    )?;
    txn.run(
        "DELETE FROM unreadable WHERE workspace = ?1 AND number < ?2 AND number <=
            (SELECT max(number) FROM
                (SELECT number, sum(length(body)) OVER (ORDER BY number DESC) AS bytes
                 FROM unreadable WHERE workspace = ?1)
             WHERE bytes > ?3)",
        (workspace.0, number, UNREADABLE_BYTES_MAX),
    )?;
    txn.count(workspace, "door.unreadable", 1);
    Ok(())
}

/// The columns that [`read_fact`] reads.
pub(super) const FACT_COLUMNS: &str = "fact.seq, fact.received_ms, fact.body";

/// Reads a fact from [`FACT_COLUMNS`].
pub(super) fn read_fact(row: &Row<'_>, seal: &Seal) -> Result<Incoming, StoreError> {
    let body: Vec<u8> = row.get(2)?;
    Ok(Incoming {
        seq: row.get(0)?,
        received_ms: row.get(1)?,
        fact: serde_json::from_slice(&seal.open("fact", &body)?)?,
    })
}

/// Reads facts with a query that selects [`FACT_COLUMNS`].
pub(super) fn read_facts(
    connection: &Connection,
    seal: &Seal,
    sql: &str,
    params: impl rusqlite::Params,
) -> Result<Vec<Incoming>, StoreError> {
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(params)?;
    let mut facts = Vec::new();
    while let Some(row) = rows.next()? {
        facts.push(read_fact(row, seal)?);
    }
    Ok(facts)
}

/// The facts to decide next: those that are decided anew, then those behind the cursor.
pub(super) fn undecided(
    connection: &Connection,
    seal: &Seal,
    workspace: WorkspaceId,
    limit: usize,
) -> Result<Vec<Incoming>, StoreError> {
    let mut facts = read_facts(
        connection,
        seal,
        &format!(
            "SELECT {FACT_COLUMNS} FROM fact_again
             JOIN fact ON fact.workspace = fact_again.workspace AND fact.seq = fact_again.seq
             WHERE fact_again.workspace = ?1 ORDER BY fact_again.seq LIMIT ?2"
        ),
        (workspace.0, limit),
    )?;
    let cursor: Seq = connection
        .prepare_cached("SELECT cursor FROM workspace WHERE id = ?")?
        .query_row([workspace.0], |row| row.get(0))?;
    facts.extend(read_facts(
        connection,
        seal,
        &format!("SELECT {FACT_COLUMNS} FROM fact WHERE workspace = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3"),
        (workspace.0, cursor, limit - facts.len()),
    )?);
    Ok(facts)
}
