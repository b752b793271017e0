//! A store in plain memory that keeps every promise in the obvious way.
//!
//! It exists so that the traits are not shaped like SQLite, and as an oracle: nothing is indexed, counted or
//! kept twice. Whoever asks is answered by a look at all rows of the workspace. A turn of decisions, the one change
//! that can be refused halfway, is made on a copy of them that takes their place when it has succeeded.

mod activities;
mod api_keys;
mod appended;
mod apply;
mod asks;
mod conversions;
mod decisions;
mod erasures;
mod facts;
mod imported;
mod outcomes;
mod queue;
mod repeated;
mod retention;
mod revisits;
mod state;
mod views;

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use kopru_core::{
    Adopted, Catalogue, Chat, Contact, Deal, DealKey, ImportedSale, Join, JoinKey, Node, Restored, Revisit,
    RevisitPlace, Seq, WorkspaceId,
};

use crate::{
    ApiKey, AttemptId, BackupMade, Clock, DataKey, Error, Lease, LostRecords, OnProgress, Pause, PauseScope,
    Store, Wakes, Wakeups, views::UnreadableListed,
};
use activities::ActivityMemory;
use asks::Ask;
use conversions::ConversionRow;
use erasures::Erased;
use facts::FactRow;
use outcomes::OutcomeLog;
use retention::ClickRow;
use revisits::SweepRow;

/// A store in memory. Clones share what they hold, as those do who open the same folder one after another.
#[derive(Debug, Clone, Default)]
pub struct Model {
    all: Arc<Mutex<All>>,
    wakeups: Arc<Wakeups>,
}

#[derive(Debug, Default)]
struct All {
    settings: BTreeMap<&'static str, String>,
    names: BTreeMap<String, WorkspaceId>,
    rows: BTreeMap<WorkspaceId, Rows>,
    /// The last number that a workspace has got.
    last: u32,
}

/// All that is kept of one workspace.
#[derive(Debug, Clone, Default)]
struct Rows {
    fence: u64,
    facts: BTreeMap<Seq, FactRow>,
    told: ActivityMemory,
    /// With the source of each.
    unreadable: Vec<(String, UnreadableListed)>,
    /// Sales of files, each with one identifier of who bought.
    imported: Vec<(Node, ImportedSale)>,
    /// What is only counted: requests that did not come in.
    counters: BTreeMap<String, i64>,
    deals: BTreeMap<DealKey, Deal>,
    /// With the day on which each was last read.
    contacts: BTreeMap<Node, (Contact, i64)>,
    /// Both directions of every link, with the day on which it was last told, and what is known of those between
    /// identifiers.
    links: BTreeMap<(Node, Node), (i64, Option<Join>)>,
    /// With the day on which each last changed.
    chats: BTreeMap<Node, (Chat, i64)>,
    heard: BTreeMap<String, i64>,
    /// By identifier, newest first, and message.
    clicks: BTreeMap<(Node, Reverse<i64>, String), ClickRow>,
    /// How many clicks were kept, which is the number of the last one: a conversation stays counted.
    clicks_kept: u64,
    catalogues: BTreeMap<String, (Seq, Catalogue)>,
    sweeps: BTreeMap<Node, SweepRow>,
    conversions: BTreeMap<u64, ConversionRow>,
    outcomes: OutcomeLog,
    /// The last number that an attempt has got.
    attempts: AttemptId,
    pauses: BTreeMap<PauseScope, Pause>,
    adopted: Option<Adopted>,
    taken: BTreeSet<(String, String)>,
    /// In the order in which they were asked for, with how far they are; those that are done stay without.
    revisits: Vec<(Revisit, Option<RevisitPlace>)>,
    erased: Erased,
    /// By the question's key.
    asks: BTreeMap<String, Ask>,
    tokens: BTreeMap<String, String>,
    /// In the order in which they were made.
    api_keys: Vec<ApiKey>,
    /// By system of record: up to when its audit log was read, and from when it is read once more.
    audited: BTreeMap<String, (i64, Option<i64>)>,
}

