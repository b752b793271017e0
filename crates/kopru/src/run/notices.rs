//! What is said while loops run: which accounts rest, what is missing of them, which rules do not fire as they were
//! meant. What was said once is not said again by the loops of the next configuration, unless it has changed.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use asks::{DriftNotices, RestNotices, Resting};
use kopru_core::{Policy, WorkspaceId};
use server::{DriftedRule, Health, RestingAccount};
use store::Store;
use tokio::sync::watch;

/// What was said, kept as long as the process runs.
#[derive(Default)]
pub(super) struct Said {
    /// By workspace and system of record.
    drifts: Mutex<HashMap<(String, String), DriftNotices>>,
    /// What was said of rules, by workspace.
    rules: Mutex<HashMap<WorkspaceId, Vec<String>>>,
}

impl Said {
    /// Shows where people look what is needed of an account and missing: it stays until a reading finds otherwise.
    pub(super) fn drifts_of(&self, health: &Arc<Health>, workspace: &str, origin: &str) -> DriftNotices {
        let mut known = self.drifts.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (workspace.to_owned(), origin.to_owned());
        let notices = known.entry(key).or_insert_with(|| {
            let (health, workspace, origin) = (Arc::clone(health), workspace.to_owned(), origin.to_owned());
            DriftNotices::new(move |drifts| health.drifts(&workspace, &origin, drifts))
        });
        notices.clone()
    }

    /// Says nothing more of accounts that are not among these, by workspace and system of record.
    pub(super) fn keep_only(&self, configured: &HashSet<(String, String)>) {
        let mut known = self.drifts.lock().unwrap_or_else(PoisonError::into_inner);
        for (_, gone) in known.extract_if(|account, _| !configured.contains(account)) {
            gone.end();
        }
    }

    /// Says of each rule that does not fire as it was meant why, once the CRM's stages are known and whenever they
    /// have changed.
    pub(super) async fn of_rules(
        self: Arc<Self>,
        store: Arc<dyn Store>,
        health: Arc<Health>,
        (workspace, name): (WorkspaceId, String),
        policy: Arc<Policy>,
        places: Vec<String>,
        mut stopping: watch::Receiver<bool>,
    ) {
        const LOOK_AFTER: (Duration, Duration) = (Duration::from_secs(1), Duration::from_mins(1));
        let mut wait = LOOK_AFTER.0;
        loop {
            // What cannot be read now is read with the next look.
            if let Ok(catalogues) = store.catalogues(workspace).await {
                let (mut problems, mut drifted) = (Vec::new(), Vec::new());
                for (rule, place) in policy.rules.iter().zip(&places) {
                    for catalogue in &catalogues {
                        let Some(problem) = rule.problem(catalogue) else { continue };
                        problems.push(format!("{place}: {problem}"));
                        let origin = catalogue.origin.clone();
                        drifted.push(DriftedRule { workspace: name.clone(), origin, problem });
                    }
                }
                health.rules(&name, drifted);
                let mut said = self.rules.lock().unwrap_or_else(PoisonError::into_inner);
                let before = said.insert(workspace, problems.clone()).unwrap_or_default();
                for problem in problems.iter().filter(|problem| !before.contains(problem)) {
                    tracing::error!("{problem}");
                }
            }
            tokio::select! {
                () = tokio::time::sleep(wait) => wait = LOOK_AFTER.1.min(wait * 2),
                _ = stopping.wait_for(|stopping| *stopping) => return,
            }
        }
    }
}

/// Shows where people look that an account is not asked for a while. Whoever begins to ask shows nothing yet.
pub(super) fn rest_notices(health: Arc<Health>, workspace: String, origin: String) -> RestNotices {
    health.is_asked(&workspace, &origin);
    RestNotices::new(move |rest| match rest {
        None => health.is_asked(&workspace, &origin),
        Some(Resting { since_ms, until_ms, why, provider }) => {
            let with =
                provider.map_or_else(String::new, |provider| format!(", with all accounts of {provider}"));
            let (workspace, origin, why) = (workspace.clone(), origin.clone(), format!("{why}{with}"));
            health.rests(RestingAccount { workspace, origin, since_ms, until_ms, why });
        }
    })
}
