//! Compares what the sandbox's Meta has recorded with what the week must have brought.

use std::collections::{BTreeMap, BTreeSet};

use ::sandbox::{AcceptedEvent, Sandbox};
use serde::Serialize;
use store::views::{Funnel, Ledger};

use super::{
    shop::{Expected, Person},
    site::{SiteReport, Visitor, WebExpected},
};

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
    /// What came of the shop's site.
    pub web: WebComparison,
    /// Kopru's own account of it all.
    pub ledger: Ledger,
}

/// What came of the events of the shop's site.
#[derive(Serialize)]
pub struct WebComparison {
    /// Whether everything is as it should be.
    pub ok: bool,
    /// Events that the shop's server posted.
    pub posted: u64,
    /// Those that were posted before.
    pub doubles: u64,
    /// Those that Meta would refuse, which Kopru refuses at the door.
    pub refused_at_door: u64,
    /// Events that Meta must have taken.
    pub expected: usize,
    /// Events that it took, each counted once.
    pub arrived: usize,
    /// Events that it did not take, but should have.
    pub missing: Vec<String>,
    /// Events that it took, but should not have.
    pub unexpected: Vec<String>,
    /// Events that came more than once under one id.
    pub copies: usize,
    /// Purchases that were posted with a cookie alone and have the e-mail address of the CRM's contact.
    pub enriched: usize,
    /// Purchases that lack it.
    pub not_enriched: Vec<String>,
}

pub fn compare(
    people: &[Person],
    (visitors, posted): (&[Visitor], &SiteReport),
    sandbox: &Sandbox,
    ledger: Ledger,
    funnel: &Funnel,
) -> Comparison {
    let (of_site, events): (Vec<_>, Vec<_>) =
        sandbox.graph_events().into_iter().partition(|event| event.event["action_source"] == "website");
    let web = compare_web(visitors, posted, &of_site);
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
    let ok = web.ok
        && missing.is_empty()
        && unexpected.is_empty()
        && two_event_ids.is_empty()
        && events.len() == distinct
        && ledger.balanced
        && ledger.conversions.accepted == (expected.len() + web.expected) as i64
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
        web,
        ledger,
    }
}

fn compare_web(visitors: &[Visitor], posted: &SiteReport, events: &[AcceptedEvent]) -> WebComparison {
    let mut taken: BTreeMap<(String, String), Vec<&AcceptedEvent>> = BTreeMap::new();
    for event in events {
        let text = |key: &str| event.event[key].as_str().unwrap_or_default().to_owned();
        taken.entry((text("event_name"), text("event_id"))).or_default().push(event);
    }
    let expected: Vec<WebExpected> = visitors.iter().flat_map(Visitor::expected).collect();
    let key = |one: &WebExpected| (one.event_name.clone(), one.event_id.clone());
    let wanted: BTreeSet<(String, String)> = expected.iter().map(key).collect();
    let said = |(name, id): &(String, String)| format!("{name} {id}");
    let missing: Vec<String> = wanted.iter().filter(|one| !taken.contains_key(*one)).map(said).collect();
    let unexpected: Vec<String> = taken.keys().filter(|one| !wanted.contains(*one)).map(said).collect();
    let has = |event: &AcceptedEvent, email: &String| {
        let emails = event.event.pointer("/user_data/em").and_then(|emails| emails.as_array());
        emails.is_some_and(|emails| emails.iter().any(|one| one.as_str() == Some(email)))
    };
    let of_crm = expected.iter().filter_map(|one| Some((one, one.added_email.as_ref()?)));
    let (enriched, lacking): (Vec<_>, Vec<_>) = of_crm.partition(|(one, email)| {
        taken.get(&key(one)).is_some_and(|events| events.iter().all(|event| has(event, email)))
    });
    let not_enriched: Vec<String> = lacking.iter().map(|(one, _)| said(&key(one))).collect();
    let copies = events.len() - taken.len();
    let doors_account_for_all = posted.posted == wanted.len() as u64 + posted.doubles + posted.refused;
    WebComparison {
        ok: missing.is_empty()
            && unexpected.is_empty()
            && not_enriched.is_empty()
            && !enriched.is_empty()
            && copies == 0
            && posted.doubles > 0
            && posted.refused == 1
            && doors_account_for_all,
        posted: posted.posted,
        doubles: posted.doubles,
        refused_at_door: posted.refused,
        expected: wanted.len(),
        arrived: taken.len(),
        missing,
        unexpected,
        copies,
        enriched: enriched.len(),
        not_enriched,
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
