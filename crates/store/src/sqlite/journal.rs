//! The journal of erasures, in a file beside the database: it is not part of what a backup brings back, and
//! so says after a restore who was erased since.
//!
//! One JSON object a line, flushed before anything is removed. It keeps the marks, and the identifiers and
//! contacts themselves sealed with the workspace's key: no row can be found by a mark alone. Whoever has that
//! key can make the marks as well, so this says no more of a person than they do; without the key, or once it
//! is deleted, it says nothing.

use std::{
    collections::{BTreeSet, HashMap},
    fs::File,
    io::{Read as _, Seek as _, SeekFrom, Write as _},
    path::{Path, PathBuf},
};

use kopru_core::WorkspaceId;
use serde::{Deserialize, Serialize};

use super::private;
use crate::Error;

/// The place of sealed nodes.
pub(super) const NODES: &str = "erasure";

/// A line of the journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub(super) enum JournalEntry {
    /// A person was erased.
    Erased {
        workspace: u32,
        number: u64,
        at_ms: i64,
        /// Their marks, in hex.
        marks: Vec<String>,
        /// Their nodes, sealed, in hex.
        nodes: String,
    },
    /// Marks were taken away.
    Lifted { workspace: u32, at_ms: i64, marks: Vec<String> },
    /// A workspace was erased with all that is in it.
    Workspace { workspace: u32, number: u64, at_ms: i64 },
}

impl JournalEntry {
    /// Workspace and number of an erasure.
    pub(super) fn erasure(&self) -> Option<(u32, u64)> {
        match self {
            Self::Erased { workspace, number, .. } | Self::Workspace { workspace, number, .. } => {
                Some((*workspace, *number))
            }
            Self::Lifted { .. } => None,
        }
    }
}

/// The journal, open.
pub(super) struct Journal {
    folder: PathBuf,
    /// The last number that was given out, by workspace.
    last: HashMap<u32, u64>,
}

impl Journal {
    /// Opens the journal of a folder; returns what stands in it.
    pub(super) fn open(folder: &Path) -> std::io::Result<(Self, Vec<JournalEntry>)> {
        let mut text = Vec::new();
        match File::open(path_in(folder)) {
            Ok(mut file) => file.read_to_end(&mut text).map(drop)?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        let entries = read(&text);
        let mut last = HashMap::new();
        for (workspace, number) in entries.iter().filter_map(JournalEntry::erasure) {
            let known = last.entry(workspace).or_insert(0);
            *known = number.max(*known);
        }
        Ok((Self { folder: folder.to_owned(), last }, entries))
    }

    /// What stands in it.
    pub(super) fn entries(&self) -> Result<Vec<JournalEntry>, Error> {
        Self::open(&self.folder).map(|(_, entries)| entries).map_err(Error::unwritable)
    }

    /// The last number that it knows of a workspace; 0 if it knows none.
    pub(super) fn last(&self, workspace: WorkspaceId) -> u64 {
        self.last.get(&workspace.0).copied().unwrap_or(0)
    }

    /// The next number of a workspace, behind one that its table has.
    pub(super) fn next(&mut self, workspace: WorkspaceId, known: u64) -> u64 {
        let last = self.last.entry(workspace.0).or_insert(0);
        *last = known.max(*last) + 1;
        *last
    }

    /// Adds a line, durably.
    pub(super) fn append(&self, entry: &JournalEntry) -> Result<(), Error> {
        self.write(entry).map_err(Error::unwritable)
    }

    /// Adds a line of an erasure that it lacks.
    pub(super) fn restore(&mut self, entry: &JournalEntry) -> Result<(), Error> {
        self.append(entry)?;
        if let Some((workspace, number)) = entry.erasure() {
            let last = self.last.entry(workspace).or_insert(0);
            *last = number.max(*last);
        }
        Ok(())
    }

    fn write(&self, entry: &JournalEntry) -> std::io::Result<()> {
        let mut file = private::options().read(true).append(true).open(path_in(&self.folder))?;
        let mut line = serde_json::to_string(entry)?;
        line.push('\n');
        // A line that a crash cut off stays one of its own.
        if !ends_whole(&mut file)? {
            line.insert(0, '\n');
        }
        file.write_all(line.as_bytes())?;
        file.sync_all()?;
        File::open(&self.folder)?.sync_all()
    }
}

/// Copies the journal of a store beside another one.
pub(super) fn carry(from: &Path, to: &Path) -> std::io::Result<()> {
    let mut from = match File::open(path_in(from)) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        opened => opened?,
    };
    let mut to = private::options().open(path_in(to))?;
    std::io::copy(&mut from, &mut to)?;
    to.sync_all()
}

