//! Questions to upstreams, and tokens.

use std::collections::BTreeMap;

use async_trait::async_trait;
use kopru_core::{Fact, Outcome, Question, QuestionKind, Reason, Seq, WorkspaceId};

use super::{Model, Rows, facts::FactEnd};
use crate::{Answered, AskDue, AskStore, AuditRead, Error, bounds::ASK_PUT_OFF_MAX_MS};

#[derive(Debug, Clone)]
pub(super) struct Ask {
    pub(super) question: Question,
    upto: Seq,
    pub(super) due_ms: i64,
    since_ms: i64,
    tries: u32,
    pub(super) last_error: Option<String>,
}

impl Rows {
    /// Keeps a question; one that is open already is asked again for the newer fact, and sooner if nobody has put it
    /// off because there was no answer.
    pub(super) fn ask(&mut self, question: Question, upto: Seq, due_ms: i64, now_ms: i64) {
        let key = question.key();
        let new = Ask { question, upto, due_ms, since_ms: now_ms, tries: 0, last_error: None };
        let ask = self.asks.entry(key).or_insert(new);
        if upto > ask.upto {
            (ask.upto, ask.since_ms) = (upto, now_ms);
        }
        if ask.tries == 0 {
            ask.due_ms = ask.due_ms.min(due_ms);
        }
    }

    fn answer(&mut self, source: &str, received_ms: i64, answered: Answered) {
        let key = answered.question.key();
        self.append(source, received_ms, vec![answered.fact]);
        if let Some(ask) = self.asks.get_mut(&key) {
            // Asked again meanwhile: it starts over as a new question.
            (ask.tries, ask.last_error) = (0, None);
            if ask.upto <= answered.upto {
                self.asks.remove(&key);
            }
        }
    }

    fn abandon(&mut self, question: &Question) {
        let key = question.key();
        self.asks.remove(&key);
        for row in self.facts.values_mut().filter(|row| row.waits_on(&key)) {
            row.end = Some(FactEnd::Decided(Outcome::Ignored(Reason::Unanswered)));
        }
    }
}

#[async_trait]
impl AskStore for Model {
    async fn asks_due(
        &self,
        origin: &str,
        workspaces: &[WorkspaceId],
        limit: usize,
        now_ms: i64,
    ) -> Result<Vec<AskDue>, Error> {
        let is_due = |ask: &&Ask| {
            let is_too_far = ask.due_ms > now_ms.saturating_add(ASK_PUT_OFF_MAX_MS);
            ask.question.origin() == origin && (ask.due_ms <= now_ms || is_too_far)
        };
        let mut due: Vec<(WorkspaceId, Ask)> = Vec::new();
        for workspace in workspaces {
            let found: Vec<Ask> =
                self.look(*workspace, |rows| rows.asks.values().filter(is_due).cloned().collect())?;
            due.extend(found.into_iter().map(|ask| (*workspace, ask)));
        }
        due.sort_by_key(|(_, ask)| ask.due_ms);
        let mut taken: BTreeMap<QuestionKind, usize> = BTreeMap::new();
        due.retain(|(_, ask)| {
            let of_kind = taken.entry(ask.question.kind()).or_default();
            *of_kind += 1;
            *of_kind <= limit
        });
        let ask_due = |(workspace, Ask { question, upto, tries, since_ms, .. })| AskDue {
            workspace,
            question,
            upto,
            tries,
            since_ms,
        };
        Ok(due.into_iter().map(ask_due).collect())
    }

    async fn answer(
        &self,
        workspace: WorkspaceId,
        source: &str,
        received_ms: i64,
        answers: Vec<Answered>,
    ) -> Result<(), Error> {
        self.change(workspace, |rows| {
            for answered in answers {
                rows.answer(source, received_ms, answered);
            }
        })?;
        self.wakeups.wake_facts(workspace);
        Ok(())
    }

    async fn next_ask_due(&self, workspace: WorkspaceId, origin: &str) -> Result<Option<i64>, Error> {
        self.look(workspace, |rows| {
            let of_origin = rows.asks.values().filter(|ask| ask.question.origin() == origin);
            of_origin.map(|ask| ask.due_ms).min()
        })
    }

    async fn postpone(
        &self,
        workspace: WorkspaceId,
        questions: Vec<(Question, i64)>,
        error: &str,
    ) -> Result<(), Error> {
        self.change(workspace, |rows| {
            for (question, due_ms) in questions {
                if let Some(ask) = rows.asks.get_mut(&question.key()) {
                    (ask.due_ms, ask.last_error) = (due_ms, Some(error.to_owned()));
                    ask.tries += 1;
                }
            }
        })
    }

    async fn abandon(&self, workspace: WorkspaceId, questions: Vec<Question>) -> Result<(), Error> {
        self.change(workspace, |rows| {
            for question in &questions {
                rows.abandon(question);
            }
        })
    }

    async fn ask(&self, workspace: WorkspaceId, question: Question, due_ms: i64) -> Result<(), Error> {
        let origin = question.origin().to_owned();
        self.change(workspace, |rows| rows.ask(question, 0, due_ms, due_ms))?;
        self.wakeups.wake_asks(workspace, &origin);
        Ok(())
    }

    async fn audit_since(&self, workspace: WorkspaceId, origin: &str) -> Result<Option<i64>, Error> {
        self.look(workspace, |rows| {
            rows.audited.get(origin).map(|(upto_s, again_s)| again_s.map_or(*upto_s, |s| s.min(*upto_s)))
        })
    }

    async fn keep_audit(
        &self,
        workspace: WorkspaceId,
        source: &str,
        received_ms: i64,
        facts: Vec<Fact>,
        read: AuditRead,
    ) -> Result<(), Error> {
        self.change(workspace, |rows| {
            rows.append(source, received_ms, facts);
            let AuditRead { origin, since_s, upto_s } = read;
            let (known_s, again_s) = rows.audited.entry(origin).or_insert((upto_s, None));
            *again_s = match *again_s {
                Some(from_s) if from_s < since_s => Some(from_s),
                Some(from_s) if from_s < *known_s && upto_s < *known_s => Some(upto_s),
                _ => None,
            };
            *known_s = upto_s.max(*known_s);
        })?;
        self.wakeups.wake_facts(workspace);
        Ok(())
    }

    async fn read_audit_again(
        &self,
        workspace: WorkspaceId,
        origin: &str,
        since_s: i64,
    ) -> Result<(), Error> {
        self.change(workspace, |rows| {
            let (_, again_s) = rows.audited.entry(origin.to_owned()).or_insert((since_s, None));
            *again_s = Some(again_s.map_or(since_s, |s| s.min(since_s)));
        })
    }

    async fn token(&self, workspace: WorkspaceId, origin: &str) -> Result<Option<String>, Error> {
        self.look(workspace, |rows| rows.tokens.get(origin).cloned())
    }

    async fn keep_token(&self, workspace: WorkspaceId, origin: &str, token: &str) -> Result<(), Error> {
        self.change(workspace, |rows| rows.tokens.insert(origin.to_owned(), token.to_owned())).map(drop)
    }
}
