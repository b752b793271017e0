//! Which loops of the process have been stopped, for `/readyz` and the dashboard.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Mutex, PoisonError},
};

/// A loop that kept failing and was set aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stopped {
    /// The workspace to which it belongs.
    pub workspace: String,
    /// What it is, in few words.
    pub what: String,
    /// Since when, Unix milliseconds.
    pub since_ms: i64,
}

impl fmt::Display for Stopped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}, since {}", self.workspace, self.what, rfc3339(self.since_ms).unwrap_or_default())
    }
}

/// A time as programs read it.
pub(crate) fn rfc3339(at_ms: i64) -> Option<String> {
    Some(jiff::Timestamp::from_millisecond(at_ms).ok()?.to_string())
}

/// What runs and what does not. Holds at most one entry a loop.
#[derive(Debug, Default)]
pub struct Health(Mutex<BTreeMap<(String, String), i64>>);

impl Health {
    /// A loop of a workspace has been stopped at a time, Unix milliseconds.
    pub fn stopped(&self, workspace: &str, what: &str, since_ms: i64) {
        let mut stopped = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        stopped.entry((workspace.to_owned(), what.to_owned())).or_insert(since_ms);
    }

    /// It runs again.
    pub fn running(&self, workspace: &str, what: &str) {
        let mut stopped = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        stopped.remove(&(workspace.to_owned(), what.to_owned()));
    }

    /// All that are stopped, by workspace and name.
    pub fn list(&self) -> Vec<Stopped> {
        let stopped = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let all = stopped.iter().map(|((workspace, what), since_ms)| Stopped {
            workspace: workspace.clone(),
            what: what.clone(),
            since_ms: *since_ms,
        });
        all.collect()
    }
}