fn path_in(folder: &Path) -> PathBuf {
    folder.join("erasures")
}

fn ends_whole(file: &mut File) -> std::io::Result<bool> {
    if file.metadata()?.len() == 0 {
        return Ok(true);
    }
    let mut last = [0];
    file.seek(SeekFrom::End(-1))?;
    file.read_exact(&mut last)?;
    Ok(last == *b"\n")
}

fn read(text: &[u8]) -> Vec<JournalEntry> {
    let lines = text.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty());
    let (mut entries, mut odd) = (Vec::new(), 0);
    for line in lines {
        match serde_json::from_slice(line) {
            Ok(entry) => entries.push(entry),
            Err(_) => odd += 1,
        }
    }
    if odd > 0 {
        tracing::error!(
            lines = odd,
            "lines of the journal of erasures (the file erasures in store.path) cannot be read; a store that \
             was restored from a backup may know people again who were erased: erase them again"
        );
    }
    entries
}

/// Which marks of each workspace stand, and which were taken away.
pub(super) fn marks_in_force(entries: &[JournalEntry]) -> HashMap<u32, (BTreeSet<&str>, BTreeSet<&str>)> {
    let mut all: HashMap<u32, (BTreeSet<&str>, BTreeSet<&str>)> = HashMap::new();
    for entry in entries {
        match entry {
            JournalEntry::Erased { workspace, marks, .. } => {
                let (stand, lifted) = all.entry(*workspace).or_default();
                for mark in marks {
                    lifted.remove(mark.as_str());
                    stand.insert(mark);
                }
            }
            JournalEntry::Lifted { workspace, marks, .. } => {
                let (stand, lifted) = all.entry(*workspace).or_default();
                for mark in marks {
                    stand.remove(mark.as_str());
                    lifted.insert(mark);
                }
            }
            JournalEntry::Workspace { workspace, .. } => drop(all.remove(workspace)),
        }
    }
    all
}

/// Bytes from hexadecimal digits.
pub(super) fn bytes(hex: &str) -> Option<Vec<u8>> {
    if !hex.is_ascii() || hex.len() % 2 == 1 {
        return None;
    }
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn erased(number: u64, marks: &[&str]) -> JournalEntry {
        let marks = marks.iter().map(|mark| (*mark).to_owned()).collect();
        JournalEntry::Erased { workspace: 1, number, at_ms: 5, marks, nodes: "00".into() }
    }

    #[test]
    fn what_is_written_is_read_back_behind_a_line_that_was_cut_off() {
        let folder = tempfile::tempdir().unwrap();
        let (mut journal, entries) = Journal::open(folder.path()).unwrap();
        assert!(entries.is_empty());
        assert_eq!(journal.next(WorkspaceId(1), 0), 1);
        journal.append(&erased(1, &["aa"])).unwrap();
        let path = path_in(folder.path());
        let mut file = File::options().append(true).open(&path).unwrap();
        file.write_all(br#"{"what":"erased","work"#).unwrap();
        journal.append(&erased(2, &["bb"])).unwrap();
        let (mut again, entries) = Journal::open(folder.path()).unwrap();
        assert_eq!(entries, [erased(1, &["aa"]), erased(2, &["bb"])]);
        assert_eq!((again.next(WorkspaceId(1), 0), again.next(WorkspaceId(1), 7)), (3, 8));
        assert_eq!(again.next(WorkspaceId(2), 0), 1);
    }

    #[test]
    fn a_mark_stands_until_it_is_taken_away_and_again_when_it_comes_back() {
        let lifted = JournalEntry::Lifted { workspace: 1, at_ms: 6, marks: vec!["aa".into(), "bb".into()] };
        let entries = [erased(1, &["aa", "bb", "cc"]), lifted, erased(2, &["bb"])];
        let all = marks_in_force(&entries);
        assert_eq!(all[&1], (BTreeSet::from(["bb", "cc"]), BTreeSet::from(["aa"])));
        let gone = JournalEntry::Workspace { workspace: 1, number: 3, at_ms: 7 };
        assert!(marks_in_force(&[entries.as_slice(), &[gone]].concat()).is_empty());
    }

    #[test]
    fn bytes_come_back_from_their_digits() {
        assert_eq!(bytes(&capi::hex(&[0, 1, 0xab])), Some(vec![0, 1, 0xab]));
        for odd in ["0", "0g", "é"] {
            assert_eq!(bytes(odd), None);
        }
    }
}
