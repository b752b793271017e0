//! Whether the store can keep what it is given.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
};

use crate::Error;

/// Whether the store can keep what it is given, for whoever asks whether the process is ready.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoreState {
    /// The last write succeeded.
    Ready,
    /// There was no room for the last write. It recovers when there is room again.
    Full,
    /// The last write failed; another may succeed.
    Unwritable,
    /// The disk failed to write. Nobody knows what is on it until a restart has looked.
    Broken,
    /// The writer has ended.
    Closed,
}

impl fmt::Display for StoreState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ready => "the store is ready",
            Self::Full => "the store is full",
            Self::Unwritable => "the store cannot be written",
            Self::Broken => "the disk failed to write",
            Self::Closed => "the store is closed",
        })
    }
}

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
        let before = self.0.swap(now, Ordering::Relaxed);
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
