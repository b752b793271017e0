//! The keys of the workspaces: one that seals, and one that joins identifiers. Both are random, made with the
//! workspace, and stored wrapped by the data key.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

use kopru_core::{JoinKey, WorkspaceId};
use zeroize::Zeroizing;

use crate::{
    DataKey, Error,
    data_key::random_key,
    seal::{Opener, Seal, SealingKey},
};

/// What a key is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeyPurpose {
    /// Seals what is stored.
    Seal,
    /// Turns identifiers into the keyed hashes by which people are joined.
    Join,
}

impl KeyPurpose {
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::Seal => "seal",
            Self::Join => "join",
        }
    }

    pub(crate) fn from_code(code: &str) -> Option<Self> {
        [Self::Seal, Self::Join].into_iter().find(|purpose| purpose.code() == code)
    }
}

/// A key of a workspace as it is stored.
pub(crate) struct WrappedKey {
    pub(crate) workspace: WorkspaceId,
    /// Told apart within the workspace; values name it.
    pub(crate) id: u32,
    pub(crate) purpose: KeyPurpose,
    pub(crate) wrapped: Vec<u8>,
}

/// A key of a workspace.
pub(crate) struct PlainKey {
    pub(crate) workspace: WorkspaceId,
    pub(crate) id: u32,
    pub(crate) purpose: KeyPurpose,
    secret: Zeroizing<[u8; 32]>,
}

impl PlainKey {
    /// The keys of a new workspace.
    pub(crate) fn of_new(workspace: WorkspaceId) -> Result<[Self; 2], Error> {
        let new = |id, purpose| -> Result<Self, Error> {
            Ok(Self { workspace, id, purpose, secret: random_key().map_err(Error::database)? })
        };
        Ok([new(1, KeyPurpose::Seal)?, new(2, KeyPurpose::Join)?])
    }

    pub(crate) fn open(stored: &WrappedKey, data_key: &DataKey) -> Result<Self, Error> {
        let WrappedKey { workspace, id, purpose, wrapped } = stored;
        let secret = data_key.unwrap_key(&name(*workspace, *id, *purpose), wrapped)?;
        Ok(Self { workspace: *workspace, id: *id, purpose: *purpose, secret })
    }

    pub(crate) fn wrap(&self, data_key: &DataKey) -> Result<WrappedKey, Error> {
        let Self { workspace, id, purpose, secret } = self;
        let wrapped = data_key.wrap(&name(*workspace, *id, *purpose), secret)?;
        Ok(WrappedKey { workspace: *workspace, id: *id, purpose: *purpose, wrapped })
    }
}

/// Which key it is, as it is authenticated with it and shown in errors.
fn name(workspace: WorkspaceId, id: u32, purpose: KeyPurpose) -> String {
    format!("key {id} ({}) of workspace {}", purpose.code(), workspace.0)
}

/// The keys of a workspace, ready for use.
pub(crate) struct WorkspaceKeys {
    pub(crate) seal: Seal,
    pub(crate) join: JoinKey,
}

impl WorkspaceKeys {
    pub(crate) fn new(workspace: WorkspaceId, keys: &[PlainKey]) -> Result<Self, Error> {
        let of = |purpose| keys.iter().filter(move |key| key.purpose == purpose);
        let sealing = of(KeyPurpose::Seal).map(|key| SealingKey::new(key.id, &key.secret)).collect();
        // The joining key is never replaced in silence: nobody would be recognised any more.
        let join = of(KeyPurpose::Join).next().ok_or(Error::NoKeys(workspace.0))?;
        Ok(Self { seal: Seal::new(workspace, sealing)?, join: JoinKey::new(&join.secret) })
    }

    pub(crate) fn opener(&self) -> &Opener {
        self.seal.opener()
    }
}

/// The keys of all workspaces.
#[derive(Default)]
pub(crate) struct Keyring(RwLock<HashMap<WorkspaceId, Arc<WorkspaceKeys>>>);

impl Keyring {
    /// The keys of a workspace.
    ///
    /// # Errors
    /// [`Error::NoKeys`] when they were deleted, and with them the workspace.
    pub(crate) fn of(&self, workspace: WorkspaceId) -> Result<Arc<WorkspaceKeys>, Error> {
        let keys = self.0.read().unwrap_or_else(PoisonError::into_inner).get(&workspace).map(Arc::clone);
        keys.ok_or(Error::NoKeys(workspace.0))
    }

    /// Forgets the keys of a workspace.
    pub(crate) fn remove(&self, workspace: WorkspaceId) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).remove(&workspace);
    }

    pub(crate) fn put(&self, workspace: WorkspaceId, keys: &[PlainKey]) -> Result<(), Error> {
        let keys = Arc::new(WorkspaceKeys::new(workspace, keys)?);
        self.0.write().unwrap_or_else(PoisonError::into_inner).insert(workspace, keys);
        Ok(())
    }
}
