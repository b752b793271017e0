//! A store that fails as it is told to.

use std::{collections::BTreeSet, sync::Mutex};

use async_trait::async_trait;
use kopru_core::{Adopted, Fact, History, Revisit, RevisitPlace, RevisitStep, Seq, WorkingSet, WorkspaceId};
use store::{Decided, DecisionStore, Lease, PauseScope, Sqlite, Wakes, Wakeups, Work};

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

impl Wakes for Faulty {
    fn wakeups(&self) -> &Wakeups {
        self.inner.wakeups()
    }
}

#[async_trait]
impl DecisionStore for Faulty {
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

    async fn lease(&self, w: WorkspaceId) -> Result<Lease, store::Error> {
        self.inner.lease(w).await
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

    async fn around(&self, w: WorkspaceId, fact: Fact) -> Result<WorkingSet, store::Error> {
        self.inner.around(w, fact).await
    }

    async fn retry_set_aside(&self, w: WorkspaceId) -> Result<usize, store::Error> {
        self.inner.retry_set_aside(w).await
    }
}
