//! Conversions: events as Meta will get them.

use capi::Money;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{DealKey, Reason};

/// One event for Meta, with its frozen id and name, its route and its cause.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Conversion {
    /// The same thing has the same id, however often and in whatever way it is reported.
    pub event_id: String,
    /// The event as the rule names it, for example `Lead`.
    pub event: String,
    /// The event's name on its route, for example `LeadSubmitted`.
    pub name: String,
    /// The rule that asked for it.
    pub rule: String,
    /// The deal that caused it.
    pub deal: DealKey,
    /// When it happened, Unix seconds. Never altered.
    pub event_s: i64,
    /// When Kopru first heard of it, Unix milliseconds.
    pub received_ms: i64,
    /// Whether it carries the deal's price.
    pub with_value: bool,
    /// The value, once it has one.
    pub value: Option<Money>,
    /// The value's currency.
    pub currency: Option<String>,
    /// The dataset to which it goes, once known.
    pub dataset: Option<String>,
    /// The ad that it is credited to, once known.
    pub ad_id: Option<String>,
    /// How far it is.
    pub state: State,
    /// Why it waits or how it ended.
    pub reason: Option<Reason>,
    /// Until when it may wait, Unix milliseconds.
    pub deadline_ms: Option<i64>,
    /// When it may leave, Unix milliseconds. In the future only for an event that is.
    pub due_ms: Option<i64>,
    /// The event as JSON, once it is complete. Written once.
    pub body: Option<String>,
    /// What would be refused, when the check says so.
    pub detail: Option<String>,
}

/// How far a conversion is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Something is missing that may still come.
    Waiting,
    /// Complete, on its way.
    Queued,
    /// Meta took it.
    Accepted,
    /// Meta had it already.
    Duplicate,
    /// Not sent, on purpose.
    Suppressed,
    /// Refused, or too late.
    Failed,
}

impl State {
    /// All states, in the order of the ledger.
    pub const ALL: [Self; 6] =
        [Self::Queued, Self::Waiting, Self::Accepted, Self::Duplicate, Self::Suppressed, Self::Failed];

    /// The stable name.
    pub fn code(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Queued => "queued",
            Self::Accepted => "accepted",
            Self::Duplicate => "duplicate",
            Self::Suppressed => "suppressed",
            Self::Failed => "failed",
        }
    }

    /// Reads a name back.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.code() == code)
    }
}

impl Conversion {
    /// Whether new knowledge may still change it. What is queued or ended is frozen.
    pub fn is_open(&self) -> bool {
        match self.state {
            State::Waiting => true,
            State::Suppressed => self.reason.is_some_and(Reason::reopens),
            _ => false,
        }
    }
}

/// The id of the event that a deal means: a hash of workspace, system of record, deal, event and
/// occurrence, and of nothing that a clock or a retry could change. 32 hex digits.
pub fn event_id(workspace: &str, deal: &DealKey, event: &str, occurrence: u32) -> String {
    let mut hash = Sha256::new();
    for part in [workspace, &deal.origin, &deal.id, event, &occurrence.to_string()] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    let mut id = capi::hex(&hash.finalize());
    id.truncate(32);
    id
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(origin: &str, id: &str) -> DealKey {
        DealKey { origin: origin.into(), id: id.into() }
    }

    #[test]
    fn the_id_of_an_event_never_changes() {
        // A change here would send everything that is known a second time.
        assert_eq!(
            event_id("acme", &key("kommo:acme", "5550001"), "Lead", 1),
            "e06e8d058699c69289d9f77f976f9133"
        );
    }

    #[test]
    fn every_part_counts_and_none_runs_into_the_next() {
        let ids = [
            event_id("acme", &key("kommo:acme", "1"), "Lead", 1),
            event_id("acme2", &key("kommo:acme", "1"), "Lead", 1),
            event_id("acme", &key("kommo:acm", "e1"), "Lead", 1),
            event_id("acme", &key("kommo:acme", "11"), "Lead", 1),
            event_id("acme", &key("kommo:acme", "1"), "Purchase", 1),
            event_id("acme", &key("kommo:acme", "1"), "Lead", 11),
            event_id("acme", &key("kommo:acme", "1"), "Lead1", 1),
        ];
        for (place, id) in ids.iter().enumerate() {
            assert_eq!(id.len(), 32);
            assert!(!ids[..place].contains(id), "{place}");
        }
    }

    #[test]
    fn every_state_is_read_back() {
        for state in State::ALL {
            assert_eq!(State::from_code(state.code()), Some(state));
        }
        assert_eq!(State::from_code("pending"), None);
    }
}
