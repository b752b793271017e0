//! The CRM's data: pipelines, deals, contacts and the audit log of stage changes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::records::Kept;

/// Closed and won, in every pipeline.
pub(crate) const WON: u64 = 142;
/// Closed and lost, in every pipeline.
pub(crate) const LOST: u64 = 143;

/// The account that Kommo shows. Prices of deals are in its currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Account {
    /// Its number.
    pub id: u64,
    /// The first part of its host name.
    pub subdomain: String,
    /// Its name.
    pub name: String,
    /// ISO 4217.
    pub currency: String,
    /// ISO 3166.
    pub country: String,
}

impl Default for Account {
    fn default() -> Self {
        Self {
            id: 330_001,
            subdomain: "acme".to_owned(),
            name: "Acme".to_owned(),
            currency: "EUR".to_owned(),
            country: "DE".to_owned(),
        }
    }
}

/// A pipeline. The stages 142 and 143 are always there, also when they are not named.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pipeline {
    /// Its id.
    pub id: u64,
    /// Its name.
    pub name: String,
    /// Its stages in order.
    #[serde(default)]
    pub statuses: Vec<Status>,
}

/// A stage of a pipeline.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Status {
    /// Its id, which means something only together with the pipeline's.
    pub id: u64,
    /// Its name.
    pub name: String,
    /// Whether it is the stage of incoming leads (`type` 1).
    #[serde(default)]
    pub incoming: bool,
}

/// A contact.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contact {
    /// Its id.
    pub id: u64,
    /// The name; for WhatsApp contacts the name of their profile.
    #[serde(default)]
    pub name: String,
    /// Phone numbers as typed.
    #[serde(default)]
    pub phones: Vec<String>,
    /// E-mail addresses as typed.
    #[serde(default)]
    pub emails: Vec<String>,
}

/// A deal, which Kommo's API calls a lead.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deal {
    /// Its id.
    pub id: u64,
    /// Its name, which may be empty.
    #[serde(default)]
    pub name: String,
    /// The pipeline that it is in.
    pub pipeline_id: u64,
    /// The stage that it is in.
    pub status_id: u64,
    /// The price in the account's currency; `None` is null in the API.
    #[serde(default)]
    pub price: Option<i64>,
    /// Its contacts; the first one is the main one.
    #[serde(default)]
    pub contact_ids: Vec<u64>,
    /// When it was made, Unix seconds.
    pub created_at: i64,
}

#[derive(Debug, Clone)]
pub(crate) struct DealRow {
    pub(crate) deal: Deal,
    pub(crate) updated_at: i64,
    pub(crate) closed_at: Option<i64>,
}

#[derive(Debug, Clone)]
pub(crate) struct ContactRow {
    pub(crate) contact: Contact,
    pub(crate) created_at: i64,
}

/// One row of the audit log: a deal went from one stage to another.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Move {
    pub(crate) n: u64,
    pub(crate) deal_id: u64,
    pub(crate) at: i64,
    /// Pipeline and stage.
    pub(crate) before: (u64, u64),
    /// Pipeline and stage.
    pub(crate) after: (u64, u64),
}

#[derive(Debug)]
pub(crate) struct Book {
    pub(crate) pipelines: BTreeMap<u64, Pipeline>,
    pub(crate) deals: BTreeMap<u64, DealRow>,
    pub(crate) contacts: BTreeMap<u64, ContactRow>,
    moves: Kept<Move>,
    move_count: u64,
}

impl Book {
    pub(crate) fn new(keep: usize) -> Self {
        Self {
            pipelines: BTreeMap::new(),
            deals: BTreeMap::new(),
            contacts: BTreeMap::new(),
            moves: Kept::new(keep),
            move_count: 0,
        }
    }

    pub(crate) fn put_pipeline(&mut self, mut pipeline: Pipeline) {
        for (id, name) in [(WON, "Closed - won"), (LOST, "Closed - lost")] {
            if !pipeline.statuses.iter().any(|status| status.id == id) {
                pipeline.statuses.push(Status { id, name: name.to_owned(), incoming: false });
            }
        }
        self.pipelines.insert(pipeline.id, pipeline);
    }

    pub(crate) fn put_contact(&mut self, contact: Contact, now: i64) {
        let created_at = self.contacts.get(&contact.id).map_or(now, |row| row.created_at);
        self.contacts.insert(contact.id, ContactRow { contact, created_at });
    }

    pub(crate) fn put_deal(&mut self, deal: Deal) {
        self.ensure_stage(deal.pipeline_id, deal.status_id);
        let closed_at = is_closed(deal.status_id).then_some(deal.created_at);
        self.deals.insert(deal.id, DealRow { updated_at: deal.created_at, closed_at, deal });
    }

    pub(crate) fn move_deal(&mut self, id: u64, pipeline_id: u64, status_id: u64, at: i64) -> bool {
        let Some(row) = self.deals.get_mut(&id) else { return false };
        let before = (row.deal.pipeline_id, row.deal.status_id);
        let after = (pipeline_id, status_id);
        row.updated_at = at;
        if before == after {
            return true;
        }
        (row.deal.pipeline_id, row.deal.status_id) = after;
        row.closed_at = is_closed(status_id).then_some(at);
        self.move_count += 1;
        self.moves.push(Move { n: self.move_count, deal_id: id, at, before, after });
        self.ensure_stage(pipeline_id, status_id);
        true
    }

    pub(crate) fn set_price(&mut self, id: u64, price: Option<i64>, at: i64) -> bool {
        let Some(row) = self.deals.get_mut(&id) else { return false };
        row.deal.price = price;
        row.updated_at = at;
        true
    }

    /// The audit log, newest first; moves of the same second in the reverse order of their making.
    pub(crate) fn moves_newest_first(&self) -> Vec<Move> {
        let mut moves = self.moves.to_vec();
        moves.sort_by_key(|row| std::cmp::Reverse((row.at, row.n)));
        moves
    }

    pub(crate) fn audit_rows_left(&self) -> u64 {
        self.moves.left()
    }

    /// The list of pipelines shows every stage that a deal is or was in.
    fn ensure_stage(&mut self, pipeline_id: u64, status_id: u64) {
        let named = |what: &str, id: u64| format!("{what} {id}");
        let mut pipeline = self.pipelines.remove(&pipeline_id).unwrap_or_else(|| Pipeline {
            id: pipeline_id,
            name: named("Pipeline", pipeline_id),
            statuses: Vec::new(),
        });
        let closing = is_closed(status_id);
        if !closing && !pipeline.statuses.iter().any(|status| status.id == status_id) {
            let at = pipeline.statuses.iter().position(|status| is_closed(status.id));
            let status = Status { id: status_id, name: named("Stage", status_id), incoming: false };
            pipeline.statuses.insert(at.unwrap_or(pipeline.statuses.len()), status);
        }
        self.put_pipeline(pipeline);
    }
}

fn is_closed(status_id: u64) -> bool {
    matches!(status_id, WON | LOST)
}
