//! Deduplication as Meta documents it.
//!
//! | events | the same if | within | who stays |
//! |---|---|---|---|
//! | any but chats and stores | dataset, name and `event_id` are equal | 48 h | the first; the browser's, if both came within 5 minutes |
//! | a browser's, then a server's | name and `fbp` or `external_id` are equal, and not both have an `event_id` | 48 h | the browser's |
//! | installs of an app | name and device are equal | 90 days | the first |
//! | of a physical store | time, name, item and `order_id`, or all identifiers, are equal | 7 days | the first |
//!
//! Events of chats are never deduplicated. The answer to a request tells nothing of all this.

use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasher, Hash, RandomState};
use std::sync::LazyLock;

use serde::Serialize;
use serde_json::{Map, Value};

const HOUR_MS: i64 = 3_600_000;
const TWO_DAYS_MS: i64 = 48 * HOUR_MS;
const WEEK_MS: i64 = 7 * 24 * HOUR_MS;
const INSTALL_MS: i64 = 90 * 24 * HOUR_MS;
/// So many `external_id`s of an event are compared.
const MOST_EXTERNAL_IDS: usize = 10;
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
pub(crate) enum Verdict {
    /// The first of its kind.
    First,
    /// A copy of event `of`, which stays; `across` if one is a server's and the other a browser's.
    Copy { of: u64, by: By, across: bool },
    /// The better copy: event `of` gives way to it.
    Replaces { of: u64, by: By },
}

/// The keys by which copies of an event are recognised. They are made before the records are locked.
#[derive(Debug, Clone)]
pub(crate) enum Marks {
    /// An event of a chat has none.
    Never,
    /// The first with this key stays.
    Single { key: u128, window_ms: i64, by: By },
    /// By `event_id` in all directions, by `fbp` and each `external_id` from browser to server.
    Online { event_id: Option<u128>, pairs: Vec<(u128, By)> },
}

impl Marks {
    pub(crate) fn of(dataset: &str, name: &str, event: &Map<String, Value>) -> Self {
        let user = |key: &str| event.get("user_data").and_then(|user| user.get(key)).and_then(given);
        let key = |kind: &str, value: &dyn Fn() -> Option<String>| {
            value().map(|value| key(&(dataset, name, kind, value)))
        };
        let single = |key, window_ms, by| Self::Single { key, window_ms, by };
        match event.get("action_source").and_then(Value::as_str) {
            Some("business_messaging") => return Self::Never,
            Some("physical_store") => {
                let custom =
                    |key: &str| event.get("custom_data").and_then(|data| data.get(key)).and_then(given);
                let time = event.get("event_time").and_then(given);
                let item = custom("item_number");
                return if let Some(order) = custom("order_id") {
                    single(self::key(&(dataset, name, "order_id", time, item, order)), WEEK_MS, By::OrderId)
                } else {
                    let user = event.get("user_data").map(Value::to_string);
                    single(self::key(&(dataset, name, "user", time, item, user)), WEEK_MS, By::Identifiers)
                };
            }
            Some("app") if name == "MobileAppInstall" => {
                if let Some(key) = key("device", &|| user("madid").or_else(|| user("anon_id"))) {
                    return single(key, INSTALL_MS, By::Device);
                }
            }
            _ => {}
        }
        let ids = match event.get("user_data").and_then(|user| user.get("external_id")) {
            Some(Value::Array(ids)) => ids.as_slice(),
            Some(id) => std::slice::from_ref(id),
            None => &[],
        };
        let external_ids = ids.iter().take(MOST_EXTERNAL_IDS).filter_map(given);
        let external_ids =
            external_ids.map(|id| (self::key(&(dataset, name, "external_id", id)), By::ExternalId));
        Self::Online {
            event_id: key("event_id", &|| event.get("event_id").and_then(given)),
            pairs: key("fbp", &|| user("fbp"))
                .map(|key| (key, By::Fbp))
                .into_iter()
                .chain(external_ids)
                .collect(),
        }
    }
}

