//! A segment: keys in their order, in pages that are written once.

use kopru_core::WorkspaceId;
use rusqlite::{Connection, OptionalExtension};
use xorf::{BinaryFuse16, Filter as _};

use super::{KeyHolder, OnceHash, half};
use crate::Error;

/// A key with its number and its time.
const ENTRY_BYTES: usize = 32;
/// How many keys a page has, about: keys are evenly spread, and a page is to stay below four KiB.
const KEYS_PER_PAGE: usize = 88;
/// A segment has fewer pages than this.
const PAGES_MAX: u64 = 1 << 20;

/// What is in memory of a segment.
pub(super) struct Segment {
    /// Its number, of all workspaces.
    pub(super) number: u64,
    /// How many pages it has.
    pages: u64,
    /// When the time of its last key is over, Unix seconds.
    pub(super) until_s: i64,
    /// Without one, each key may be there.
    filter: Option<BinaryFuse16>,
}

/// The place of a segment's first page.
pub(super) fn first_place(segment: u64) -> u64 {
    segment * PAGES_MAX
}

impl Segment {
    /// One of keys in their order, and its pages.
    pub(super) fn of(number: u64, keys: &[(OnceHash, KeyHolder)]) -> (Self, Vec<Vec<u8>>) {
        let count = keys.len().div_ceil(KEYS_PER_PAGE).max(1) as u64;
        let mut pages = vec![Vec::new(); usize::try_from(count).unwrap_or(1)];
        for (key, held) in keys {
            let page = usize::try_from(page_of(key, count)).unwrap_or(0);
            pages[page].extend_from_slice(&written(key, *held));
        }
        let until_s = keys.iter().map(|(_, held)| held.until_s).max().unwrap_or(0);
        let halves = keys.iter().map(|(key, _)| half(key)).collect();
        (Self { number, pages: count, until_s, filter: filter_of(halves) }, pages)
    }

    /// One that is stored.
    pub(super) fn read(
        connection: &Connection,
        number: u64,
        pages: u64,
        until_s: i64,
    ) -> Result<Self, Error> {
        let mut statement = connection
            .prepare_cached("SELECT keys FROM once_page WHERE place >= ? AND place < ? ORDER BY place")?;
        let mut rows = statement.query((first_place(number), first_place(number) + pages))?;
        let mut halves = Vec::new();
        while let Some(row) = rows.next()? {
            let page = row.get_ref(0)?.as_blob().map_err(Error::corrupt)?;
            halves.extend(entries(page).map(|(key, _)| half(&key)));
        }
        Ok(Self { number, pages, until_s, filter: filter_of(halves) })
    }

    #[cfg(test)]
    pub(super) fn filter_bytes(&self) -> usize {
        self.filter.as_ref().map_or(0, |filter| 2 * filter.len())
    }

    pub(super) fn pages(&self) -> u64 {
        self.pages
    }

    /// Whether a key may be there that begins so.
    pub(super) fn may_have(&self, half: u64) -> bool {
        self.filter.as_ref().is_none_or(|filter| filter.contains(&half))
    }

    pub(super) fn find(&self, connection: &Connection, key: &OnceHash) -> Result<Option<KeyHolder>, Error> {
        let page = self.page(connection, key)?;
        Ok(entries(&page).find(|(known, _)| known == key).map(|(_, held)| held))
    }

    /// Those that begin so.
    pub(super) fn beginning(
        &self,
        connection: &Connection,
        begin: [u8; 8],
    ) -> Result<Vec<(OnceHash, KeyHolder)>, Error> {
        let key: OnceHash = std::array::from_fn(|at| begin.get(at).copied().unwrap_or(0));
        let page = self.page(connection, &key)?;
        Ok(entries(&page).filter(|(key, _)| key.starts_with(&begin)).collect())
    }

    /// The page that has a key, if any has.
    fn page(&self, connection: &Connection, key: &OnceHash) -> Result<Vec<u8>, Error> {
        let place = first_place(self.number) + page_of(key, self.pages);
        let page = connection
            .prepare_cached("SELECT keys FROM once_page WHERE place = ?")?
            .query_row([place], |row| row.get(0))
            .optional()?;
        Ok(page.unwrap_or_default())
    }
}

/// Writes pages of a segment, from one of them on.
pub(super) fn write_pages(
    connection: &Connection,
    workspace: WorkspaceId,
    from: u64,
    pages: &[Vec<u8>],
) -> Result<(), Error> {
    let mut statement = connection
        .prepare_cached("INSERT OR REPLACE INTO once_page (place, workspace, keys) VALUES (?, ?, ?)")?;
    for (place, page) in (from..).zip(pages) {
        statement.execute((place, workspace.0, page))?;
    }
    Ok(())
}

/// Which page has a key. Keys that begin alike share one, and so all of one id.
fn page_of(key: &OnceHash, pages: u64) -> u64 {
    let begin = key.first_chunk().map_or(0, |begin| u32::from_be_bytes(*begin));
    (u64::from(begin) * pages) >> 32
}

/// A filter of keys whose halves are in their order.
fn filter_of(mut halves: Vec<u64>) -> Option<BinaryFuse16> {
    // Its construction wants each once.
    halves.dedup();
    BinaryFuse16::try_from(&halves).ok()
}

fn written(key: &OnceHash, held: KeyHolder) -> [u8; ENTRY_BYTES] {
    let mut entry = [0; ENTRY_BYTES];
    entry[..16].copy_from_slice(key);
    entry[16..24].copy_from_slice(&held.number.to_be_bytes());
    entry[24..].copy_from_slice(&held.until_s.to_be_bytes());
    entry
}

fn entries(page: &[u8]) -> impl Iterator<Item = (OnceHash, KeyHolder)> {
    page.as_chunks::<ENTRY_BYTES>().0.iter().map(|entry| {
        let (key, rest) = entry.split_at(16);
        let number = rest.first_chunk().map_or(0, |number| u64::from_be_bytes(*number));
        let until_s = rest.last_chunk().map_or(0, |until_s| i64::from_be_bytes(*until_s));
        (std::array::from_fn(|at| key[at]), KeyHolder { number, until_s })
    })
}
