//! By what activities are recognised when they come again.
//!
//! A key is a hash, so keys come in no order: an index of all of them would have each event write a page of its own.
//! New keys are rows in the order in which they came, and in memory as they are. Once there are many they move into a
//! *segment*: pages in the order of the keys, written once, and in memory no more than a filter of 18 bits a key. It
//! says *surely new*, or *maybe*, and then one page is read.

mod load;
mod pending;
mod segment;
mod settle;

use std::{
    collections::{BTreeMap, HashMap},
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
};

use kopru_core::WorkspaceId;
use rusqlite::Connection;

use crate::Error;
pub(super) use pending::PendingKeys;
use segment::Segment;
pub(super) use settle::recent_behind;

/// By what an activity is recognised.
pub(super) type OnceHash = [u8; 16];

/// What a key is kept with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct KeyHolder {
    /// The number of the activity that has it.
    pub(super) number: u64,
    /// Until when a repetition is one, Unix seconds.
    pub(super) until_s: i64,
}

/// So many keys are in memory as they are before some move into a segment.
const RECENT_MAX: usize = 256 * 1024;
/// So many activities of one id are found by it.
const OF_ONE_ID_MAX: usize = 100;

/// The keys of all workspaces, as far as they are in memory.
#[derive(Default)]
pub(super) struct OnceKeys {
    all: RwLock<HashMap<WorkspaceId, Arc<RwLock<KnownKeys>>>>,
    /// How many are in memory as they are.
    recent: AtomicUsize,
    /// Whether some are moving into a segment.
    is_settling: AtomicBool,
    /// The number of the last segment.
    last_segment: AtomicU64,
}

/// The keys of one workspace.
#[derive(Default)]
struct KnownKeys {
    recent: BTreeMap<OnceHash, KeyHolder>,
    /// Those that are moving into a segment.
    moving: Option<Arc<BTreeMap<OnceHash, KeyHolder>>>,
    /// Oldest first. A key that was taken anew is in several: the newest one counts.
    segments: Vec<Arc<Segment>>,
}

impl OnceKeys {
    /// What a key is kept with, whether or not its time is over.
    pub(super) fn find(
        &self,
        connection: &Connection,
        workspace: WorkspaceId,
        key: &OnceHash,
    ) -> Result<Option<KeyHolder>, Error> {
        let Some(keys) = self.known(workspace) else { return Ok(None) };
        let segments = {
            let keys = keys.read().unwrap_or_else(PoisonError::into_inner);
            let in_memory = [Some(&keys.recent), keys.moving.as_deref()];
            if let Some(held) = in_memory.into_iter().flatten().find_map(|recent| recent.get(key)) {
                return Ok(Some(*held));
            }
            keys.maybe_in(half(key))
        };
        for segment in segments {
            if let Some(held) = segment.find(connection, key)? {
                return Ok(Some(held));
            }
        }
        Ok(None)
    }

    /// The activities whose keys begin so, the first ones of them.
    pub(super) fn numbers(
        &self,
        connection: &Connection,
        workspace: WorkspaceId,
        begin: [u8; 8],
    ) -> Result<Vec<u64>, Error> {
        let Some(keys) = self.known(workspace) else { return Ok(Vec::new()) };
        let mut found: BTreeMap<OnceHash, KeyHolder> = BTreeMap::new();
        let segments = {
            let keys = keys.read().unwrap_or_else(PoisonError::into_inner);
            let end = |fill| -> OnceHash { std::array::from_fn(|at| begin.get(at).copied().unwrap_or(fill)) };
            for recent in [Some(&keys.recent), keys.moving.as_deref()].into_iter().flatten() {
                for (key, held) in recent.range(end(0)..=end(u8::MAX)) {
                    found.entry(*key).or_insert(*held);
                }
            }
            keys.maybe_in(u64::from_be_bytes(begin))
        };
        for segment in segments {
            for (key, held) in segment.beginning(connection, begin)? {
                found.entry(key).or_insert(held);
            }
        }
        Ok(found.into_values().map(|held| held.number).take(OF_ONE_ID_MAX).collect())
    }

    /// Adds keys that are committed.
    fn add(&self, keys: impl IntoIterator<Item = ((WorkspaceId, OnceHash), KeyHolder)>) {
        for ((workspace, key), held) in keys {
            let of = self.of(workspace);
            let before = of.write().unwrap_or_else(PoisonError::into_inner).recent.insert(key, held);
            if before.is_none() {
                self.recent.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    /// Forgets a workspace.
    pub(super) fn forget(&self, workspace: WorkspaceId) {
        let gone = self.all.write().unwrap_or_else(PoisonError::into_inner).remove(&workspace);
        if let Some(gone) = gone {
            let gone = gone.read().unwrap_or_else(PoisonError::into_inner);
            self.recent.fetch_sub(gone.in_memory(), Ordering::Relaxed);
        }
    }

    fn known(&self, workspace: WorkspaceId) -> Option<Arc<RwLock<KnownKeys>>> {
        self.all.read().unwrap_or_else(PoisonError::into_inner).get(&workspace).map(Arc::clone)
    }

    fn of(&self, workspace: WorkspaceId) -> Arc<RwLock<KnownKeys>> {
        self.known(workspace).unwrap_or_else(|| {
            let mut all = self.all.write().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(all.entry(workspace).or_default())
        })
    }
}

impl KnownKeys {
    /// How many are in memory as they are.
    fn in_memory(&self) -> usize {
        self.recent.len() + self.moving.as_ref().map_or(0, |moving| moving.len())
    }

    /// The segments in which a key may be that begins so, newest first.
    fn maybe_in(&self, half: u64) -> Vec<Arc<Segment>> {
        self.segments.iter().rev().filter(|segment| segment.may_have(half)).map(Arc::clone).collect()
    }
}

/// The part of a key that is of the id alone: views look for that.
fn half(key: &OnceHash) -> u64 {
    key.first_chunk().map_or(0, |half| u64::from_be_bytes(*half))
}

#[cfg(test)]
mod tests;
