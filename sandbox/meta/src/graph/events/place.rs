//! Which event of a request is meant.

use crate::graph::errors::Refusal;

/// The place of an event in `data`, for refusals that name it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place(pub(super) usize);

impl Place {
    /// 2804019 for a key of the event, such as `['event_time']`; the empty text is the event itself.
    pub(super) fn refuse(self, key: &str, must: &str) -> Refusal {
        Refusal::at_path(&format!("$['data'][{}]{key}", self.0), must)
    }
}
