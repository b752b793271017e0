//! Wakeups: whoever waits for work is woken by whoever makes it.
//!
//! One notify for each loop, so that a workspace's news wakes nobody else. A wake-up that nobody waits for
//! is kept for the next wait. A notify saves waiting, it carries no truth: loops look at the store.

use std::{
    collections::{BTreeSet, HashMap},
    hash::Hash,
    sync::{Arc, Mutex, PoisonError},
};

use kopru_core::{Effect, WorkspaceId};
use tokio::sync::Notify;

use crate::{Decided, LaneKey};

/// The wakeups of a store.
#[derive(Debug, Default)]
pub struct Wakeups {
    facts: Notifies<WorkspaceId>,
    queue: Notifies<(WorkspaceId, LaneKey)>,
    asks: Notifies<(WorkspaceId, String)>,
    outcomes: Notifies<WorkspaceId>,
}

impl Wakeups {
    /// Notified when facts of the workspace were appended or released.
    pub fn facts(&self, workspace: WorkspaceId) -> Arc<Notify> {
        self.facts.notify(workspace)
    }

    /// Notified when conversions of the lane were queued.
    pub fn queue(&self, workspace: WorkspaceId, lane: &LaneKey) -> Arc<Notify> {
        self.queue.notify((workspace, lane.clone()))
    }

    /// Notified when the workspace has questions to the system of record.
    pub fn asks(&self, workspace: WorkspaceId, origin: &str) -> Arc<Notify> {
        self.asks.notify((workspace, origin.to_owned()))
    }

    /// Notified when conversions of the workspace came to stand elsewhere.
    pub fn outcomes(&self, workspace: WorkspaceId) -> Arc<Notify> {
        self.outcomes.notify(workspace)
    }

    /// Says that there are facts.
    pub fn wake_facts(&self, workspace: WorkspaceId) {
        self.facts.wake(&workspace);
    }

    /// Says that conversions were queued.
    pub fn wake_queue(&self, workspace: WorkspaceId, lane: &LaneKey) {
        self.queue.wake(&(workspace, lane.clone()));
    }

    /// Says that there are questions.
    pub fn wake_asks(&self, workspace: WorkspaceId, origin: &str) {
        self.asks.wake(&(workspace, origin.to_owned()));
    }

    /// Says that there are outcomes.
    pub fn wake_outcomes(&self, workspace: WorkspaceId) {
        self.outcomes.wake(&workspace);
    }
}

/// Whom a turn wakes once it is kept.
#[derive(Debug, Default)]
pub(crate) struct News {
    lanes: BTreeSet<LaneKey>,
    origins: BTreeSet<String>,
    facts: bool,
}

impl News {
    pub(crate) fn of(decided: &Decided) -> Self {
        let mut news = Self::default();
        news.lanes.extend(decided.expired.iter().filter_map(LaneKey::of));
        let beside = decided.swept.iter().map(|(_, effects)| effects);
        let beside = beside.chain(decided.revisited.iter().map(|(_, effects)| effects)).flatten();
        for effect in decided.decisions.iter().flat_map(|decision| &decision.effects).chain(beside) {
            match effect {
                Effect::Create(one) | Effect::Update(one) => news.lanes.extend(LaneKey::of(one)),
                Effect::Ask { question, .. } => {
                    news.origins.insert(question.origin().to_owned());
                }
                Effect::Release { .. } => news.facts = true,
                _ => {}
            }
        }
        news
    }

    pub(crate) fn wake_all(&self, wakeups: &Wakeups, workspace: WorkspaceId) {
        for lane in &self.lanes {
            wakeups.wake_queue(workspace, lane);
        }
        for origin in &self.origins {
            wakeups.wake_asks(workspace, origin);
        }
        if self.facts {
            wakeups.wake_facts(workspace);
        }
    }
}

/// Wakeups of one kind. There are as many as loops have asked for: waking makes none.
#[derive(Debug)]
struct Notifies<K>(Mutex<HashMap<K, Arc<Notify>>>);

impl<K> Default for Notifies<K> {
    fn default() -> Self {
        Self(Mutex::new(HashMap::new()))
    }
}

impl<K: Eq + Hash> Notifies<K> {
    fn notify(&self, key: K) -> Arc<Notify> {
        Arc::clone(self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(key).or_default())
    }

    fn wake(&self, key: &K) {
        if let Some(notify) = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(key) {
            notify.notify_one();
        }
    }
}
