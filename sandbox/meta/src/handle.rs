//! What the handle can do: saying what exists, and reading what was seen.

use std::collections::BTreeMap;

use crate::records::tally::Tally;
use crate::records::{AcceptedEvent, GraphRequest, KeptEvent, Left};
use crate::world::{Ad, AdAccount, App, Asset, Click, Lead, Person, Seeded, SimulatedDataset, Token};
use crate::{Error, Meta};

impl Meta {
    /// Adds an app, or replaces the one with its id.
    pub fn add_app(&self, app: App) {
        self.world_mut().apps.insert(app.id.clone(), app);
    }

    /// Adds a token, or replaces the one with its value.
    pub fn add_token(&self, token: Token) {
        self.world_mut().tokens.insert(token.value.clone(), token);
    }

    /// Adds a dataset with its token and what it is linked to, or replaces the one with its id.
    pub fn add_dataset(&self, dataset: SimulatedDataset) {
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
    pub fn add_person(&self, person: Person) -> Result<(), Error> {
        self.world_mut().people.add(person)
    }

    /// A part of the people, in the order in which they came.
    pub fn people(&self, skip: usize, most: usize) -> Vec<Person> {
        self.world().people.all().iter().skip(skip).take(most).cloned().collect()
    }

    /// Adds a business with its ads, and this many people who may have come by them; see [`Seeded`].
    /// Says why if there is no room for so many.
    pub fn seed(&self, seed: u64, people: usize) -> Result<Seeded, Error> {
        let now_s = self.shared().clock().now_s();
        self.world_mut().seed(seed, people, now_s)
    }

    /// Every accepted event, oldest first.
    pub fn events(&self) -> Vec<AcceptedEvent> {
        self.records().events.iter().map(KeptEvent::shown).collect()
    }

    /// The newest Graph requests to `dataset` with a greater number than `after`, in the order in which
    /// they were decided; and how many requests there were ever.
    pub fn newest_requests(
        &self,
        dataset: Option<&str>,
        after: u64,
        most: usize,
    ) -> (Vec<GraphRequest>, u64) {
        let records = self.records();
        let wanted = |one: &&GraphRequest| one.n > after && dataset.is_none_or(|id| id == one.dataset);
        let mut newest: Vec<_> = records.graph.iter().rev().filter(wanted).take(most).cloned().collect();
        newest.reverse();
        (newest, records.graph_count)
    }

    /// The counts of a dataset by event name; they outlive the records.
    pub fn tallies(&self, dataset: &str) -> BTreeMap<String, Tally> {
        self.records().tallies.get(dataset).map(|tallies| tallies.0.clone()).unwrap_or_default()
    }

    /// How many records no longer fit into the lists.
    pub fn left(&self) -> Left {
        let records = self.records();
        Left {
            events: records.events.left(),
            requests: records.graph.left(),
            dedup_keys: records.dedup.forgotten(),
            ids: records.ids.left(),
            ad_days: records.attributed.left(),
        }
    }
}
