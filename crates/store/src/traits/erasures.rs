//! What a person's request needs: what is known of them, and that it is erased.

use async_trait::async_trait;
use kopru_core::{DealKey, Node, WorkspaceId};

use crate::{Erasure, Error, KnownPerson};

/// Knows and erases people. A person is whoever is meant by these identifiers or contacts: themselves, what
/// they are linked with, and what the contacts among those are recognised by.
#[async_trait]
pub trait ErasureStore: Send + Sync {
    /// The contacts of a deal, as it was last read.
    async fn contacts_of(&self, workspace: WorkspaceId, deal: &DealKey) -> Result<Vec<Node>, Error>;

    /// What is known of a person.
    async fn person(&self, workspace: WorkspaceId, who: &[Node]) -> Result<KnownPerson, Error>;

    /// Erases a person, and marks them so that they are not learnt anew. The marks are durable, in the store
    /// and beside it, before anything is removed; a removal that is interrupted goes on when the store is
    /// opened. When this returns, nothing of what was removed can be read from the files any more.
    async fn erase(&self, workspace: WorkspaceId, who: &[Node], now_ms: i64) -> Result<Erasure, Error>;

    /// Takes the marks of a person away that one of these belongs to: they are learnt again from now on.
    /// Returns how many marks that were.
    async fn lift(&self, workspace: WorkspaceId, who: &[Node], now_ms: i64) -> Result<usize, Error>;

    /// Erases a whole workspace: first its keys, with which all that was sealed and joined is worth nothing,
    /// then its rows. Its number is not given to another one. Returns how many rows that were.
    async fn erase_workspace(&self, workspace: WorkspaceId, now_ms: i64) -> Result<u64, Error>;
}
