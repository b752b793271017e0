//! What a person has to mend.

use kopru_core::{Deal, DealKey, Question, QuestionKind, StageId, WorkspaceId};
use rusqlite::{Connection, OptionalExtension};

use super::super::{asks::number_of, pauses::read_pause, rows::json_column};
use crate::{
    Error, PauseScope,
    seal::Opener,
    views::{COUNTED_MAX, Problem},
};

pub(super) fn all(
    connection: &Connection,
    opener: &Opener,
    workspace: WorkspaceId,
) -> Result<Vec<Problem>, Error> {
    let mut problems = paused(connection, opener, workspace)?;
    problems.extend(unanswered(connection, workspace)?);
    problems.extend(numbers_again(connection, workspace)?);
    Ok(problems)
}

fn paused(connection: &Connection, opener: &Opener, workspace: WorkspaceId) -> Result<Vec<Problem>, Error> {
    let mut count = connection.prepare_cached(
        "SELECT count(*) FROM (SELECT 1 FROM due INDEXED BY due_order
             WHERE workspace = ?1 AND lane > ?2 || '/' AND lane < ?2 || '0' AND attempt IS NULL LIMIT ?3)",
    )?;
    let mut count_told = connection.prepare_cached(
        "SELECT count(*) FROM (SELECT 1 FROM activity_due
             WHERE workspace = ?1 AND lane > ?2 || '/' AND lane < ?2 || '0' LIMIT ?3)",
    )?;
    let mut statement = connection.prepare_cached(
        "SELECT until_ms, needs_you, cause, since_ms, code, dataset, scope FROM pause WHERE workspace = ?",
    )?;
    let mut rows = statement.query([workspace.0])?;
    let mut problems = Vec::new();
    while let Some(row) = rows.next()? {
        let dataset: String = row.get(5)?;
        let which = (workspace.0, &dataset, COUNTED_MAX + 1);
        let made: i64 = count.query_row(which, |row| row.get(0))?;
        let told: i64 = count_told.query_row(which, |row| row.get(0))?;
        let queued = (made + told).min(COUNTED_MAX + 1);
        let scope: String = row.get(6)?;
        let Some(scope) = PauseScope::from_stored(&scope) else { continue };
        problems.push(Problem::Paused { scope, dataset, pause: read_pause(row, opener)?, queued });
    }
    Ok(problems)
}

fn numbers_again(connection: &Connection, workspace: WorkspaceId) -> Result<Vec<Problem>, Error> {
    let mut statement = connection.prepare_cached(
        "SELECT dataset, sales, since_ms, last_ms FROM number_again WHERE workspace = ? ORDER BY dataset",
    )?;
    let rows = statement.query_map([workspace.0], |row| {
        let (dataset, sales) = (row.get(0)?, row.get(1)?);
        Ok(Problem::NumbersAgain { dataset, sales, since_ms: row.get(2)?, last_ms: row.get(3)? })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// One step for each system of record and each error, however many questions these leave open.
fn unanswered(connection: &Connection, workspace: WorkspaceId) -> Result<Vec<Problem>, Error> {
    let mut next = connection.prepare_cached(
        "SELECT origin, last_error FROM ask INDEXED BY ask_failed
         WHERE workspace = ? AND (origin, last_error) > (?, ?) AND last_error IS NOT NULL
         ORDER BY origin, last_error LIMIT 1",
    )?;
    let mut count = connection.prepare_cached(
        "SELECT count(*) FROM (SELECT 1 FROM ask INDEXED BY ask_failed
             WHERE workspace = ? AND origin = ? AND last_error = ? LIMIT ?)",
    )?;
    let mut problems = Vec::new();
    let (mut origin, mut error) = (String::new(), String::new());
    loop {
        let found: Option<(String, String)> = next
            .query_row((workspace.0, &origin, &error), |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let Some(found) = found else { return Ok(problems) };
        (origin, error) = found;
        let counted = (workspace.0, &origin, &error, COUNTED_MAX + 1);
        let questions = count.query_row(counted, |row| row.get(0))?;
        problems.push(Problem::Unanswered { origin: origin.clone(), questions, error: error.clone() });
    }
}

/// What only the history could answer and did not, in the order of the systems of record.
pub(super) fn history_awaited(
    connection: &Connection,
    workspace: WorkspaceId,
) -> Result<Vec<(DealKey, StageId)>, Error> {
    // That a deal may have been in a stage is asked as well where nobody has said so.
    let mut statement = connection.prepare_cached(
        "SELECT asked, EXISTS (SELECT 1 FROM fact_end WHERE workspace = ask.workspace AND waits_on = question)
         FROM ask INDEXED BY ask_failed
         WHERE workspace = ? AND last_error IS NOT NULL AND kind = ? LIMIT ?",
    )?;
    let mut state =
        connection.prepare_cached("SELECT state FROM deal WHERE workspace = ? AND origin = ? AND id = ?")?;
    let mut rows = statement.query((workspace.0, number_of(QuestionKind::StageLog), COUNTED_MAX))?;
    let mut awaited = Vec::new();
    while let Some(row) = rows.next()? {
        let Ok(Question::StageLog { deal, stage }) = json_column(row, 0) else { continue };
        let key = (workspace.0, &deal.origin, &deal.id);
        let mut known = || -> Result<Option<Deal>, Error> {
            Ok(state.query_row(key, |row| Ok(json_column(row, 0).ok())).optional()?.flatten())
        };
        if row.get(1)? || known()?.is_some_and(|deal| deal.has_arrived(&stage)) {
            awaited.push((deal, stage));
        }
    }
    Ok(awaited)
}