/// A text or number that is not empty; the first one of a list.
fn given(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Array(items) => items.iter().find_map(given),
        _ => None,
    }
}

/// 128 bits of a hash: two events with the same key by accident do not happen.
fn key(what: &impl Hash) -> u128 {
    static HASHERS: LazyLock<(RandomState, RandomState)> = LazyLock::new(Default::default);
    u128::from(HASHERS.0.hash_one(what)) << 64 | u128::from(HASHERS.1.hash_one(what))
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

    pub(crate) fn place(&mut self, event: Candidate, marks: &Marks) -> Verdict {
        match *marks {
            Marks::Never => Verdict::First,
            Marks::Single { key, window_ms, by } => {
                if let Some(found) = self.find(key, event.at_ms, window_ms) {
                    return Verdict::Copy { of: found.n, by, across: false };
                }
                self.keep(Some(key), Seen::of(event, false));
                Verdict::First
            }
            Marks::Online { event_id, ref pairs } => self.online(event, event_id, pairs),
        }
    }

    fn online(&mut self, event: Candidate, event_id: Option<u128>, pairs: &[(u128, By)]) -> Verdict {
        if let Some(found) = event_id.and_then(|key| self.find(key, event.at_ms, TWO_DAYS_MS)) {
            let (of, by, across) = (found.n, By::EventId, found.origin != event.origin);
            let at_once = event.at_ms - found.at_ms <= BROWSER_FIRST_MS;
            if across && at_once && event.origin == Origin::Browser {
                // The two days run from the first event that came, whichever stays.
                self.keep(event_id, Seen { at_ms: found.at_ms, ..Seen::of(event, true) });
                for (key, _) in pairs {
                    self.keep(Some(*key), Seen::of(event, true));
                }
                return Verdict::Replaces { of, by };
            }
            return Verdict::Copy { of, by, across };
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
                return Verdict::Copy { of: found.n, by, across: true };
            }
        }
        self.keep(event_id, Seen::of(event, has_event_id));
        if event.origin == Origin::Browser {
            for (key, _) in pairs {
                self.keep(Some(*key), Seen::of(event, has_event_id));
            }
        }
        Verdict::First
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const MINUTE: i64 = 60_000;

    fn place(dedup: &mut Dedup, n: u64, at_ms: i64, origin: Origin, event: &Value) -> Verdict {
        let name = event["event_name"].as_str().unwrap();
        let marks = Marks::of("1", name, event.as_object().unwrap());
        dedup.place(Candidate { n, at_ms, origin }, &marks)
    }

    #[test]
    fn stories_of_two() {
        use Origin::{Browser, Server};
        let web = |id: &str| json!({ "event_name": "Purchase", "event_id": id, "action_source": "website" });
        let pair = |more: Value| {
            let mut event = json!({ "event_name": "Purchase", "action_source": "website",
                "user_data": { "fbp": "fb.1.1.2", "external_id": ["x"] } });
            event.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            event
        };
        let only = |key: &str, value: Value| pair(json!({ "user_data": { key: value } }));
        let chat =
            json!({ "event_name": "Purchase", "event_id": "a", "action_source": "business_messaging" });
        let store = |time: i64, order: Option<&str>, em: &str| {
            json!({ "event_name": "Purchase", "event_time": time, "action_source": "physical_store",
                "event_id": "a", "user_data": { "em": em }, "custom_data": { "order_id": order } })
        };
        let install = |madid: &str| json!({ "event_name": "MobileAppInstall", "action_source": "app", "user_data": { "madid": madid } });
        let copy = |by| Verdict::Copy { of: 1, by, across: false };
        let pair_by = |by| Verdict::Copy { of: 1, by, across: true };
        let other_name = json!({ "event_name": "Lead", "event_id": "a", "action_source": "website" });
        for (what, first, second, gap_ms, expected) in [
            ("server twice", (Server, web("a")), (Server, web("a")), MINUTE, copy(By::EventId)),
            ("browser, server", (Browser, web("a")), (Server, web("a")), MINUTE, pair_by(By::EventId)),
            (
                "server, browser at once",
                (Server, web("a")),
                (Browser, web("a")),
                MINUTE,
                Verdict::Replaces { of: 1, by: By::EventId },
            ),
            (
                "server, browser late",
                (Server, web("a")),
                (Browser, web("a")),
                6 * MINUTE,
                pair_by(By::EventId),
            ),
            ("after 48 hours", (Server, web("a")), (Server, web("a")), 48 * HOUR_MS, Verdict::First),
            ("another id", (Server, web("a")), (Server, web("b")), MINUTE, Verdict::First),
            ("another name", (Server, web("a")), (Server, other_name), MINUTE, Verdict::First),
            (
                "fbp",
                (Browser, pair(json!({}))),
                (Server, only("fbp", json!("fb.1.1.2"))),
                MINUTE,
                pair_by(By::Fbp),
            ),
            (
                "external_id",
                (Browser, pair(json!({}))),
                (Server, only("external_id", json!("x"))),
                MINUTE,
                pair_by(By::ExternalId),
            ),
            (
                "any external_id",
                (Browser, only("external_id", json!(["x", "y"]))),
                (Server, only("external_id", json!(["z", "y"]))),
                MINUTE,
                pair_by(By::ExternalId),
            ),
            (
                "one has an id",
                (Browser, pair(json!({ "event_id": "a" }))),
                (Server, pair(json!({}))),
                1,
                pair_by(By::Fbp),
            ),
            (
                "both have ids",
                (Browser, pair(json!({ "event_id": "a" }))),
                (Server, pair(json!({ "event_id": "b" }))),
                1,
                Verdict::First,
            ),
            ("fbp, server first", (Server, pair(json!({}))), (Browser, pair(json!({}))), 1, Verdict::First),
            ("fbp, two servers", (Server, pair(json!({}))), (Server, pair(json!({}))), 1, Verdict::First),
            ("chats", (Server, chat.clone()), (Server, chat), 1, Verdict::First),
            (
                "order",
                (Server, store(1, Some("o"), "x")),
                (Server, store(1, Some("o"), "y")),
                1,
                copy(By::OrderId),
            ),
            (
                "order, other time",
                (Server, store(1, Some("o"), "x")),
                (Server, store(2, Some("o"), "x")),
                1,
                Verdict::First,
            ),
            (
                "identifiers",
                (Server, store(1, None, "x")),
                (Server, store(1, None, "x")),
                1,
                copy(By::Identifiers),
            ),
            (
                "other identifiers",
                (Server, store(1, None, "x")),
                (Server, store(1, None, "y")),
                1,
                Verdict::First,
            ),
            (
                "stores after a week",
                (Server, store(1, None, "x")),
                (Server, store(1, None, "x")),
                WEEK_MS,
                Verdict::First,
            ),
            ("installs", (Server, install("d")), (Server, install("d")), 80 * 24 * HOUR_MS, copy(By::Device)),
        ] {
            let mut dedup = Dedup::new(100);
            assert_eq!(place(&mut dedup, 1, 1000, first.0, &first.1), Verdict::First, "{what}");
            let got = place(&mut dedup, 2, 1000 + gap_ms, second.0, &second.1);
            assert_eq!(got, expected, "{what}");
        }
    }

    #[test]
    fn memory_has_a_bound_and_says_what_it_forgot() {
        let mut dedup = Dedup::new(2);
        let event = |id: u64| json!({ "event_name": "Lead", "event_id": id });
        for n in 0..3 {
            assert_eq!(place(&mut dedup, n, 0, Origin::Server, &event(n)), Verdict::First);
        }
        assert_eq!(dedup.forgotten(), 1);
        assert_eq!(place(&mut dedup, 3, 0, Origin::Server, &event(0)), Verdict::First, "forgotten");
        assert_eq!(
            place(&mut dedup, 4, 0, Origin::Server, &event(2)),
            Verdict::Copy { of: 2, by: By::EventId, across: false }
        );
    }
}
