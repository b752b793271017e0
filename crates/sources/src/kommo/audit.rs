//! The audit log of an account as a whole: what happened to any deal or contact since a time.
//!
//! Path, parameters and types of rows after Kommo's API reference (list of events). Only administrators may
//! read it.

use kopru_core::{AuditRow, RecordChange, RecordId};
use serde_json::Value;

use super::{
    Page,
    ids::id_of,
    pages,
    stage_log::{Side, stage_in},
};
use crate::{
    AuditEntry, NotUnderstood,
    lenient::{seconds_of, text_of},
};

/// Rows of a page. Kommo's page of 2026 says 250 at most, that of amoCRM 100.
const PAGE_ROWS: usize = 100;
/// The types of rows that can mean something for an event.
const TYPES: [&str; 13] = [
    "lead_added",
    "lead_deleted",
    "lead_restored",
    "lead_status_changed",
    "sale_field_changed",
    "contact_added",
    "contact_deleted",
    "contact_restored",
    "entity_linked",
    "entity_unlinked",
    "entity_merged",
    "entity_tag_added",
    "custom_field_value_changed",
];

/// The path of the first page, newest rows first.
pub(super) fn first_page(since_s: i64, until_s: Option<i64>) -> String {
    let mut path = form_urlencoded::Serializer::new("/api/v4/events?".to_owned());
    path.append_pair("limit", &PAGE_ROWS.to_string());
    for entity in ["lead", "contact"] {
        path.append_pair("filter[entity][]", entity);
    }
    for of_type in TYPES {
        path.append_pair("filter[type][]", of_type);
    }
    path.append_pair("filter[created_at][from]", &since_s.to_string());
    if let Some(until_s) = until_s {
        path.append_pair("filter[created_at][to]", &until_s.to_string());
    }
    path.finish()
}

/// The rows of a page that name a deal or a contact, as they stand there.
pub(super) fn entries(page: &Page<'_>) -> Result<Vec<AuditEntry>, NotUnderstood> {
    let rows = pages::rows(std::slice::from_ref(page), "events")?;
    let rows = rows.into_iter().filter_map(|row| serde_json::from_str::<Value>(row.get()).ok());
    Ok(rows.filter_map(|row| entry(&row)).collect())
}

fn entry(row: &Value) -> Option<AuditEntry> {
    let id = id_of(row, "entity_id")?;
    let is_deal = match text_of(row, "entity_type").as_deref() {
        Some("lead") => true,
        Some("contact") => false,
        _ => return None,
    };
    let change = match text_of(row, "type").as_deref() {
        Some("lead_added" | "contact_added") => RecordChange::Made,
        Some("lead_deleted") => RecordChange::Deleted,
        Some("lead_restored") => RecordChange::Restored,
        Some("sale_field_changed") => RecordChange::Priced,
        // One that does not say where it went still says that the deal changed.
        Some("lead_status_changed") => stage_in(row, Side::After).map_or(RecordChange::Other, |stage| {
            RecordChange::Moved { left: stage_in(row, Side::Before), stage }
        }),
        _ => RecordChange::Other,
    };
    Some(AuditEntry {
        id: text_of(row, "id")?,
        row: AuditRow {
            record: if is_deal { RecordId::Deal(id) } else { RecordId::Contact(id) },
            at_s: seconds_of(row, "created_at")?,
            change,
        },
    })
}
