//! Hosts whose pages send and may not, so that somebody sees that one is missing in the configuration.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

/// How many hosts are remembered of a workspace: anybody can name any.
const HOSTS_MAX: usize = 32;

/// A host whose pages send and may not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedSite {
    /// The workspace whose key they name.
    pub workspace: String,
    /// The host.
    pub host: String,
    /// How many requests came.
    pub requests: u64,
    /// When the last one came, Unix milliseconds.
    pub last_ms: i64,
}

/// Those of all workspaces, since the start.
#[derive(Debug, Default)]
pub(super) struct RefusedSites(Mutex<HashMap<String, Vec<RefusedSite>>>);

impl RefusedSites {
    pub(super) fn add(&self, workspace: &str, host: &str, now_ms: i64) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let sites = all.entry(workspace.to_owned()).or_default();
        if let Some(known) = sites.iter_mut().find(|known| known.host == host) {
            known.requests += 1;
            known.last_ms = now_ms;
            return;
        }
        if sites.len() >= HOSTS_MAX {
            // Whoever is really there comes again and again; what came once and long ago was nobody.
            let least = sites.iter().enumerate().min_by_key(|(_, one)| (one.requests, one.last_ms));
            if let Some((place, _)) = least {
                sites.swap_remove(place);
            }
        }
        let (workspace, host) = (workspace.to_owned(), host.to_owned());
        sites.push(RefusedSite { workspace, host, requests: 1, last_ms: now_ms });
    }

    /// Most requests first.
    pub(super) fn list(&self) -> Vec<RefusedSite> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut sites: Vec<RefusedSite> = all.values().flatten().cloned().collect();
        sites.sort_by(|one, other| (other.requests, &one.host).cmp(&(one.requests, &other.host)));
        sites
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_that_comes_again_is_not_pushed_out_by_many_that_come_once() {
        let sites = RefusedSites::default();
        for (at, host) in (0..1000).map(|at| (at, format!("made-up-{at}.example"))) {
            sites.add("acme", "staging.example.com", at);
            sites.add("acme", &host, at);
        }
        let listed = sites.list();
        assert_eq!(listed.len(), HOSTS_MAX);
        assert_eq!((listed[0].host.as_str(), listed[0].requests), ("staging.example.com", 1000));
    }
}
