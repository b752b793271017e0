//! The state that facts touch: deals, contacts, links, clicks and open conversions.
//!
//! The store loads it, a decision reads it and writes into it, and the store applies the same
//! effects. Several facts decided on one working_set give what they give one by one.

use std::collections::{BTreeSet, HashMap, HashSet};

use capi::Money;
use serde::{Deserialize, Serialize};

use crate::{
    Catalogue, Cause, Chat, Click, Contact, Conversion, Deal, DealKey, Effect, Entry, Fact, ImportedSale,
    Join, Named, Node, Outcome, Question, Seq,
};

/// What is known of whatever a conversion comes from.
pub(crate) struct Subject {
    /// Who is behind it, the main one first.
    pub contacts: Vec<Node>,
    /// For which companies.
    pub companies: Vec<Node>,
    /// Its price.
    pub price: Option<Money>,
    /// What it shows of the fields and tags that rules name.
    pub named: Named,
    /// What is said about consent.
    pub consent: Option<crate::ConsentAnswer>,
}

/// What is left of a click that has been deleted because of its age.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExpiredClick {
    /// The ad, if the referral named one.
    pub ad_id: Option<String>,
    /// When the message was written, Unix seconds.
    pub at_s: i64,
}

/// A fact that waits for the answer to a question.
#[derive(Debug, Clone, PartialEq)]
pub struct WaitingFact {
    /// Its place in the log.
    pub seq: Seq,
    /// When it arrived, Unix milliseconds.
    pub received_ms: i64,
    /// What it said; `None` when that cannot be read back.
    pub fact: Option<Fact>,
}

/// The state around a set of facts.
#[derive(Debug, Default)]
pub struct WorkingSet {
    /// Deals by key.
    pub deals: HashMap<DealKey, Deal>,
    /// Contacts that have been read.
    pub contacts: HashMap<Node, Contact>,
    /// Links, in both directions.
    pub links: HashMap<Node, BTreeSet<Node>>,
    /// Contacts that had an identifier once.
    pub former_of: HashMap<Node, BTreeSet<Node>>,
    /// What is known of links between identifiers, in each direction.
    pub joins: HashMap<Node, HashMap<Node, Join>>,
    /// Deals of each contact, as far as they are known here.
    pub deals_of: HashMap<Node, BTreeSet<DealKey>>,
    /// Contacts with more deals than could be loaded: they are swept.
    pub crowded: HashSet<Node>,
    /// Clicks by each identifier of who clicked.
    pub clicks: HashMap<Node, Vec<Click>>,
    /// How chats began, each by one identifier of who wrote.
    pub chats: HashMap<Node, Chat>,
    /// Accounts of which chats have come, with the time of the first one, Unix seconds.
    pub heard: HashMap<String, i64>,
    /// What is left of clicks that have been deleted, by each identifier of who clicked.
    pub expired_clicks: HashMap<Node, Vec<ExpiredClick>>,
    /// Identifiers and contacts of people who were erased and must not be learnt anew.
    pub erased: HashSet<Node>,
    /// Sales that files have told, by each identifier of who bought.
    pub imported: HashMap<Node, Vec<ImportedSale>>,
    /// Conversions of each cause.
    pub conversions: HashMap<Cause, Vec<Conversion>>,
    /// Facts that wait, by the question's key.
    pub waiting: HashMap<String, Vec<WaitingFact>>,
    /// Where more facts wait for a question than were loaded: the last one before the gap.
    pub waiting_beyond: HashMap<String, Seq>,
    /// Questions whose stored answer cannot be read back: they are asked again.
    pub lost: Vec<Question>,
    /// Catalogues by system of record, with the place in the log where each was learnt.
    pub catalogues: HashMap<String, (Seq, Catalogue)>,
}

impl WorkingSet {
    /// What is known of whatever a conversion comes from; `None` if it is not known itself.
    pub(crate) fn subject(&self, cause: &Cause) -> Option<Subject> {
        let (contacts, price, named, own) = match cause {
            Cause::Deal(key) => {
                let deal = self.deals.get(key)?;
                (deal.contacts.clone(), deal.price, deal.named.clone(), deal.consent)
            }
            Cause::Contact(key) => (vec![Node::contact(&key.origin, &key.id)], None, Named::default(), None),
            // Comes with its doors.
            Cause::Activity(_) => return None,
        };
        let said = contacts.iter().filter_map(|contact| self.contacts.get(contact)?.consent).chain(own);
        // A refusal by any of them counts, then what is unclear; otherwise one yes does.
        let consent = said.reduce(crate::ConsentAnswer::and);
        let (companies, contacts) = contacts.into_iter().partition(Node::is_company);
        Some(Subject { contacts, companies, price, named, consent })
    }

    /// When the CRM says that a cause was made, Unix seconds.
    pub(crate) fn created_s(&self, cause: &Cause) -> Option<i64> {
        self.deals.get(cause.deal()?)?.created_s
    }

    /// As of when the person behind an event is looked at, Unix seconds: who had the number when the deal was
    /// made, not who has it since.
    pub(crate) fn began_s(&self, conversion: &Conversion) -> i64 {
        let created_s = self.created_s(&conversion.cause);
        created_s.map_or(conversion.event_s, |created_s| created_s.min(conversion.event_s))
    }

    /// The currency of the prices of the account that a cause is of, where its names are loaded.
    pub(crate) fn currency_of(&self, cause: &Cause) -> Option<String> {
        let origin = match cause {
            Cause::Deal(key) => &key.origin,
            Cause::Contact(key) => &key.origin,
            Cause::Activity(_) => return None,
        };
        self.catalogues.get(origin)?.1.currency.clone()
    }

