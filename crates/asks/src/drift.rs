//! Who hears what is needed of an account and missing.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use sources::{Drift, SetupPart};

/// The secret part of the address at which an account's webhooks come in.
#[derive(Clone)]
pub struct HookKey(pub String);

impl fmt::Debug for HookKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HookKey(..)")
    }
}

/// Hears everything that is needed of an account and missing, each time that it has changed.
type OnChange = dyn Fn(Vec<Drift>) + Send + Sync;

/// Says what is needed of an account and missing. What was said holds until a reading finds otherwise, whoever reads:
/// clones share it, and whoever reads next goes on with it.
#[derive(Clone)]
pub struct DriftNotices {
    on_change: Arc<OnChange>,
    /// By the part in which it was found; without one it was found in the audit log.
    said: Arc<Mutex<BTreeMap<Option<SetupPart>, Vec<Drift>>>>,
}

impl DriftNotices {
    /// Notices that are heard by this.
    pub fn new(on_change: impl Fn(Vec<Drift>) + Send + Sync + 'static) -> Self {
        Self { on_change: Arc::new(on_change), said: Arc::default() }
    }

    /// Says what a reading has found in a part, if that has changed.
    pub(crate) fn say(&self, origin: &str, part: Option<SetupPart>, found: &[Drift]) {
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        let before = said.insert(part, found.to_vec()).unwrap_or_default();
        if before == found {
            return;
        }
        for drift in found.iter().filter(|drift| !before.contains(drift)) {
            tracing::warn!(origin, "{drift}; `kopru check` says what mends it");
        }
        if said.values().all(Vec::is_empty) {
            tracing::info!(origin, "the account is set up as it is needed again");
        }
        (self.on_change)(said.values().flatten().cloned().collect());
    }

    /// Nobody reads any more how the account is set up: nothing is known of it.
    pub fn end(&self) {
        self.said.lock().unwrap_or_else(PoisonError::into_inner).clear();
        (self.on_change)(Vec::new());
    }

    /// Whether webhooks are known to lack something.
    pub(crate) fn are_of_hooks(&self) -> bool {
        let said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        said.values().flatten().any(Drift::is_of_hooks)
    }

    pub(crate) fn is_silent(&self) -> bool {
        self.said.lock().unwrap_or_else(PoisonError::into_inner).values().all(Vec::is_empty)
    }
}

impl fmt::Debug for DriftNotices {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DriftNotices(..)")
    }
}
