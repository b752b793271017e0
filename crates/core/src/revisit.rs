//! Looking again at what has waited or ended: because the configuration changed, or because somebody asks
//! for it.

use serde::{Deserialize, Serialize};

use crate::{Conversion, DealKey, Reason, State};

/// Which conversions are meant. What is empty or absent says nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ConversionFilter {
    /// One of these ids.
    pub event_ids: Vec<String>,
    /// One of these states.
    pub states: Vec<State>,
    /// Any of these reasons.
    pub reasons: Vec<Reason>,
    /// The event, under its general name or its name on its route.
    pub event: Option<String>,
    /// The dataset's id.
    pub dataset: Option<String>,
    /// The rule's id.
    pub rule: Option<String>,
    /// The id of the deal, contact or activity in its system of record, alone or behind that system and a
    /// slash, for example `kommo:acme/31`.
    pub cause_id: Option<String>,
    /// Not happened before this, Unix seconds.
    pub since_s: Option<i64>,
    /// Happened before this, Unix seconds.
    pub until_s: Option<i64>,
}

impl ConversionFilter {
    /// Whether a conversion is meant.
    pub fn takes(&self, one: &Conversion) -> bool {
        let among = |all: &[String], one: &str| all.is_empty() || all.iter().any(|other| other == one);
        let is = |wanted: &Option<String>, found: Option<&str>| {
            wanted.as_deref().is_none_or(|wanted| found == Some(wanted))
        };
        among(&self.event_ids, &one.event_id)
            && (self.states.is_empty() || self.states.contains(&one.state))
            && (self.reasons.is_empty() || one.reason.is_some_and(|reason| self.reasons.contains(&reason)))
            && (is(&self.event, Some(&one.event)) || is(&self.event, Some(&one.name)))
            && is(&self.dataset, one.dataset.as_deref())
            && is(&self.rule, Some(&one.rule))
            && self.cause_id.as_deref().is_none_or(|wanted| {
                // No id has a slash.
                wanted == one.cause.id() || (wanted.contains('/') && wanted == one.cause.to_string())
            })
            && self.since_s.is_none_or(|since_s| one.event_s >= since_s)
            && self.until_s.is_none_or(|until_s| one.event_s < until_s)
    }
}

/// What is done with what is looked at again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// What is open is decided anew.
    Resolve,
    /// What is open or was refused is decided anew, and what is queued leaves now.
    Retry,
    /// What Meta has not been told is not sent.
    Drop,
}

/// A way through conversions, and through deals where rules are caught up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revisit {
    /// What is done.
    pub action: Action,
    /// With which conversions; none if absent.
    pub filter: Option<ConversionFilter>,
    /// Whether the filter's times do not count for what is queued.
    pub any_age_of_queued: bool,
    /// For which of those the CRM is asked anew, by their reason.
    pub ask_for: Vec<Reason>,
    /// Rules that are caught up.
    pub rules: Vec<CatchUp>,
}

/// A rule that counts for what happened already.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CatchUp {
    /// The rule's id.
    pub rule: String,
    /// Since when, Unix seconds.
    pub since_s: i64,
}

/// A step on that way.
#[derive(Debug, Clone, PartialEq)]
pub struct RevisitStep {
    /// Its number in the workspace.
    pub number: u64,
    /// What is done.
    pub revisit: Revisit,
    /// Conversions of this step, as the working set has them.
    pub conversions: Vec<Conversion>,
    /// Deals of this step.
    pub deals: Vec<DealKey>,
    /// Where the next step goes on; `None` when this is the last one.
    pub next: Option<RevisitPlace>,
}

/// How far a way has been gone: through the queue, then through all other conversions, then through deals.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RevisitPlace {
    /// The last number of the queue that was looked at.
    pub queue_after: u64,
    /// Whether all of the queue has been looked at.
    pub queue_done: bool,
    /// Conversions below this number are left; `None` if all are.
    pub below: Option<u64>,
    /// Whether all conversions have been looked at.
    pub conversions_done: bool,
    /// The last deal that was looked at.
    pub after_deal: Option<DealKey>,
    /// Whether all deals have been looked at.
    pub deals_done: bool,
}
