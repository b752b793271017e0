//! What can go wrong with durable state.

use std::sync::Arc;

/// What a failure comes from. What is written here is shown: it holds no value of what is stored.
type ErrorCause = Arc<dyn std::error::Error + Send + Sync>;

/// A write or a read did not happen, or a key is none.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// The disk is full, or a limit on the size of files is reached. Nothing was half-written; it is
    /// worth trying again later.
    #[error("the store is full: {0}")]
    Full(#[source] ErrorCause),
    /// The disk failed to write. Nothing more is acknowledged until a restart has read back what
    /// is really there.
    #[error("the store cannot be written: {0}")]
    Unwritable(#[source] ErrorCause),
    /// Another node has taken over this workspace.
    #[error("another process has taken over workspace {0}")]
    Fenced(u32),
    /// A fact of a turn has been decided before. Nothing of the turn was applied.
    #[error("fact {0} is decided already")]
    Decided(u64),
    /// Somebody else has followed the outcomes of a workspace meanwhile. Nothing was added.
    #[error("the outcomes of workspace {0} were followed by somebody else")]
    Passed(u32),
    /// Somebody was erased while a turn was decided. Nothing of the turn was applied.
    #[error("somebody was erased meanwhile: what was decided before is decided anew")]
    ErasedMeanwhile,
    /// The keys of a workspace were deleted.
    #[error("the keys of workspace {0} were deleted: what was kept of it cannot be read any more")]
    NoKeys(u32),
    /// The store was made by a version before the first release.
    #[error(
        "the store was made by a version of Kopru before 0.1.0 (layout {0}) and cannot be taken over: serve it \
         with that version, or begin a new one in another folder (store.path)"
    )]
    Older(i64),
    /// The store was made by a newer version.
    #[error(
        "the store has layout {found}, and this version of Kopru knows up to {known}: serve it with the newer \
         version that made it, or restore a backup of before"
    )]
    Newer {
        /// The layout of the store.
        found: i64,
        /// The newest that this version knows.
        known: i64,
    },
    /// A migration that the store has seen is another one in this version.
    #[error(
        "the store was made by a build of Kopru that has another migration {0}: serve it with that build"
    )]
    OtherLayout(usize),
    /// The file is something else.
    #[error("the database is no store of Kopru: name another folder (store.path)")]
    NotAStore,
    /// The file is shorter than it says.
    #[error(
        "the database is cut off: it says that it has {said} bytes, and has {found}; restore a backup \
         (kopru restore), or bring back the whole file together with its -wal"
    )]
    CutOff {
        /// What it says.
        said: u64,
        /// What is there.
        found: u64,
    },
    /// The store was sealed with another data key.
    #[error("the store was sealed with another data key: give the key with which it was made (store.key)")]
    WrongKey,
    /// Another process has the store open.
    #[error("another process uses the store at {0}: stop it first")]
    InUse(String),
    /// Something that was stored cannot be read back.
    #[error("the store holds something that cannot be read: {0}")]
    Corrupt(#[source] ErrorCause),
    /// Any other failure of the database.
    #[error("the store failed: {0}")]
    Database(#[source] ErrorCause),
    /// The store is shutting down.
    #[error("the store is closed")]
    Closed,
    /// The text given as data key is not one.
    #[error("a data key is 64 hexadecimal digits (32 bytes); `openssl rand -hex 32` makes one")]
    NotAKey,
}

impl Error {
    /// [`Error::Full`], because of this.
    pub fn full(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Full(Arc::from(cause.into()))
    }

    /// [`Error::Unwritable`], because of this.
    pub fn unwritable(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Unwritable(Arc::from(cause.into()))
    }

    /// [`Error::Corrupt`], because of this.
    pub fn corrupt(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Corrupt(Arc::from(cause.into()))
    }

    /// [`Error::Database`], because of this.
    pub fn database(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Database(Arc::from(cause.into()))
    }
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode;
        // A page that could not be appended to the log was never part of anything: unlike after a
        // failed fsync, what is on the disk is known.
        if error.sqlite_error().is_some_and(|error| error.extended_code == rusqlite::ffi::SQLITE_IOERR_WRITE)
        {
            return Self::full(format!("{error}: nothing more can be written to its files"));
        }
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::full(error),
            Some(ErrorCode::SystemIoFailure | ErrorCode::ReadOnly | ErrorCode::CannotOpen) => {
                Self::unwritable(error)
            }
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::corrupt(error),
            _ => Self::database(error),
        }
    }
}

impl From<serde_json::Error> for Error {
    fn from(error: serde_json::Error) -> Self {
        // The message of a JSON error names a place, never a value; the text itself is not shown.
        Self::corrupt(format!("stored JSON, line {} column {}", error.line(), error.column()))
    }
}
