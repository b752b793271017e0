//! The state around facts: what each of them needs, and of everything only so much.

use std::collections::BTreeSet;

use kopru_core::{
    Cause, Contact, Conversion, DealKey, ExpiredClick, Fact, HOPS_MAX, IDENTIFIER_CARDS_MAX,
    IDENTIFIER_LINKS_MAX, Incoming, Node, WAITING_PER_TURN_MAX, WaitingFact, WorkingSet, needs,
};

use super::{Rows, conversions::ConversionRow, retention::ClickRow};
use crate::bounds::{CLICKS_MAX, DEALS_MAX, DEALS_PER_TURN_MAX, NODES_MAX};

/// What is loaded so far. To load something again changes nothing.
pub(super) struct Loading<'a> {
    rows: &'a Rows,
    pub(super) state: WorkingSet,
    /// With more links than this an identifier joins nobody, even if every contact that the facts bring loses
    /// it.
    links_max: usize,
    /// With more contacts than this that had it once, an identifier leads to none of them.
    former_max: usize,
    /// So many deals of a contact tell whether it has any, even if each fact takes one from it.
    any_deal: usize,
    /// Contacts all of whose deals were asked for, and how many deals were loaded for it.
    asked_for: BTreeSet<Node>,
    deals_of_contacts: usize,
}

impl<'a> Loading<'a> {
    /// What the facts need.
    pub(super) fn around(rows: &'a Rows, facts: &[Incoming]) -> Self {
        let contacts_read = facts.iter().filter(|fact| matches!(fact.fact, Fact::Contact(_))).count();
        let mut loading = Self {
            rows,
            state: WorkingSet { heard: rows.heard.clone().into_iter().collect(), ..WorkingSet::default() },
            links_max: IDENTIFIER_CARDS_MAX + contacts_read,
            former_max: IDENTIFIER_LINKS_MAX + contacts_read,
            any_deal: facts.len() + 1,
            asked_for: BTreeSet::new(),
            deals_of_contacts: 0,
        };
        for fact in facts {
            loading.fact(&fact.fact);
        }
        loading
    }

    fn fact(&mut self, fact: &Fact) {
        let needs = needs(fact);
        for origin in &needs.origins {
            self.catalogue(origin);
        }
        for question in &needs.questions {
            self.waiting(question);
        }
        for deal in &needs.rows {
            self.deal_row(deal);
        }
        for contact in &needs.contacts {
            self.mark(contact);
            self.contact_row(contact);
            for deal in self.rows.deals_of(contact).take(self.any_deal) {
                self.state.deals_of.entry(contact.clone()).or_default().insert(deal.clone());
            }
        }
        for deal in &needs.deals {
            self.deal(deal);
        }
        self.reach(&needs.people);
        for contact in self.reach(&needs.around).into_iter().filter(Node::is_contact) {
            self.all_deals_of(&contact);
        }
    }

    /// Loads all nodes within reach, with one hop more than a person has, so that a link that is added to the
    /// state finds what lies behind it.
    pub(super) fn reach(&mut self, start: &[Node]) -> BTreeSet<Node> {
        let mut seen: BTreeSet<Node> = start.iter().cloned().collect();
        let mut edge: Vec<Node> = start.to_vec();
        for _ in 0..=HOPS_MAX {
            let neighbours =
                edge.iter().flat_map(|node| self.links_of(node).into_iter().chain(self.former_links(node)));
            edge = neighbours.filter(|node| seen.len() < NODES_MAX && seen.insert(node.clone())).collect();
        }
        for node in &seen {
            self.node(node);
        }
        seen
    }

    /// One link more than the bound is enough to know that an identifier joins nobody.
    fn links_of(&self, node: &Node) -> Vec<Node> {
        let limit = if node.is_contact() { NODES_MAX } else { self.links_max + 1 };
        let links = self.rows.links.keys().filter(|(a, _)| a == node);
        links.take(limit).map(|(_, b)| b.clone()).collect()
    }

    /// What a contact had once, or the first contacts that had an identifier.
    fn former_links(&self, node: &Node) -> Vec<Node> {
        if let Some((known, _)) = self.rows.contacts.get(node) {
            return known.former.iter().map(|former| former.node.clone()).collect();
        }
        let had = |known: &Contact| known.former.iter().any(|former| former.node == *node);
        let contacts = self.rows.contacts.values().filter(|(known, _)| had(known));
        contacts.take(self.former_max + 1).map(|(known, _)| known.node.clone()).collect()
    }

