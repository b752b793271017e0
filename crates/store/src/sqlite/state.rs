//! Loading the state around a set of facts: what each of them needs, and of everything only so much.

use std::collections::{BTreeSet, HashSet};

use kopru_core::{
    Cause, Conversion, Deal, DealKey, Fact, HOPS_MAX, IDENTIFIER_CARDS_MAX, IDENTIFIER_LINKS_MAX, Incoming,
    Join, Node, Question, Trust, WAITING_PER_TURN_MAX, WaitingFact, WorkingSet, WorkspaceId, needs,
};
use rusqlite::{Connection, Params, Row};

use super::{
    chats, clicks, former, imported,
    log::FACT_COLUMNS,
    marks,
    rows::{json_column, read_conversion, select_conversions},
};
use crate::{
    Error,
    bounds::{DEALS_MAX, DEALS_PER_TURN_MAX, NODES_MAX},
    keyring::WorkspaceKeys,
    seal::Opener,
};

/// Loads state, each thing once.
pub(super) struct Loader<'a> {
    pub(super) connection: &'a Connection,
    pub(super) opener: &'a Opener,
    pub(super) keys: &'a WorkspaceKeys,
    pub(super) workspace: WorkspaceId,
    /// The number of the last erasure. Nearly nowhere was anybody erased, and then nobody is looked up.
    pub(super) last_erasure: u64,
    /// What is loaded.
    pub(super) state: WorkingSet,
    /// Nodes whose links, clicks and contact are loaded.
    nodes: HashSet<Node>,
    /// Deals whose conversions and people are loaded.
    deals: HashSet<DealKey>,
    /// Contacts whose deals are loaded.
    contacts: HashSet<Node>,
    /// How many deals were loaded because a contact has them.
    deals_of_contacts: usize,
    /// With more links than this an identifier joins nobody, even if every contact that the facts
    /// bring loses it.
    links_max: usize,
    /// With more contacts than this that had it once, an identifier leads to none of them.
    former_max: usize,
    /// How many deals of a contact tell whether it has any, even if each fact takes one from it.
    any_deal: usize,
}

impl<'a> Loader<'a> {
    /// Loads what the facts need.
    pub(super) fn around(
        connection: &'a Connection,
        keys: &'a WorkspaceKeys,
        workspace: WorkspaceId,
        facts: &[Incoming],
    ) -> Result<Self, Error> {
        let contacts_read = facts.iter().filter(|fact| matches!(fact.fact, Fact::Contact(_))).count();
        let mut loader = Self {
            connection,
            opener: keys.opener(),
            keys,
            workspace,
            last_erasure: marks::last_erasure(connection, workspace)?,
            state: WorkingSet { heard: chats::heard(connection, workspace)?, ..WorkingSet::default() },
            nodes: HashSet::new(),
            deals: HashSet::new(),
            contacts: HashSet::new(),
            deals_of_contacts: 0,
            links_max: IDENTIFIER_CARDS_MAX + contacts_read,
            former_max: IDENTIFIER_LINKS_MAX + contacts_read,
            any_deal: facts.len() + 1,
        };
        facts.iter().try_for_each(|fact| loader.fact(&fact.fact))?;
        Ok(loader)
    }

    fn fact(&mut self, fact: &Fact) -> Result<(), Error> {
        let needs = needs(fact);
        for origin in &needs.origins {
            self.catalogue(origin)?;
        }
        for question in &needs.questions {
            self.waiting(question)?;
        }
        for deal in &needs.rows {
            self.deal_row(deal)?;
        }
        for contact in &needs.contacts {
            self.mark(contact)?;
            self.contact_row(contact)?;
            for deal in self.deals_of(contact, self.any_deal)? {
                self.state.deals_of.entry(contact.clone()).or_default().insert(deal);
            }
        }
        for deal in &needs.deals {
            self.deal(deal)?;
        }
        self.reach(&needs.people)?;
        // First the deals of everybody near, then everybody near those deals.
        let near: BTreeSet<Node> = self.reach(&needs.around)?.into_iter().filter(Node::is_contact).collect();
        near.iter().try_for_each(|contact| self.all_deals_of(contact))
    }

    /// Loads all nodes within reach, with one hop more than a person has, so that a link that is
    /// added to the state finds what lies behind it.
    pub(super) fn reach(&mut self, start: &[Node]) -> Result<HashSet<Node>, Error> {
        let mut seen: HashSet<Node> = start.iter().cloned().collect();
        let mut edge: Vec<Node> = start.to_vec();
        for _ in 0..=HOPS_MAX {
            let mut next = Vec::new();
            for node in &edge {
                self.node(node)?;
                let linked = self.state.links.get(node).into_iter().flatten();
                let had = self.state.contacts.get(node).into_iter().flat_map(|known| &known.former);
                let had_by = self.state.former_of.get(node).into_iter().flatten();
                for neighbour in linked.chain(had.map(|former| &former.node)).chain(had_by) {
                    if seen.len() < NODES_MAX && seen.insert(neighbour.clone()) {
                        next.push(neighbour.clone());
                    }
                }
            }
            edge = next;
        }
        for node in &edge {
            self.node(node)?;
        }
        Ok(seen)
    }

