//! The hot path of the SQLite provider: each call is one job of the writer or one short read.

use kopru_core::{Effect, Fact, Question, State, WorkspaceId};

use super::{Sqlite, asks, decisions, log, queue};
use crate::{
    Answered, AskDue, AttemptId, Bells, Decided, HotPath, Lease, OutcomeOf, Pause, Queued, StoreError,
    Unreadable, Work,
};

impl HotPath for Sqlite {
    async fn append(
        &self,
        workspace: WorkspaceId,
        source: &str,
        received_ms: i64,
        facts: Vec<Fact>,
    ) -> Result<(), StoreError> {
        let source = source.to_owned();
        let facts = log::seal(&self.seal, &facts)?;
        self.add(move |txn| log::append(txn, workspace, &source, received_ms, &facts)).await?;
        self.bells.facts.notify_waiters();
        Ok(())
    }

    async fn append_unreadable(
        &self,
        workspace: WorkspaceId,
        received_ms: i64,
        unreadable: Unreadable,
    ) -> Result<(), StoreError> {
        self.write(move |txn| log::append_unreadable(txn, workspace, received_ms, &unreadable)).await
    }

    async fn lease(&self, workspace: WorkspaceId) -> Result<Lease, StoreError> {
        self.write(move |txn| queue::lease(txn, workspace)).await
    }

    async fn take(&self, lease: Lease, limit: usize, now_ms: i64) -> Result<Work, StoreError> {
        self.read(move |connection, seal| decisions::take(connection, seal, lease, limit, now_ms)).await
    }

    async fn apply(&self, lease: Lease, decided: Decided) -> Result<(), StoreError> {
        let effects = || decided.decisions.iter().flat_map(|decision| &decision.effects);
        let queued = effects().any(|effect| {
            matches!(effect, Effect::Create(one) | Effect::Update(one) if one.state == State::Queued)
        });
        let asked = effects().any(|effect| matches!(effect, Effect::Ask { .. }));
        let released = effects().any(|effect| matches!(effect, Effect::Release { .. }));

        self.write(move |txn| decisions::apply(txn, lease, &decided)).await?;
        for (rings, bell) in
            [(queued, &self.bells.queue), (asked, &self.bells.asks), (released, &self.bells.facts)]
        {
            if rings {
                bell.notify_waiters();
            }
        }
        Ok(())
    }

    async fn claim(
        &self,
        lease: Lease,
        dataset: &str,
        limit: usize,
        now_ms: i64,
    ) -> Result<Vec<Queued>, StoreError> {
        let dataset = dataset.to_owned();
        self.read(move |connection, seal| queue::claim(connection, seal, lease, &dataset, limit, now_ms))
            .await
    }

    async fn next_due(&self, lease: Lease, dataset: &str) -> Result<Option<i64>, StoreError> {
        let dataset = dataset.to_owned();
        self.read(move |connection, _| queue::next_due(connection, lease, &dataset)).await
    }

    async fn open(
        &self,
        lease: Lease,
        dataset: &str,
        members: Vec<u64>,
        now_ms: i64,
    ) -> Result<AttemptId, StoreError> {
        let dataset = dataset.to_owned();
        self.write(move |txn| queue::open(txn, lease, &dataset, &members, now_ms)).await
    }

    async fn settle(
        &self,
        lease: Lease,
        dataset: &str,
        attempt: Option<AttemptId>,
        outcomes: Vec<OutcomeOf>,
        now_ms: i64,
    ) -> Result<(), StoreError> {
        let dataset = dataset.to_owned();
        self.write(move |txn| queue::settle(txn, lease, &dataset, attempt, &outcomes, now_ms)).await
    }

    async fn pause(&self, lease: Lease, dataset: &str, pause: Option<Pause>) -> Result<(), StoreError> {
        let dataset = dataset.to_owned();
        self.write(move |txn| queue::pause(txn, lease, &dataset, pause.as_ref())).await
    }

    async fn paused(&self, lease: Lease, dataset: &str) -> Result<Option<Pause>, StoreError> {
        let dataset = dataset.to_owned();
        self.read(move |connection, _| queue::paused(connection, lease.workspace, &dataset)).await
    }

    async fn asks_due(
        &self,
        origin: &str,
        workspaces: &[WorkspaceId],
        limit: usize,
        now_ms: i64,
    ) -> Result<Vec<AskDue>, StoreError> {
        let origin = origin.to_owned();
        let workspaces = workspaces.to_vec();
        self.read(move |connection, _| asks::due(connection, &origin, &workspaces, limit, now_ms)).await
    }

    async fn answer(
        &self,
        workspace: WorkspaceId,
        source: &str,
        received_ms: i64,
        answers: Vec<Answered>,
    ) -> Result<(), StoreError> {
        let source = source.to_owned();
        self.write(move |txn| asks::answer(txn, workspace, &source, received_ms, &answers)).await?;
        self.bells.facts.notify_waiters();
        Ok(())
    }

    async fn postpone(
        &self,
        workspace: WorkspaceId,
        questions: Vec<Question>,
        due_ms: i64,
        error: &str,
    ) -> Result<(), StoreError> {
        let error = error.to_owned();
        self.write(move |txn| asks::postpone(txn, workspace, &questions, due_ms, &error)).await
    }

    async fn ask(&self, workspace: WorkspaceId, question: Question, due_ms: i64) -> Result<(), StoreError> {
        self.write(move |txn| decisions::ask(txn, workspace, &question, 0, due_ms)).await?;
        self.bells.asks.notify_waiters();
        Ok(())
    }

    async fn count(&self, workspace: WorkspaceId, name: &str, by: i64) -> Result<(), StoreError> {
        let name = name.to_owned();
        self.write(move |txn| {
            txn.count(workspace, name, by);
            Ok(())
        })
        .await
    }

    fn bells(&self) -> &Bells {
        &self.bells
    }
}
