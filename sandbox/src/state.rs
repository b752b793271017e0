//! The handle: what the sandbox knows, and what it has seen.
//!
//! Nothing is there until a caller puts it in. Every function here has its counterpart under `/sandbox/`.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::{Duration, Instant};

use crate::clock::Clock;
use crate::fault::{Fault, FaultRule, Faults, Side};
use crate::kommo::book::Book;
use crate::kommo::limit::Limits;
use crate::kommo::oauth::Tokens;
use crate::options::Options;
use crate::points::Scores;
use crate::records::{AcceptedEvent, GraphRequest, KommoRequest, Left, Records};
use crate::room::{Room, weight};
use crate::tally::Tally;
use crate::world::{Ad, AdAccount, App, Asset, Click, Dataset, Lead, Person, Seeded, Token, World};

struct Shared {
    options: Options,
    clock: Clock,
    world: RwLock<World>,
    records: Mutex<Records>,
    faults: Mutex<Faults>,
    scores: Mutex<Scores>,
    book: Mutex<Book>,
    limits: Mutex<Limits>,
    tokens: Mutex<Tokens>,
    room: Mutex<Room>,
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
            records: Mutex::new(Records::new(&options)),
            faults: Mutex::new(Faults::seeded(options.seed)),
            scores: Mutex::default(),
            book: Mutex::new(Book::new(options.kommo_account.clone(), options.keep)),
            limits: Mutex::default(),
            tokens: Mutex::new(Tokens::new(options.kommo_integration.clone())),
            room: Mutex::new(Room::new(options.keep_bytes)),
            clock: Clock::default(),
            options,
        };
        Self { shared: Arc::new(shared) }
    }

    /// Adds an app, or replaces the one with its id.
    pub fn add_app(&self, app: App) {
        self.world_mut().apps.insert(app.id.clone(), app);
    }

    /// Adds a token, or replaces the one with its value.
    pub fn add_token(&self, token: Token) {
        self.world_mut().tokens.insert(token.value.clone(), token);
    }

    /// Adds a dataset with its token and what it is linked to, or replaces the one with its id.
    pub fn add_dataset(&self, dataset: Dataset) {
        self.world_mut().put_dataset(dataset);
    }

    /// Adds a Page, WhatsApp Business Account or Instagram account, or replaces the one with its id.
    pub fn add_asset(&self, asset: Asset) {
        self.world_mut().assets.insert(asset.id.clone(), asset);
    }

    /// Adds an ad account, or replaces the one with its id.
    pub fn add_ad_account(&self, account: AdAccount) {
        self.world_mut().accounts.insert(account.id.clone(), account);
    }

    /// Adds an ad, or replaces the one with its id.
    pub fn add_ad(&self, ad: Ad) {
        self.world_mut().ads.insert(ad.id.clone(), ad);
    }

    /// Registers a click id, so that events may name it.
    pub fn add_click(&self, click: Click) {
        self.world_mut().clicks.insert(click.ctwa_clid.clone(), click);
    }

    /// Registers a page-scoped user id, so that events of that Page may name it.
    pub fn add_scoped_id(&self, user_id: impl Into<String>, page_id: impl Into<String>) {
        self.world_mut().scoped_ids.insert(user_id.into(), page_id.into());
    }

    /// Adds what somebody typed into an instant form, or replaces the one with its id.
    pub fn add_lead(&self, lead: Lead) {
        self.world_mut().leads.insert(lead.id.clone(), lead);
    }

    /// Adds a person, or replaces the one with that id. Says why if there is no room.
    pub fn add_person(&self, person: Person) -> Result<(), String> {
        self.world_mut().people.add(person)
    }

    /// A part of the people, in the order in which they came.
    pub fn people(&self, skip: usize, most: usize) -> Vec<Person> {
        self.world().people.all().iter().skip(skip).take(most).cloned().collect()
    }

    /// Adds a business with its ads, and this many people who may have come by them; see [`Seeded`].
    /// Says why if there is no room for so many.
    pub fn seed(&self, seed: u64, people: usize) -> Result<Seeded, String> {
        let now_s = self.clock().now_s();
        self.world_mut().seed(seed, people, now_s)
    }

    /// Scripts the next `requests` Graph requests. Several calls queue up.
    pub fn fail_next(&self, requests: u32, fault: Fault) {
        self.add_fault(FaultRule { times: Some(requests), ..FaultRule::always(fault) });
    }

    /// Adds a fault. Says whether there was room for it: there can be a thousand.
    pub fn add_fault(&self, rule: FaultRule) -> bool {
        lock(&self.shared.faults).add(rule, Instant::now())
    }

    /// Takes all faults away.
    pub fn clear_faults(&self) {
        lock(&self.shared.faults).clear();
    }

    /// The faults that can still happen.
    pub fn faults(&self) -> Vec<FaultRule> {
        lock(&self.shared.faults).list()
    }

    /// Every accepted event, oldest first.
    pub fn graph_events(&self) -> Vec<AcceptedEvent> {
        self.records().events.iter().map(crate::records::KeptEvent::shown).collect()
    }

    /// Every Graph request, in the order in which they were decided.
    pub fn graph_requests(&self) -> Vec<GraphRequest> {
        self.records().graph.to_vec()
    }

    /// Every Kommo request, oldest first.
    pub fn kommo_requests(&self) -> Vec<KommoRequest> {
        self.records().kommo.to_vec()
    }

    /// The counts of a dataset by event name; they outlive the records.
    pub fn tallies(&self, dataset: &str) -> BTreeMap<String, Tally> {
        self.records().tallies.get(dataset).map(|tallies| tallies.0.clone()).unwrap_or_default()
    }

    /// Moves the sandbox's clock ahead, as if that much time had gone by.
    pub fn advance_clock(&self, by: Duration) {
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
            dedup_keys: records.dedup.forgotten(),
            ids: records.ids.left(),
            ad_days: records.attributed.left(),
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

    pub(crate) fn world_mut(&self) -> RwLockWriteGuard<'_, World> {
        self.shared.world.write().unwrap_or_else(PoisonError::into_inner)
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

    /// Says why if what came over HTTP has no room for so many bytes more.
    pub(crate) fn take_room(&self, bytes: usize) -> Result<(), String> {
        let weigh = || self.world().weight() + self.book().weight() + weight(&self.faults());
        let most = self.options().keep_bytes;
        let fits = lock(&self.shared.room).take(bytes, Instant::now(), weigh);
        if fits {
            Ok(())
        } else {
            Err(format!("the sandbox holds {most} bytes of what was put in; no more fits"))
        }
    }

    pub(crate) fn take_fault(&self, side: Side, object: &str, brings_events: bool) -> Option<Fault> {
        lock(&self.shared.faults).take(side, object, brings_events, Instant::now())
    }

    /// Counts a call of this token against the Marketing API's limit, if there is one, and says
    /// how many percent of it are used. The error is how long it is blocked.
    pub(crate) fn charge(&self, token: &Token, write: bool) -> Result<Option<u8>, Duration> {
        let Some(tier) = self.options().tier else { return Ok(None) };
        let who = token.app_id.as_ref().unwrap_or(&token.value);
        lock(&self.shared.scores).charge(tier, who, write, Instant::now()).map(Some)
    }
}

/// A panic in another thread leaves plain data behind, which stays readable.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
