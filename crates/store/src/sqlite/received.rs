//! How many facts were ever acknowledged, in a small file beside the database.
//!
//! A database whose newest commits are gone (a write-ahead log removed by hand, a disk that did not keep
//! what it acknowledged) opens as if nothing had happened. The file says that there was more. It is written
//! after the commit and before the answers, and never flushed by itself, so that it never says more than
//! what was durable.

use std::{fs::File, path::Path};

use super::private;

/// Digits of the number, so that each write has the same length.
const DIGITS: usize = 20;

/// Its name.
const NAME: &str = "received";

/// What the file in a folder says. What is not a number says nothing.
pub(super) fn said_in(folder: &Path) -> Option<u64> {
    std::fs::read_to_string(folder.join(NAME)).ok()?.trim().parse().ok()
}

/// The number of facts that were acknowledged.
pub(super) struct ReceivedCount {
    file: File,
    total: u64,
}

impl ReceivedCount {
    /// Opens the file, which from then on counts what the database holds and what comes to it.
    pub(super) fn open(folder: &Path, held: u64) -> std::io::Result<Self> {
        let mut received = Self { file: private::options().open(folder.join(NAME))?, total: held };
        received.write()?;
        Ok(received)
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
