//! Whether a database's file is all there, as far as its head and the log of changes beside it can say.

use std::{
    collections::BTreeSet,
    fs::File,
    io::Read as _,
    os::unix::fs::FileExt as _,
    path::{Path, PathBuf},
};

use crate::Error;

/// With what a database of SQLite begins.
const MAGIC: &[u8] = b"SQLite format 3\0";
/// So much of its head says how long it is.
const HEAD_BYTES: u64 = 32;
type Head = [u8; HEAD_BYTES as usize];
/// The parts of a log of changes, as the format of SQLite's files describes them.
const LOG_HEAD: u64 = 32;
const FRAME_HEAD: u64 = 24;

/// A file of SQLite beside the database.
pub(super) fn beside(file: &Path, end: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(end);
    PathBuf::from(name)
}

/// Whether something may be in the log of changes that is not in the file.
pub(super) fn has_log(file: &Path) -> bool {
    std::fs::metadata(beside(file, "-wal")).is_ok_and(|log| log.len() > 0)
}

/// Refuses a file that is shorter than its head says. What is missing may be in the log of changes: a copying
/// that was killed leaves it there.
pub(super) fn is_whole(file: &Path) -> Result<(), Error> {
    let found = std::fs::metadata(file).map_err(Error::unwritable)?.len();
    let head = head(file).map_or_else(|| logged_head(file, found), Ok)?;
    // Length of a page and number of pages.
    let page = match u64::from(u16::from_be_bytes([head[16], head[17]])) {
        1 => 65_536,
        page => page,
    };
    let pages = u32::from_be_bytes([head[28], head[29], head[30], head[31]]);
    let said = page * u64::from(pages);
    if found >= said {
        return Ok(());
    }
    let whole = u32::try_from(found / page).unwrap_or(u32::MAX);
    let is_logged = logged_pages(file).is_some_and(|log| {
        let missing = log.pages.range(whole + 1..=pages).count();
        missing == (pages - whole) as usize
    });
    if is_logged { Ok(()) } else { Err(Error::CutOff { said, found }) }
}

fn head(file: &Path) -> Option<Head> {
    let mut head = Head::default();
    File::open(file).and_then(|mut file| file.read_exact(&mut head)).ok()?;
    head.starts_with(MAGIC).then_some(head)
}

/// The head as it stands in the log of changes, for a file that has none.
fn logged_head(file: &Path, found: u64) -> Result<Head, Error> {
    let log = logged_pages(file).ok_or(Error::NotAStore)?;
    match log.head {
        Some(head) => Ok(head),
        None if found < HEAD_BYTES => Err(Error::CutOff { said: log.page_bytes, found }),
        None => Err(Error::NotAStore),
    }
}

/// What is in a log of changes.
struct LoggedPages {
    page_bytes: u64,
    pages: BTreeSet<u32>,
    /// The first of these pages, as it is written last, begins with the head of the file.
    head: Option<Head>,
}

/// The pages that the log of changes has since it was begun; `None` if there is none that can be read.
fn logged_pages(file: &Path) -> Option<LoggedPages> {
    let log = File::open(beside(file, "-wal")).ok()?;
    let mut head = [0; LOG_HEAD as usize];
    log.read_exact_at(&mut head, 0).ok()?;
    let page_bytes = u64::from(u32::from_be_bytes([head[8], head[9], head[10], head[11]]));
    let (mut pages, mut at) = (BTreeSet::new(), LOG_HEAD);
    let (length, mut frame) = (log.metadata().ok()?.len(), [0; FRAME_HEAD as usize]);
    let mut first = None;
    while at + FRAME_HEAD + page_bytes <= length {
        log.read_exact_at(&mut frame, at).ok()?;
        // Behind the last one stand frames of a log that was begun before, with other salts.
        if frame[8..16] != head[16..24] {
            break;
        }
        let number = u32::from_be_bytes([frame[0], frame[1], frame[2], frame[3]]);
        if number == 1 {
            let mut head = Head::default();
            log.read_exact_at(&mut head, at + FRAME_HEAD).ok()?;
            first = Some(head).filter(|head| head.starts_with(MAGIC));
        }
        pages.insert(number);
        at += FRAME_HEAD + page_bytes;
    }
    Some(LoggedPages { page_bytes, pages, head: first })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use rusqlite::Connection;

    use super::*;

    /// A database whose first pages are in the file and whose last are only in its log, as if its process had
    /// been killed.
    fn killed(folder: &Path) -> PathBuf {
        let (live, file) = (folder.join("live.db"), folder.join("killed.db"));
        let connection = Connection::open(&live).unwrap();
        connection.pragma_update(None, "journal_mode", "WAL").unwrap();
        connection.pragma_update(None, "wal_autocheckpoint", 0).unwrap();
        let rows = "INSERT INTO t SELECT randomblob(3000) FROM
                    (WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20) SELECT i FROM n)";
        connection
            .execute_batch(&format!("CREATE TABLE t (x); {rows}; PRAGMA wal_checkpoint(TRUNCATE); {rows}"))
            .unwrap();
        for end in ["", "-wal"] {
            fs::copy(beside(&live, end), beside(&file, end)).unwrap();
        }
        file
    }

    fn cut(file: &Path, length: u64) {
        File::options().write(true).open(file).unwrap().set_len(length).unwrap();
    }

    #[test]
    fn what_is_missing_is_looked_for_in_the_log() {
        let folder = tempfile::tempdir().unwrap();
        let file = killed(folder.path());
        let good = fs::read(&file).unwrap();
        assert!(is_whole(&file).is_ok());
        let length = good.len() as u64;
        for found in [2_000, 4096, length / 2] {
            cut(&file, found);
            let said = is_whole(&file);
            assert!(
                matches!(said, Err(Error::CutOff { said, found: of }) if said == length && of == found),
                "{found}: {said:?}"
            );
            fs::write(&file, &good).unwrap();
        }
        cut(&file, 20);
        let said = is_whole(&file);
        assert!(matches!(said, Err(Error::CutOff { found: 20, .. })), "{said:?}");

        // Everything is in the log: a copying that was killed has only begun.
        let connection = Connection::open(folder.path().join("live.db")).unwrap();
        connection.pragma_update(None, "wal_autocheckpoint", 0).unwrap();
        connection.execute_batch("UPDATE t SET x = randomblob(3000); VACUUM").unwrap();
        fs::copy(beside(&folder.path().join("live.db"), "-wal"), beside(&file, "-wal")).unwrap();
        for found in [20, 2_000, length / 2] {
            fs::write(&file, &good[..found as usize]).unwrap();
            assert!(is_whole(&file).is_ok(), "{found}");
        }
    }
}
