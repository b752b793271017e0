//! What delivery needs: what is due, attempts, and pauses.

use async_trait::async_trait;

use super::Wakes;
use crate::{
    AttemptId, Claimed, Error, LaneKey, Lease, Member, OpenAttempt, OutcomeOf, Pause, PauseScope, Queued,
};

/// The queue. All changes of one call are one transaction, and durable when it returns.
#[async_trait]
pub trait QueueStore: Wakes {
    /// Ends the attempts of a lane that were open when whoever made them ended: they are of unknown
    /// outcome; their members go again and are marked.
    async fn interrupted(&self, lease: Lease, lane: &LaneKey) -> Result<(), Error>;

    /// Conversions of a lane that are due, oldest first. One that is to wait for more than five minutes
    /// though its event has happened is due as well: a wrong clock has said so. Left out are those that an
    /// attempt holds, and those whose cause has an earlier one that an attempt holds or that was put off
    /// less than a minute ago.
    async fn claim(&self, lease: Lease, lane: &LaneKey, limit: usize, now_ms: i64) -> Result<Claimed, Error>;

    /// What is needed of conversions that leave now and that [`QueueStore::claim`] may leave out: by what Meta recognises
    /// the person, and the bytes that Meta may have already. Those that have changed since they were claimed may be
    /// left out.
    async fn complete(&self, lease: Lease, lane: &LaneKey, claimed: Vec<Queued>) -> Result<Claimed, Error>;

    /// When the next conversion of a lane is due that no attempt holds, Unix milliseconds, after a claim
    /// that found none.
    async fn next_due(&self, lease: Lease, lane: &LaneKey) -> Result<Option<i64>, Error>;

    /// Makes the membership of an attempt and the bytes of its members durable, before anything leaves.
    /// Members that have changed since they were claimed are refused, and the attempt is without them.
    async fn open(
        &self,
        lease: Lease,
        lane: &LaneKey,
        members: Vec<Member>,
        now_ms: i64,
    ) -> Result<OpenAttempt, Error>;

    /// Ends an attempt: outcomes, ledger and queue in one transaction. Members without an outcome stay where
    /// they were. `None` ends conversions that were not sent. Conversions that another attempt holds, or any
    /// if it is `None`, are left alone, as are those that are not in the queue.
    async fn settle(
        &self,
        lease: Lease,
        lane: &LaneKey,
        attempt: Option<AttemptId>,
        outcomes: Vec<OutcomeOf>,
        now_ms: i64,
    ) -> Result<(), Error>;

    /// Pauses what a scope holds up, since the first pause that has not ended; or ends the pause.
    async fn pause(&self, lease: Lease, scope: &PauseScope, pause: Option<Pause>) -> Result<(), Error>;

    /// The pauses of these scopes.
    async fn paused(&self, lease: Lease, scopes: &[PauseScope]) -> Result<Vec<(PauseScope, Pause)>, Error>;

    /// Notes that Meta has taken events of an account's chats at a dataset.
    async fn note_taken(&self, lease: Lease, dataset: &str, account: &str) -> Result<(), Error>;
}
