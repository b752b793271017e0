//! The handle: one Kommo with its account, limits, tokens and records.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard};

use sandbox_http::{Kept, Shared, lock};

use crate::crm::{Account, Crm};
use crate::jwt;
use crate::limit::Limits;
use crate::oauth::{KommoIntegration, Tokens};
use crate::records::{KommoRequest, Left};

/// How a Kommo behaves.
#[derive(Debug, Clone)]
pub struct Options {
    /// The long-lived token.
    pub token: String,
    /// The account that it shows.
    pub account: Account,
    /// The integration that may ask for tokens.
    pub integration: Option<KommoIntegration>,
    /// Most records kept in each list.
    pub keep: usize,
    /// Most bytes of requests that are kept.
    pub keep_request_bytes: usize,
}

struct State {
    options: Options,
    shared: Shared,
    crm: Arc<Mutex<Crm>>,
    limits: Mutex<Limits>,
    tokens: Mutex<Tokens>,
    long_lived_token: String,
    requests: Mutex<Kept<KommoRequest>>,
}

/// A Kommo. Clones share the same state.
#[derive(Clone)]
pub struct Kommo {
    state: Arc<State>,
}

impl fmt::Debug for Kommo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Kommo").finish_non_exhaustive()
    }
}

impl Kommo {
    /// An account without leads, contacts and pipelines.
    pub fn new(options: Options, shared: Shared) -> Self {
        let crm =
            Arc::new(Mutex::new(Crm::new(options.account.clone(), options.keep, shared.clock().clone())));
        shared.weigh_with({
            let crm = Arc::clone(&crm);
            move || lock(&crm).weight()
        });
        let state = State {
            crm,
            limits: Mutex::default(),
            tokens: Mutex::new(Tokens::new(options.integration.clone(), &options.account)),
            long_lived_token: jwt::long_lived(&options.account, &options.token),
            requests: Mutex::new(Kept::within(options.keep, options.keep_request_bytes)),
            shared,
            options,
        };
        Self { state: Arc::new(state) }
    }

    /// A long-lived token in the shape of Kommo's: a JWT that no client can verify. It works beside the one of
    /// the options, and is the same for the same options.
    pub fn long_lived_token(&self) -> &str {
        &self.state.long_lived_token
    }

    /// The newest requests, oldest first.
    pub fn newest_requests(&self, most: usize) -> Vec<KommoRequest> {
        let requests = lock(&self.state.requests);
        let passed = requests.iter().len().saturating_sub(most);
        requests.iter().skip(passed).cloned().collect()
    }

    /// How many records no longer fit into their lists.
    pub fn left(&self) -> Left {
        let requests = lock(&self.state.requests).left();
        let crm = self.crm();
        Left {
            requests,
            audit_rows: crm.audit.left(),
            deliveries: crm.outbox.deliveries.left(),
            webhooks: crm.outbox.unsent(),
        }
    }

    pub(crate) fn record(&self, request: KommoRequest) {
        let bytes = 64 + request.method.len() + request.path.len();
        lock(&self.state.requests).push_sized(request, bytes);
    }

    pub(crate) fn shared(&self) -> &Shared {
        &self.state.shared
    }

    pub(crate) fn options(&self) -> &Options {
        &self.state.options
    }

    pub(crate) fn crm(&self) -> MutexGuard<'_, Crm> {
        lock(&self.state.crm)
    }

    pub(crate) fn limits(&self) -> MutexGuard<'_, Limits> {
        lock(&self.state.limits)
    }

    pub(crate) fn tokens(&self) -> MutexGuard<'_, Tokens> {
        lock(&self.state.tokens)
    }
}
