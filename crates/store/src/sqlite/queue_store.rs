//! What delivery needs: each call is one job of the writer or one short read.

use async_trait::async_trait;
use kopru_core::State;

use super::{Sqlite, adopted, attempts, fence, leases, pauses, queue};
use crate::{
    AttemptId, Claimed, Error, LaneKey, Lease, Member, OpenAttempt, OutcomeOf, Pause, PauseScope, QueueStore,
    Settled,
};

#[async_trait]
impl QueueStore for Sqlite {
    async fn interrupted(&self, lease: Lease, lane: &LaneKey) -> Result<(), Error> {
        let lane = lane.clone();
        self.write(move |txn| {
            fence::check_fence(txn, lease)?;
            leases::interrupted(txn, lease.workspace, Some(&lane))
        })
        .await
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
}
