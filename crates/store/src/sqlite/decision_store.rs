//! What decisions need: each call is one job of the writer or one short read.

use std::sync::Arc;

use async_trait::async_trait;
use kopru_core::{
    Adopted, Fact, History, Incoming, Revisit, RevisitPlace, RevisitStep, Seq, WorkingSet, WorkspaceId,
};

use super::{
    Sqlite, activities, adopted, aside, changes::SealedTurn, decisions, leases, pauses, revisits,
    state::Loader,
};
use crate::{Decided, DecisionStore, Error, Lease, PauseScope, Work, wakeups::News};

#[async_trait]
impl DecisionStore for Sqlite {
    async fn lease(&self, workspace: WorkspaceId) -> Result<Lease, Error> {
        let reply = leases::interrupted_reply(&self.keys.of(workspace)?.seal)?;
        self.write(move |txn| leases::lease(txn, workspace, &reply)).await
    }

    async fn take(&self, lease: Lease, limit: usize, now_ms: i64) -> Result<Work, Error> {
        let (keys, once) = (self.keys.of(lease.workspace)?, Arc::clone(&self.once));
        let read = move |connection: &_| decisions::take(connection, &keys, &once, lease, limit, now_ms);
        let (mut work, lost) = self.read_all(read).await?;
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
        let news = News::of(&decided);
        let turn = SealedTurn::of(decided, &self.keys.of(lease.workspace)?.seal)?;
        self.write(move |txn| decisions::apply(txn, lease, &turn)).await?;
        news.wake_all(&self.wakeups, lease.workspace);
        Ok(())
    }

    async fn set_aside_next(&self, lease: Lease, why: &str) -> Result<Option<Seq>, Error> {
        let why = aside::seal_why(why, &self.keys.of(lease.workspace)?.seal)?;
        self.write(move |txn| aside::put_next(txn, lease, why)).await
    }

    async fn history(&self, workspace: WorkspaceId) -> Result<History, Error> {
        self.read(workspace, move |connection, _| adopted::history(connection, workspace)).await
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
        let (keys, once) = (self.keys.of(workspace)?, Arc::clone(&self.once));
        self.read_all(move |connection| {
            let mut loader = Loader::around(connection, &keys, workspace, &[])?;
            let step = revisits::step(&mut loader, &once, 0, revisit, &place)?;
            Ok((step, loader.state))
        })
        .await
    }

    async fn around(&self, workspace: WorkspaceId, fact: Fact) -> Result<WorkingSet, Error> {
        let keys = self.keys.of(workspace)?;
        let fact = Incoming { seq: 0, received_ms: 0, fact };
        self.read_all(move |connection| Ok(Loader::around(connection, &keys, workspace, &[fact])?.state))
            .await
    }

    async fn retry_set_aside(&self, workspace: WorkspaceId) -> Result<usize, Error> {
        let (mut retried, mut after) = (0, 0);
        loop {
            let seqs = self.write(move |txn| aside::retry_facts(txn, workspace, after)).await?;
            let Some(last) = seqs.last() else { break };
            (retried, after) = (retried + seqs.len(), *last);
        }
        after = 0;
        loop {
            let again = self.write(move |txn| aside::retry_conversions(txn, workspace, after)).await?;
            let Some(last) = again.last() else { break };
            (retried, after) = (retried + again.len(), last.number);
            for lane in again.iter().filter_map(|again| again.lane.as_ref()) {
                self.wakeups.wake_queue(workspace, lane);
            }
        }
        after = 0;
        loop {
            let again = self.write(move |txn| {
                activities::retry_unreadable(txn, workspace, after, aside::RETRIED_AT_ONCE)
            });
            let Some(again) = again.await? else { break };
            (retried, after) = (retried + again.lanes.len(), again.last);
            for lane in &again.lanes {
                self.wakeups.wake_queue(workspace, lane);
            }
        }
        self.wakeups.wake_facts(workspace);
        Ok(retried)
    }
}
