//! What people read.

use async_trait::async_trait;
use kopru_core::{Catalogue, ConversionFilter, DealKey, Reason, StageId, WorkspaceId};

use crate::{
    Error, SetAsideListed,
    outcomes::{Grain, RollUpPage},
    views::{Breakdown, ConversionPage, Funnel, Ledger, Listed, Problem, ToldSale, UnreadableListed},
};

/// Reads for people. None of them holds up what comes in, and none costs more where more is stored.
#[async_trait]
pub trait Views: Send + Sync {
    /// The ledger of a workspace.
    async fn ledger(&self, workspace: WorkspaceId) -> Result<Ledger, Error>;

    /// The newest conversions below a number that a filter takes, newest first. At most
    /// [`crate::views::EXAMINED_MAX`] are looked at.
    async fn conversions_of(
        &self,
        workspace: WorkspaceId,
        filter: ConversionFilter,
        below: Option<u64>,
        limit: usize,
    ) -> Result<ConversionPage, Error>;

    /// The newest conversions below a number, newest first.
    async fn conversions(
        &self,
        workspace: WorkspaceId,
        below: Option<u64>,
        limit: usize,
    ) -> Result<Vec<Listed>, Error> {
        Ok(self.conversions_of(workspace, ConversionFilter::default(), below, limit).await?.listed)
    }

    /// The number of the conversion with this event id.
    async fn conversion_number(&self, workspace: WorkspaceId, event_id: &str) -> Result<Option<u64>, Error>;

    /// How many facts changed nothing, by reason, the most frequent first.
    async fn ignored(&self, workspace: WorkspaceId) -> Result<Vec<(Reason, i64)>, Error>;

    /// How many conversions there are of each event, state and reason.
    async fn breakdown(&self, workspace: WorkspaceId) -> Result<Breakdown, Error>;

    /// What the ads brought.
    async fn funnel(&self, workspace: WorkspaceId) -> Result<Funnel, Error>;

    /// What needs mending: pauses, with what of their dataset no attempt holds, and systems of record whose last
    /// try failed.
    async fn problems(&self, workspace: WorkspaceId) -> Result<Vec<Problem>, Error>;

    /// Deals that are reported, or found, to have been in a stage, which only the history of the CRM could confirm, while its
    /// last try gave no answer: at most [`crate::views::COUNTED_MAX`].
    async fn history_awaited(&self, workspace: WorkspaceId) -> Result<Vec<(DealKey, StageId)>, Error>;

    /// The stages that the workspace's CRMs are known to have.
    async fn catalogues(&self, workspace: WorkspaceId) -> Result<Vec<Catalogue>, Error>;

    /// What has been added up of quarters or days that begin in a span, Unix seconds, newest first. After
    /// [`crate::outcomes::ROLL_UPS_MAX`] rows it ends with a whole one.
    async fn roll_ups(
        &self,
        workspace: WorkspaceId,
        grain: Grain,
        from_s: i64,
        to_s: i64,
    ) -> Result<RollUpPage, Error>;

    /// Of each of these sales the deal of a CRM that seems to be the same one: of a contact with the buyer's phone or
    /// e-mail address, with a Purchase of that amount on that day which Meta has or is to get. Looks at eight contacts
    /// of an identifier and at thirty-two deals of each at most.
    async fn deals_of_sales(
        &self,
        workspace: WorkspaceId,
        sales: Vec<ToldSale>,
    ) -> Result<Vec<Option<DealKey>>, Error>;

    /// Whether nothing is under way: no undecided fact, no open question, nothing queued, no outcome
    /// that is not added up.
    async fn is_settled(&self, workspace: WorkspaceId) -> Result<bool, Error>;

    /// The facts that are set aside, oldest first.
    async fn set_aside(&self, workspace: WorkspaceId, limit: usize) -> Result<Vec<SetAsideListed>, Error>;

    /// The newest bodies below a number that a source received and that were not understood or not taken, newest first.
    async fn unreadable_of(
        &self,
        workspace: WorkspaceId,
        source: &'static str,
        below: Option<u64>,
        limit: usize,
    ) -> Result<Vec<UnreadableListed>, Error>;

    /// When the oldest of the facts that are not decided came, Unix milliseconds.
    async fn oldest_undecided_ms(&self, workspace: WorkspaceId) -> Result<Option<i64>, Error>;

    /// When the first conversion of the queue that no attempt holds is or was due, Unix milliseconds.
    async fn oldest_due_ms(&self, workspace: WorkspaceId) -> Result<Option<i64>, Error>;
}