impl Model {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    fn all(&self) -> MutexGuard<'_, All> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks at a workspace.
    fn look<T>(&self, workspace: WorkspaceId, look: impl FnOnce(&Rows) -> T) -> Result<T, Error> {
        self.all().rows.get(&workspace).map(look).ok_or_else(|| unknown(workspace))
    }

    /// Changes a workspace, and notes for those who follow what came to stand elsewhere by that.
    fn change<T>(&self, workspace: WorkspaceId, change: impl FnOnce(&mut Rows) -> T) -> Result<T, Error> {
        let mut all = self.all();
        let rows = all.rows.get_mut(&workspace).ok_or_else(|| unknown(workspace))?;
        let before = rows.standings();
        let changed = change(rows);
        if rows.note_outcomes(before) {
            self.wakeups.wake_outcomes(workspace);
        }
        Ok(changed)
    }

    /// Changes a workspace for whoever holds its newest lease.
    fn change_held<T>(&self, lease: Lease, change: impl FnOnce(&mut Rows) -> T) -> Result<T, Error> {
        let held = |rows: &mut Rows| (rows.fence == lease.fence).then(|| change(rows));
        self.change(lease.workspace, held)?.ok_or(Error::Fenced(lease.workspace.0))
    }
}

/// Nothing in memory is secret: any key does that is another one for each workspace.
fn join_of(workspace: WorkspaceId) -> JoinKey {
    let mut secret = [0; 32];
    secret[..4].copy_from_slice(&workspace.0.to_be_bytes());
    JoinKey::new(&secret)
}

/// Whoever asks for a workspace once had its number: it was erased.
fn unknown(workspace: WorkspaceId) -> Error {
    Error::NoKeys(workspace.0)
}

impl Wakes for Model {
    fn wakeups(&self) -> &Wakeups {
        &self.wakeups
    }
}

#[async_trait]
impl Store for Model {
    async fn workspace(&self, name: &str) -> Result<WorkspaceId, Error> {
        let mut all = self.all();
        if let Some(known) = all.names.get(name) {
            return Ok(*known);
        }
        all.last += 1;
        let workspace = WorkspaceId(all.last);
        all.names.insert(name.to_owned(), workspace);
        all.rows.insert(workspace, Rows::default());
        Ok(workspace)
    }

    async fn known_workspace(&self, name: &str) -> Result<Option<WorkspaceId>, Error> {
        Ok(self.all().names.get(name).copied())
    }

    async fn workspace_names(&self) -> Result<Vec<String>, Error> {
        Ok(self.all().names.keys().cloned().collect())
    }

    async fn rename_workspace(&self, from: &str, to: &str) -> Result<bool, Error> {
        let mut all = self.all();
        match (all.names.get(from).copied(), all.names.contains_key(to)) {
            (Some(_), true) => Err(Error::BothNames { from: from.to_owned(), to: to.to_owned() }),
            (Some(workspace), false) => {
                all.names.remove(from);
                all.names.insert(to.to_owned(), workspace);
                Ok(true)
            }
            (None, _) => Ok(false),
        }
    }

    async fn restored(&self) -> Result<Option<Restored>, Error> {
        Ok(None)
    }

    async fn back_up(&self, _: &Path, _: bool, _: &Clock, _: OnProgress) -> Result<BackupMade, Error> {
        Err(Error::database("a store in memory has no backup"))
    }

    async fn join_key(&self, workspace: WorkspaceId) -> Result<JoinKey, Error> {
        self.look(workspace, |_| join_of(workspace))
    }

    async fn rotate_data_key(&self, _: &DataKey) -> Result<(), Error> {
        Ok(())
    }

    async fn set_setting(&self, key: &'static str, value: String) -> Result<(), Error> {
        self.all().settings.insert(key, value);
        Ok(())
    }

    async fn setting(&self, key: &'static str) -> Result<Option<String>, Error> {
        Ok(self.all().settings.get(key).cloned())
    }

    fn lost_records(&self) -> u64 {
        0
    }

    async fn last_loss(&self) -> Result<Option<LostRecords>, Error> {
        Ok(None)
    }

    async fn writer_ended(&self) {
        std::future::pending::<()>().await;
    }
}
