//! Whether the store can keep what it is given.

use std::sync::{
    Arc,
    atomic::{AtomicU8, Ordering},
};

use crate::{Error, StoreState};

const READY: u8 = 0;
const FULL: u8 = 1;
const FAILING: u8 = 2;
const BROKEN: u8 = 3;

/// What the writer found out at its last write.
#[derive(Clone, Default)]
pub(super) struct WriterHealth(Arc<AtomicU8>);

impl WriterHealth {
    /// Takes note of how a commit went.
    pub(super) fn note(&self, outcome: &Result<(), Error>) {
        let now = match outcome {
            Ok(()) => READY,
            Err(Error::Full(_)) => FULL,
            // After a failed fsync nobody knows what is on the disk: stop acknowledging.
            Err(Error::Unwritable(_)) => BROKEN,
            Err(_) => FAILING,
        };
        // What a flush found out stays, however a commit beside it went.
        let stays = |before| (before != BROKEN).then_some(now);
        let Ok(before) = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, stays) else { return };
        match outcome {
            Ok(()) if before != READY => tracing::info!("the store can be written again"),
            Err(error) if now == BROKEN && before != BROKEN => {
                tracing::error!(
                    error = error as &dyn std::error::Error,
                    "the store failed to write; nothing is acknowledged until a restart"
                );
            }
            Err(error) if now != before => {
                tracing::warn!(error = error as &dyn std::error::Error, "the store could not commit");
            }
            _ => {}
        }
    }

    /// Whether nothing may be written until a restart.
    pub(super) fn is_broken(&self) -> bool {
        self.0.load(Ordering::Relaxed) == BROKEN
    }

    /// Whether the last write failed, and another may succeed.
    pub(super) fn may_recover(&self) -> bool {
        matches!(self.0.load(Ordering::Relaxed), FULL | FAILING)
    }

    pub(super) fn state(&self) -> StoreState {
        match self.0.load(Ordering::Relaxed) {
            READY => StoreState::Ready,
            FULL => StoreState::Full,
            BROKEN => StoreState::Broken,
            _ => StoreState::Unwritable,
        }
    }
}
