//! Questions: due, answered, put off.

use std::collections::HashMap;

use kopru_core::{Question, QuestionKind, Reason, Seq, WorkspaceId};
use rusqlite::{Connection, OptionalExtension, Row};

use super::{
    aside,
    log::{self, SealedFact},
    writer::Txn,
};
use crate::{Answered, AskDue, Error, bounds::ASK_PUT_OFF_MAX_MS, seal::Seal};

const DUE: &str = "SELECT asked, upto, tries, due_ms, since_ms, question FROM ask
    INDEXED BY ask_kind_due
    WHERE workspace = ?1 AND origin = ?2 AND kind = ?5 AND due_ms <= ?3 ORDER BY due_ms LIMIT ?4";
const PUT_OFF_TOO_FAR: &str = "SELECT asked, upto, tries, due_ms, since_ms, question FROM ask
    INDEXED BY ask_kind_due
    WHERE workspace = ?1 AND origin = ?2 AND kind = ?5 AND due_ms > ?3 ORDER BY due_ms LIMIT ?4";
/// The kinds of questions, each with a place of its own among what is due.
const KINDS: [QuestionKind; 5] = [
    QuestionKind::Catalogue,
    QuestionKind::Deal,
    QuestionKind::Contact,
    QuestionKind::Company,
    QuestionKind::StageLog,
];

/// A kind as it is stored.
pub(super) fn number_of(kind: QuestionKind) -> i64 {
    match kind {
        QuestionKind::Catalogue => 0,
        QuestionKind::Deal => 1,
        QuestionKind::Contact => 2,
        QuestionKind::StageLog => 3,
        QuestionKind::Company => 4,
    }
}

/// A question that cannot be read back.
pub(super) struct Lost {
    pub(super) workspace: WorkspaceId,
    key: String,
}

pub(super) fn due(
    connection: &Connection,
    origin: &str,
    workspaces: &[WorkspaceId],
    limit: usize,
    now_ms: i64,
) -> Result<(Vec<AskDue>, Vec<Lost>), Error> {
    let (mut due, mut lost) = (Vec::new(), Vec::new());
    for workspace in workspaces {
        let ranges = [(DUE, now_ms), (PUT_OFF_TOO_FAR, now_ms.saturating_add(ASK_PUT_OFF_MAX_MS))];
        for (kind, (sql, than_ms)) in KINDS.into_iter().flat_map(|kind| ranges.map(|range| (kind, range))) {
            let mut statement = connection.prepare_cached(sql)?;
            let mut rows = statement.query((workspace.0, origin, than_ms, limit, number_of(kind)))?;
            while let Some(row) = rows.next()? {
                let Some(ask) = read(row, *workspace) else {
                    lost.push(Lost { workspace: *workspace, key: row.get(5)? });
                    continue;
                };
                due.push((row.get::<_, i64>(3)?, ask));
            }
        }
    }
    due.sort_by_key(|(due_ms, _)| *due_ms);
    let mut taken: HashMap<QuestionKind, usize> = HashMap::new();
    due.retain(|(_, ask)| {
        let of_kind = taken.entry(ask.question.kind()).or_default();
        *of_kind += 1;
        *of_kind <= limit
    });
    Ok((due.into_iter().map(|(_, ask)| ask).collect(), lost))
}

/// A question from a row of [`DUE`]; `None` if it cannot be read back.
fn read(row: &Row<'_>, workspace: WorkspaceId) -> Option<AskDue> {
    Some(AskDue {
        workspace,
        question: serde_json::from_str(row.get_ref(0).ok()?.as_str().ok()?).ok()?,
        upto: row.get(1).ok()?,
        tries: row.get(2).ok()?,
        since_ms: row.get(4).ok()?,
    })
}

/// Ends questions that cannot be read back; the facts that wait for their answers are set aside.
pub(super) fn end_lost(txn: &mut Txn<'_>, lost: &[(Lost, Vec<u8>)]) -> Result<(), Error> {
    for (Lost { workspace, key }, why) in lost {
        txn.run("DELETE FROM ask WHERE workspace = ? AND question = ?", (workspace.0, key))?;
        aside::put_waiting(txn, *workspace, key, why)?;
    }
    Ok(())
}

/// An answer, ready to be written.
pub(super) struct SealedAnswer {
    question: String,
    upto: Seq,
    fact: Vec<SealedFact>,
}

impl SealedAnswer {
    pub(super) fn of(answered: &Answered, seal: &Seal) -> Result<Self, Error> {
        let fact = log::seal(seal, std::slice::from_ref(&answered.fact))?;
        Ok(Self { question: answered.question.key(), upto: answered.upto, fact })
    }
}

pub(super) fn answer(
    txn: &mut Txn<'_>,
    workspace: WorkspaceId,
    source: &str,
    received_ms: i64,
    answers: &[SealedAnswer],
) -> Result<(), Error> {
    for SealedAnswer { question: key, upto, fact } in answers {
        log::append(txn, workspace, source, received_ms, fact)?;
        txn.run(
            "DELETE FROM ask WHERE workspace = ? AND question = ? AND upto <= ?",
            (workspace.0, key, upto),
        )?;
        // Asked again meanwhile: it starts over as a new question.
        txn.run(
            "UPDATE ask SET tries = 0, last_error = NULL WHERE workspace = ? AND question = ?",
            (workspace.0, key),
        )?;
    }
    Ok(())
}

pub(super) fn postpone(
    txn: &Txn<'_>,
    workspace: WorkspaceId,
    questions: &[(Question, i64)],
    error: &str,
) -> Result<(), Error> {
    for (question, due_ms) in questions {
        txn.run(
            "UPDATE ask SET due_ms = ?3, tries = tries + 1, last_error = ?4 WHERE workspace = ?1 AND question = ?2",
            (workspace.0, question.key(), due_ms, error),
        )?;
    }
    Ok(())
}

pub(super) fn next_due(
    connection: &Connection,
    workspace: WorkspaceId,
    origin: &str,
) -> Result<Option<i64>, Error> {
    Ok(connection
        .prepare_cached("SELECT due_ms FROM ask WHERE workspace = ? AND origin = ? ORDER BY due_ms LIMIT 1")?
        .query_row((workspace.0, origin), |row| row.get(0))
        .optional()?)
}

/// Ends questions whose answer is of no use any more, and the facts that wait for it.
pub(super) fn abandon(
    txn: &mut Txn<'_>,
    workspace: WorkspaceId,
    questions: &[Question],
) -> Result<(), Error> {
    for question in questions {
        let key = question.key();
        txn.run("DELETE FROM ask WHERE workspace = ? AND question = ?", (workspace.0, &key))?;
        let ended = txn.run(
            "UPDATE fact_end INDEXED BY fact_waiting SET outcome = 'ignored', reason = ?3, waits_on = NULL
             WHERE workspace = ?1 AND waits_on = ?2 AND outcome = 'waiting'",
            (workspace.0, &key, Reason::Unanswered.code()),
        )?;
        let ended = ended as i64;
        txn.count(workspace, "fact.waiting", -ended);
        txn.count(workspace, "fact.ignored", ended);
        txn.count(workspace, format!("ignored.{}", Reason::Unanswered.code()), ended);
    }
    Ok(())
}
