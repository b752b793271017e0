//! Who was erased.

use async_trait::async_trait;
use kopru_core::{DealKey, Node, WorkspaceId};

use super::Model;
use crate::{Erasure, ErasureStore, Error, KnownPerson};

fn not_yet() -> Error {
    Error::database("the model erases nobody")
}

#[async_trait]
impl ErasureStore for Model {
    async fn contacts_of(&self, workspace: WorkspaceId, deal: &DealKey) -> Result<Vec<Node>, Error> {
        self.look(workspace, |rows| {
            rows.deals.get(deal).map(|deal| deal.contacts.clone()).unwrap_or_default()
        })
    }

    async fn person(&self, _: WorkspaceId, _: &[Node]) -> Result<KnownPerson, Error> {
        Err(not_yet())
    }

    async fn erase(&self, _: WorkspaceId, _: &[Node], _: i64) -> Result<Erasure, Error> {
        Err(not_yet())
    }

    async fn lift(&self, _: WorkspaceId, _: &[Node], _: i64) -> Result<usize, Error> {
        Err(not_yet())
    }

    async fn erase_workspace(&self, _: WorkspaceId, _: i64) -> Result<u64, Error> {
        Err(not_yet())
    }
}
