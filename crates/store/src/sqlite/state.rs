//! Loading the state around a set of facts.

use std::collections::{BTreeSet, HashSet};

use kopru_core::{
    Click, Conversion, DealKey, Fact, HOPS_MAX, IDENTIFIER_LINKS_MAX, Incoming, Neighbourhood, Node,
    WaitingFact, WorkspaceId, needs,
};
use rusqlite::{Connection, Params, Row};

use super::log::{FACT_COLUMNS, read_facts};
use crate::{StoreError, seal::Seal};

/// How many nodes are loaded around one fact. More than a person can have, so that the decision's
/// own bounds are the ones that count.
const NODES_MAX: usize = 512;

/// How many of an identifier's clicks are loaded, newest first.
const CLICKS_MAX: usize = 256;

/// Loads everything that the facts can touch.
pub(super) fn around(
    connection: &Connection,
    seal: &Seal,
    workspace: WorkspaceId,
    facts: &[Incoming],
) -> Result<Neighbourhood, StoreError> {
    let contacts_read = facts.iter().filter(|fact| matches!(fact.fact, Fact::Contact(_))).count();
    let mut loader = Loader {
        connection,
        seal,
        workspace,
        state: Neighbourhood::default(),
        nodes: HashSet::new(),
        links_max: IDENTIFIER_LINKS_MAX + contacts_read,
    };
    for fact in facts {
        let needs = needs(&fact.fact);
        for origin in &needs.origins {
            loader.catalogue(origin)?;
        }
        for question in &needs.questions {
            loader.waiting(question)?;
        }
        for deal in &needs.deals {
            loader.deal(deal)?;
        }
        // First the deals of everybody near, then everybody near those deals.
        let reached = loader.reach(&needs.nodes)?;
        let mut deals: BTreeSet<DealKey> = needs.deals.into_iter().collect();
        for node in reached.iter().filter(|node| node.is_contact()) {
            deals.extend(loader.deals_of(node)?);
        }
        for deal in &deals {
            let contacts = loader.deal(deal)?;
            loader.reach(&contacts)?;
        }
    }
    Ok(loader.state)
}

struct Loader<'a> {
    connection: &'a Connection,
    seal: &'a Seal,
    workspace: WorkspaceId,
    state: Neighbourhood,
    /// Nodes whose links, clicks and contact are loaded.
    nodes: HashSet<Node>,
    /// With more links than this an identifier joins nobody, even if every contact that the facts
    /// bring loses it.
    links_max: usize,
}

