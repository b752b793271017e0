//! Deduplication as Meta documents it.
//!
//! | events | the same if | within | who stays |
//! |---|---|---|---|
//! | any but chats and stores | dataset, name and `event_id` are equal | 48 h | the first; the browser's, if both came within 5 minutes |
//! | a browser's, then a server's | name and `fbp` or `external_id` are equal, and not both have an `event_id` | 48 h | the browser's |
//! | installs of an app | name and device are equal | 90 days | the first |
//! | of a physical store | time, name, item and `order_id`, or all identifiers, are equal | 7 days | the first |
//!
//! Events of chats are never deduplicated. The answer to a request shows nothing of all this.

mod keys;
#[cfg(test)]
mod tests;

use std::collections::{HashMap, VecDeque};

use serde::Serialize;

pub(crate) use self::keys::DedupKeys;

const HOUR_MS: i64 = 3_600_000;
const TWO_DAYS_MS: i64 = 48 * HOUR_MS;
/// Copies that come within this time of each other are the browser's.
const BROWSER_FIRST_MS: i64 = 5 * 60_000;

/// Where an event came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// `POST /{dataset}/events`.
    Server,
    /// `/tr`.
    Browser,
}

/// By what two events were recognised as one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum By {
    /// The same `event_id`.
    EventId,
    /// The same `fbp`.
    Fbp,
    /// The same `external_id`.
    ExternalId,
    /// The same `order_id` in a store.
    OrderId,
    /// The same identifiers in a store.
    Identifiers,
    /// The same device.
    Device,
}

/// What an event turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DedupOutcome {
    /// The first of its kind.
    First,
    /// A copy of event `of`, which stays; `across` if one is a server's and the other a browser's.
    Copy { of: u64, by: By, across: bool },
    /// The better copy: event `of` gives way to it.
    Replaces { of: u64, by: By },
}

/// The events that can still have copies, within a bound: the oldest are forgotten first and counted.
#[derive(Debug)]
pub(crate) struct Dedup {
    seen: HashMap<u128, Seen>,
    order: VecDeque<u128>,
    most: usize,
    forgotten: u64,
}

#[derive(Debug, Clone, Copy)]
struct Seen {
    n: u64,
    at_ms: i64,
    origin: Origin,
    has_event_id: bool,
}

impl Seen {
    fn of(event: Candidate, has_event_id: bool) -> Self {
        Self { n: event.n, at_ms: event.at_ms, origin: event.origin, has_event_id }
    }
}

/// An event as deduplication looks at it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Candidate {
    pub(crate) n: u64,
    pub(crate) at_ms: i64,
    pub(crate) origin: Origin,
}

impl Dedup {
    pub(crate) fn new(most: usize) -> Self {
        Self { seen: HashMap::new(), order: VecDeque::new(), most, forgotten: 0 }
    }

    /// Keys that left before their time because there were too many.
    pub(crate) fn forgotten(&self) -> u64 {
        self.forgotten
    }

    pub(crate) fn place(&mut self, event: Candidate, keys: &DedupKeys) -> DedupOutcome {
        match *keys {
            DedupKeys::Never => DedupOutcome::First,
            DedupKeys::Single { key, window_ms, by } => {
                if let Some(found) = self.find(key, event.at_ms, window_ms) {
                    return DedupOutcome::Copy { of: found.n, by, across: false };
                }
                self.keep(Some(key), Seen::of(event, false));
                DedupOutcome::First
            }
            DedupKeys::Online { event_id, ref pairs } => self.online(event, event_id, pairs),
        }
    }

    fn online(&mut self, event: Candidate, event_id: Option<u128>, pairs: &[(u128, By)]) -> DedupOutcome {
        if let Some(found) = event_id.and_then(|key| self.find(key, event.at_ms, TWO_DAYS_MS)) {
            let (of, by, across) = (found.n, By::EventId, found.origin != event.origin);
            let at_once = event.at_ms - found.at_ms <= BROWSER_FIRST_MS;
            if across && at_once && event.origin == Origin::Browser {
                // The two days run from the first event that came, whichever stays.
                self.keep(event_id, Seen { at_ms: found.at_ms, ..Seen::of(event, true) });
                for (key, _) in pairs {
                    self.keep(Some(*key), Seen::of(event, true));
                }
                return DedupOutcome::Replaces { of, by };
            }
            return DedupOutcome::Copy { of, by, across };
        }
        let has_event_id = event_id.is_some();
        for &(key, by) in pairs {
            let found = self.find(key, event.at_ms, TWO_DAYS_MS);
            let is_pair = |found: &Seen| {
                event.origin == Origin::Server
                    && found.origin == Origin::Browser
                    && !(found.has_event_id && has_event_id)
            };
            if let Some(found) = found.filter(is_pair) {
                return DedupOutcome::Copy { of: found.n, by, across: true };
            }
        }
        self.keep(event_id, Seen::of(event, has_event_id));
        if event.origin == Origin::Browser {
            for (key, _) in pairs {
                self.keep(Some(*key), Seen::of(event, has_event_id));
            }
        }
        DedupOutcome::First
    }

    fn find(&self, key: u128, now_ms: i64, window_ms: i64) -> Option<Seen> {
        self.seen.get(&key).copied().filter(|seen| now_ms - seen.at_ms < window_ms)
    }

    fn keep(&mut self, key: Option<u128>, seen: Seen) {
        let Some(key) = key else { return };
        if self.seen.insert(key, seen).is_none() {
            self.order.push_back(key);
        }
        while self.order.len() > self.most {
            if let Some(oldest) = self.order.pop_front() {
                self.seen.remove(&oldest);
                self.forgotten += 1;
            }
        }
    }
}
