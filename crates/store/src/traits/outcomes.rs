//! What following outcomes needs: the log, and a place for what was added up.

use async_trait::async_trait;
use kopru_core::WorkspaceId;

use super::Wakes;
use crate::{
    Error,
    outcomes::{Followed, Grain, Outcomes, Quarters, RollUp, RollUpStep},
};

/// The outcome log and its roll-ups. All changes of one call are one transaction, and durable when it
/// returns.
#[async_trait]
pub trait OutcomeStore: Wakes {
    /// How far a follower is, and what is kept up.
    async fn followed(&self, workspace: WorkspaceId, follower: &'static str) -> Result<Followed, Error>;

    /// The outcomes behind a number, in their order. One that cannot be read is left out, and said in the
    /// log: nobody could ever add it.
    async fn outcomes(&self, workspace: WorkspaceId, after: u64, limit: usize) -> Result<Outcomes, Error>;

    /// Adds what a follower has added up from behind `from`, and forgets the outcomes that all followers
    /// have passed. Deletes some of the quarters that are not kept any more; returns whether there are
    /// others. Whoever does not stand at `from`, or would go back, is refused as [`Error::Passed`].
    async fn roll_up(
        &self,
        workspace: WorkspaceId,
        follower: &'static str,
        from: u64,
        step: RollUpStep,
    ) -> Result<bool, Error>;

    /// The quarters of an hour from a time on, whole ones, until there are so many rows. What days of
    /// another zone are made of.
    async fn quarters(&self, workspace: WorkspaceId, from_s: i64, rows: usize) -> Result<Quarters, Error>;

    /// The days of a zone that begin at a time or later, oldest last. Whoever asks for more than those of
    /// some weeks gets as many as there are.
    async fn days(&self, workspace: WorkspaceId, grain: Grain, from_s: i64) -> Result<Vec<RollUp>, Error>;
}
