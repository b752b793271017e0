//! What has been counted of each event name of a dataset; it outlives the records that leave.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use crate::dedup::{By, Origin};

/// Event names counted apart in one dataset; further ones are counted together under `…`.
const MOST_NAMES: usize = 500;
/// Kinds of remarks counted apart.
const MOST_REMARKS: usize = 100;

/// Counts of one event name of a dataset.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Tally {
    /// Events from servers, copies included.
    pub server: u64,
    /// Events from browsers, copies included.
    pub browser: u64,
    /// Events of either that were copies.
    pub copies: BTreeMap<By, u64>,
    /// Copies of a browser's event by a server's, or the other way round.
    pub pairs: u64,
    /// Events from servers that were found to be of somebody with an account.
    pub matched: u64,
    /// Events from servers by the customer information that they carried.
    pub keys: BTreeMap<String, u64>,
    /// Events from servers that were found by this key.
    pub matched_by: BTreeMap<String, u64>,
    /// Events of each side with `event_id`, `fbp`, `external_id`: server, browser.
    pub dedup_keys: BTreeMap<String, (u64, u64)>,
    /// Events from servers whose action is `website`.
    pub web: u64,
    /// Events from servers that came within a minute, an hour, a day of what they tell, and later.
    pub delays: [u64; 4],
    /// What Meta would say in its diagnostics, with how many events it is about.
    pub remarks: BTreeMap<String, u64>,
    /// Sums of `value` by currency, without copies.
    pub values: BTreeMap<String, f64>,
}

/// The tallies of a dataset by event name.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tallies(pub(crate) BTreeMap<String, Tally>);

impl Tallies {
    pub(crate) fn of(&mut self, name: &str) -> &mut Tally {
        let known = self.0.contains_key(name) || self.0.len() < MOST_NAMES;
        self.0.entry(if known { name } else { "…" }.to_owned()).or_default()
    }
}

impl Tally {
    pub(crate) fn add_sighting(&mut self, origin: Origin, event: &Value) {
        let user_data = event.get("user_data").and_then(Value::as_object);
        let is_there = |value: &Value| !(value.is_null() || value == "");
        let given = |key: &str| match key {
            "event_id" => event.get(key).is_some_and(is_there),
            _ => user_data.and_then(|user| user.get(key)).is_some_and(is_there),
        };
        for key in ["event_id", "fbp", "external_id"] {
            if given(key) {
                let sides = self.dedup_keys.entry(key.to_owned()).or_default();
                *(if origin == Origin::Server { &mut sides.0 } else { &mut sides.1 }) += 1;
            }
        }
        if origin == Origin::Server {
            for (key, _) in user_data.into_iter().flatten().filter(|(_, value)| is_there(value)).take(50) {
                if self.keys.len() < MOST_REMARKS || self.keys.contains_key(key) {
                    *self.keys.entry(key.clone()).or_default() += 1;
                }
            }
            if event.get("action_source").is_some_and(|source| source == "website") {
                self.web += 1;
            }
        }
    }

    pub(crate) fn add_delay(&mut self, seconds: i64) {
        let place = match seconds {
            ..=60 => 0,
            61..=3_600 => 1,
            3_601..=86_400 => 2,
            _ => 3,
        };
        self.delays[place] += 1;
    }

    pub(crate) fn add_remarks(&mut self, remarks: &[String]) {
        for remark in remarks {
            if self.remarks.len() < MOST_REMARKS || self.remarks.contains_key(remark) {
                *self.remarks.entry(remark.clone()).or_default() += 1;
            }
        }
    }

    pub(crate) fn add_value(&mut self, event: &Value) {
        let Some(data) = event.get("custom_data") else { return };
        let value = data.get("value");
        let value = value.and_then(|value| value.as_f64().or_else(|| value.as_str()?.trim().parse().ok()));
        let currency = data.get("currency").and_then(Value::as_str).map(str::to_ascii_uppercase);
        let Some((value, currency)) = value.zip(currency).filter(|(value, _)| value.is_finite()) else {
            return;
        };
        if self.values.len() < MOST_REMARKS || self.values.contains_key(&currency) {
            *self.values.entry(currency).or_default() += value;
        }
    }
}
