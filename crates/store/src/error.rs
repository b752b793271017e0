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
    #[error(
        "the store was sealed with the data key {sealed_with}, and the key that is given is {given} (their \
         fingerprints): give the key with which it was sealed (store.key, or the file beside the store)"
    )]
    WrongKey {
        /// The fingerprint of the key that opens it.
        sealed_with: String,
        /// That of the key that was given.
        given: String,
    },
    /// A workspace is to go on under another name, and both have one.
    #[error(
        "the store has a workspace {from:?} and another one {to:?}, which are not made one: take formerly = \
         {from:?} out to go on with {to:?}, or give the workspace its former name back"
    )]
    BothNames {
        /// The former name.
        from: String,
        /// The new one.
        to: String,
    },
    /// There is a file already where a backup is to be written.
    #[error("{0} is there already: name another file, or replace it with --force")]
    BackupExists(String),
    /// What a backup was to replace is none.
    #[error("{0} is there already and is no backup, so that it is never replaced: name another file")]
    ReplacesNoBackup(String),
    /// A backup was to be written where a folder is.
    #[error("{0} is a folder: name a file in it")]
    BackupIsFolder(String),
    /// A backup was to be written to a folder that is not there.
    #[error("there is no folder {0}: make it first, or name a file in another one")]
    NoBackupFolder(String),
    /// There is a log of changes and no database that it belongs to.
    #[error(
        "the database is gone or empty, and its log (kopru.db-wal) is still there: bring back kopru.db, restore a \
         backup (kopru restore --replace), or begin a new store in another folder (store.path)"
    )]
    LogAlone,
    /// A backup could not be written.
    #[error("the backup could not be written to {file}: {cause}")]
    BackupNotWritten {
        /// Where it was to be.
        file: String,
        /// Why not.
        #[source]
        cause: ErrorCause,
    },
    /// A file from which a store should be restored cannot be used.
    #[error("{file}: {}", backup_problem(.cause))]
    UnusableBackup {
        /// The file.
        file: String,
        /// What is wrong with it.
        #[source]
        cause: Box<Error>,
    },
    /// There is nothing at the path of a backup.
    #[error("there is no such file")]
    NoFile,
    /// A copy of a store that does not say when it was made.
    #[error("the database does not say when it was copied")]
    NoBackup,
    /// A backup without the line at its end that would say whether it is as it was made.
    #[error("the backup has no checksum")]
    NoChecksum,
    /// A backup that is not as it was made.
    #[error("its checksum is {said}, and that of what it holds is {found}")]
    Altered {
        /// How the checksum at its end begins.
        said: String,
        /// How that of its content begins.
        found: String,
    },
    /// A store is where one should be restored to.
    #[error(
        "there is a store at {0} already: --replace puts it aside and restores in its place, or name another \
         folder (store.path)"
    )]
    StoreExists(String),
    /// A store could not be restored. Where it is to be, nothing has changed.
    #[error("the store could not be restored to {folder}: {cause}")]
    NotRestored {
        /// Where it was to be.
        folder: String,
        /// Why not.
        #[source]
        cause: ErrorCause,
    },
    /// A key is to be made whose name another one has that holds.
    #[error("name: {0:?} is the name of a key that holds: take another name, or revoke that key first")]
    KeyNameTaken(String),
    /// A workspace has as many keys as can hold at once.
    #[error("this workspace has {0} keys that hold, which is the most: revoke those that nobody uses")]
    TooManyKeys(usize),
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

/// What is wrong with a backup, and how to go on.
fn backup_problem(cause: &Error) -> String {
    match cause {
        Error::Older(layout) => format!(
            "this backup was made by a version of Kopru before 0.1.0 (layout {layout}) and cannot be taken over: \
             restore it with that version"
        ),
        Error::Newer { found, known } => format!(
            "this backup has layout {found}, and this version of Kopru knows up to {known}: restore it with the \
             newer version that made it"
        ),
        Error::OtherLayout(number) => format!(
            "this backup was made by a build of Kopru that has another migration {number}: restore it with that \
             build"
        ),
        Error::NoFile => "there is no such file: name one that `kopru backup` has made".to_owned(),
        Error::NotAStore => "this is no backup of Kopru: name a file that `kopru backup` has made".to_owned(),
        Error::NoBackup => "this is the database of a store, and no backup, so it does not say when it was made: \
                            name a file that `kopru backup` has made"
            .to_owned(),
        Error::NoChecksum => "this backup does not end with its checksum, so that nobody can say whether it is \
                              whole: its end was cut off or changed, or a version of Kopru before 0.1.0 made it; \
                              copy it again from where it was kept, or take another backup"
            .to_owned(),
        Error::Altered { said, found } => format!(
            "this backup is damaged: its checksum begins with {said}, and that of what it holds with {found}, so \
             that something in it has changed since it was made; copy it again from where it was kept, or take \
             another backup"
        ),
        Error::CutOff { said, found } => format!(
            "this backup is cut off: it says that it has {said} bytes, and has {found}; copy it again from where \
             it was kept, or take another backup"
        ),
        Error::WrongKey { sealed_with, given } => format!(
            "this backup was sealed with the data key {sealed_with}, and the key that is given is {given} (their \
             fingerprints): give the key that was kept with it (store.key, or the file beside the store)"
        ),
        Error::Corrupt(cause) => format!("this backup is damaged ({cause}): take another one"),
        // Read, not written: nothing but the file was touched.
        Error::Unwritable(cause) => format!("this backup cannot be read: {cause}"),
        other => format!("this backup cannot be read: {other}"),
    }
}

impl Error {
    /// Whether what is wrong is what was asked for or given: trying again changes nothing.
    pub fn is_wrong_use(&self) -> bool {
        matches!(
            self,
            Self::Older(_)
                | Self::Newer { .. }
                | Self::OtherLayout(_)
                | Self::NotAStore
                | Self::CutOff { .. }
                | Self::WrongKey { .. }
                | Self::NotAKey
                | Self::BackupExists(_)
                | Self::ReplacesNoBackup(_)
                | Self::BackupIsFolder(_)
                | Self::NoBackupFolder(_)
                | Self::LogAlone
                | Self::UnusableBackup { .. }
                | Self::StoreExists(_)
                | Self::BothNames { .. }
                | Self::KeyNameTaken(_)
                | Self::TooManyKeys(_)
        )
    }

    /// What it comes from, for an error that says more about where it happened.
    pub(crate) fn into_cause(self) -> ErrorCause {
        match self {
            Self::Full(cause) | Self::Unwritable(cause) | Self::Corrupt(cause) | Self::Database(cause) => {
                cause
            }
            other => Arc::new(other),
        }
    }

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
        // It would repeat the statement, in as many lines as that has.
        if let rusqlite::Error::SqlInputError { msg, .. } = &error {
            return Self::database(msg.clone());
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
