//! The hooks that are open. A reload of the configuration replaces all of them in one step: a request
//! meets either what was there before or what is there after, never neither.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use kopru_core::WorkspaceId;
use sha2::{Digest, Sha256};
use sources::{Directory, Source};

use super::{MISTAKE_SAID_EVERY, bucket::Bucket, budget::Budget};
use crate::log_throttle::LogThrottle;

/// How often bodies that are not understood are said of one hook.
const UNREADABLE_SAID_EVERY: Duration = Duration::from_mins(1);

/// A webhook address: a source of a workspace.
pub struct Hook {
    /// Whose it is.
    pub workspace: WorkspaceId,
    /// The workspace's name, for the log.
    pub workspace_name: String,
    /// The name of the source's kind.
    pub kind: &'static str,
    /// What it understands.
    pub source: Arc<dyn Source>,
    /// Whose facts it makes.
    pub directory: Directory,
}

/// A hook with its bounds.
pub(super) struct OpenHook {
    pub hook: Hook,
    pub bounds: Arc<HookBounds>,
}

/// What is bounded for each hook.
pub(super) struct HookBounds {
    /// Its share of the budget for bodies.
    pub share: Budget,
    /// How many bodies that are not understood are kept.
    pub kept: Bucket,
    pub not_understood: LogThrottle,
    pub bad_signatures: LogThrottle,
}

impl HookBounds {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            share: Budget::share(),
            kept: Bucket::full(),
            not_understood: LogThrottle::new(UNREADABLE_SAID_EVERY),
            bad_signatures: LogThrottle::new(MISTAKE_SAID_EVERY),
        })
    }
}

/// The hooks of one configuration.
pub(super) struct Hooks {
    /// By the hash of their key: looking one up takes the same time for every wrong key.
    by_key: HashMap<[u8; 32], OpenHook>,
    /// Scheme and host under which clients call.
    pub public_url: Option<String>,
}

impl Hooks {
    pub(super) fn get(&self, key: &str) -> Option<&OpenHook> {
        self.by_key.get(&hash(key))
    }
}

/// The hooks of the configuration that holds at present.
pub(super) struct OpenHooks(RwLock<Arc<Hooks>>);

impl OpenHooks {
    pub(super) fn new(public_url: Option<String>, hooks: impl IntoIterator<Item = (String, Hook)>) -> Self {
        let open = |(key, hook): (String, Hook)| (hash(&key), OpenHook { hook, bounds: HookBounds::new() });
        let by_key = hooks.into_iter().map(open).collect();
        Self(RwLock::new(Arc::new(Hooks { by_key, public_url })))
    }

    /// Those that a request meets that comes now.
    pub(super) fn now(&self) -> Arc<Hooks> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Whoever floods a hook must not gain by a reload: the bounds of a key stay.
    pub(super) fn replace(
        &self,
        public_url: Option<String>,
        hooks: impl IntoIterator<Item = (String, Hook)>,
    ) {
        let before = self.now();
        let open = |(key, hook): (String, Hook)| {
            let key = hash(&key);
            let known = before.by_key.get(&key).map(|opened| Arc::clone(&opened.bounds));
            (key, OpenHook { hook, bounds: known.unwrap_or_else(HookBounds::new) })
        };
        let by_key = hooks.into_iter().map(open).collect();
        let hooks = Arc::new(Hooks { by_key, public_url });
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = hooks;
    }
}

fn hash(key: &str) -> [u8; 32] {
    Sha256::digest(key.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use kopru_core::{Consent, JoinKey, Wanted};
    use sources::{Tenant, Whatsapp};

    use super::*;

    fn hook(workspace: u32) -> Hook {
        let workspace = WorkspaceId(workspace);
        let tenant = Tenant {
            workspace,
            join: JoinKey::new(&[7; 32]),
            country: None,
            consent: Consent::Required,
            wanted: Wanted::default(),
        };
        Hook {
            workspace,
            workspace_name: "acme".into(),
            kind: "whatsapp",
            source: Arc::new(Whatsapp { verify_token: None, app_secret: "secret".into() }),
            directory: Directory::Workspace(tenant),
        }
    }

    #[test]
    fn a_reload_changes_hooks_and_keeps_the_bounds_of_a_key() {
        let open = OpenHooks::new(None, [("stays".to_owned(), hook(1)), ("goes".to_owned(), hook(1))]);
        let before = open.now();
        open.replace(
            Some("https://a.example".into()),
            [("stays".into(), hook(2)), ("comes".into(), hook(2))],
        );
        let after = open.now();
        let bounds = |hooks: &Hooks, key: &str| Arc::clone(&hooks.get(key).unwrap().bounds);
        assert!(Arc::ptr_eq(&bounds(&before, "stays"), &bounds(&after, "stays")));
        assert_eq!(after.get("stays").unwrap().hook.workspace, WorkspaceId(2));
        assert!(after.get("goes").is_none() && after.get("comes").is_some());
        assert_eq!(after.public_url.as_deref(), Some("https://a.example"));
        assert!(before.get("goes").is_some(), "whoever is within goes on with what was there");
    }
}
