//! API keys, by which programs call Kopru.
//!
//! Of a key only its SHA-256 is kept: it is 256 random bits, so nobody finds it from that.

use std::collections::BTreeSet;

use kopru_core::{KeyConsent, WorkspaceId};

/// How many keys of a workspace can hold at once.
pub const API_KEYS_MAX: usize = 100;
/// How many keys of a workspace that were revoked are still listed: the newest.
pub const REVOKED_KEYS_MAX: usize = 100;

/// What a key opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KeyScope {
    /// Reporting events to the workspace's datasets.
    Events,
    /// Reading the management API.
    Read,
    /// Changing by the management API; who may change may read.
    Manage,
}

impl KeyScope {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Events, Self::Read, Self::Manage];

    /// As it is written and stored.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Events => "events",
            Self::Read => "read",
            Self::Manage => "manage",
        }
    }

    /// The scope of this code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.code() == code)
    }
}

/// What a key is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewApiKey {
    /// By what people call it: unique among the workspace's keys that hold.
    pub name: String,
    /// The SHA-256 of the key.
    pub hash: [u8; 32],
    /// What it opens.
    pub scopes: BTreeSet<KeyScope>,
    /// Whose consent its events carry; a key without [`KeyScope::Events`] has none.
    pub consent: Option<KeyConsent>,
    /// Whether one bad event refuses its whole request, as Meta does.
    pub strict: bool,
}

/// A key as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    /// Whose it is.
    pub workspace: WorkspaceId,
    /// Its number in the workspace, given to no other one.
    pub number: u64,
    /// By what people call it.
    pub name: String,
    /// The SHA-256 of the key.
    pub hash: [u8; 32],
    /// What it opens.
    pub scopes: BTreeSet<KeyScope>,
    /// Whose consent its events carry; a key without [`KeyScope::Events`] has none.
    pub consent: Option<KeyConsent>,
    /// Whether one bad event refuses its whole request, as Meta does.
    pub strict: bool,
    /// When it was made, Unix milliseconds.
    pub created_ms: i64,
    /// When it was revoked, Unix milliseconds; it holds until then.
    pub revoked_ms: Option<i64>,
}

impl ApiKey {
    /// Whether it has a scope.
    pub fn has(&self, scope: KeyScope) -> bool {
        self.scopes.contains(&scope)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        for scope in KeyScope::ALL {
            assert_eq!(KeyScope::from_code(scope.code()), Some(scope));
        }
    }
}
