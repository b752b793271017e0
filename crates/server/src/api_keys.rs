//! The API keys that hold, in memory by their SHA-256: a request asks no disk.
//!
//! Loaded at the start and changed by whoever makes or revokes one in this process; no other process changes the
//! store meanwhile. What is looked for is the hash of what was given, which nobody can bring close to that of
//! another key step by step, so that the time of a search says nothing about the keys.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, PoisonError, RwLock},
};

use kopru_core::WorkspaceId;
use sha2::{Digest, Sha256};
use store::{ApiKey, Error, NewApiKey, Store};
use tokio::sync::Mutex;

/// By which a key is recognised, by people and by programs that look for secrets in the wrong place.
pub(crate) const PREFIX: &str = "kopru_";

type Held = HashMap<[u8; 32], Arc<ApiKey>>;

/// The API keys that hold.
pub struct ApiKeys {
    store: Arc<dyn Store>,
    held: RwLock<Held>,
    /// The hashes of those that were revoked, each with its workspace: whoever has one proves that it was theirs.
    revoked: RwLock<HashMap<[u8; 32], WorkspaceId>>,
    /// Held until memory has followed the store: changes reach both in one order.
    changing: Mutex<()>,
}

impl ApiKeys {
    /// The keys of a store.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn load(store: Arc<dyn Store>) -> Result<Arc<Self>, Error> {
        let held = store.keys_that_hold().await?;
        let held = held.into_iter().map(|key| (key.hash, Arc::new(key))).collect();
        let revoked = store.revoked_keys().await?;
        let revoked = revoked.into_iter().map(|key| (key.hash, key.workspace)).collect();
        let (held, revoked) = (RwLock::new(held), RwLock::new(revoked));
        Ok(Arc::new(Self { store, held, revoked, changing: Mutex::default() }))
    }

    /// The key that this is, if it holds. Takes the same time for every wrong one.
    pub fn find(&self, token: &str) -> Option<Arc<ApiKey>> {
        self.of_hash(&Sha256::digest(token).into())
    }

    /// Whether this is a key that was revoked.
    pub(crate) fn was_revoked(&self, token: &str) -> bool {
        let hash: [u8; 32] = Sha256::digest(token).into();
        self.revoked.read().unwrap_or_else(PoisonError::into_inner).contains_key(&hash)
    }

    /// The key with this hash, if it holds.
    pub(crate) fn of_hash(&self, hash: &[u8; 32]) -> Option<Arc<ApiKey>> {
        self.held.read().unwrap_or_else(PoisonError::into_inner).get(hash).cloned()
    }

    /// The key of this name, if it holds.
    pub(crate) fn named(&self, workspace: WorkspaceId, name: &str) -> Option<Arc<ApiKey>> {
        let held = self.held.read().unwrap_or_else(PoisonError::into_inner);
        held.values().find(|key| key.workspace == workspace && key.name == name).cloned()
    }

    /// Keeps a key, which opens from then on. Whoever asked may hang up: what has begun is done.
    ///
    /// # Errors
    /// Its name is taken, the workspace has as many as it can, or the store cannot be written.
    pub async fn make(
        self: &Arc<Self>,
        workspace: WorkspaceId,
        new: NewApiKey,
        now_ms: i64,
    ) -> Result<Arc<ApiKey>, Error> {
        let keys = Arc::clone(self);
        let making = tokio::spawn(async move {
            let _changing = keys.changing.lock().await;
            let key = Arc::new(keys.store.make_key(workspace, new, now_ms).await?);
            keys.change(|held| held.insert(key.hash, Arc::clone(&key)));
            Ok(key)
        });
        making.await.map_err(|_| Error::Closed)?
    }

    /// Revokes a key by its name, which opens nothing from then on; `None` if none of this name holds. Whoever asked
    /// may hang up.
    ///
    /// # Errors
    /// The store cannot be written.
    pub async fn revoke(
        self: &Arc<Self>,
        workspace: WorkspaceId,
        name: &str,
        now_ms: i64,
    ) -> Result<Option<ApiKey>, Error> {
        let (keys, name) = (Arc::clone(self), name.to_owned());
        let revoking = tokio::spawn(async move {
            let _changing = keys.changing.lock().await;
            let revoked = keys.store.revoke_key(workspace, &name, now_ms).await?;
            if let Some(key) = &revoked {
                keys.change(|held| held.remove(&key.hash));
                let mut revoked = keys.revoked.write().unwrap_or_else(PoisonError::into_inner);
                revoked.insert(key.hash, key.workspace);
            }
            Ok(revoked)
        });
        revoking.await.map_err(|_| Error::Closed)?
    }

    /// The keys of a workspace, also those that were revoked, oldest first.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn list(&self, workspace: WorkspaceId) -> Result<Vec<ApiKey>, Error> {
        self.store.keys(workspace).await
    }

    /// Forgets the keys of a workspace that was erased.
    pub(crate) fn forget(&self, workspace: WorkspaceId) {
        self.change(|held| held.retain(|_, key| key.workspace != workspace));
        let mut revoked = self.revoked.write().unwrap_or_else(PoisonError::into_inner);
        revoked.retain(|_, of| *of != workspace);
    }

    fn change<T>(&self, change: impl FnOnce(&mut Held) -> T) -> T {
        change(&mut self.held.write().unwrap_or_else(PoisonError::into_inner))
    }
}

impl fmt::Debug for ApiKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiKeys").finish_non_exhaustive()
    }
}

/// A new key, and its hash.
///
/// # Errors
/// The system gives no random numbers.
pub(crate) fn new_token() -> Result<(String, [u8; 32]), Error> {
    let mut random = [0; 32];
    getrandom::fill(&mut random).map_err(Error::database)?;
    let token = format!("{PREFIX}{}", capi::hex(&random));
    let hash = Sha256::digest(&token).into();
    Ok((token, hash))
}
