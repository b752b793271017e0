//! What the API shows while it lags behind what happens: the rows as they were some seconds ago.
//!
//! Kommo's webhooks can be faster than its API, which then answers with an old row or with none. Earlier
//! versions are kept only while somebody asks for that, and none from before it was asked for.

use std::collections::{BTreeMap, VecDeque};

use sandbox_http::Clock;
use serde::Serialize;

use super::Crm;
use super::cards::{Company, Lead, Person};

/// Earlier versions kept of one kind of cards; the oldest leave first, and what they hid shows early.
const MOST: usize = 10_000;

/// How far the API is behind.
#[derive(Debug)]
pub(crate) struct Lag {
    clock: Clock,
    by_ms: i64,
    /// Nothing is shown as it was before this.
    since_ms: i64,
}

impl Lag {
    pub(super) fn new(clock: Clock) -> Self {
        Self { clock, by_ms: 0, since_ms: i64::MIN }
    }

    /// The time as of which the API answers.
    pub(crate) fn as_of_ms(&self) -> i64 {
        if self.by_ms == 0 {
            return i64::MAX;
        }
        self.clock.now_ms().saturating_sub(self.by_ms).max(self.since_ms)
    }
}

/// Earlier versions of the cards of one kind, oldest first: until when, whose, and the version, if there was one.
#[derive(Debug, Serialize)]
pub(crate) struct Past<T>(VecDeque<(i64, u64, Option<T>)>);

impl<T> Default for Past<T> {
    fn default() -> Self {
        Self(VecDeque::new())
    }
}

impl<T: Clone> Past<T> {
    /// Keeps the version that is about to be replaced.
    fn keep(&mut self, lag: &Lag, id: u64, version: Option<&T>) {
        if lag.by_ms == 0 {
            return;
        }
        let as_of_ms = lag.as_of_ms();
        while self.0.len() >= MOST || self.0.front().is_some_and(|(until_ms, ..)| *until_ms <= as_of_ms) {
            self.0.pop_front();
        }
        self.0.push_back((lag.clock.now_ms(), id, version.cloned()));
    }

    /// The rows of `now` as they were.
    fn seen<'c>(&'c self, lag: &Lag, now: &'c BTreeMap<u64, T>) -> Seen<'c, T> {
        let as_of_ms = lag.as_of_ms();
        let mut before = BTreeMap::new();
        for (_, id, version) in self.0.iter().filter(|(until_ms, ..)| *until_ms > as_of_ms) {
            before.entry(*id).or_insert(version.as_ref());
        }
        Seen { now, before }
    }
}

/// Rows as the API shows them.
#[derive(Debug)]
pub(crate) struct Seen<'c, T> {
    now: &'c BTreeMap<u64, T>,
    before: BTreeMap<u64, Option<&'c T>>,
}

impl<'c, T> Seen<'c, T> {
    pub(crate) fn get(&self, id: u64) -> Option<&'c T> {
        self.before.get(&id).copied().unwrap_or_else(|| self.now.get(&id))
    }

    /// In the order of their ids.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &'c T> {
        // A card is never removed, so every one that was is.
        self.now.iter().filter_map(|(id, row)| self.before.get(id).copied().unwrap_or(Some(row)))
    }
}

impl Seen<'_, Lead> {
    /// The leads that something is linked with.
    pub(crate) fn leads_with(&self, linked: impl Fn(&Lead) -> bool) -> Vec<u64> {
        self.iter().filter(|lead| !lead.card.is_deleted && linked(lead)).map(|lead| lead.card.id).collect()
    }
}

impl Crm {
    /// Lets the API answer as of so long ago from now on.
    pub(crate) fn lag_by(&mut self, by_ms: i64) {
        if self.lag.by_ms == 0 {
            self.lag.since_ms = self.lag.clock.now_ms();
        }
        self.lag.by_ms = by_ms;
        if by_ms == 0 {
            (self.past_leads, self.past_contacts, self.past_companies) = Default::default();
        }
    }

    /// The leads as the API shows them.
    pub(crate) fn seen_leads(&self) -> Seen<'_, Lead> {
        self.past_leads.seen(&self.lag, &self.leads)
    }

    /// The contacts as the API shows them.
    pub(crate) fn seen_contacts(&self) -> Seen<'_, Person> {
        self.past_contacts.seen(&self.lag, &self.contacts)
    }

    /// The companies as the API shows them.
    pub(crate) fn seen_companies(&self) -> Seen<'_, Company> {
        self.past_companies.seen(&self.lag, &self.companies)
    }

    pub(super) fn put_lead_card(&mut self, lead: Lead) {
        let id = lead.card.id;
        self.past_leads.keep(&self.lag, id, self.leads.get(&id));
        self.leads.insert(id, lead);
    }

    pub(super) fn put_contact_card(&mut self, person: Person) {
        let id = person.card.id;
        self.past_contacts.keep(&self.lag, id, self.contacts.get(&id));
        self.contacts.insert(id, person);
    }

    pub(super) fn put_company_card(&mut self, company: Company) {
        let id = company.card.id;
        self.past_companies.keep(&self.lag, id, self.companies.get(&id));
        self.companies.insert(id, company);
    }
}
