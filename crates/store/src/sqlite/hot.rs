//! The hot path of the SQLite provider: each call is one job of the writer or one short read.

use std::collections::BTreeSet;

use kopru_core::{
    Adopted, Effect, Fact, History, Question, Revisit, RevisitPlace, RevisitStep, Seq, State, WorkingSet,
    WorkspaceId,
};

use super::{
    ChangeTraits, Sqlite, adopted, aside, asks, attempts, changes::SealedTurn, decisions, fence, leases, log,
    pauses, queue, queue::lane_of, revisits, state::Loader, unreadable,
};
use crate::{
    Answered, AskDue, AttemptId, Claimed, Decided, Error, HotPath, LaneKey, Lease, Member, OpenAttempt,
    OutcomeOf, Pause, PauseScope, Settled, Unreadable, Wakeups, Work,
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
        self.write(move |txn| leases::lease(txn, workspace)).await
    }

    async fn interrupted(&self, lease: Lease, lane: &LaneKey) -> Result<(), Error> {
        let lane = lane.clone();
        self.write(move |txn| {
            fence::check_fence(txn, lease)?;
            leases::interrupted(txn, lease.workspace, Some(&lane))
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
        let mut lanes = BTreeSet::new();
        let mut origins = BTreeSet::new();
        let mut released = false;
        lanes.extend(decided.expired.iter().filter_map(lane_of));
        let beside = decided.swept.iter().map(|(_, effects)| effects);
        let beside = beside.chain(decided.revisited.iter().map(|(_, effects)| effects)).flatten();
        for effect in decided.decisions.iter().flat_map(|decision| &decision.effects).chain(beside) {
            match effect {
                Effect::Create(one) | Effect::Update(one) => lanes.extend(lane_of(one)),
                Effect::Ask { question, .. } => {
                    origins.insert(question.origin().to_owned());
                }
                Effect::Release { .. } => released = true,
                _ => {}
            }
        }
        let turn = SealedTurn::of(decided, &self.seal)?;
        self.write(move |txn| decisions::apply(txn, lease, &turn)).await?;
        for lane in &lanes {
            self.wakeups.wake_queue(lease.workspace, lane);
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

    async fn claim(&self, lease: Lease, lane: &LaneKey, limit: usize, now_ms: i64) -> Result<Claimed, Error> {
        let lane = lane.clone();
        self.read(move |connection, seal| queue::claim(connection, seal, lease, &lane, limit, now_ms)).await
    }

    async fn next_due(&self, lease: Lease, lane: &LaneKey) -> Result<Option<i64>, Error> {
        let lane = lane.clone();
        self.read(move |connection, _| queue::next_due(connection, lease, &lane)).await
    }

    async fn open(
        &self,
        lease: Lease,
        lane: &LaneKey,
        members: Vec<Member>,
        now_ms: i64,
    ) -> Result<OpenAttempt, Error> {
        let lane = lane.clone();
        self.write(move |txn| attempts::open(txn, lease, &lane, &members, now_ms)).await
    }

    async fn settle(
        &self,
        lease: Lease,
        _lane: &LaneKey,
        attempt: Option<AttemptId>,
        outcomes: Vec<OutcomeOf>,
        now_ms: i64,
    ) -> Result<(), Error> {
        let is_undecided = |one: &OutcomeOf| matches!(&one.settled, Settled::Stopped { stop, .. } if stop.state == State::Waiting);
        let undecided = outcomes.iter().any(is_undecided);
        self.write(move |txn| attempts::settle(txn, lease, attempt, &outcomes, now_ms)).await?;
        if undecided {
            self.wakeups.wake_facts(lease.workspace);
        }
        Ok(())
    }

    async fn pause(&self, lease: Lease, scope: &PauseScope, pause: Option<Pause>) -> Result<(), Error> {
        let scope = scope.clone();
        self.write(move |txn| pauses::put(txn, lease, &scope, pause.as_ref())).await
    }

    async fn paused(&self, lease: Lease, scopes: &[PauseScope]) -> Result<Vec<(PauseScope, Pause)>, Error> {
        let scopes = scopes.to_vec();
        self.read(move |connection, seal| pauses::of(connection, seal, lease, &scopes)).await
    }

    async fn note_taken(&self, lease: Lease, dataset: &str, account: &str) -> Result<(), Error> {
        let (dataset, account) = (dataset.to_owned(), account.to_owned());
        self.write(move |txn| adopted::note_taken(txn, lease, &dataset, &account)).await
    }

    async fn history(&self, workspace: WorkspaceId) -> Result<History, Error> {
        self.read(move |connection, _| adopted::history(connection, workspace)).await
    }

    async fn adopt(
        &self,
        lease: Lease,
        adopted: Adopted,
        revisit: Option<Revisit>,
        scopes: Vec<PauseScope>,
    ) -> Result<(), Error> {
        self.write(move |txn| {
            adopted::adopt(txn, lease, &adopted, revisit.as_ref())?;
            pauses::end_others(txn, lease, &scopes)
        })
        .await?;
        self.wakeups.wake_facts(lease.workspace);
        Ok(())
    }

    async fn revisit(&self, workspace: WorkspaceId, revisit: Revisit) -> Result<(), Error> {
        self.write(move |txn| revisits::put(txn, workspace, &revisit)).await?;
        self.wakeups.wake_facts(workspace);
        Ok(())
    }

    async fn revisit_step(
        &self,
        workspace: WorkspaceId,
        revisit: Revisit,
        place: RevisitPlace,
    ) -> Result<(RevisitStep, WorkingSet), Error> {
        self.read(move |connection, seal| {
            let mut loader = Loader::around(connection, seal, workspace, &[])?;
            let step = revisits::step(&mut loader, 0, revisit, &place)?;
            Ok((step, loader.state))
        })
        .await
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
