//! The state that facts touch: deals, contacts, links, clicks and open conversions.
//!
//! The store loads it, a decision reads it and writes into it, and the store applies the same
//! effects. Several facts decided on one working_set give what they give one by one.

use std::collections::{BTreeSet, HashMap, HashSet};

use capi::Money;
use serde::{Deserialize, Serialize};

use crate::{
    Catalogue, Cause, Click, ContactKey, Conversion, DealKey, Effect, Fact, Node, Outcome, Question, Seq,
    StageId,
    policy::{is_closed, is_lost, is_won},
};

/// How far a person reaches over links.
pub const HOPS_MAX: usize = 2;
/// How many identifiers a person may have before the search stops.
pub const PERSON_LINKS_MAX: usize = 64;
/// With more people than this an identifier (a reception's phone, info@) joins nobody.
pub const IDENTIFIER_LINKS_MAX: usize = 16;
/// With more cards than this it joins nobody, whoever they are: no more are looked at.
pub const IDENTIFIER_CARDS_MAX: usize = 64;
/// How many stage entries of a deal are remembered.
const ENTRIES_MAX: usize = 64;
/// How far apart the times of one move may be, seconds: a report, the deal itself and the audit log each
/// have their own.
const SAME_MOVE_S: u64 = 120;

/// A deal as Kopru knows it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Deal {
    /// Which one.
    pub key: DealKey,
    /// Where it stood when it was last read.
    pub stage: Option<StageId>,
    /// Its price.
    pub price: Option<Money>,
    /// Its contacts, the main one first.
    pub contacts: Vec<Node>,
    /// When it was made, Unix seconds.
    #[serde(default)]
    pub created_s: Option<i64>,
    /// When the CRM last changed it, Unix seconds.
    pub updated_s: i64,
    /// The stages that it is known to have entered.
    pub entries: Vec<Entry>,
    /// What it says about consent.
    pub consent: Option<bool>,
    /// The stage in which it is known to have arrived while nothing says when, with the CRM's last
    /// change of the deal, until the audit log has said more.
    pub arrived: Option<Entry>,
    /// The fact by which it was last read.
    #[serde(default)]
    pub read_by: Seq,
    /// Whether the CRM no longer has it.
    #[serde(default)]
    pub gone: bool,
    /// Whether the CRM's history is ahead of what it shows of the deal, and is asked again.
    #[serde(default)]
    pub lagging: bool,
}

/// A deal entered a stage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Which stage.
    pub stage: StageId,
    /// When, Unix seconds.
    pub at_s: i64,
}

impl Deal {
    /// A deal of which nothing is known yet.
    pub fn new(key: DealKey) -> Self {
        Self {
            key,
            stage: None,
            price: None,
            contacts: Vec::new(),
            created_s: None,
            updated_s: 0,
            entries: Vec::new(),
            consent: None,
            arrived: None,
            read_by: 0,
            gone: false,
            lagging: false,
        }
    }

    /// Whether the deal is known to have entered the stage at some time.
    pub fn has_entered(&self, stage: &StageId) -> bool {
        self.entries.iter().any(|entry| entry.stage == *stage)
    }

    /// Whether an entry is one that is known already, perhaps with a time of another source.
    pub(crate) fn knows(&self, entry: &Entry) -> bool {
        let is_between = |one: &Entry, at_s: i64| {
            let (first_s, last_s) = (at_s.min(entry.at_s), at_s.max(entry.at_s));
            one.stage != entry.stage && first_s < one.at_s && one.at_s < last_s
        };
        let mut known = self.entries.iter().filter(|one| one.stage == entry.stage);
        known.any(|one| {
            one.at_s == entry.at_s
                || (one.at_s.abs_diff(entry.at_s) <= SAME_MOVE_S
                    && !self.entries.iter().any(|other| is_between(other, one.at_s)))
        })
    }

    /// When the deal is known to have entered the stage last, Unix seconds.
    pub(crate) fn entered_s(&self, stage: &StageId) -> Option<i64> {
        self.entries.iter().rev().find(|entry| entry.stage == *stage).map(|entry| entry.at_s)
    }

    /// Remembers an entry; the oldest leave first, and what was won stays.
    pub(crate) fn enter(&mut self, entry: Entry) {
        if self.entries.len() >= ENTRIES_MAX {
            let oldest = self.entries.iter().position(|entry| !is_won(&entry.stage)).unwrap_or(0);
            self.entries.remove(oldest);
        }
        self.entries.push(entry);
    }

