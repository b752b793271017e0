//! What API keys need: they are made, revoked, listed, and known by their hash.

use async_trait::async_trait;
use kopru_core::WorkspaceId;

use crate::{ApiKey, Error, NewApiKey};

/// API keys. All changes of one call are one transaction, and durable when it returns.
#[async_trait]
pub trait KeyStore: Send + Sync {
    /// Keeps a key. Of those that were revoked the newest [`crate::REVOKED_KEYS_MAX`] stay listed.
    ///
    /// # Errors
    /// [`Error::KeyNameTaken`] while a key of this name holds, [`Error::TooManyKeys`] while
    /// [`crate::API_KEYS_MAX`] of the workspace do.
    async fn make_key(&self, workspace: WorkspaceId, new: NewApiKey, now_ms: i64) -> Result<ApiKey, Error>;

    /// Revokes the key of this name that holds; returns it, or `None` if there is none.
    async fn revoke_key(
        &self,
        workspace: WorkspaceId,
        name: &str,
        now_ms: i64,
    ) -> Result<Option<ApiKey>, Error>;

    /// The keys of a workspace, also those that were revoked, oldest first.
    async fn keys(&self, workspace: WorkspaceId) -> Result<Vec<ApiKey>, Error>;

    /// All keys that hold, of all workspaces. One that cannot be read is left out, and said in the log.
    async fn keys_that_hold(&self) -> Result<Vec<ApiKey>, Error>;

    /// All keys that were revoked and are still listed, of all workspaces; likewise.
    async fn revoked_keys(&self) -> Result<Vec<ApiKey>, Error>;
}