impl Loader<'_> {
    /// Loads all nodes within reach, with one hop more than a person has, so that a link that is
    /// added to the state finds what lies behind it.
    fn reach(&mut self, start: &[Node]) -> Result<HashSet<Node>, StoreError> {
        let mut seen: HashSet<Node> = start.iter().cloned().collect();
        let mut edge: Vec<Node> = start.to_vec();
        for _ in 0..=HOPS_MAX {
            let mut next = Vec::new();
            for node in &edge {
                self.node(node)?;
                for neighbour in self.state.links.get(node).into_iter().flatten() {
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

    fn node(&mut self, node: &Node) -> Result<(), StoreError> {
        if !self.nodes.insert(node.clone()) {
            return Ok(());
        }
        // One link more than the bound is enough to know that it joins nobody.
        let limit = if node.is_contact() { NODES_MAX } else { self.links_max + 1 };
        let links: Vec<Node> = self.rows(
            "SELECT b FROM link WHERE workspace = ? AND a = ? LIMIT ?",
            (self.workspace.0, node.as_str(), limit),
            |row| Ok(Node::from_stored(row.get(0)?)),
        )?;
        for other in links {
            self.state.link(node, &other);
        }
        if node.is_contact() {
            let contacts = self.rows(
                "SELECT state FROM contact WHERE workspace = ? AND node = ?",
                (self.workspace.0, node.as_str()),
                |row| json_column(row, 0),
            )?;
            if let Some(contact) = contacts.into_iter().next() {
                self.state.contacts.insert(node.clone(), contact);
            }
            return Ok(());
        }
        let seal = self.seal;
        let clicks: Vec<Click> = self.rows(
            "SELECT body FROM click WHERE workspace = ? AND node = ? ORDER BY at_s DESC, message LIMIT ?",
            (self.workspace.0, node.as_str(), CLICKS_MAX),
            |row| {
                let body: Vec<u8> = row.get(0)?;
                Ok(serde_json::from_slice(&seal.open("click", &body)?)?)
            },
        )?;
        if !clicks.is_empty() {
            self.state.clicks.insert(node.clone(), clicks);
        }
        Ok(())
    }

    fn deals_of(&mut self, contact: &Node) -> Result<BTreeSet<DealKey>, StoreError> {
        let deals: Vec<DealKey> = self.rows(
            "SELECT origin, id FROM deal_contact WHERE workspace = ? AND contact = ? LIMIT ?",
            (self.workspace.0, contact.as_str(), NODES_MAX),
            |row| Ok(DealKey { origin: row.get(0)?, id: row.get(1)? }),
        )?;
        Ok(deals.into_iter().collect())
    }

    /// Loads a deal with its conversions; returns its contacts.
    fn deal(&mut self, key: &DealKey) -> Result<Vec<Node>, StoreError> {
        if let Some(deal) = self.state.deals.get(key) {
            return Ok(deal.contacts.clone());
        }
        let found: Vec<kopru_core::Deal> = self.rows(
            "SELECT state FROM deal WHERE workspace = ? AND origin = ? AND id = ?",
            (self.workspace.0, &key.origin, &key.id),
            |row| json_column(row, 0),
        )?;
        let Some(deal) = found.into_iter().next() else { return Ok(Vec::new()) };
        let conversions: Vec<Conversion> = self.rows(
            "SELECT record, state FROM conversion INDEXED BY conversion_deal
             WHERE workspace = ? AND origin = ? AND deal = ?",
            (self.workspace.0, &key.origin, &key.id),
            read_conversion,
        )?;
        for contact in &deal.contacts {
            self.state.deals_of.entry(contact.clone()).or_default().insert(key.clone());
        }
        let contacts = deal.contacts.clone();
        self.state.conversions.insert(key.clone(), conversions);
        self.state.deals.insert(key.clone(), deal);
        Ok(contacts)
    }

    fn waiting(&mut self, question: &str) -> Result<(), StoreError> {
        if self.state.waiting.contains_key(question) {
            return Ok(());
        }
        let facts = read_facts(
            self.connection,
            self.seal,
            &format!(
                "SELECT {FACT_COLUMNS} FROM fact_end
                 JOIN fact ON fact.workspace = fact_end.workspace AND fact.seq = fact_end.seq
                 WHERE fact_end.workspace = ?1 AND fact_end.waits_on = ?2 ORDER BY fact_end.seq"
            ),
            (self.workspace.0, question),
        )?;
        let waiting = facts
            .into_iter()
            .map(|fact| WaitingFact { seq: fact.seq, received_ms: fact.received_ms, fact: fact.fact })
            .collect();
        self.state.waiting.insert(question.to_owned(), waiting);
        Ok(())
    }

    fn catalogue(&mut self, origin: &str) -> Result<(), StoreError> {
        if self.state.catalogues.contains_key(origin) {
            return Ok(());
        }
        let found = self.rows(
            "SELECT seq, state FROM catalogue WHERE workspace = ? AND origin = ?",
            (self.workspace.0, origin),
            |row| Ok((row.get(0)?, json_column(row, 1)?)),
        )?;
        if let Some(catalogue) = found.into_iter().next() {
            self.state.catalogues.insert(origin.to_owned(), catalogue);
        }
        Ok(())
    }

    fn rows<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: impl Fn(&Row<'_>) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut rows = statement.query(params)?;
        let mut all = Vec::new();
        while let Some(row) = rows.next()? {
            all.push(read(row)?);
        }
        Ok(all)
    }
}

/// Reads a conversion from its record and the column that says how far it is.
pub(crate) fn read_conversion(row: &Row<'_>) -> Result<Conversion, StoreError> {
    let mut conversion: Conversion = json_column(row, 0)?;
    let state: String = row.get(1)?;
    conversion.state = kopru_core::State::from_code(&state)
        .ok_or_else(|| StoreError::Corrupt(format!("conversion state {state}")))?;
    Ok(conversion)
}

pub(crate) fn json_column<T: serde::de::DeserializeOwned>(
    row: &Row<'_>,
    column: usize,
) -> Result<T, StoreError> {
    let text: String = row.get(column)?;
    Ok(serde_json::from_str(&text)?)
}
