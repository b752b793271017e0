//! A store that fails as it is told to.

use std::{collections::BTreeSet, sync::Mutex};

use kopru_core::{
    Adopted, Fact, History, Question, Revisit, RevisitPlace, RevisitStep, Seq, WorkingSet, WorkspaceId,
};
use store::{
    Answered, AskDue, AttemptId, Claimed, Decided, HotPath, LaneKey, Lease, Member, OpenAttempt, OutcomeOf,
    Pause, PauseScope, Sqlite, Unreadable, Wakeups, Work,
};

/// When the store fails.
#[derive(Clone)]
pub(super) enum Fault {
    /// Taking any of these facts.
    Taking(BTreeSet<Seq>, store::Error),
    /// Applying what was decided about any of these facts.
    Applying(BTreeSet<Seq>, store::Error),
    /// Always.
    Always(store::Error),
}

pub(super) struct Faulty {
    pub(super) inner: Sqlite,
    fault: Mutex<Option<Fault>>,
}

impl Faulty {
    pub(super) fn new(inner: Sqlite) -> Self {
        Self { inner, fault: Mutex::default() }
    }

    pub(super) fn fail(&self, fault: impl Into<Option<Fault>>) {
        *self.fault.lock().unwrap() = fault.into();
    }

    fn fault(&self) -> Option<Fault> {
        self.fault.lock().unwrap().clone()
    }
}

impl HotPath for Faulty {
    async fn interrupted(&self, lease: Lease, lane: &LaneKey) -> Result<(), store::Error> {
        self.inner.interrupted(lease, lane).await
    }

    async fn take(&self, lease: Lease, limit: usize, now_ms: i64) -> Result<Work, store::Error> {
        let work = self.inner.take(lease, limit, now_ms).await?;
        match self.fault() {
            Some(Fault::Always(error)) => Err(error),
            Some(Fault::Taking(seqs, error)) if work.facts.iter().any(|fact| seqs.contains(&fact.seq)) => {
                Err(error)
            }
            _ => Ok(work),
        }
    }

    async fn apply(&self, lease: Lease, decided: Decided) -> Result<(), store::Error> {
        match self.fault() {
            Some(Fault::Always(error)) => Err(error),
            Some(Fault::Applying(seqs, error))
                if decided.decisions.iter().any(|decision| seqs.contains(&decision.seq)) =>
            {
                Err(error)
            }
            _ => self.inner.apply(lease, decided).await,
        }
    }

    async fn set_aside_next(&self, lease: Lease, why: &str) -> Result<Option<Seq>, store::Error> {
        self.inner.set_aside_next(lease, why).await
    }

    async fn append(
        &self,
        w: WorkspaceId,
        source: &str,
        at_ms: i64,
        facts: Vec<Fact>,
    ) -> Result<(), store::Error> {
        self.inner.append(w, source, at_ms, facts).await
    }

    async fn append_unreadable(
        &self,
        w: WorkspaceId,
        at_ms: i64,
        body: Unreadable,
    ) -> Result<(), store::Error> {
        self.inner.append_unreadable(w, at_ms, body).await
    }

    async fn lease(&self, w: WorkspaceId) -> Result<Lease, store::Error> {
        self.inner.lease(w).await
    }

    async fn claim(
        &self,
        lease: Lease,
        set: &LaneKey,
        limit: usize,
        now_ms: i64,
    ) -> Result<Claimed, store::Error> {
        self.inner.claim(lease, set, limit, now_ms).await
    }

    async fn next_due(&self, lease: Lease, set: &LaneKey) -> Result<Option<i64>, store::Error> {
        self.inner.next_due(lease, set).await
    }

    async fn open(
        &self,
        lease: Lease,
        set: &LaneKey,
        members: Vec<Member>,
        now_ms: i64,
    ) -> Result<OpenAttempt, store::Error> {
        self.inner.open(lease, set, members, now_ms).await
    }

    async fn settle(
        &self,
        lease: Lease,
        set: &LaneKey,
        attempt: Option<AttemptId>,
        outcomes: Vec<OutcomeOf>,
        now_ms: i64,
    ) -> Result<(), store::Error> {
        self.inner.settle(lease, set, attempt, outcomes, now_ms).await
    }

    async fn pause(&self, lease: Lease, set: &PauseScope, pause: Option<Pause>) -> Result<(), store::Error> {
        self.inner.pause(lease, set, pause).await
    }

    async fn paused(
        &self,
        lease: Lease,
        scopes: &[PauseScope],
    ) -> Result<Vec<(PauseScope, Pause)>, store::Error> {
        self.inner.paused(lease, scopes).await
    }

    async fn note_taken(&self, lease: Lease, dataset: &str, account: &str) -> Result<(), store::Error> {
        self.inner.note_taken(lease, dataset, account).await
    }

    async fn history(&self, w: WorkspaceId) -> Result<History, store::Error> {
        self.inner.history(w).await
    }

    async fn adopt(
        &self,
        lease: Lease,
        adopted: Adopted,
        revisit: Option<Revisit>,
        scopes: Vec<PauseScope>,
    ) -> Result<(), store::Error> {
        self.inner.adopt(lease, adopted, revisit, scopes).await
    }

    async fn revisit(&self, w: WorkspaceId, revisit: Revisit) -> Result<(), store::Error> {
        self.inner.revisit(w, revisit).await
    }

    async fn revisit_step(
        &self,
        w: WorkspaceId,
        revisit: Revisit,
        place: RevisitPlace,
    ) -> Result<(RevisitStep, WorkingSet), store::Error> {
        self.inner.revisit_step(w, revisit, place).await
    }

    async fn asks_due(
        &self,
        origin: &str,
        workspaces: &[WorkspaceId],
        limit: usize,
        now_ms: i64,
    ) -> Result<Vec<AskDue>, store::Error> {
        self.inner.asks_due(origin, workspaces, limit, now_ms).await
    }

    async fn answer(
        &self,
        w: WorkspaceId,
        source: &str,
        at_ms: i64,
        answers: Vec<Answered>,
    ) -> Result<(), store::Error> {
        self.inner.answer(w, source, at_ms, answers).await
    }

    async fn next_ask_due(&self, w: WorkspaceId, origin: &str) -> Result<Option<i64>, store::Error> {
        self.inner.next_ask_due(w, origin).await
    }

    async fn postpone(
        &self,
        w: WorkspaceId,
        questions: Vec<(Question, i64)>,
        error: &str,
    ) -> Result<(), store::Error> {
        self.inner.postpone(w, questions, error).await
    }

    async fn abandon(&self, w: WorkspaceId, questions: Vec<Question>) -> Result<(), store::Error> {
        self.inner.abandon(w, questions).await
    }

    async fn ask(&self, w: WorkspaceId, question: Question, due_ms: i64) -> Result<(), store::Error> {
        self.inner.ask(w, question, due_ms).await
    }

    async fn count(&self, w: WorkspaceId, name: &str, by: i64) -> Result<(), store::Error> {
        self.inner.count(w, name, by).await
    }

    fn wakeups(&self) -> &Wakeups {
        self.inner.wakeups()
    }
}
