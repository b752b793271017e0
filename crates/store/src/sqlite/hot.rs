//! The hot path of the SQLite provider: each call is one job of the writer or one short read.

use std::collections::BTreeSet;

use kopru_core::{Conversion, Effect, Fact, Question, Seq, State, WorkspaceId};

use super::{ChangeTraits, Sqlite, aside, asks, decisions, log, queue, unreadable};
use crate::{
    Answered, AskDue, AttemptId, Claimed, Decided, Error, HotPath, Lease, OutcomeOf, Pause, Unreadable,
    Wakeups, Work,
};

impl HotPath for Sqlite {
    async fn append(
        &self,
        workspace: WorkspaceId,
        source: &str,
        received_ms: i64,
        facts: Vec<Fact>,
    ) -> Result<(), Error> {
        let source = source.to_owned();
        let facts = log::seal(&self.seal, &facts)?;
        let kind = ChangeTraits { fails_alone: false, from_door: true, bytes: log::bytes(&facts) };
        self.enqueue(kind, move |txn| log::append(txn, workspace, &source, received_ms, &facts)).await?;
        self.wakeups.wake_facts(workspace);
        Ok(())
    }

    async fn append_unreadable(
        &self,
        workspace: WorkspaceId,
        received_ms: i64,
        mut unreadable: Unreadable,
    ) -> Result<(), Error> {
        unreadable.body = self.seal.seal("unreadable", &unreadable.body)?;
        let kind = ChangeTraits { fails_alone: true, from_door: true, bytes: unreadable.body.len() };
        self.enqueue(kind, move |txn| {
            unreadable::append(txn, workspace, received_ms, &unreadable, &unreadable::BOUNDS)
        })
        .await
    }

    async fn lease(&self, workspace: WorkspaceId) -> Result<Lease, Error> {
        self.write(move |txn| queue::lease(txn, workspace)).await
    }

    async fn interrupted(&self, lease: Lease, dataset: &str) -> Result<(), Error> {
        let dataset = dataset.to_owned();
        self.write(move |txn| {
            queue::check_fence(txn, lease)?;
            queue::interrupted(txn, lease.workspace, Some(&dataset))
        })
        .await
    }

    async fn take(&self, lease: Lease, limit: usize, now_ms: i64) -> Result<Work, Error> {
        let (mut work, lost) = self
            .read(move |connection, seal| decisions::take(connection, seal, lease, limit, now_ms))
            .await?;
        if !lost.is_empty() {
            let ended = self.write(move |txn| aside::end_unreadable(txn, lease, &lost, now_ms)).await;
            if let Err(Error::Corrupt(error)) = ended {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "a conversion that has waited too long cannot be read or ended"
                );
                // Its deadline stays; nobody has to wake up for it.
                work.next_deadline_ms = None;
            } else {
                ended?;
            }
        }
        Ok(work)
    }

    async fn apply(&self, lease: Lease, decided: Decided) -> Result<(), Error> {
        let mut datasets = BTreeSet::new();
        let mut origins = BTreeSet::new();
        let mut released = false;
        let queued = |one: &Conversion| one.dataset.clone().filter(|_| one.state == State::Queued);
        datasets.extend(decided.expired.iter().filter_map(queued));
        let swept = decided.swept.iter().flat_map(|(_, effects)| effects);
        for effect in decided.decisions.iter().flat_map(|decision| &decision.effects).chain(swept) {
            match effect {
                Effect::Create(one) | Effect::Update(one) => datasets.extend(queued(one)),
                Effect::Ask { question, .. } => {
                    origins.insert(question.origin().to_owned());
                }
                Effect::Release { .. } => released = true,
                _ => {}
            }
        }
        self.write(move |txn| decisions::apply(txn, lease, &decided)).await?;
        for dataset in &datasets {
            self.wakeups.wake_queue(lease.workspace, dataset);
        }
        for origin in &origins {
            self.wakeups.wake_asks(lease.workspace, origin);
        }
        if released {
            self.wakeups.wake_facts(lease.workspace);
        }
        Ok(())
    }

    async fn set_aside_next(&self, lease: Lease, why: &str) -> Result<Option<Seq>, Error> {
        let why = why.to_owned();
        self.write(move |txn| aside::put_next(txn, lease, &why)).await
    }

    async fn claim(&self, lease: Lease, dataset: &str, limit: usize, now_ms: i64) -> Result<Claimed, Error> {
        let dataset = dataset.to_owned();
        self.read(move |connection, seal| queue::claim(connection, seal, lease, &dataset, limit, now_ms))
            .await
    }

    async fn next_due(&self, lease: Lease, dataset: &str) -> Result<Option<i64>, Error> {
        let dataset = dataset.to_owned();
        self.read(move |connection, _| queue::next_due(connection, lease, &dataset)).await
    }

    async fn open(
        &self,
        lease: Lease,
        dataset: &str,
        members: Vec<u64>,
        now_ms: i64,
    ) -> Result<AttemptId, Error> {
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
    ) -> Result<(), Error> {
        let dataset = dataset.to_owned();
        self.write(move |txn| queue::settle(txn, lease, &dataset, attempt, &outcomes, now_ms)).await
    }

    async fn pause(&self, lease: Lease, dataset: &str, pause: Option<Pause>) -> Result<(), Error> {
        let dataset = dataset.to_owned();
        self.write(move |txn| queue::pause(txn, lease, &dataset, pause.as_ref())).await
    }

    async fn paused(&self, lease: Lease, dataset: &str) -> Result<Option<Pause>, Error> {
        let dataset = dataset.to_owned();
        self.read(move |connection, seal| queue::paused(connection, seal, lease.workspace, &dataset)).await
    }

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
            .read(move |connection, _| asks::due(connection, &origin, &workspaces, limit, now_ms))
            .await?;
        if !lost.is_empty() {
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
        self.write(move |txn| asks::answer(txn, workspace, &source, received_ms, &answers)).await?;
        self.wakeups.wake_facts(workspace);
        Ok(())
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

    async fn next_ask_due(&self, workspace: WorkspaceId, origin: &str) -> Result<Option<i64>, Error> {
        let origin = origin.to_owned();
        self.read(move |connection, _| asks::next_due(connection, workspace, &origin)).await
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

    async fn count(&self, workspace: WorkspaceId, name: &str, by: i64) -> Result<(), Error> {
        let name = name.to_owned();
        self.write(move |txn| {
            txn.count(workspace, name, by);
            Ok(())
        })
        .await
    }

    fn wakeups(&self) -> &Wakeups {
        &self.wakeups
    }
}
