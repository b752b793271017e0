//! The handle: both sides, what they share, and the listener.
//!
//! Every function here has its counterpart under `/sandbox/`.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use sandbox_http::fault::{Fault, FaultRule};
use sandbox_http::{Running, Shared};
use sandbox_kommo::{
    ChatMessage, Contact, Deal, Kommo, KommoDelivery, KommoRequest, LeadChange, Pipeline, WebhookStyle,
};
use sandbox_meta::{
    AcceptedEvent, Ad, AdAccount, App, Asset, Click, GraphRequest, Lead, Meta, Person, Seeded,
    SimulatedDataset, Tally, Token,
};

use crate::{Error, Left, Options, control};

/// A sandbox: a Meta, a Kommo, and what they share. Clones share the same state.
#[derive(Debug, Clone)]
pub struct Sandbox {
    pub(crate) shared: Shared,
    pub(crate) meta: Meta,
    pub(crate) kommo: Kommo,
}

impl Sandbox {
    /// An empty sandbox: nothing is there until a caller puts it in.
    #[expect(clippy::needless_pass_by_value, reason = "a caller makes the options for this sandbox")]
    pub fn new(options: Options) -> Self {
        let shared = Shared::new(options.seed, options.keep_bytes);
        let meta = Meta::new(options.of_meta(), shared.clone());
        let kommo = Kommo::new(options.of_kommo(), shared.clone());
        Self { shared, meta, kommo }
    }

    /// Listens on a loopback address; port 0 takes a free one.
    pub async fn serve(&self, addr: SocketAddr) -> io::Result<Running> {
        sandbox_http::serve(addr, self.router(), self.kommo.send_webhooks()?).await
    }

    fn router(&self) -> Router {
        control::routes(self)
            .merge(sandbox_kommo::routes(&self.kommo))
            .merge(sandbox_meta::pixel_routes(&self.meta))
            .merge(sandbox_page::routes(sandbox_meta::graph_routes(&self.meta)))
            .fallback(sandbox_meta::graph_routes(&self.meta))
    }

    /// Scripts the next `requests` Graph requests. Several calls queue up.
    pub fn fail_next(&self, requests: u32, fault: Fault) {
        self.add_fault(FaultRule { times: Some(requests), ..FaultRule::always(fault) });
    }

    /// Adds a fault. Says whether there was room for it: there can be a thousand.
    pub fn add_fault(&self, rule: FaultRule) -> bool {
        self.shared.add_fault(rule)
    }

    /// Takes all faults away.
    pub fn clear_faults(&self) {
        self.shared.clear_faults();
    }

    /// The faults that can still happen.
    pub fn faults(&self) -> Vec<FaultRule> {
        self.shared.faults()
    }

    /// Moves the sandbox's clock ahead, as if that much time had gone by.
    pub fn advance_clock(&self, by: Duration) {
        self.shared.clock().advance(by);
    }

    /// Lets the sandbox's clock run this many times faster than real time, from 1 to 100,000.
    pub fn run_clock_at(&self, speed: f64) {
        self.shared.clock().run_at(speed);
    }

    /// How many records no longer fit into the lists.
    pub fn left(&self) -> Left {
        Left::of(self.meta.left(), self.kommo.left())
    }
}

/// Meta's side.
impl Sandbox {
    /// Adds an app, or replaces the one with its id.
    pub fn add_app(&self, app: App) {
        self.meta.add_app(app);
    }

    /// Adds a token, or replaces the one with its value.
    pub fn add_token(&self, token: Token) {
        self.meta.add_token(token);
    }

    /// Adds a dataset with its token and what it is linked to, or replaces the one with its id.
    pub fn add_dataset(&self, dataset: SimulatedDataset) {
        self.meta.add_dataset(dataset);
    }

    /// Adds a Page, WhatsApp Business Account or Instagram account, or replaces the one with its id.
    pub fn add_asset(&self, asset: Asset) {
        self.meta.add_asset(asset);
    }

    /// Adds an ad account, or replaces the one with its id.
    pub fn add_ad_account(&self, account: AdAccount) {
        self.meta.add_ad_account(account);
    }

    /// Adds an ad, or replaces the one with its id.
    pub fn add_ad(&self, ad: Ad) {
        self.meta.add_ad(ad);
    }

    /// Registers a click id, so that events may name it.
    pub fn add_click(&self, click: Click) {
        self.meta.add_click(click);
    }

