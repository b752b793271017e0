//! The webhook of Meta's lead forms (`leadgen`): it names the lead, whose answers are then fetched.

use serde_json::{Value, json};

use super::wire::{as_meta_writes, present};

/// The new leads of one Page.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LeadgenEntry {
    /// The Page's id.
    pub page_id: String,
    /// When it is sent, Unix seconds.
    pub time: i64,
    /// The leads, each in a change of its own.
    pub leads: Vec<LeadgenLead>,
}

/// A form that somebody filled in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LeadgenLead {
    /// The lead's id.
    pub leadgen_id: u64,
    /// The form's id.
    pub form_id: String,
    /// The ad set's id; none if no ad was there.
    pub adgroup_id: Option<String>,
    /// The ad's id; none if no ad was there.
    pub ad_id: Option<String>,
    /// When the form was filled in, Unix seconds.
    pub created_time: i64,
}

/// The body of one webhook.
pub fn leadgen(entries: &[LeadgenEntry]) -> String {
    let entries: Vec<Value> = entries
        .iter()
        .map(|entry| {
            let changes: Vec<Value> = entry.leads.iter().map(|lead| change(&entry.page_id, lead)).collect();
            json!({ "id": entry.page_id, "time": entry.time, "changes": changes })
        })
        .collect();
    as_meta_writes(&json!({ "object": "page", "entry": entries }))
}

fn change(page_id: &str, lead: &LeadgenLead) -> Value {
    let mut value = present([("adgroup_id", &lead.adgroup_id), ("ad_id", &lead.ad_id)]);
    value.insert("leadgen_id".to_owned(), lead.leadgen_id.to_string().into());
    value.insert("page_id".to_owned(), page_id.into());
    value.insert("form_id".to_owned(), lead.form_id.as_str().into());
    value.insert("created_time".to_owned(), lead.created_time.into());
    json!({ "field": "leadgen", "value": value })
}
