//! What the checks of an event need to know besides the event.

use crate::state::{Dataset, World};

/// What an event is checked against.
pub(super) struct Against<'a> {
    pub(super) now_s: i64,
    pub(super) dataset: &'a Dataset,
    pub(super) world: &'a World,
    pub(super) any_clid: bool,
}
