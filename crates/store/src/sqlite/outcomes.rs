//! The outcome log, for those who follow it.

use async_trait::async_trait;
use kopru_core::WorkspaceId;
use rusqlite::{Connection, OptionalExtension, Row};

use super::{Sqlite, roll_ups, rows::json_column, writer::Txn};
use crate::{
    Error, OutcomeStore,
    outcomes::{Followed, Grain, OutcomeRow, Outcomes, Quarters, RollUp, RollUpStep},
};

/// How many outcomes that all have followed one step forgets: more than any step follows.
const FORGOTTEN_MAX: usize = 10_000;

#[async_trait]
impl OutcomeStore for Sqlite {
    async fn followed(&self, workspace: WorkspaceId, follower: &'static str) -> Result<Followed, Error> {
        self.read_all(move |connection| {
            let upto = upto(connection, workspace, follower)?;
            Ok(Followed { upto, kept: roll_ups::kept(connection, workspace)? })
        })
        .await
    }

    async fn outcomes(&self, workspace: WorkspaceId, after: u64, limit: usize) -> Result<Outcomes, Error> {
        self.read_all(move |connection| behind(connection, workspace, after, limit)).await
    }

    async fn roll_up(
        &self,
        workspace: WorkspaceId,
        follower: &'static str,
        from: u64,
        step: RollUpStep,
    ) -> Result<bool, Error> {
        self.write(move |txn| {
            pass(txn, workspace, follower, from, step.upto)?;
            for change in &step.changes {
                roll_ups::add(txn, workspace, change)?;
            }
            roll_ups::keep(txn, workspace, &step.kept)?;
            roll_ups::delete_quarters(txn, workspace)
        })
        .await
    }

    async fn quarters(&self, workspace: WorkspaceId, from_s: i64, rows: usize) -> Result<Quarters, Error> {
        self.read_all(move |connection| roll_ups::quarters(connection, workspace, from_s, rows)).await
    }

    async fn days(&self, workspace: WorkspaceId, grain: Grain, from_s: i64) -> Result<Vec<RollUp>, Error> {
        let read = move |connection: &Connection| {
            roll_ups::newest(connection, workspace, &grain, from_s, i64::MAX, usize::MAX)
        };
        Ok(self.read_all(read).await?.rows)
    }
}

/// The number of the last outcome that somebody has followed.
fn upto(connection: &Connection, workspace: WorkspaceId, follower: &str) -> Result<u64, Error> {
    let upto = connection
        .prepare_cached("SELECT upto FROM follower WHERE workspace = ? AND name = ?")?
        .query_row((workspace.0, follower), |row| row.get(0))
        .optional()?;
    Ok(upto.unwrap_or(0))
}

fn behind(
    connection: &Connection,
    workspace: WorkspaceId,
    after: u64,
    limit: usize,
) -> Result<Outcomes, Error> {
    let mut statement = connection.prepare_cached(
        "SELECT was, now, number, n FROM outcome WHERE workspace = ? AND number > ? ORDER BY number LIMIT ?",
    )?;
    let mut rows = statement.query((workspace.0, after, limit))?;
    let mut outcomes = Outcomes { upto: after, ..Outcomes::default() };
    let mut looked_at = 0;
    while let Some(row) = rows.next()? {
        looked_at += 1;
        outcomes.upto = row.get(2)?;
        match read_outcome(row) {
            Ok(outcome) => outcomes.rows.push(outcome),
            Err(error) => tracing::error!(
                error = &error as &dyn std::error::Error,
                workspace = workspace.0,
                outcome = outcomes.upto,
                "an outcome cannot be read; the reports are without it"
            ),
        }
    }
    outcomes.more = looked_at == limit;
    Ok(outcomes)
}

fn read_outcome(row: &Row<'_>) -> Result<OutcomeRow, Error> {
    let was = if row.get_ref(0)?.as_str_or_null().map_err(Error::corrupt)?.is_some() {
        Some(json_column(row, 0)?)
    } else {
        None
    };
    Ok(OutcomeRow { number: row.get(2)?, was, now: json_column(row, 1)?, n: row.get(3)? })
}

/// Moves a follower on, and forgets what all have passed.
fn pass(txn: &Txn<'_>, workspace: WorkspaceId, follower: &str, from: u64, to: u64) -> Result<(), Error> {
    if to < from || upto(txn.connection(), workspace, follower)? != from {
        return Err(Error::Passed(workspace.0));
    }
    txn.run(
        "INSERT INTO follower (workspace, name, upto) VALUES (?1, ?2, ?3)
         ON CONFLICT (workspace, name) DO UPDATE SET upto = ?3",
        (workspace.0, follower, to),
    )?;
    if to > from {
        let passed: u64 =
            txn.one("SELECT coalesce(min(upto), 0) FROM follower WHERE workspace = ?", [workspace.0])?;
        txn.run(
            "DELETE FROM outcome WHERE workspace = ?1 AND number IN
                (SELECT number FROM outcome WHERE workspace = ?1 AND number <= ?2 ORDER BY number LIMIT ?3)",
            (workspace.0, passed, FORGOTTEN_MAX),
        )?;
    }
    Ok(())
}
