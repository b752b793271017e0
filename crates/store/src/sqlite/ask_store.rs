//! What asking upstreams needs: each call is one job of the writer or one short read.

use async_trait::async_trait;
use kopru_core::{Fact, Question, WorkspaceId};

use super::{
    Sqlite, aside,
    asks::{self, Lost, SealedAnswer},
    audit, decisions, log, tokens,
};
use crate::{Answered, AskDue, AskStore, AuditRead, Error};

#[async_trait]
impl AskStore for Sqlite {
    async fn asks_due(
        &self,
        origin: &str,
        workspaces: &[WorkspaceId],
        limit: usize,
        now_ms: i64,
    ) -> Result<Vec<AskDue>, Error> {
        let origin = origin.to_owned();
        let workspaces = workspaces.to_vec();
        let (due, lost) = self
            .read_all(move |connection| asks::due(connection, &origin, &workspaces, limit, now_ms))
            .await?;
        if !lost.is_empty() {
            const WHY: &str = "the question that it waits for cannot be read back";
            let sealed = |one: Lost| {
                let why = aside::seal_why(WHY, &self.keys.of(one.workspace)?.seal)?;
                Ok((one, why))
            };
            let lost: Vec<_> = lost.into_iter().map(sealed).collect::<Result<_, Error>>()?;
            self.write(move |txn| asks::end_lost(txn, &lost)).await?;
        }
        Ok(due)
    }

    async fn answer(
        &self,
        workspace: WorkspaceId,
        source: &str,
        received_ms: i64,
        answers: Vec<Answered>,
    ) -> Result<(), Error> {
        let source = source.to_owned();
        let keys = self.keys.of(workspace)?;
        let sealed = answers.iter().map(|one| SealedAnswer::of(one, &keys.seal));
        let answers: Vec<_> = sealed.collect::<Result<_, Error>>()?;
        self.write(move |txn| asks::answer(txn, workspace, &source, received_ms, &answers)).await?;
        self.wakeups.wake_facts(workspace);
        Ok(())
    }

    async fn next_ask_due(&self, workspace: WorkspaceId, origin: &str) -> Result<Option<i64>, Error> {
        let origin = origin.to_owned();
        self.read(workspace, move |connection, _| asks::next_due(connection, workspace, &origin)).await
    }

    async fn postpone(
        &self,
        workspace: WorkspaceId,
        questions: Vec<(Question, i64)>,
        error: &str,
    ) -> Result<(), Error> {
        let error = error.to_owned();
        self.write(move |txn| asks::postpone(txn, workspace, &questions, &error)).await
    }

    async fn abandon(&self, workspace: WorkspaceId, questions: Vec<Question>) -> Result<(), Error> {
        self.write(move |txn| asks::abandon(txn, workspace, &questions)).await
    }

    async fn ask(&self, workspace: WorkspaceId, question: Question, due_ms: i64) -> Result<(), Error> {
        let origin = question.origin().to_owned();
        self.write(move |txn| decisions::ask(txn, workspace, &question, 0, due_ms, due_ms)).await?;
        self.wakeups.wake_asks(workspace, &origin);
        Ok(())
    }

    async fn audit_since(&self, workspace: WorkspaceId, origin: &str) -> Result<Option<i64>, Error> {
        let origin = origin.to_owned();
        self.read(workspace, move |connection, _| audit::since(connection, workspace, &origin)).await
    }

    async fn keep_audit(
        &self,
        workspace: WorkspaceId,
        source: &str,
        received_ms: i64,
        facts: Vec<Fact>,
        read: AuditRead,
    ) -> Result<(), Error> {
        let source = source.to_owned();
        let facts = log::seal(&self.keys.of(workspace)?.seal, &facts)?;
        self.write(move |txn| {
            log::append(txn, workspace, &source, received_ms, &facts)?;
            audit::put(txn, workspace, &read)
        })
        .await?;
        self.wakeups.wake_facts(workspace);
        Ok(())
    }

    async fn read_audit_again(
        &self,
        workspace: WorkspaceId,
        origin: &str,
        since_s: i64,
    ) -> Result<(), Error> {
        let origin = origin.to_owned();
        self.write(move |txn| audit::again(txn, workspace, &origin, since_s)).await
    }

    async fn token(&self, workspace: WorkspaceId, origin: &str) -> Result<Option<String>, Error> {
        let origin = origin.to_owned();
        self.read(workspace, move |connection, opener| tokens::read(connection, opener, workspace, &origin))
            .await
    }

    async fn keep_token(&self, workspace: WorkspaceId, origin: &str, token: &str) -> Result<(), Error> {
        let origin = origin.to_owned();
        let sealed = self.keys.of(workspace)?.seal.seal(tokens::TOKEN, token.as_bytes())?;
        self.write(move |txn| tokens::put(txn, workspace, &origin, &sealed)).await
    }
}