    /// Loads what is known of a node itself.
    pub(super) fn node(&mut self, node: &Node) -> Result<(), Error> {
        if self.nodes.contains(node) {
            return Ok(());
        }
        self.mark(node)?;
        // One link more than the bound is enough to know that it joins nobody.
        let limit = if node.is_contact() { NODES_MAX } else { self.links_max + 1 };
        let links: Vec<(Node, Option<Join>)> = self.rows(
            "SELECT b, trust, since_s, until_s FROM link WHERE workspace = ? AND a = ? LIMIT ?",
            (self.workspace.0, node.as_str(), limit),
            |row| {
                let since_s: Option<i64> = row.get(2)?;
                let (trust, until_s) = (Trust::from_rank(row.get(1)?).unwrap_or(Trust::Other), row.get(3)?);
                let join = since_s.map(|since_s| Join { trust, since_s, until_s });
                Ok((Node::from_stored(row.get(0)?), join))
            },
        )?;
        for (other, join) in links {
            self.state.link(node, &other);
            if let Some(join) = join {
                self.state.joins.entry(node.clone()).or_default().insert(other, join);
            }
        }
        if let Some(key) = node.contact_key() {
            self.contact_row(node)?;
            let cause = Cause::Contact(key);
            let conversions = self.conversions(&cause)?;
            if !conversions.is_empty() {
                self.state.conversions.insert(cause, conversions);
            }
        } else {
            let (clicks, expired) = clicks::of(self.connection, self.opener, self.workspace, node)?;
            if !clicks.is_empty() {
                self.state.clicks.insert(node.clone(), clicks);
            }
            if !expired.is_empty() {
                self.state.expired_clicks.insert(node.clone(), expired);
            }
            let imported = imported::of(self.connection, self.workspace, node)?;
            if !imported.is_empty() {
                self.state.imported.insert(node.clone(), imported);
            }
            let former = former::of(self.connection, self.workspace, node, self.former_max + 1)?;
            if !former.is_empty() {
                self.state.former_of.entry(node.clone()).or_default().extend(former);
            }
            if let Some(chat) = chats::of(self.connection, self.workspace, node)? {
                self.state.chats.insert(node.clone(), chat);
            }
        }
        self.nodes.insert(node.clone());
        Ok(())
    }

    /// Notes whether a node belongs to somebody who was erased.
    fn mark(&mut self, node: &Node) -> Result<(), Error> {
        if self.last_erasure > 0 && marks::has(self.connection, self.keys, self.workspace, node)? {
            self.state.erased.insert(node.clone());
        }
        Ok(())
    }

    fn contact_row(&mut self, contact: &Node) -> Result<(), Error> {
        if self.state.contacts.contains_key(contact) {
            return Ok(());
        }
        let found = self.rows(
            "SELECT state FROM contact WHERE workspace = ? AND node = ?",
            (self.workspace.0, contact.as_str()),
            |row| Ok(json_column(row, 0).ok()),
        )?;
        match (found.into_iter().next(), contact.contact_parts()) {
            (Some(Some(known)), _) => {
                self.state.contacts.insert(contact.clone(), known);
            }
            (Some(None), Some((origin, id))) => {
                self.lose(Question::Contact { origin: origin.to_owned(), id: id.to_owned() });
            }
            _ => {}
        }
        Ok(())
    }

    /// The first deals of a contact.
    fn deals_of(&self, contact: &Node, limit: usize) -> Result<Vec<DealKey>, Error> {
        self.rows(
            "SELECT origin, id FROM deal_contact WHERE workspace = ? AND contact = ? ORDER BY origin, id LIMIT ?",
            (self.workspace.0, contact.as_str(), limit),
            |row| Ok(DealKey { origin: row.get(0)?, id: row.get(1)? }),
        )
    }

    /// Loads all deals of a contact, or notes that they are too many.
    pub(super) fn all_deals_of(&mut self, contact: &Node) -> Result<(), Error> {
        if !self.contacts.insert(contact.clone()) {
            return Ok(());
        }
        let deals = self.deals_of(contact, DEALS_MAX + 1)?;
        if deals.len() > DEALS_MAX || self.deals_of_contacts + deals.len() > DEALS_PER_TURN_MAX {
            self.state.crowded.insert(contact.clone());
            return Ok(());
        }
        self.deals_of_contacts += deals.len();
        deals.iter().try_for_each(|deal| self.deal(deal))
    }

