//! What has been counted of each event name of a dataset; it outlives the records that leave.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use crate::records::dedup::{By, DedupOutcome, Origin};
use crate::records::diagnostics;
use crate::world::Match;

/// Event names counted apart in one dataset; further ones are counted together under `…`.
const MOST_NAMES: usize = 500;
/// A longer name is counted there, too.
const MOST_NAME_BYTES: usize = 200;
/// Keys, kinds of remarks and currencies counted apart.
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
    /// Events from servers that came within a minute, an hour, a day of what they report, and later.
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
    /// The name under which an event of this name is counted; `has_room` if a new one may be.
    pub(crate) fn key_of<'a>(&self, name: &'a str, has_room: bool) -> &'a str {
        let fits = has_room && name.len() <= MOST_NAME_BYTES && self.0.len() < MOST_NAMES;
        if fits || self.0.contains_key(name) { name } else { "…" }
    }
}

/// What is counted of an event.
#[derive(Debug)]
pub(crate) struct Sighting {
    /// Keys of `user_data` that are not empty.
    keys: Vec<String>,
    has_event_id: bool,
    is_web: bool,
    time_s: Option<i64>,
    /// Amount and currency.
    value: Option<(f64, String)>,
    /// What Meta would say of it in its diagnostics.
    pub(crate) remarks: Vec<String>,
}

impl Sighting {
    pub(crate) fn of(event: &Value) -> Self {
        let is_there = |value: &Value| !(value.is_null() || value == "");
        let user_data = event.get("user_data").and_then(Value::as_object).into_iter().flatten();
        let keys = user_data.filter(|(_, value)| is_there(value)).map(|(key, _)| key.clone());
        let time = event.get("event_time");
        Self {
            keys: keys.filter(|key| key.len() < 64).take(50).collect(),
            has_event_id: event.get("event_id").is_some_and(is_there),
            is_web: event.get("action_source").is_some_and(|source| source == "website"),
            time_s: time.and_then(|time| time.as_i64().or_else(|| time.as_str()?.parse().ok())),
            value: value(event),
            remarks: diagnostics::of(event),
        }
    }
}

fn value(event: &Value) -> Option<(f64, String)> {
    let data = event.get("custom_data")?;
    let value = data.get("value")?;
    let value = value.as_f64().or_else(|| value.as_str()?.trim().parse().ok())?;
    let currency = data.get("currency")?.as_str()?.trim().to_ascii_uppercase();
    (value.is_finite() && currency.len() == 3).then_some((value, currency))
}

impl Tally {
    pub(crate) fn add_match(&mut self, origin: Origin, found: Option<&Match>) {
        let Some(found) = found.filter(|_| origin == Origin::Server) else { return };
        self.matched += 1;
        for key in &found.by {
            *self.matched_by.entry((*key).to_owned()).or_default() += 1;
        }
    }

    pub(crate) fn add(&mut self, origin: Origin, verdict: DedupOutcome) {
        match origin {
            Origin::Server => self.server += 1,
            Origin::Browser => self.browser += 1,
        }
        let (by, across) = match verdict {
            DedupOutcome::First => return,
            DedupOutcome::Copy { by, across, .. } => (by, across),
            DedupOutcome::Replaces { by, .. } => (by, true),
        };
        *self.copies.entry(by).or_default() += 1;
        self.pairs += u64::from(across);
    }

    pub(crate) fn add_sighting(&mut self, origin: Origin, sighting: &Sighting, at_ms: i64, is_first: bool) {
        for remark in &sighting.remarks {
            count(&mut self.remarks, remark, |n| *n += 1);
        }
        if let (true, Some((value, currency))) = (is_first, &sighting.value) {
            count(&mut self.values, currency, |sum| *sum += value);
        }
        for key in ["event_id", "fbp", "external_id"] {
            let given = if key == "event_id" {
                sighting.has_event_id
            } else {
                sighting.keys.iter().any(|one| one == key)
            };
            if given {
                let sides = self.dedup_keys.entry(key.to_owned()).or_default();
                *(if origin == Origin::Server { &mut sides.0 } else { &mut sides.1 }) += 1;
            }
        }
        if origin == Origin::Browser {
            return;
        }
        for key in &sighting.keys {
            count(&mut self.keys, key, |n| *n += 1);
        }
        self.web += u64::from(sighting.is_web);
        if let Some(time_s) = sighting.time_s {
            self.delays[delay(at_ms / 1000 - time_s)] += 1;
        }
    }
}

/// The place in [`Tally::delays`].
fn delay(seconds: i64) -> usize {
    match seconds {
        ..=60 => 0,
        61..=3_600 => 1,
        3_601..=86_400 => 2,
        _ => 3,
    }
}

/// Counts a name, unless there are too many names already.
fn count<N: Default>(counts: &mut BTreeMap<String, N>, name: &str, add: impl FnOnce(&mut N)) {
    if let Some(known) = counts.get_mut(name) {
        add(known);
    } else if counts.len() < MOST_REMARKS {
        add(counts.entry(name.to_owned()).or_default());
    }
}
