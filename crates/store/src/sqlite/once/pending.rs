//! Keys of the group that is being written: they count at once for the changes behind them, and for nobody else before
//! the commit.

use std::{collections::HashMap, sync::Arc};

use kopru_core::WorkspaceId;
use rusqlite::Connection;

use super::{KeyHolder, OnceHash, OnceKeys};
use crate::Error;

/// Keys of the writer's group.
pub(in crate::sqlite) struct PendingKeys {
    all: Arc<OnceKeys>,
    group: HashMap<(WorkspaceId, OnceHash), KeyHolder>,
    /// What the change that runs has put, with what was there before.
    change: Vec<((WorkspaceId, OnceHash), Option<KeyHolder>)>,
}

impl PendingKeys {
    pub(in crate::sqlite) fn new(all: Arc<OnceKeys>) -> Self {
        Self { all, group: HashMap::new(), change: Vec::new() }
    }

    /// The keys that are committed.
    pub(in crate::sqlite) fn committed(&self) -> &OnceKeys {
        &self.all
    }

    /// What a key is kept with.
    pub(in crate::sqlite) fn find(
        &self,
        connection: &Connection,
        workspace: WorkspaceId,
        key: &OnceHash,
    ) -> Result<Option<KeyHolder>, Error> {
        match self.group.get(&(workspace, *key)) {
            Some(held) => Ok(Some(*held)),
            None => self.all.find(connection, workspace, key),
        }
    }

    /// Keeps a key, in the place of what it was kept with before.
    pub(in crate::sqlite) fn put(
        &mut self,
        connection: &Connection,
        workspace: WorkspaceId,
        key: OnceHash,
        held: KeyHolder,
    ) -> Result<(), Error> {
        connection
            .prepare_cached(
                "INSERT OR REPLACE INTO once_recent (workspace, number, key, until_s) VALUES (?, ?, ?, ?)",
            )?
            .execute((workspace.0, held.number, key, held.until_s))?;
        let before = self.group.insert((workspace, key), held);
        self.change.push(((workspace, key), before));
        Ok(())
    }

    /// The change stands if the group does.
    pub(in crate::sqlite) fn keep(&mut self) {
        self.change.clear();
    }

    /// The change is undone.
    pub(in crate::sqlite) fn undo(&mut self) {
        for (key, before) in self.change.drain(..).rev() {
            match before {
                Some(before) => self.group.insert(key, before),
                None => self.group.remove(&key),
            };
        }
    }

    /// The group is committed.
    pub(in crate::sqlite) fn commit(&mut self) {
        self.change.clear();
        self.all.add(self.group.drain());
    }

    /// The group is undone.
    pub(in crate::sqlite) fn roll_back(&mut self) {
        self.change.clear();
        self.group.clear();
    }
}