    fn node(&mut self, node: &Node) {
        self.mark(node);
        for other in self.links_of(node) {
            self.state.link(node, &other);
            let known = self.rows.links.get(&(node.clone(), other.clone()));
            if let Some((_, Some(join))) = known {
                self.state.joins.entry(node.clone()).or_default().insert(other, *join);
            }
        }
        if let Some(key) = node.contact_key() {
            self.contact_row(node);
            let cause = Cause::Contact(key);
            let conversions = self.rows.conversions_of(&cause);
            if !conversions.is_empty() {
                self.state.conversions.insert(cause, conversions);
            }
        } else {
            let imported = self.rows.imported_of(node);
            if !imported.is_empty() {
                self.state.imported.insert(node.clone(), imported);
            }
            let former = self.former_links(node);
            if !former.is_empty() {
                self.state.former_of.entry(node.clone()).or_default().extend(former);
            }
            let chat = self.rows.chats.get(node).map(|(chat, _)| (node.clone(), *chat));
            self.state.chats.extend(chat);
            let clicks = self.rows.clicks.iter().filter(|((of, ..), _)| of == node);
            let (expired, whole): (Vec<_>, Vec<_>) =
                clicks.take(CLICKS_MAX).map(|(_, row)| row).partition(|row| row.expired);
            let left = |row: &ClickRow| ExpiredClick { ad_id: row.click.ad_id.clone(), at_s: row.click.at_s };
            if !whole.is_empty() {
                let whole = whole.into_iter().map(|row| row.click.clone()).collect();
                self.state.clicks.insert(node.clone(), whole);
            }
            if !expired.is_empty() {
                self.state.expired_clicks.insert(node.clone(), expired.into_iter().map(left).collect());
            }
        }
    }

    /// Notes whether a node belongs to somebody who was erased.
    fn mark(&mut self, node: &Node) {
        if self.rows.erased.marked.contains(node) {
            self.state.erased.insert(node.clone());
        }
    }

    fn contact_row(&mut self, contact: &Node) {
        let known = self.rows.contacts.get(contact).map(|(known, _)| (contact.clone(), known.clone()));
        self.state.contacts.extend(known);
    }

    fn deal_row(&mut self, key: &DealKey) {
        let known = self.rows.deals.get(key).map(|deal| (key.clone(), deal.clone()));
        self.state.deals.extend(known);
    }

    /// Loads all deals of a contact, or notes that they are too many.
    fn all_deals_of(&mut self, contact: &Node) {
        if !self.asked_for.insert(contact.clone()) {
            return;
        }
        let deals: Vec<DealKey> = self.rows.deals_of(contact).cloned().collect();
        if deals.len() > DEALS_MAX || self.deals_of_contacts + deals.len() > DEALS_PER_TURN_MAX {
            self.state.crowded.insert(contact.clone());
            return;
        }
        self.deals_of_contacts += deals.len();
        for deal in &deals {
            self.deal(deal);
        }
    }

    /// Loads a deal with its conversions and the people of its contacts.
    pub(super) fn deal(&mut self, key: &DealKey) {
        self.deal_row(key);
        self.catalogue(&key.origin);
        let contacts = self.state.deals.get(key).map(|deal| deal.contacts.clone()).unwrap_or_default();
        self.reach(&contacts);
        let cause = Cause::Deal(key.clone());
        let conversions = self.rows.conversions_of(&cause);
        self.state.conversions.insert(cause, conversions);
        for contact in contacts {
            self.state.deals_of.entry(contact).or_default().insert(key.clone());
        }
    }

    /// Loads whatever a conversion comes from, with its conversions and people.
    pub(super) fn cause(&mut self, cause: &Cause) {
        if let Some(deal) = cause.deal() {
            self.deal(deal);
        } else if let Some(contact) = cause.contact() {
            self.reach(&[contact]);
        }
    }

    pub(super) fn catalogue(&mut self, origin: &str) {
        let known = self.rows.catalogues.get(origin).map(|known| (origin.to_owned(), known.clone()));
        self.state.catalogues.extend(known);
    }

    /// Loads the oldest facts that wait for the question, one more than a turn ends, and the youngest.
    fn waiting(&mut self, question: &str) {
        let all = self.rows.facts.values().filter(|row| row.waits_on(question)).map(|row| &row.incoming);
        let mut waiting: Vec<WaitingFact> = all
            .map(|one| WaitingFact {
                seq: one.seq,
                received_ms: one.received_ms,
                fact: Some(one.fact.clone()),
            })
            .collect();
        if waiting.len() > WAITING_PER_TURN_MAX {
            let youngest = waiting.split_off(WAITING_PER_TURN_MAX + 1).pop();
            self.state
                .waiting_beyond
                .extend(waiting.last().map(|before_gap| (question.to_owned(), before_gap.seq)));
            waiting.extend(youngest);
        }
        self.state.waiting.insert(question.to_owned(), waiting);
    }
}

impl Rows {
    /// The deals of a contact, in their order.
    pub(super) fn deals_of(&self, contact: &Node) -> impl Iterator<Item = &DealKey> {
        self.deals.iter().filter(move |(_, deal)| deal.contacts.contains(contact)).map(|(key, _)| key)
    }

    fn conversions_of(&self, cause: &Cause) -> Vec<Conversion> {
        self.conversions
            .values()
            .filter(|row| row.decided.cause == *cause && !row.gone)
            .map(ConversionRow::now)
            .collect()
    }
}