    /// The win in a pipeline that stands: nothing later shows the deal as lost, in an open stage of that
    /// pipeline, or as deleted. An open stage of another pipeline is what follows a sale.
    pub(crate) fn standing_win(&self, pipeline: &str) -> Option<&Entry> {
        if self.gone {
            return None;
        }
        let mut moves: Vec<&Entry> = self.entries.iter().collect();
        moves.sort_by_key(|entry| entry.at_s);
        let mut win: Option<&Entry> = None;
        for entry in moves {
            let is_win = is_won(&entry.stage) && entry.stage.pipeline == pipeline;
            match win {
                None if is_win => win = Some(entry),
                // It was left meanwhile: within its own second, or unseen.
                Some(won) if is_win && entry.at_s > won.at_s && !self.kept_between(won, entry) => {
                    win = Some(entry);
                }
                // Within one second nothing says which came first.
                Some(won) if entry.at_s > won.at_s && undoes(&entry.stage, won) => win = None,
                _ => {}
            }
        }
        win.filter(|won| {
            let shown = self.stage.as_ref().filter(|_| self.updated_s >= won.at_s);
            !shown.is_some_and(|stage| undoes(stage, won))
        })
    }

    /// The wins that stand, at most one in each pipeline.
    pub(crate) fn standing_wins(&self) -> Vec<Entry> {
        let won = self.entries.iter().filter(|entry| is_won(&entry.stage));
        let pipelines: BTreeSet<&str> = won.map(|entry| entry.stage.pipeline.as_str()).collect();
        pipelines.into_iter().filter_map(|pipeline| self.standing_win(pipeline).cloned()).collect()
    }

    /// Whether a deal that was won twice in a pipeline is known to have gone only where that keeps its sale.
    fn kept_between(&self, won: &Entry, again: &Entry) -> bool {
        let mut between = self
            .entries
            .iter()
            .filter(|entry| entry.stage != won.stage && (won.at_s..=again.at_s).contains(&entry.at_s));
        let first = between.next();
        first.is_some_and(|first| !undoes(&first.stage, won))
            && !between.any(|entry| undoes(&entry.stage, won))
    }

    /// The stage in which the deal stands, if it was known there before a move to another one, and when it came
    /// back is not known.
    pub(crate) fn left_and_back(&self) -> Option<&StageId> {
        let shown = self.stage.as_ref().filter(|shown| self.has_entered(shown))?;
        let moved_s = self.entries.iter().map(|entry| entry.at_s).max()?;
        let is_last = self.entries.iter().any(|entry| entry.at_s == moved_s && entry.stage == *shown);
        (self.updated_s > moved_s && !is_last).then_some(shown)
    }

    /// When the deal last moved, if the CRM's history knows of a move that what it shows of the deal does not:
    /// Unix seconds.
    pub(crate) fn unseen_move_s(&self) -> Option<i64> {
        let shown = self.stage.as_ref()?;
        let moved_s = self.entries.iter().map(|entry| entry.at_s).max()?;
        // The last change that the row shows may be an earlier one of the same second.
        let mut last = self.entries.iter().filter(|entry| entry.at_s == moved_s);
        (moved_s >= self.updated_s && last.all(|entry| entry.stage != *shown)).then_some(moved_s)
    }
}

/// Whether a stage means that a deal is not won any more.
fn undoes(stage: &StageId, won: &Entry) -> bool {
    is_lost(stage) || (!is_closed(stage) && stage.pipeline == won.stage.pipeline)
}

/// What is known of whatever a conversion comes from.
pub(crate) struct Subject {
    /// Who is behind it, the main one first.
    pub contacts: Vec<Node>,
    /// Its value.
    pub price: Option<Money>,
    /// What is said about consent.
    pub consent: Option<bool>,
}

