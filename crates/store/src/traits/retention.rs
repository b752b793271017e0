//! What has been kept long enough goes.

use async_trait::async_trait;
use kopru_core::WorkspaceId;

use crate::{Error, Expiring, ExpiryStep};

/// Deletes what has expired, in steps that are small enough to stand in nobody's way. No count and no sum of
/// what was deleted changes, and no number is given out twice.
#[async_trait]
pub trait RetentionStore: Send + Sync {
    /// The next step through one kind: looks at so many rows at most, and deletes those from before a time,
    /// Unix milliseconds. Remembers how far it is.
    async fn expire(
        &self,
        workspace: WorkspaceId,
        kind: Expiring,
        before_ms: i64,
        rows: usize,
    ) -> Result<ExpiryStep, Error>;
}