    /// Registers a page-scoped user id, so that events of that Page may name it.
    pub fn add_scoped_id(&self, user_id: impl Into<String>, page_id: impl Into<String>) {
        self.meta.add_scoped_id(user_id, page_id);
    }

    /// Adds what somebody typed into an instant form, or replaces the one with its id.
    pub fn add_lead(&self, lead: Lead) {
        self.meta.add_lead(lead);
    }

    /// A part of the people, in the order in which they came.
    pub fn people(&self, skip: usize, most: usize) -> Vec<Person> {
        self.meta.people(skip, most)
    }

    /// Adds a business with its ads, and this many people who may have come by them; see [`Seeded`].
    /// Says why if there is no room for so many.
    pub fn seed(&self, seed: u64, people: usize) -> Result<Seeded, Error> {
        Ok(self.meta.seed(seed, people)?)
    }

    /// Every accepted event, oldest first.
    pub fn graph_events(&self) -> Vec<AcceptedEvent> {
        self.meta.events()
    }

    /// Every Graph request, in the order in which they were decided.
    pub fn graph_requests(&self) -> Vec<GraphRequest> {
        self.meta.newest_requests(None, 0, usize::MAX).0
    }

    /// The counts of a dataset by event name; they outlive the records.
    pub fn tallies(&self, dataset: &str) -> BTreeMap<String, Tally> {
        self.meta.tallies(dataset)
    }
}

/// Kommo's side.
impl Sandbox {
    /// Adds a pipeline, or replaces the one with its id. Deals add the stages they need by themselves.
    pub fn put_pipeline(&self, pipeline: Pipeline) {
        self.kommo.put_pipeline(pipeline);
    }

    /// Adds a contact, or replaces the one with its id. It sets the scene: no audit log, no webhook.
    pub fn put_contact(&self, contact: Contact) {
        self.kommo.put_contact(contact);
    }

    /// Adds a deal, or replaces the one with its id. It sets the scene: no audit log, no webhook.
    pub fn put_deal(&self, deal: Deal) {
        self.kommo.put_deal(deal);
    }

    /// Moves a deal as a user would: audit log, `updated_at`, `closed_at` for 142 and 143, webhooks.
    /// Says whether the deal exists.
    pub fn move_deal(&self, id: u64, pipeline_id: u64, status_id: u64, at_s: i64) -> bool {
        self.kommo.move_deal(id, pipeline_id, status_id, at_s)
    }

    /// Changes the price of a deal as a user would. Says whether the deal exists.
    pub fn set_price(&self, id: u64, price: Option<i64>, at_s: i64) -> bool {
        self.kommo.set_price(id, price, at_s)
    }

    /// Makes and changes leads as a user would, in one go; their webhooks leave in the given style.
    /// The first change that cannot be is an error; those before it have happened.
    pub fn change_leads(&self, changes: &[LeadChange], style: WebhookStyle) -> Result<(), Error> {
        Ok(self.kommo.change_leads(changes, style)?)
    }

    /// Makes one contact of two, as a user would who merges duplicates. Says whether both exist.
    pub fn merge_contacts(&self, into: u64, from: u64) -> bool {
        self.kommo.merge_contacts(into, from)
    }

    /// Lets Kommo's API answer as of so many seconds ago, while its webhooks are not behind. 0 ends it.
    pub fn lag_kommo_by(&self, seconds: u32) -> Result<(), Error> {
        Ok(self.kommo.lag_by(seconds)?)
    }

    /// A long-lived token of Kommo in the shape of real ones, a JWT. It works beside that of the options.
    pub fn kommo_long_lived_token(&self) -> &str {
        self.kommo.long_lived_token()
    }

    /// Lets somebody write: talk and message webhooks, audit log. An unknown contact or lead is an error.
    pub fn add_message(&self, message: ChatMessage) -> Result<(), Error> {
        Ok(self.kommo.add_message(message)?)
    }

    /// Every request, oldest first.
    pub fn kommo_requests(&self) -> Vec<KommoRequest> {
        self.kommo.newest_requests(usize::MAX)
    }

    /// Whether Kommo has delivered every webhook, or given it up.
    pub fn kommo_has_delivered(&self) -> bool {
        self.kommo.has_delivered()
    }

    /// Every attempt to deliver a webhook, oldest first.
    pub fn kommo_deliveries(&self) -> Vec<KommoDelivery> {
        self.kommo.deliveries()
    }
}
