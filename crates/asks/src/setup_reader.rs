//! Which part of how the account is set up is read next, and when.

use sources::SetupPart;
use tokio::time::Instant;

use crate::rest::Rest;

/// Reads the parts of one account in turn.
pub(crate) struct SetupReader {
    pub due: Instant,
    /// What is still to be read now, the next one last.
    pub left: Vec<SetupPart>,
    pub rest: Rest,
}

impl SetupReader {
    pub fn new() -> Self {
        Self { due: Instant::now(), left: Vec::new(), rest: Rest::default() }
    }

    /// When it wants to read.
    pub fn due(&self) -> Instant {
        let due = if self.left.is_empty() { self.due } else { Instant::now() };
        self.rest.until().map_or(due, |rest| rest.max(due))
    }

    pub fn next_part(&mut self) -> Option<SetupPart> {
        if self.left.is_empty() {
            self.left = SetupPart::ALL.into_iter().rev().collect();
        }
        self.left.pop()
    }
}
