//! The handle: what the sandbox knows, and what it has seen.
//!
//! Nothing is there until a caller puts it in. Every function here has its counterpart under `/sandbox/`.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard};

use serde::{Deserialize, Serialize};

use crate::clock::Clock;
use crate::graph::fault::Fault;
use crate::kommo::book::{Account, Book};
use crate::kommo::limit::Limits;
use crate::kommo::oauth::{KommoIntegration, Tokens};
use crate::records::{AcceptedEvent, GraphRequest, KommoRequest, Left, Records};

/// How a sandbox behaves.
#[derive(Debug, Clone)]
pub struct Options {
    /// The token that the Kommo side asks for.
    pub kommo_token: String,
    /// The account that the Kommo side shows.
    pub kommo_account: Account,
    /// The integration that may ask the Kommo side for tokens.
    pub kommo_integration: Option<KommoIntegration>,
    /// Seconds in the `retry_after` of Kommo's 429. Kommo says 300; a test may want less.
    pub kommo_retry_after_s: u64,
    /// Accept a `ctwa_clid` that was never registered with [`Sandbox::add_click`].
    pub any_clid: bool,
    /// Most records kept in each list.
    pub keep: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            kommo_token: "kommo-sandbox-token".to_owned(),
            kommo_account: Account::default(),
            kommo_integration: None,
            kommo_retry_after_s: 300,
            any_clid: false,
            keep: 100_000,
        }
    }
}

/// A dataset of the Graph side.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dataset {
    /// Its id, the second part of the path.
    pub id: String,
    /// The token that may write to it.
    pub token: String,
    /// With it, a given `appsecret_proof` is checked.
    #[serde(default)]
    pub app_secret: Option<String>,
    /// A request without `appsecret_proof` is refused. Says nothing without `app_secret`.
    #[serde(default)]
    pub require_proof: bool,
    /// The linked Page.
    #[serde(default)]
    pub page_id: Option<String>,
    /// The linked WhatsApp Business Account.
    #[serde(default)]
    pub waba_id: Option<String>,
    /// The linked Instagram account.
    #[serde(default)]
    pub ig_account_id: Option<String>,
}

/// A click on a click-to-WhatsApp ad.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Click {
    /// The click id as Meta would have issued it.
    pub ctwa_clid: String,
    /// The WhatsApp Business Account that the ad leads to.
    pub waba_id: String,
    /// The ad.
    pub ad_id: String,
}

/// What the Graph side knows.
#[derive(Debug, Default)]
pub(crate) struct World {
    pub(crate) datasets: BTreeMap<String, Dataset>,
    pub(crate) clicks: HashMap<String, Click>,
}

struct Shared {
    options: Options,
    clock: Clock,
    world: RwLock<World>,
    records: Mutex<Records>,
    faults: Mutex<VecDeque<(u32, Fault)>>,
    book: Mutex<Book>,
    limits: Mutex<Limits>,
    tokens: Mutex<Tokens>,
}

/// A sandbox. Clones share the same state.
#[derive(Clone)]
pub struct Sandbox {
    shared: Arc<Shared>,
}

impl fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sandbox").finish_non_exhaustive()
    }
}

impl Sandbox {
    /// An empty sandbox.
    pub fn new(options: Options) -> Self {
        let shared = Shared {
            world: RwLock::default(),
            records: Mutex::new(Records::new(options.keep)),
            faults: Mutex::default(),
            book: Mutex::new(Book::new(&options)),
            limits: Mutex::default(),
            tokens: Mutex::new(Tokens::new(options.kommo_integration.clone())),
            clock: Clock::default(),
            options,
        };
        Self { shared: Arc::new(shared) }
    }

    /// Adds a dataset, or replaces the one with its id.
    pub fn add_dataset(&self, dataset: Dataset) {
        let mut world = self.shared.world.write().unwrap_or_else(PoisonError::into_inner);
        world.datasets.insert(dataset.id.clone(), dataset);
    }

    /// Registers a click id, so that events may name it.
    pub fn add_click(&self, click: Click) {
        let mut world = self.shared.world.write().unwrap_or_else(PoisonError::into_inner);
        world.clicks.insert(click.ctwa_clid.clone(), click);
    }

    /// Scripts the next `requests` Graph requests. Several calls queue up.
    pub fn fail_next(&self, requests: u32, fault: Fault) {
        if requests > 0 {
            lock(&self.shared.faults).push_back((requests, fault));
        }
    }

    /// Every accepted event, oldest first.
    pub fn graph_events(&self) -> Vec<AcceptedEvent> {
        self.records().events.to_vec()
    }

    /// Every Graph request, in the order in which they were decided.
    pub fn graph_requests(&self) -> Vec<GraphRequest> {
        self.records().graph.to_vec()
    }

    /// Every Kommo request, oldest first.
    pub fn kommo_requests(&self) -> Vec<KommoRequest> {
        self.records().kommo.to_vec()
    }

    /// Moves the sandbox's clock ahead, as if that much time had gone by.
    pub fn advance_clock(&self, by: std::time::Duration) {
        self.clock().advance(by);
    }

    /// Lets the sandbox's clock run this many times faster than real time, from 1 to 100,000.
    pub fn run_clock_at(&self, speed: f64) {
        self.clock().run_at(speed);
    }

    /// How many records no longer fit into the lists above.
    pub fn left(&self) -> Left {
        let (audit_rows, kommo_deliveries, kommo_webhooks) = {
            let book = self.book();
            (book.audit.left(), book.outbox.deliveries.left(), book.outbox.unsent())
        };
        let records = self.records();
        Left {
            events: records.events.left(),
            graph_requests: records.graph.left(),
            kommo_requests: records.kommo.left(),
            audit_rows,
            kommo_deliveries,
            kommo_webhooks,
        }
    }

    pub(crate) fn clock(&self) -> &Clock {
        &self.shared.clock
    }

    pub(crate) fn options(&self) -> &Options {
        &self.shared.options
    }

    pub(crate) fn world(&self) -> RwLockReadGuard<'_, World> {
        self.shared.world.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn records(&self) -> MutexGuard<'_, Records> {
        lock(&self.shared.records)
    }

    pub(crate) fn book(&self) -> MutexGuard<'_, Book> {
        lock(&self.shared.book)
    }

    pub(crate) fn limits(&self) -> MutexGuard<'_, Limits> {
        lock(&self.shared.limits)
    }

    pub(crate) fn tokens(&self) -> MutexGuard<'_, Tokens> {
        lock(&self.shared.tokens)
    }

    pub(crate) fn take_fault(&self) -> Option<Fault> {
        let mut faults = lock(&self.shared.faults);
        let (remaining, fault) = faults.front_mut()?;
        let fault = fault.clone();
        *remaining -= 1;
        if *remaining == 0 {
            faults.pop_front();
        }
        Some(fault)
    }
}

/// A panic in another thread leaves plain data behind, which stays readable.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
