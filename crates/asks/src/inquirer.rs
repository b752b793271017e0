//! The inquirer of one account: gathers its questions, asks them in lists, keeps the answers.
//!
//! What it does is in the files around: `turns` is its loop, `desk` what it has in hand, `asking` one
//! list.

use std::sync::Arc;

use kopru_core::{JoinKey, WorkspaceId};
use sources::Kommo;
use store::Clock;

use crate::host::Host;

/// Asks one CRM account for one workspace.
pub struct Inquirer<S> {
    /// Where questions come from and answers go.
    pub store: Arc<S>,
    /// Whose questions.
    pub workspace: WorkspaceId,
    /// What the account's bytes mean.
    pub kommo: Kommo,
    /// Where the account lives.
    pub host: Arc<Host>,
    /// The account's access token.
    pub token: String,
    /// The workspace's joining key: answers are made free of personal data before they are kept.
    pub join: JoinKey,
    /// The country of phone numbers that name none.
    pub country: Option<String>,
    /// For due times; it hears the time of every answer.
    pub clock: Clock,
}
