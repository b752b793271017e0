//! Counters of what never became a fact.

use kopru_core::WorkspaceId;

use crate::{Error, Sqlite};

impl Sqlite {
    /// Adds to many counters in one write: workspace, name and by how much.
    ///
    /// # Errors
    /// The store cannot be written.
    pub async fn count_all(&self, counts: Vec<(WorkspaceId, String, i64)>) -> Result<(), Error> {
        self.write(move |txn| {
            for (workspace, name, by) in counts {
                txn.count(workspace, name, by);
            }
            Ok(())
        })
        .await
    }
}
