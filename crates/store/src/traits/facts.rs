//! What doors do: keep what came in.

use async_trait::async_trait;
use kopru_core::{Admitted, Fact, WorkspaceId};

use crate::{Error, KeptActivities, StoreState, Unreadable, views::ToldSale};

/// Keeps what came in. All changes of one call are one transaction, and durable when it returns.
#[async_trait]
pub trait FactStore: Send + Sync {
    /// Keeps facts. When this returns, they may be acknowledged.
    async fn append(
        &self,
        workspace: WorkspaceId,
        source: &str,
        received_ms: i64,
        facts: Vec<Fact>,
    ) -> Result<(), Error>;

    /// Keeps activities, each once, and appends to purchases what their repetitions say anew. When this returns,
    /// they may be acknowledged.
    async fn append_activities(
        &self,
        workspace: WorkspaceId,
        received_ms: i64,
        activities: Vec<Admitted>,
    ) -> Result<KeptActivities, Error>;

    /// Keeps sales that a file tells, each by who bought: a deal of a CRM that seems to be one of them is told only
    /// once somebody says so.
    async fn keep_imported_sales(&self, workspace: WorkspaceId, sales: Vec<ToldSale>) -> Result<(), Error>;

    /// Keeps a body that was not understood.
    async fn append_unreadable(
        &self,
        workspace: WorkspaceId,
        received_ms: i64,
        unreadable: Unreadable,
    ) -> Result<(), Error>;

    /// Adds to counters of the ledger: workspace, name and by how much.
    async fn count(&self, counts: Vec<(WorkspaceId, String, i64)>) -> Result<(), Error>;

    /// Whether the store can keep what it is given, and if not, why.
    fn state(&self) -> StoreState;
}
