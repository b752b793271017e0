//! What exists on the Meta side: apps and tokens, datasets and what they are linked to, ads and the
//! clicks on them, lead forms, and people with an account.
//!
//! Nothing is there until a caller puts it in, or asks for [`crate::Meta::seed`].

mod access;
mod ads;
mod assets;
mod attributed;
mod days;
mod keys;
pub(crate) mod people;
mod person;
mod runs;
mod seed;
mod tables;

use std::collections::{BTreeMap, HashMap};
use std::sync::Mutex;

use sandbox_http::weight;

pub(crate) use access::Code;
pub use access::{App, Token};
pub use ads::{Ad, AdAccount, AdDay, Click, Lead};
pub use assets::{Asset, AssetKind, SimulatedDataset};
pub(crate) use attributed::{Attributed, Conversion, ConversionLocation, Sum};
pub(crate) use days::day_in;
pub use people::Match;
pub(crate) use people::People;
pub use person::{AdClick, Person, ScopedId, Session, Written};
pub(crate) use runs::{Run, Runs};
pub use seed::{Seeded, SeededAd, SeededDataset};

/// A person of the seed has about this many bytes.
const USUAL_PERSON_BYTES: usize = 2048;

/// What the Graph side knows.
#[derive(Debug, Default)]
pub(crate) struct World {
    pub(crate) apps: BTreeMap<String, App>,
    /// By the token itself.
    pub(crate) tokens: HashMap<String, Token>,
    pub(crate) datasets: BTreeMap<String, SimulatedDataset>,
    /// Pages, WhatsApp Business Accounts and Instagram accounts by id.
    pub(crate) assets: BTreeMap<String, Asset>,
    /// By id without `act_`.
    pub(crate) accounts: BTreeMap<String, AdAccount>,
    pub(crate) ads: BTreeMap<String, Ad>,
    /// By `ctwa_clid`.
    pub(crate) clicks: HashMap<String, Click>,
    /// Page-scoped user id → Page.
    pub(crate) scoped_ids: HashMap<String, String>,
    pub(crate) leads: BTreeMap<String, Lead>,
    /// Codes of the OAuth dialog.
    pub(crate) codes: HashMap<String, Code>,
    pub(crate) people: People,
    /// Whether [`World::seed`] has been here.
    pub(crate) seeded: bool,
    /// Reports of insights that were asked for.
    pub(crate) runs: Mutex<Runs>,
}

impl World {
    /// Adds a dataset with the token that was made for it, and the objects that it is linked to. A
    /// dataset that was there before loses its earlier token.
    pub(crate) fn put_dataset(&mut self, dataset: SimulatedDataset) {
        if let Some(before) = self.datasets.remove(&dataset.id) {
            self.revoke(&before);
            for asset in
                self.assets.values_mut().filter(|asset| asset.dataset_id.as_ref() == Some(&before.id))
            {
                asset.dataset_id = None;
            }
        }
        for (kind, id) in dataset.links() {
            let asset = self.assets.entry(id.clone()).or_insert_with(|| Asset::new(&id, kind));
            asset.dataset_id = Some(dataset.id.clone());
        }
        if !dataset.token.is_empty() {
            let made = || Token { objects: Some(Vec::new()), ..Token::of(&dataset.token) };
            let token = self.tokens.entry(dataset.token.clone()).or_insert_with(made);
            if dataset.app_id.is_some() {
                token.app_id.clone_from(&dataset.app_id);
            }
            if let Some(objects) = &mut token.objects {
                objects.push(dataset.id.clone());
                objects.extend(dataset.links().map(|(_, id)| id));
            }
        }
        self.datasets.insert(dataset.id.clone(), dataset);
    }

    /// About the bytes of everything. People as they usually are do not count: their number has a bound.
    pub(crate) fn weight(&self) -> usize {
        let codes: usize = self.codes.values().map(|code| weight(&code.token)).sum();
        let people = self.people.all().iter().map(weight);
        let heavy: usize = people.map(|bytes| bytes.saturating_sub(USUAL_PERSON_BYTES)).sum();
        let apps = (&self.apps, &self.tokens, &self.datasets, &self.assets);
        let ads = (&self.accounts, &self.ads, &self.clicks, &self.scoped_ids, &self.leads);
        weight(&(apps, ads)) + codes + heavy
    }

    fn revoke(&mut self, dataset: &SimulatedDataset) {
        let Some(held) = self.tokens.get_mut(&dataset.token) else { return };
        let Some(objects) = &mut held.objects else { return };
        let lost: Vec<String> = dataset.links().map(|(_, id)| id).chain([dataset.id.clone()]).collect();
        objects.retain(|id| !lost.contains(id));
        if objects.is_empty() {
            self.tokens.remove(&dataset.token);
        }
    }
}