/// A contact that has been read from the CRM.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    /// Which one.
    pub node: Node,
    /// Its phones and e-mails.
    pub who: Vec<Node>,
    /// What it says about consent.
    pub consent: Option<bool>,
    /// The newest fact that the question knew of when it was last read.
    #[serde(default)]
    pub answered_upto: Seq,
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
    /// Deals of each contact, as far as they are known here.
    pub deals_of: HashMap<Node, BTreeSet<DealKey>>,
    /// Contacts with more deals than could be loaded: they are swept.
    pub crowded: HashSet<Node>,
    /// Clicks by each identifier of who clicked.
    pub clicks: HashMap<Node, Vec<Click>>,
    /// What is left of clicks that have been deleted, by each identifier of who clicked.
    pub expired_clicks: HashMap<Node, Vec<ExpiredClick>>,
    /// Identifiers and contacts of people who were erased and must not be learnt anew.
    pub erased: HashSet<Node>,
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
        let (contacts, price, own) = match cause {
            Cause::Deal(key) => {
                let deal = self.deals.get(key)?;
                (deal.contacts.clone(), deal.price, deal.consent)
            }
            Cause::Contact(key) => (vec![Node::contact(&key.origin, &key.id)], None, None),
            // Comes with its doors.
            Cause::Activity(_) => return None,
        };
        let said = contacts.iter().filter_map(|contact| self.contacts.get(contact)?.consent).chain(own);
        // A refusal by any of them counts; otherwise one yes does.
        let consent = said.reduce(|all, one| all && one);
        Some(Subject { contacts, price, consent })
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

    /// What the person behind a cause can be recognised by: everything reached from its contacts.
    pub fn person_of(&self, cause: &Cause) -> HashSet<Node> {
        let contacts = self.subject(cause).map(|subject| subject.contacts).unwrap_or_default();
        self.reach(contacts.iter())
    }

    /// Everybody and everything that is meant by these: what they reach, and what the contacts among them, and
    /// those that they are linked to at once, are recognised by.
    pub fn person_meant(&self, who: &[Node]) -> HashSet<Node> {
        let linked = who.iter().filter_map(|node| self.joining_links(node)).flatten();
        let contacts: BTreeSet<&Node> = who.iter().chain(linked).filter(|node| node.is_contact()).collect();
        let mut all = self.reach(who.iter());
        for contact in contacts {
            all.extend(self.reach(std::iter::once(contact)));
        }
        all
    }

    /// The contacts whom these identifiers can mean and who are causes themselves.
    pub(crate) fn contacts_around(&self, who: &[Node]) -> BTreeSet<ContactKey> {
        let keys = self.reach(who.iter()).into_iter().filter_map(|node| node.contact_key());
        keys.filter(|key| self.conversions.contains_key(&Cause::Contact(key.clone()))).collect()
    }

    /// The deals of everybody whom these identifiers can mean, as far as they are known here.
    pub fn deals_around(&self, who: &[Node]) -> BTreeSet<DealKey> {
        self.reach(who.iter()).iter().filter_map(|node| self.deals_of.get(node)).flatten().cloned().collect()
    }

    /// The contacts whom these identifiers can mean and whose deals are too many.
    pub(crate) fn crowded_around(&self, who: &[Node]) -> BTreeSet<Node> {
        self.reach(who.iter()).into_iter().filter(|node| self.crowded.contains(node)).collect()
    }

    /// Everything reached within [`HOPS_MAX`] links, nearest first, at most [`PERSON_LINKS_MAX`].
    fn reach<'a>(&self, start: impl Iterator<Item = &'a Node>) -> HashSet<Node> {
        let mut edge: Vec<Node> = start.cloned().collect();
        let mut seen: HashSet<Node> = edge.iter().cloned().collect();
        for _ in 0..HOPS_MAX {
            let mut next = Vec::new();
            for neighbour in edge.iter().filter_map(|node| self.joining_links(node)).flatten() {
                if seen.len() >= PERSON_LINKS_MAX {
                    return seen;
                }
                if self.joining_links(neighbour).is_some() && seen.insert(neighbour.clone()) {
                    next.push(neighbour.clone());
                }
            }
            edge = next;
        }
        seen
    }

    /// The links of a node, unless it reaches so many people that it joins nobody.
    fn joining_links(&self, node: &Node) -> Option<&BTreeSet<Node>> {
        self.links.get(node).filter(|links| {
            let is_shared =
                || links.len() > IDENTIFIER_CARDS_MAX || self.people_among(links) > IDENTIFIER_LINKS_MAX;
            node.is_contact() || links.len() <= IDENTIFIER_LINKS_MAX || !is_shared()
        })
    }

    /// How many people these are at most. Cards of a CRM with the same identifiers are one person, entered
    /// more than once.
    fn people_among(&self, links: &BTreeSet<Node>) -> usize {
        let identifiers =
            |card: &Node| self.contacts.get(card).map(|card| card.who.iter().collect::<BTreeSet<_>>());
        let (read, others): (Vec<_>, Vec<_>) = links.iter().map(identifiers).partition(Option::is_some);
        read.into_iter().flatten().collect::<HashSet<_>>().len() + others.len()
    }

    /// Takes an effect in, exactly as the store will.
    pub(crate) fn absorb(&mut self, effect: &Effect) {
        match effect {
            Effect::SaveDeal(deal) => self.save_deal(deal),
            Effect::SaveContact(contact) => self.save_contact(contact),
            Effect::SaveLink(a, b) => self.link(a, b),
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
            Effect::Forget { .. } | Effect::Ask { .. } | Effect::Sweep { .. } => {}
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
        self.contacts.insert(contact.node.clone(), contact.clone());
    }

    /// Adds a link in both directions.
    pub fn link(&mut self, a: &Node, b: &Node) {
        self.links.entry(a.clone()).or_default().insert(b.clone());
        self.links.entry(b.clone()).or_default().insert(a.clone());
    }
}
