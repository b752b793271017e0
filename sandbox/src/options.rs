//! How a sandbox behaves.

use sandbox_kommo::{Account, KommoIntegration};
use sandbox_meta::Tier;

/// How a sandbox behaves.
#[derive(Debug, Clone)]
pub struct Options {
    /// The token that the Kommo side asks for.
    pub kommo_token: String,
    /// The account that the Kommo side shows.
    pub kommo_account: Account,
    /// The integration that may ask the Kommo side for tokens.
    pub kommo_integration: Option<KommoIntegration>,
    /// Accept click ids and page-scoped user ids that nobody registered.
    pub any_id: bool,
    /// Refuse also what Meta's documentation requires but Meta was seen to take.
    pub strict_docs: bool,
    /// Keep only counts and event ids of what is accepted.
    pub discard: bool,
    /// The Marketing API's limit; `None` is no limit.
    pub tier: Option<Tier>,
    /// The seed of the random numbers of faults.
    pub seed: u64,
    /// Most records kept in each list.
    pub keep: usize,
    /// Most bytes of records kept in each list, and of what is put in over HTTP.
    pub keep_bytes: usize,
    /// Most keys kept to recognise copies, and most event ids kept when events are discarded.
    pub keep_ids: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            kommo_token: "kommo-sandbox-token".to_owned(),
            kommo_account: Account::default(),
            kommo_integration: None,
            any_id: false,
            strict_docs: false,
            discard: false,
            tier: None,
            seed: 1,
            keep: 100_000,
            keep_bytes: 256 * 1024 * 1024,
            keep_ids: 2_000_000,
        }
    }
}

impl Options {
    pub(crate) fn of_meta(&self) -> sandbox_meta::Options {
        sandbox_meta::Options {
            any_id: self.any_id,
            strict_docs: self.strict_docs,
            discard: self.discard,
            tier: self.tier,
            keep: self.keep,
            keep_bytes: self.keep_bytes,
            keep_ids: self.keep_ids,
        }
    }

    pub(crate) fn of_kommo(&self) -> sandbox_kommo::Options {
        sandbox_kommo::Options {
            token: self.kommo_token.clone(),
            account: self.kommo_account.clone(),
            integration: self.kommo_integration.clone(),
            keep: self.keep,
            // Requests are short beside the events of the other side.
            keep_request_bytes: self.keep_bytes / 8,
        }
    }
}
