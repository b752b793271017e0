//! What a store is to those who use it: a small trait for each of them.
//!
//! Calls are futures in boxes, so that whoever uses a store knows no provider, and a test can put something
//! in between. A box costs 50 ns where a fact costs 40 µs.

mod asks;
mod decisions;
mod erasures;
mod facts;
mod keys;
mod outcomes;
mod queue;
mod retention;
mod views;

use std::path::Path;

use async_trait::async_trait;
use kopru_core::{JoinKey, Restored, WorkspaceId};

use crate::{BackupMade, Clock, DataKey, Error, LostRecords, OnProgress, Wakeups};

pub use asks::AskStore;
pub use decisions::DecisionStore;
pub use erasures::ErasureStore;
pub use facts::FactStore;
pub use keys::KeyStore;
pub use outcomes::OutcomeStore;
pub use queue::QueueStore;
pub use retention::RetentionStore;
pub use views::Views;

/// Says when there is work.
pub trait Wakes: Send + Sync {
    /// Whom news wakes.
    fn wakeups(&self) -> &Wakeups;
}

/// All of a store, for whoever gives each loop and page its part.
#[async_trait]
pub trait Store:
    FactStore
    + DecisionStore
    + QueueStore
    + AskStore
    + OutcomeStore
    + RetentionStore
    + ErasureStore
    + KeyStore
    + Views
{
    /// The number of the workspace of this name; makes it on first sight.
    async fn workspace(&self, name: &str) -> Result<WorkspaceId, Error>;

    /// The workspace of this name, if the store has it.
    async fn known_workspace(&self, name: &str) -> Result<Option<WorkspaceId>, Error>;

    /// The names of all workspaces that the store has, in their order.
    async fn workspace_names(&self) -> Result<Vec<String>, Error>;

    /// Has a workspace go on under another name, with its number, its keys and all that is stored of it.
    /// Returns whether there was one of the old name; one that was renamed already is left alone.
    ///
    /// # Errors
    /// [`Error::BothNames`] where there is one of each name.
    async fn rename_workspace(&self, from: &str, to: &str) -> Result<bool, Error>;

    /// Between when the store does not know what left, because it was restored from a backup or has lost its
    /// newest part; `None` if neither ever happened.
    async fn restored(&self) -> Result<Option<Restored>, Error>;

    /// The key by which a workspace's identifiers are joined.
    async fn join_key(&self, workspace: WorkspaceId) -> Result<JoinKey, Error>;

    /// Wraps the keys of all workspaces with another data key; the one before opens nothing from then on.
    async fn rotate_data_key(&self, new: &DataKey) -> Result<(), Error>;

    /// Copies all of it into a file while it is in use, whole or not at all; only its owner may read the
    /// file. Ends early when nobody waits for it any more.
    ///
    /// # Errors
    /// [`Error::BackupExists`] if the file is there and not to be replaced, [`Error::ReplacesNoBackup`] if it is
    /// something else than a backup.
    async fn back_up(
        &self,
        file: &Path,
        replace: bool,
        clock: &Clock,
        progress: OnProgress,
    ) -> Result<BackupMade, Error>;

    /// Keeps a setting that outlives the process, such as the hash of the admin token.
    async fn set_setting(&self, key: &'static str, value: String) -> Result<(), Error>;

    /// A setting as it was kept last.
    async fn setting(&self, key: &'static str) -> Result<Option<String>, Error>;

    /// How many records that had been acknowledged were missing when the store was opened.
    fn lost_records(&self) -> u64;

    /// What was missing when it was last found that something was, at this opening or an earlier one.
    async fn last_loss(&self) -> Result<Option<LostRecords>, Error>;

    /// Waits until nothing can be written any more, which happens before the store is dropped only by a
    /// panic.
    async fn writer_ended(&self);
}
