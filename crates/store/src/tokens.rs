//! Access tokens that change with use.

use kopru_core::WorkspaceId;

use crate::Error;

/// Keeps the newest access token of an upstream whose tokens change with use. Sealed on disk.
pub trait Tokens: Send + Sync + 'static {
    /// What was kept last for a system of record, if anything was and it can be opened.
    fn token(
        &self,
        workspace: WorkspaceId,
        origin: &str,
    ) -> impl Future<Output = Result<Option<String>, Error>> + Send;

    /// Keeps it. Durable when this returns: the one before it may be of no use any more.
    fn keep_token(
        &self,
        workspace: WorkspaceId,
        origin: &str,
        token: &str,
    ) -> impl Future<Output = Result<(), Error>> + Send;
}
