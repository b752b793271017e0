//! Counts of what was refused, written down together once a second: a flood must not cost a write each.
//! What they count was not acknowledged, or is not kept any longer, so they may be lost.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use kopru_core::WorkspaceId;
use store::FactStore;
use tokio::sync::watch;

use crate::log_throttle::LogThrottle;

/// How often counts are written down.
const COUNTS_EVERY: Duration = Duration::from_secs(1);
/// How often it is said that they cannot be.
const FAILURE_SAID_EVERY: Duration = Duration::from_mins(1);

/// Counts since they were last written down: one for each workspace and reason.
#[derive(Default)]
pub(super) struct Counts(Mutex<BTreeMap<(WorkspaceId, &'static str), i64>>);

impl Counts {
    /// Counts some more.
    pub(super) fn add(&self, workspace: WorkspaceId, reason: &'static str, by: usize) {
        self.put(workspace, reason, i64::try_from(by).unwrap_or(i64::MAX));
    }

    fn put(&self, workspace: WorkspaceId, reason: &'static str, by: i64) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *counts.entry((workspace, reason)).or_default() += by;
    }

    /// Writes them down until asked to stop.
    pub(super) async fn keep(&self, store: &dyn FactStore, mut stop: watch::Receiver<bool>) {
        let failing = LogThrottle::new(FAILURE_SAID_EVERY);
        loop {
            let stopping = tokio::select! {
                () = tokio::time::sleep(COUNTS_EVERY) => false,
                _ = stop.wait_for(|stop| *stop) => true,
            };
            let counts = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
            let named =
                counts.iter().map(|((workspace, reason), by)| (*workspace, format!("door.{reason}"), *by));
            let named: Vec<_> = named.collect();
            if !named.is_empty()
                && let Err(error) = store.count(named).await
            {
                if failing.say().is_some() {
                    tracing::warn!(
                        error = &error as &dyn std::error::Error,
                        "counts of refused requests cannot be written down"
                    );
                }
                for ((workspace, reason), by) in counts {
                    self.put(workspace, reason, by);
                }
            }
            if stopping {
                return;
            }
        }
    }
}
