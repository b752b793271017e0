//! What the checks of an event need to know besides the event.

use crate::world::{SimulatedDataset, Token, World};

/// What an event is checked against.
pub(super) struct CheckContext<'a> {
    pub(super) now_s: i64,
    pub(super) dataset: &'a SimulatedDataset,
    pub(super) token: &'a Token,
    pub(super) world: &'a World,
    /// Take click ids and page-scoped ids that nobody registered.
    pub(super) any_id: bool,
    pub(super) strict_docs: bool,
}
