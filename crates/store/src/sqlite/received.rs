//! How many facts were ever acknowledged, in a small file beside the database.
//!
//! A database whose newest commits are gone (a write-ahead log removed by hand, a disk that did not keep
//! what it acknowledged) opens as if nothing had happened. The file says that there was more. It is written
//! after the commit and before the answers, and never flushed by itself, so that it never says more than
//! what was durable.

use std::{
    fs::{File, OpenOptions},
    io::Read,
    path::Path,
};

/// Digits of the number, so that each write has the same length.
const DIGITS: usize = 20;

/// Its name.
const NAME: &str = "received";

/// What the file in a folder says.
pub(super) fn said_in(folder: &Path) -> Option<u64> {
    read(&mut File::open(folder.join(NAME)).ok()?)
}

/// What is not a number says nothing.
fn read(file: &mut File) -> Option<u64> {
    let mut text = String::new();
    file.read_to_string(&mut text).ok().and_then(|_| text.trim().parse().ok())
}

/// The number of facts that were acknowledged.
pub(super) struct ReceivedCount {
    file: File,
    total: u64,
}

impl ReceivedCount {
    /// Opens the file, and compares it with how many facts the database holds; returns how many of
    /// those that were acknowledged are missing. From then on it counts what is there.
    pub(super) fn open(folder: &Path, held: u64) -> std::io::Result<(Self, u64)> {
        let mut file =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).open(folder.join(NAME))?;
        let said = read(&mut file);
        let mut received = Self { file, total: held };
        received.write()?;
        Ok((received, u64::saturating_sub(said.unwrap_or(0), held)))
    }

    /// Takes note of facts whose commit is durable. A failure leaves a number that is too low, which
    /// is no false alarm.
    pub(super) fn add(&mut self, facts: u64) {
        if facts > 0 {
            self.total += facts;
            let _ = self.write();
        }
    }

    fn write(&mut self) -> std::io::Result<()> {
        let text = format!("{:0DIGITS$}\n", self.total);
        std::os::unix::fs::FileExt::write_all_at(&self.file, text.as_bytes(), 0)
    }
}
