//! The keys by which copies of an event are recognised.

use std::hash::{BuildHasher, Hash, RandomState};
use std::sync::LazyLock;

use serde_json::{Map, Value};

use super::{By, HOUR_MS};

pub(super) const WEEK_MS: i64 = 7 * 24 * HOUR_MS;
const INSTALL_MS: i64 = 90 * 24 * HOUR_MS;
/// So many `external_id`s of an event are compared.
const MOST_EXTERNAL_IDS: usize = 10;

/// The keys by which copies of an event are recognised. They are made before the records are locked.
#[derive(Debug, Clone)]
pub(crate) enum DedupKeys {
    /// An event of a chat has none.
    Never,
    /// The first with this key stays.
    Single { key: u128, window_ms: i64, by: By },
    /// By `event_id` in all directions, by `fbp` and each `external_id` from browser to server.
    Online { event_id: Option<u128>, pairs: Vec<(u128, By)> },
}

impl DedupKeys {
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
