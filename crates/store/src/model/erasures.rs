//! Who was erased.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use kopru_core::{Cause, DealKey, Fact, Identity, JoinKey, Node, Outcome, Question, Reason, WorkspaceId};

use super::{
    Model, Rows,
    conversions::ConversionRow,
    facts::{FactEnd, FactRow},
    join_of,
    state::Loading,
    unknown,
};
use crate::{Erasure, ErasureStore, Error, KnownClick, KnownDeal, KnownPerson, Removed, added::is_added_of};

/// The nodes of a person.
type Nodes = BTreeSet<Node>;

/// Who was erased, with those who were learnt again since.
#[derive(Debug, Clone, Default)]
pub(super) struct Erased {
    /// Who was erased together, in the order in which they were.
    together: Vec<Nodes>,
    pub(super) marked: Nodes,
}

impl Erased {
    /// The number of the last erasure.
    pub(super) fn last(&self) -> u64 {
        self.together.len() as u64
    }

    fn mark(&mut self, nodes: &Nodes) {
        self.together.push(nodes.clone());
        self.marked.extend(nodes.iter().cloned());
    }

    fn lift(&mut self, who: &[Node]) -> usize {
        let given: Nodes = who.iter().cloned().collect();
        let theirs = self.together.iter().filter(|nodes| !nodes.is_disjoint(&given)).flatten();
        let lifted: Nodes = theirs.chain(&given).cloned().collect();
        let before = self.marked.len();
        self.marked.retain(|node| !lifted.contains(node));
        before - self.marked.len()
    }
}

impl FactRow {
    /// Whether it says something of one of these, or waits for an answer about them. A deal stays known, and
    /// a decision about it holds nothing of its people.
    fn is_of(&self, nodes: &Nodes) -> bool {
        let any = |named: &[Node]| named.iter().any(|node| nodes.contains(node));
        let names = match &self.incoming.fact {
            Fact::Click(click) => any(&click.who),
            Fact::Link(link) => any(&link.who),
            Fact::ContactHint(hint) => nodes.contains(&hint.contact),
            Fact::Contact(read) => nodes.contains(&read.contact) || any(&read.who),
            Fact::Deal(read) => !self.is_open() && read.found.as_ref().is_some_and(|now| any(&now.contacts)),
            Fact::DealHint(_) | Fact::StageLog(_) | Fact::Catalogue(_) | Fact::AuditLog(_) => false,
        };
        !self.gone && (names || nodes.iter().filter_map(question).any(|question| self.waits_on(&question)))
    }

    fn is_open(&self) -> bool {
        self.is_waiting() || matches!(self.end, None | Some(FactEnd::SetAside(_)))
    }

    fn erase(&mut self) {
        if self.is_open() {
            self.end = Some(FactEnd::Decided(Outcome::Ignored(Reason::Erased)));
        }
        self.gone = true;
    }
}

/// Whether an event left with something of these people that it did not say itself.
fn is_enriched_with(join: &JoinKey, nodes: &Nodes, row: &ConversionRow) -> bool {
    let dataset = row.decided.dataset.as_deref().unwrap_or_default();
    let nodes = nodes.iter().map(Node::as_str).collect();
    row.body.as_ref().is_some_and(|body| is_added_of(join, dataset, &row.carried, body, &nodes))
}

/// The key of the question that asks for a contact.
fn question(node: &Node) -> Option<String> {
    let (origin, id) = node.contact_parts()?;
    Some(Question::Contact { origin: origin.to_owned(), id: id.to_owned() }.key())
}

impl Rows {
    fn meant(&self, who: &[Node]) -> Nodes {
        let mut loading = Loading::around(self, &[]);
        loading.reach(who);
        loading.state.person_meant(who).into_iter().collect()
    }

    /// The clicks of these that have not expired, as events name them.
    fn clicks_of(&self, nodes: &Nodes) -> Vec<Identity> {
        let whole = self.clicks.iter().filter(|((node, ..), row)| nodes.contains(node) && !row.expired);
        whole.filter_map(|(_, row)| row.click.identity()).collect()
    }

    /// Whether a conversion comes from one of these or from a deal of theirs, or names a click of theirs and is
    /// not to end as erased already.
    fn is_theirs(&self, join: &JoinKey, nodes: &Nodes, clicks: &[Identity], row: &ConversionRow) -> bool {
        let one = &row.decided;
        let names_a_click = one.identity.as_ref().is_some_and(|identity| clicks.contains(identity));
        let is_stopped = one.stop.as_ref().is_some_and(|stop| stop.reason == Reason::Erased);
        let contacts = match &row.decided.cause {
            Cause::Deal(key) => self.deals.get(key).map(|deal| deal.contacts.clone()).unwrap_or_default(),
            cause => cause.contact().into_iter().collect(),
        };
        let is_of_them = contacts.iter().any(|contact| nodes.contains(contact));
        // As long as its event is kept.
        let told = row.told.as_ref().filter(|_| one.identity.is_some());
        let is_enriched = told.is_some() && is_enriched_with(join, nodes, row);
        let is_told_of_them = told.is_some_and(|told| told.who.iter().any(|node| nodes.contains(node)));
        !row.gone && (is_of_them || ((names_a_click || is_told_of_them || is_enriched) && !is_stopped))
    }

