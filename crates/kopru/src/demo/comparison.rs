//! Compares what the sandbox's Meta has recorded with what the week must have brought.

use std::collections::{BTreeMap, BTreeSet};

use ::sandbox::{AcceptedEvent, Sandbox};
use serde::Serialize;
use store::views::{Funnel, Ledger};

use super::shop::{Expected, Person};

/// What came of the week.
#[derive(Serialize)]
pub struct Comparison {
    /// Whether everything is as it should be.
    pub ok: bool,
    /// People who wrote.
    pub people: usize,
    /// Events that Meta must have taken.
    pub expected: usize,
    /// Events that it took, each counted once.
    pub arrived: usize,
    /// Events that it did not take, but should have.
    pub missing: Vec<String>,
    /// Events that it took, but should not have.
    pub unexpected: Vec<String>,
    /// Events that came under two ids.
    pub two_event_ids: Vec<String>,
    /// Events that came more than once under one id.
    pub copies: usize,
    /// Events that Meta refused.
    pub refused: i64,
    /// Requests to Meta.
    pub meta_requests: usize,
    /// Requests to the CRM.
    pub crm_requests: usize,
    /// Conversations that began on an ad.
    pub conversations: i64,
    /// Leads that Meta took.
    pub leads: i64,
    /// Purchases that Meta took.
    pub purchases: i64,
    /// Their value.
    pub revenue: BTreeMap<String, String>,
    /// Kopru's own account of it.
    pub ledger: Ledger,
}

pub fn compare(people: &[Person], sandbox: &Sandbox, ledger: Ledger, funnel: &Funnel) -> Comparison {
    let events = sandbox.graph_events();
    let mut ids: BTreeMap<Expected, BTreeSet<String>> = BTreeMap::new();
    for event in &events {
        let (what, id) = recorded(event);
        ids.entry(what).or_default().insert(id);
    }
    let arrived: BTreeSet<Expected> = ids.keys().cloned().collect();
    let expected: BTreeSet<Expected> = people.iter().flat_map(Person::expected).collect();
    let refused_expected = people.iter().filter(|person| !person.is_known_to_meta()).count() as i64;

    let missing: Vec<String> = expected.difference(&arrived).map(Expected::to_string).collect();
    let unexpected: Vec<String> = arrived.difference(&expected).map(Expected::to_string).collect();
    let two_event_ids: Vec<String> =
        ids.iter().filter(|(_, ids)| ids.len() != 1).map(|(what, _)| what.to_string()).collect();
    let distinct = ids.values().map(BTreeSet::len).sum::<usize>();
    let ok = missing.is_empty()
        && unexpected.is_empty()
        && two_event_ids.is_empty()
        && events.len() == distinct
        && ledger.balanced
        && ledger.conversions.accepted == expected.len() as i64
        && ledger.conversions.failed == refused_expected
        && ledger.conversions.queued + ledger.conversions.waiting == 0
        && ledger.facts.pending + ledger.facts.waiting == 0;
    Comparison {
        ok,
        people: people.len(),
        expected: expected.len(),
        arrived: arrived.len(),
        missing,
        unexpected,
        two_event_ids,
        copies: events.len() - distinct,
        refused: ledger.conversions.failed,
        meta_requests: sandbox.graph_requests().len(),
        crm_requests: sandbox.kommo_requests().len(),
        conversations: funnel.conversations,
        leads: funnel.leads,
        purchases: funnel.purchases,
        revenue: funnel.revenue.iter().map(|(currency, sum)| (currency.clone(), sum.to_string())).collect(),
        ledger,
    }
}

/// What Meta recorded, read from the event as it was received.
fn recorded(event: &AcceptedEvent) -> (Expected, String) {
    let text =
        |pointer: &str| event.event.pointer(pointer).and_then(|value| value.as_str()).unwrap_or_default();
    let what = Expected {
        event_name: match text("/event_name") {
            "LeadSubmitted" => "LeadSubmitted",
            "Purchase" => "Purchase",
            _ => "an event that nobody asked for",
        },
        click_id: text("/user_data/ctwa_clid").to_owned(),
        value: event.event.pointer("/custom_data/value").and_then(serde_json::Value::as_i64),
    };
    (what, text("/event_id").to_owned())
}

impl std::fmt::Display for Expected {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} for click {}", self.event_name, self.click_id)?;
        self.value.map_or(Ok(()), |value| write!(f, " of {value}"))
    }
}
