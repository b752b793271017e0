//! The inquirer of one account: gathers its questions, asks them in lists, keeps the answers.
//!
//! What it does is in the files around: `turns` is its loop, `state` what it has in hand, `asking` one
//! list.

use std::sync::Arc;

use kopru_core::WorkspaceId;
use sources::{Tenant, Upstream};
use store::{AskStore, Clock};

use crate::{
    drift::{DriftNotices, HookKey},
    host::Host,
    resting::RestNotices,
    tokens::Account,
};

/// Asks one account for one workspace.
pub struct Inquirer {
    /// Where questions come from and answers go.
    pub store: Arc<dyn AskStore>,
    /// Whose questions: answers are made free of personal data with its key before they are kept.
    pub tenant: Tenant,
    /// What can be asked, and what the account's bytes mean.
    pub upstream: Arc<dyn Upstream>,
    /// Where the account lives.
    pub host: Arc<Host>,
    /// For due times; it hears the time of every answer.
    pub clock: Clock,
    /// Who hears when the account is not asked for a while.
    pub rests: RestNotices,
    /// The secret part of the address to which the account's webhooks go.
    pub hook_key: HookKey,
    /// Who hears what is needed of the account and missing.
    pub drifts: DriftNotices,
}

impl Inquirer {
    pub(crate) fn workspace(&self) -> WorkspaceId {
        self.tenant.workspace
    }

    pub(crate) fn origin(&self) -> &str {
        self.upstream.origin()
    }

    /// Whose token it asks with.
    pub(crate) fn account(&self) -> Account {
        Account {
            store: Arc::clone(&self.store),
            workspace: self.workspace(),
            upstream: Arc::clone(&self.upstream),
            host: Arc::clone(&self.host),
            clock: self.clock.clone(),
        }
    }
}