    fn person(&self, join: &JoinKey, who: &[Node]) -> KnownPerson {
        let nodes = self.meant(who);
        let mut person = KnownPerson { is_whole: true, ..KnownPerson::default() };
        person.is_erased = !self.erased.marked.is_disjoint(&nodes);
        let mut clicks = BTreeMap::new();
        for ((.., message), row) in self.clicks.iter().filter(|((node, ..), _)| nodes.contains(node)) {
            let (at_s, ad_id) = (row.click.at_s, row.click.ad_id.clone());
            let account = (!row.expired).then(|| row.click.account.clone());
            clicks.insert((at_s, message, row.number), KnownClick { at_s, ad_id, account });
        }
        person.clicks = clicks.into_values().rev().collect();
        person.chats = nodes.iter().filter_map(|node| self.chats.get(node).map(|(chat, _)| *chat)).collect();
        person.chats.sort_by_key(|chat| chat.first_s);
        for node in &nodes {
            if !node.is_contact() {
                let kind = node.as_str().split(':').next().unwrap_or_default().to_owned();
                *person.identifiers.entry(kind).or_default() += 1;
            } else if self.contacts.contains_key(node) || self.deals_of(node).next().is_some() {
                // One that only a deal names is known by its number.
                person.contacts.push(node.clone());
            }
        }
        let deals = self.deals.values().filter(|deal| deal.contacts.iter().any(|one| nodes.contains(one)));
        let deal = |(key, stage, price)| KnownDeal { key, stage, price };
        person.deals = deals.map(|one| (one.key.clone(), one.stage.clone(), one.price)).map(deal).collect();
        let named = self.clicks_of(&nodes);
        let conversions =
            self.conversions.iter().rev().filter(|(_, row)| self.is_theirs(join, &nodes, &named, row));
        person.conversions = conversions.map(|(number, row)| self.listed(*number, row)).collect();
        person
    }

    /// Returns how many nodes are marked, and what was removed.
    fn erase(&mut self, join: &JoinKey, who: &[Node], now_ms: i64) -> (usize, Removed) {
        let nodes = self.meant(who);
        self.erased.mark(&nodes);
        let mut removed = Removed::default();
        for question in nodes.iter().filter_map(question) {
            removed.questions += u64::from(self.asks.remove(&question).is_some());
        }
        for row in self.facts.values_mut().filter(|row| row.is_of(&nodes)) {
            row.erase();
            removed.facts += 1;
        }
        let named = self.clicks_of(&nodes);
        let theirs = self.conversions.iter().filter(|(_, row)| self.is_theirs(join, &nodes, &named, row));
        let theirs: Vec<u64> = theirs.map(|(number, _)| *number).collect();
        removed.conversions = theirs.len() as u64;
        for (_, row) in self.conversions.iter_mut().filter(|(number, _)| theirs.contains(number)) {
            removed.not_sent += u64::from(row.erase(now_ms));
        }
        self.follow_purchases(now_ms);
        let is_theirs = |a: &Node, b: &Node| nodes.contains(a) || nodes.contains(b);
        // Both directions are one link.
        removed.links = self.links.keys().filter(|(a, b)| a <= b && is_theirs(a, b)).count() as u64;
        self.links.retain(|(a, b), _| !is_theirs(a, b));
        let seen_together = &mut self.told.seen_together;
        removed.links += seen_together.keys().filter(|(a, b)| a <= b && is_theirs(a, b)).count() as u64;
        seen_together.retain(|(a, b), _| !is_theirs(a, b));
        self.imported.retain(|(node, _)| !nodes.contains(node));
        let contacts = self.contacts.len();
        self.contacts.retain(|node, _| !nodes.contains(node));
        removed.contacts = (contacts - self.contacts.len()) as u64;
        for (known, _) in self.contacts.values_mut() {
            known.former.retain(|former| !nodes.contains(&former.node));
        }
        self.chats.retain(|node, _| !nodes.contains(node));
        self.sweeps.retain(|contact, _| !nodes.contains(contact));
        // A click goes for all whom it names.
        let clicks = self.clicks.iter().filter(|((node, ..), _)| nodes.contains(node));
        let clicks: BTreeSet<u64> = clicks.map(|(_, row)| row.number).collect();
        removed.clicks = clicks.len() as u64;
        self.clicks.retain(|_, row| !clicks.contains(&row.number));
        (nodes.len(), removed)
    }

    /// How many rows there are of what may hold something of people.
    fn len(&self) -> u64 {
        let people = self.contacts.len()
            + self.links.len()
            + self.chats.len()
            + self.clicks.len()
            + self.erased.marked.len();
        (people + self.facts.len() + self.deals.len() + self.conversions.len() + self.asks.len()) as u64
    }
}

#[async_trait]
impl ErasureStore for Model {
    async fn contacts_of(&self, workspace: WorkspaceId, deal: &DealKey) -> Result<Vec<Node>, Error> {
        self.look(workspace, |rows| {
            rows.deals.get(deal).map(|deal| deal.contacts.clone()).unwrap_or_default()
        })
    }

    async fn person(&self, workspace: WorkspaceId, who: &[Node]) -> Result<KnownPerson, Error> {
        self.look(workspace, |rows| rows.person(&join_of(workspace), who))
    }

    async fn erase(&self, workspace: WorkspaceId, who: &[Node], now_ms: i64) -> Result<Erasure, Error> {
        let erasure = self.change(workspace, |rows| {
            let (marks, removed) = rows.erase(&join_of(workspace), who, now_ms);
            Erasure { number: rows.erased.last(), at_ms: now_ms, marks, removed }
        })?;
        self.wakeups.wake_facts(workspace);
        Ok(erasure)
    }

    async fn lift(&self, workspace: WorkspaceId, who: &[Node], _: i64) -> Result<usize, Error> {
        self.change(workspace, |rows| rows.erased.lift(who))
    }

    async fn erase_workspace(&self, workspace: WorkspaceId, _: i64) -> Result<u64, Error> {
        let mut all = self.all();
        let rows = all.rows.remove(&workspace).ok_or_else(|| unknown(workspace))?;
        all.names.retain(|_, named| *named != workspace);
        Ok(rows.len())
    }
}
