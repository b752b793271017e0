//! Whether a store can keep what it is given.

use std::fmt;

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