    /// The win that a sale is of, if that stands; nothing for what is no sale.
    pub(crate) fn standing_win(&self, sale: &Conversion) -> Option<&Entry> {
        let (Cause::Deal(key), Some(stage)) = (&sale.cause, &sale.stage) else { return None };
        self.deals.get(key)?.standing_win(&stage.pipeline)
    }

    /// Whether what the CRM shows of a cause is known to be old, and is asked for again.
    pub(crate) fn lags(&self, cause: &Cause) -> bool {
        matches!(cause, Cause::Deal(key) if self.deals.get(key).is_some_and(|deal| deal.lagging))
    }

    /// Whether one of these belongs to somebody who was erased.
    pub(crate) fn has_erased(&self, nodes: &[Node]) -> bool {
        // Nearly nobody is.
        !self.erased.is_empty() && nodes.iter().any(|node| self.erased.contains(node))
    }

    /// Takes an effect in, exactly as the store will.
    pub(crate) fn absorb(&mut self, effect: &Effect) {
        match effect {
            Effect::SaveDeal(deal) => self.save_deal(deal),
            Effect::SaveContact(contact) => self.save_contact(contact),
            Effect::SaveLink(a, b, told) => self.join(a, b, *told),
            Effect::SaveChat(node, chat) => {
                self.chats.insert(node.clone(), *chat);
            }
            Effect::SaveHeard { account, since_s } => {
                self.heard.entry(account.clone()).or_insert(*since_s);
            }
            Effect::SaveClick(click) => {
                for node in &click.who {
                    self.clicks.entry(node.clone()).or_default().push(click.clone());
                }
            }
            Effect::SaveCatalogue(seq, catalogue) => {
                self.catalogues.insert(catalogue.origin.clone(), (*seq, catalogue.clone()));
            }
            Effect::Create(conversion) => {
                let stored = Conversion { stored: Some(conversion.state), ..conversion.clone() };
                self.conversions.entry(conversion.cause.clone()).or_default().push(stored);
            }
            Effect::Update(conversion) => {
                if let Some(known) = self
                    .conversions
                    .get_mut(&conversion.cause)
                    .and_then(|all| all.iter_mut().find(|known| known.event_id == conversion.event_id))
                {
                    *known = Conversion { stored: Some(conversion.state), ..conversion.clone() };
                }
            }
            Effect::Settle { seq, outcome } => self.settle(*seq, outcome),
            Effect::Release { seq } => {
                self.take_waiting(*seq);
            }
            Effect::SaveIdentifiers { .. }
            | Effect::Forget { .. }
            | Effect::Ask { .. }
            | Effect::Sweep { .. } => {}
        }
    }

    /// A fact that was just decided to wait is part of the state for the facts behind it.
    pub(crate) fn wait(&mut self, on: &str, fact: WaitingFact) {
        self.waiting.entry(on.to_owned()).or_default().push(fact);
    }

    fn settle(&mut self, seq: Seq, outcome: &Outcome) {
        let fact = self.take_waiting(seq);
        if let (Outcome::Waiting { on, .. }, Some(fact)) = (outcome, fact) {
            self.wait(on, fact);
        }
    }

    fn take_waiting(&mut self, seq: Seq) -> Option<WaitingFact> {
        self.waiting
            .values_mut()
            .find_map(|facts| facts.iter().position(|fact| fact.seq == seq).map(|place| facts.remove(place)))
    }

    fn save_deal(&mut self, deal: &Deal) {
        let before = self.deals.insert(deal.key.clone(), deal.clone());
        for contact in before.iter().flat_map(|before| &before.contacts) {
            if let Some(deals) = self.deals_of.get_mut(contact) {
                deals.remove(&deal.key);
            }
        }
        for contact in &deal.contacts {
            self.deals_of.entry(contact.clone()).or_default().insert(deal.key.clone());
        }
    }

    fn save_contact(&mut self, contact: &Contact) {
        for node in self.links.remove(&contact.node).into_iter().flatten() {
            if let Some(back) = self.links.get_mut(&node) {
                back.remove(&contact.node);
            }
        }
        for node in &contact.who {
            self.link(&contact.node, node);
        }
        for former in self.contacts.get(&contact.node).iter().flat_map(|before| &before.former) {
            if let Some(contacts) = self.former_of.get_mut(&former.node) {
                contacts.remove(&contact.node);
            }
        }
        for former in &contact.former {
            self.former_of.entry(former.node.clone()).or_default().insert(contact.node.clone());
        }
        self.contacts.insert(contact.node.clone(), contact.clone());
    }

    /// Adds what is told of two identifiers.
    fn join(&mut self, a: &Node, b: &Node, told: Join) {
        self.link(a, b);
        for (a, b, told) in [(a, b, told), (b, a, told.back())] {
            let known = self.joins.entry(a.clone()).or_default().entry(b.clone()).or_insert(told);
            *known = known.with(told);
        }
    }

    /// What is known of a link between two identifiers, from the first to the second.
    pub(crate) fn join_of(&self, one: &Node, other: &Node) -> Option<&Join> {
        self.joins.get(one)?.get(other)
    }

    /// Adds a link in both directions.
    pub fn link(&mut self, a: &Node, b: &Node) {
        self.links.entry(a.clone()).or_default().insert(b.clone());
        self.links.entry(b.clone()).or_default().insert(a.clone());
    }
}
