//! What decisions need: work, the state around it, and a place for what was decided.

use async_trait::async_trait;
use kopru_core::{Adopted, Fact, History, Revisit, RevisitPlace, RevisitStep, Seq, WorkingSet, WorkspaceId};

use super::Wakes;
use crate::{Decided, Error, Lease, PauseScope, Work};

/// Gives work to whoever decides a workspace, and keeps what was decided. All changes of one call are one
/// transaction, and durable when it returns.
#[async_trait]
pub trait DecisionStore: Wakes {
    /// Takes over a workspace: whoever has an older lease changes nothing from now on. Attempts that were open
    /// are of unknown outcome; their members go again and are marked. A pause that needed somebody is over by
    /// time: they may have mended it; what was put off is due at once, behind what was not.
    async fn lease(&self, workspace: WorkspaceId) -> Result<Lease, Error>;

    /// The next facts to decide, in order, and the state that they touch.
    async fn take(&self, lease: Lease, limit: usize, now_ms: i64) -> Result<Work, Error>;

    /// Applies decisions in their order, then what has expired, then what the steps of a sweep and of a revisit
    /// change, and with them ends the work that they were. A fact that somebody has decided
    /// already refuses the whole turn as [`Error::Decided`].
    async fn apply(&self, lease: Lease, decided: Decided) -> Result<(), Error>;

    /// Sets the next undecided fact aside, even if nothing of it can be read; returns which it was. For
    /// whoever cannot [`DecisionStore::take`] or [`DecisionStore::apply`] even that one alone.
    async fn set_aside_next(&self, lease: Lease, why: &str) -> Result<Option<Seq>, Error>;

    /// What has come of the configuration that was adopted last.
    async fn history(&self, workspace: WorkspaceId) -> Result<History, Error>;

    /// Keeps what the configuration says now, and begins to look again at what that changes. Pauses that
    /// hold up none of these scopes end: nobody is there any more whom they could hold up.
    async fn adopt(
        &self,
        lease: Lease,
        adopted: Adopted,
        revisit: Option<Revisit>,
        scopes: Vec<PauseScope>,
    ) -> Result<(), Error>;

    /// Begins to look again at conversions or deals, as steps of the turns that follow. Whoever tries again may
    /// have mended what caused a pause: one that needed somebody is over by time.
    async fn revisit(&self, workspace: WorkspaceId, revisit: Revisit) -> Result<(), Error>;

    /// The step of a revisit that follows a place, with the state around it. Changes nothing: for whoever
    /// wants to know what would come of it.
    async fn revisit_step(
        &self,
        workspace: WorkspaceId,
        revisit: Revisit,
        place: RevisitPlace,
    ) -> Result<(RevisitStep, WorkingSet), Error>;

    /// The state that a fact touches which is in no log. Changes nothing: for whoever wants to know what would come
    /// of it.
    async fn around(&self, workspace: WorkspaceId, fact: Fact) -> Result<WorkingSet, Error>;

    /// Tries everything again that was set aside, and conversions that ended because they could not be
    /// read; returns how many there are. When it fails, what was brought back until then stays so.
    async fn retry_set_aside(&self, workspace: WorkspaceId) -> Result<usize, Error>;
}
