//! What a backup and a restore are asked for, and what has come of them.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::{Clock, DataKey};

/// How far something is that takes long.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CopyProgress {
    /// So much is done, in whatever it is counted.
    pub done: u64,
    /// Of so much.
    pub of: u64,
}

/// Hears how far a backup is.
pub type OnProgress = Box<dyn FnMut(CopyProgress) + Send>;

/// A backup that was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupMade {
    /// Where it is.
    pub file: PathBuf,
    /// What it holds is no older than this, Unix milliseconds.
    pub made_ms: i64,
    /// Its size.
    pub bytes: u64,
    /// The fingerprint of the data key that opens it.
    pub key_fingerprint: String,
    /// When the backup was made that it took the place of, Unix milliseconds.
    #[serde(default)]
    pub replaced_ms: Option<i64>,
}

/// A store that is to be restored.
pub struct Restore<'a> {
    /// The backup.
    pub backup: &'a Path,
    /// The folder of the store.
    pub folder: &'a Path,
    /// The key with which the backup was sealed.
    pub key: &'a DataKey,
    /// Whether a store that is there is put aside.
    pub replace: bool,
    /// The clock.
    pub clock: &'a Clock,
}

/// What a restore does at the moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RestoreStep {
    /// Compares the backup with its checksum.
    Verifying,
    /// Copies the backup.
    Copying,
    /// Looks whether the copy is whole.
    Checking,
}

/// A store that was restored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RestoreDone {
    /// When the backup was made, Unix milliseconds.
    pub made_ms: i64,
    /// How many records it holds.
    pub held: u64,
    /// How many records were acknowledged since it was made, and are in it no more; `None` where nothing is
    /// left that could tell.
    pub missing: Option<u64>,
    /// Where the store is that was there before.
    pub aside: Option<PathBuf>,
}

/// Records that had been acknowledged and were not in the store when it was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LostRecords {
    /// How many.
    pub records: u64,
    /// When that was found, Unix milliseconds.
    pub found_ms: i64,
}