    /// Loads a deal with its conversions, the people of its contacts and the names of its account.
    pub(super) fn deal(&mut self, key: &DealKey) -> Result<(), Error> {
        if self.deals.contains(key) {
            return Ok(());
        }
        self.deal_row(key)?;
        self.catalogue(&key.origin)?;
        let contacts = self.state.deals.get(key).map(|deal| deal.contacts.clone()).unwrap_or_default();
        self.reach(&contacts)?;
        let conversions = self.conversions(&Cause::Deal(key.clone()))?;
        self.state.conversions.insert(Cause::Deal(key.clone()), conversions);
        for contact in contacts {
            self.state.deals_of.entry(contact).or_default().insert(key.clone());
        }
        self.deals.insert(key.clone());
        Ok(())
    }

    /// Loads whatever a conversion comes from, with its conversions and people.
    pub(super) fn cause(&mut self, cause: &Cause) -> Result<(), Error> {
        match (cause.deal(), cause.contact()) {
            (Some(deal), _) => self.deal(deal),
            (None, Some(contact)) => self.reach(&[contact]).map(drop),
            (None, None) => Ok(()),
        }
    }

    /// The conversions of a cause. One that cannot be read is left as it is. It cannot come twice: its id
    /// is unique.
    fn conversions(&self, cause: &Cause) -> Result<Vec<Conversion>, Error> {
        const OF_CAUSE: &str =
            select_conversions!("", "INDEXED BY conversion_cause", "WHERE c.workspace = ? AND c.cause = ?");
        let opener = self.opener;
        let all = self
            .rows(OF_CAUSE, (self.workspace.0, cause.key()), |row| Ok(read_conversion(row, opener).ok()))?;
        Ok(all.into_iter().flatten().collect())
    }

    fn deal_row(&mut self, key: &DealKey) -> Result<(), Error> {
        if self.state.deals.contains_key(key) {
            return Ok(());
        }
        let found: Vec<Option<Deal>> = self.rows(
            "SELECT state FROM deal WHERE workspace = ? AND origin = ? AND id = ?",
            (self.workspace.0, &key.origin, &key.id),
            |row| Ok(json_column(row, 0).ok()),
        )?;
        match found.into_iter().next() {
            Some(Some(deal)) => {
                self.state.deals.insert(key.clone(), deal);
            }
            Some(None) => self.lose(Question::Deal { deal: key.clone() }),
            None => {}
        }
        Ok(())
    }

    /// Loads the oldest facts that wait for the question, and the youngest.
    fn waiting(&mut self, question: &str) -> Result<(), Error> {
        if self.state.waiting.contains_key(question) {
            return Ok(());
        }
        let mut waiting = self.waiting_facts(question, "ASC", WAITING_PER_TURN_MAX + 1)?;
        if let (Some(last), true) = (waiting.last(), waiting.len() > WAITING_PER_TURN_MAX) {
            let last = last.seq;
            let youngest = self.waiting_facts(question, "DESC", 1)?;
            waiting.extend(youngest.into_iter().filter(|fact| fact.seq > last));
            self.state.waiting_beyond.insert(question.to_owned(), last);
        }
        self.state.waiting.insert(question.to_owned(), waiting);
        Ok(())
    }

    fn waiting_facts(&self, question: &str, order: &str, limit: usize) -> Result<Vec<WaitingFact>, Error> {
        let sql = format!(
            "SELECT {FACT_COLUMNS} FROM fact_end INDEXED BY fact_waiting
             JOIN fact ON fact.workspace = fact_end.workspace AND fact.seq = fact_end.seq
             WHERE fact_end.workspace = ?1 AND fact_end.waits_on = ?2 ORDER BY fact_end.seq {order} LIMIT ?3"
        );
        self.rows(&sql, (self.workspace.0, question, limit), |row| {
            let opened = self.opener.open("fact", row.get_ref(2)?.as_blob().unwrap_or_default());
            let fact = opened.ok().and_then(|body| serde_json::from_slice(&body).ok());
            Ok(WaitingFact { seq: row.get(0)?, received_ms: row.get(1)?, fact })
        })
    }

    pub(super) fn catalogue(&mut self, origin: &str) -> Result<(), Error> {
        if self.state.catalogues.contains_key(origin) {
            return Ok(());
        }
        let found = self.rows(
            "SELECT seq, state FROM catalogue WHERE workspace = ? AND origin = ?",
            (self.workspace.0, origin),
            |row| Ok((row.get(0)?, json_column(row, 1).ok())),
        )?;
        match found.into_iter().next() {
            Some((seq, Some(catalogue))) => {
                self.state.catalogues.insert(origin.to_owned(), (seq, catalogue));
            }
            Some((_, None)) => self.lose(Question::Catalogue { origin: origin.to_owned() }),
            None => {}
        }
        Ok(())
    }

    /// Notes an answer that cannot be read back.
    fn lose(&mut self, question: Question) {
        if !self.state.lost.contains(&question) {
            self.state.lost.push(question);
        }
    }

    pub(super) fn rows<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: impl Fn(&Row<'_>) -> Result<T, Error>,
    ) -> Result<Vec<T>, Error> {
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut rows = statement.query(params)?;
        let mut all = Vec::new();
        while let Some(row) = rows.next()? {
            all.push(read(row)?);
        }
        Ok(all)
    }
}
