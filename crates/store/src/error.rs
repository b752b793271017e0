//! What can go wrong with durable state.

/// A write or a read did not happen.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// The disk is full, or a limit on the size of files is reached. Nothing was half-written; it is
    /// worth trying again later.
    #[error("the store is full: {0}")]
    Full(String),
    /// The disk failed to write. Nothing more is acknowledged until a restart has read back what
    /// is really there.
    #[error("the store cannot be written: {0}")]
    Unwritable(String),
    /// Another node has taken over this workspace.
    #[error("another process has taken over workspace {0}")]
    Fenced(u32),
    /// A turn leaves out a fact which nobody would come to again. Nothing of it was applied.
    #[error("a turn has to decide each fact that it takes: after {after}, up to {upto} not all are decided")]
    Incomplete {
        /// Facts up to here were decided before.
        after: u64,
        /// The newest fact that the turn decides.
        upto: u64,
    },
    /// The store was sealed with another data key.
    #[error("the store was sealed with another data key: give the key with which it was made (store.key)")]
    WrongKey,
    /// Another process has the store open.
    #[error("another process uses the store at {0}: stop it first")]
    InUse(String),
    /// Something that was stored cannot be read back.
    #[error("the store holds something that cannot be read: {0}")]
    Corrupt(String),
    /// Any other failure of the database.
    #[error("the store failed: {0}")]
    Database(String),
    /// The store is shutting down.
    #[error("the store is closed")]
    Closed,
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode;
        let text = error.to_string();
        // A page that could not be appended to the log was never part of anything: unlike after a
        // failed fsync, what is on the disk is known.
        if error.sqlite_error().is_some_and(|error| error.extended_code == rusqlite::ffi::SQLITE_IOERR_WRITE)
        {
            return Self::Full(format!("{text}: nothing more can be written to its files"));
        }
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::Full(text),
            Some(ErrorCode::SystemIoFailure | ErrorCode::ReadOnly | ErrorCode::CannotOpen) => {
                Self::Unwritable(text)
            }
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::Corrupt(text),
            _ => Self::Database(text),
        }
    }
}

impl From<serde_json::Error> for StoreError {
    fn from(error: serde_json::Error) -> Self {
        // The message of a JSON error names a place, never a value; the text itself is not shown.
        Self::Corrupt(format!("stored JSON, line {} column {}", error.line(), error.column()))
    }
}
