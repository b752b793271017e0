//! The log of facts.

use kopru_core::{Fact, Incoming, Seq, WorkspaceId};
use rusqlite::{Connection, OptionalExtension, Row};

use super::writer::{RECEIVED, Txn};
use crate::{Error, SetAside, seal::Seal};

/// A fact as it is stored.
pub(super) struct Sealed {
    kind: &'static str,
    body: Vec<u8>,
}

/// The size of facts as they are stored.
pub(super) fn bytes(facts: &[Sealed]) -> usize {
    facts.iter().map(|fact| fact.body.len()).sum()
}

/// Seals facts: on the caller's thread, so that the writer only writes.
pub(super) fn seal(seal: &Seal, facts: &[Fact]) -> Result<Vec<Sealed>, Error> {
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
) -> Result<(), Error> {
    for fact in facts {
        let seq = txn.next("fact", "seq", workspace)?;
        txn.run(
            "INSERT INTO fact (workspace, seq, received_ms, source, kind, body) VALUES (?, ?, ?, ?, ?, ?)",
            (workspace.0, seq, received_ms, source, fact.kind, &fact.body),
        )?;
    }
    txn.count(workspace, RECEIVED, facts.len() as i64);
    txn.count(workspace, "fact.pending", facts.len() as i64);
    Ok(())
}

/// The columns of a fact that [`read_fact`] reads.
pub(super) const FACT_COLUMNS: &str = "fact.seq, fact.received_ms, fact.body";

/// Reads a fact from [`FACT_COLUMNS`].
fn read_fact(row: &Row<'_>, seal: &Seal) -> Result<Incoming, Error> {
    let body = seal.open("fact", row.get_ref(2)?.as_blob().map_err(rusqlite::Error::from)?)?;
    Ok(Incoming { seq: row.get(0)?, received_ms: row.get(1)?, fact: serde_json::from_slice(&body)? })
}

/// The facts to decide next: those that are decided anew, then those behind the cursor.
pub(super) fn undecided(
    connection: &Connection,
    seal: &Seal,
    workspace: WorkspaceId,
    limit: usize,
) -> Result<(Vec<Incoming>, Vec<SetAside>), Error> {
    let (mut facts, mut unreadable) = (Vec::new(), Vec::new());
    let mut read = |sql: &str, from: Seq, limit: usize| -> Result<usize, Error> {
        let mut statement = connection.prepare_cached(sql)?;
        let mut rows = statement.query((workspace.0, from, limit))?;
        let mut found = 0;
        while let Some(row) = rows.next()? {
            found += 1;
            match read_fact(row, seal) {
                Ok(fact) => facts.push(fact),
                Err(error) => unreadable.push(SetAside { seq: row.get(3)?, why: error.to_string() }),
            }
        }
        Ok(found)
    };
    let again = read(
        &format!(
            "SELECT {FACT_COLUMNS}, fact_again.seq FROM fact_again
             LEFT JOIN fact ON fact.workspace = fact_again.workspace AND fact.seq = fact_again.seq
             WHERE fact_again.workspace = ?1 AND fact_again.seq > ?2 ORDER BY fact_again.seq LIMIT ?3"
        ),
        0,
        limit,
    )?;
    let cursor: Seq = connection
        .prepare_cached("SELECT cursor FROM workspace WHERE id = ?")?
        .query_row([workspace.0], |row| row.get(0))?;
    read(
        &format!(
            "SELECT {FACT_COLUMNS}, seq FROM fact WHERE workspace = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3"
        ),
        cursor,
        limit - again,
    )?;
    Ok((facts, unreadable))
}

/// When the oldest of the facts that are not decided came, Unix milliseconds.
pub(crate) fn oldest_undecided_ms(
    connection: &Connection,
    workspace: WorkspaceId,
) -> Result<Option<i64>, Error> {
    let again: Option<i64> = connection
        .prepare_cached(
            "SELECT fact.received_ms FROM fact_again
             JOIN fact ON fact.workspace = fact_again.workspace AND fact.seq = fact_again.seq
             WHERE fact_again.workspace = ? ORDER BY fact_again.seq LIMIT 1",
        )?
        .query_row([workspace.0], |row| row.get(0))
        .optional()?;
    let ahead: Option<i64> = connection
        .prepare_cached(
            "SELECT received_ms FROM fact
             WHERE workspace = ?1 AND seq > (SELECT cursor FROM workspace WHERE id = ?1) ORDER BY seq LIMIT 1",
        )?
        .query_row([workspace.0], |row| row.get(0))
        .optional()?;
    Ok(again.into_iter().chain(ahead).min())
}
