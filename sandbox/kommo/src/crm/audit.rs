//! The audit log: what happened to leads and contacts, who did it, and the value before and after.

use sandbox_http::{Clock, Kept};
use serde_json::{Value, json};

use super::cards::{Kind, Stamp};
use super::price::LeadPrice;

/// Types of the rows that the sandbox writes, in the words of Kommo's documentation.
pub(crate) const TYPES: [&str; 22] = [
    "lead_added",
    "lead_deleted",
    "lead_restored",
    "lead_status_changed",
    "sale_field_changed",
    "contact_added",
    "contact_deleted",
    "contact_restored",
    "company_added",
    "company_deleted",
    "company_restored",
    "entity_responsible_changed",
    "entity_linked",
    "entity_unlinked",
    "entity_merged",
    "entity_tag_added",
    "entity_tag_deleted",
    "custom_field_value_changed",
    "common_note_added",
    "task_added",
    "incoming_chat_message",
    "outgoing_chat_message",
];

/// One row.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Row {
    pub(crate) n: u64,
    /// When it was written, which the API may show later; `at` is what it says.
    pub(crate) written_ms: i64,
    pub(crate) what: &'static str,
    pub(crate) kind: Kind,
    pub(crate) id: u64,
    pub(crate) at: i64,
    pub(crate) by: u64,
    /// Without its array, null for none.
    pub(crate) before: Value,
    /// Without its array, null for none.
    pub(crate) after: Value,
}

#[derive(Debug)]
pub(crate) struct Audit {
    rows: Kept<Row>,
    count: u64,
    clock: Clock,
}

impl Audit {
    pub(super) fn new(keep: usize, clock: Clock) -> Self {
        Self { rows: Kept::new(keep), count: 0, clock }
    }

    pub(super) fn note(&mut self, what: &'static str, kind: Kind, id: u64, stamp: Stamp, values: [Value; 2]) {
        self.count += 1;
        let [before, after] = values;
        let Stamp { at, by } = stamp;
        let written_ms = self.clock.now_ms();
        self.rows.push(Row { n: self.count, written_ms, what, kind, id, at, by, before, after });
    }

    /// What was written until then, newest first; rows of the same second in the reverse order of their making.
    pub(crate) fn newest_first(&self, until_ms: i64) -> Vec<&Row> {
        let mut rows: Vec<&Row> = self.rows.iter().filter(|row| row.written_ms <= until_ms).collect();
        rows.sort_by_key(|row| std::cmp::Reverse((row.at, row.n)));
        rows
    }

    pub(crate) fn left(&self) -> u64 {
        self.rows.left()
    }
}

pub(super) const NOTHING: [Value; 2] = [Value::Null, Value::Null];

pub(super) fn stage((pipeline_id, id): (u64, u64)) -> Value {
    json!({ "lead_status": { "id": id, "pipeline_id": pipeline_id } })
}

/// Whether the log of the real account has cents is not known; here it has none.
pub(super) fn sale(price: Option<LeadPrice>) -> Value {
    json!({ "sale_field_value": { "sale": price.map(LeadPrice::whole) } })
}

/// A field whose values changed, without the values.
pub(super) fn field(id: u64) -> Value {
    json!({ "custom_field_value": { "field_id": id } })
}

pub(super) fn user(id: u64) -> Value {
    json!({ "responsible_user": { "id": id } })
}

/// The other side of a link.
pub(super) fn link(kind: Kind, id: u64) -> Value {
    json!({ "link": { "entity": { "type": kind.one(), "id": id } } })
}

pub(super) fn tag(name: &str) -> Value {
    json!({ "tag": { "name": name } })
}
