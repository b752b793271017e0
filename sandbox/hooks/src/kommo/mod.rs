//! Kommo's webhooks: form-urlencoded with brackets, every value a text, no signature.
//!
//! Captured bodies differ in the order of their keys, in the encoding of brackets and spaces, and in
//! whether a stage change comes as `status`, as `update`, or as both. All of that can be asked for here.
//! Bodies are in the shape of Kommo's API v2, also where the API itself is v4.

mod cards;
mod chat;
mod work;

use std::fmt::Write as _;

pub use cards::{KommoAction, KommoContact, KommoLead};
pub use chat::{KommoMessage, KommoTalk, KommoUnsorted};
pub use work::{KommoNote, KommoTask};

/// One webhook body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KommoHook {
    /// The account's id.
    pub account_id: u64,
    /// The first part of the account's host name.
    pub subdomain: String,
    /// The leads in their order; each action counts its own.
    pub leads: Vec<(KommoAction, KommoLead)>,
    /// What else happened; each entity and action counts its own, after those of `leads`.
    pub others: Vec<KommoEntry>,
    /// Whether the account's keys come first.
    pub account_first: bool,
    /// Brackets as `%5B` and spaces as `+`, or both as they are.
    pub percent_encoded: bool,
    /// Keys in an order that this number decides.
    pub shuffled: Option<u64>,
}

impl Default for KommoHook {
    fn default() -> Self {
        Self {
            account_id: 330_001,
            subdomain: "acme".to_owned(),
            leads: Vec::new(),
            others: Vec::new(),
            account_first: true,
            percent_encoded: true,
            shuffled: None,
        }
    }
}

/// One item of a body, under `entity[action][n]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KommoEntry {
    /// Such as `leads` or `message`.
    pub entity: &'static str,
    /// Such as `add`.
    pub action: &'static str,
    /// Keys below the item, such as `[id]`, with their values.
    pub pairs: Vec<(String, String)>,
}

/// The body of one webhook.
pub fn kommo(hook: &KommoHook) -> String {
    let leads = hook.leads.iter().map(|(action, lead)| lead.entry(*action, hook.account_id));
    let entries: Vec<KommoEntry> = leads.chain(hook.others.iter().cloned()).collect();
    let mut items = Vec::new();
    for (place, entry) in entries.iter().enumerate() {
        let same = |other: &&KommoEntry| (other.entity, other.action) == (entry.entity, entry.action);
        let index = entries[..place].iter().filter(same).count();
        let at = format!("{}[{}][{index}]", entry.entity, entry.action);
        items.extend(entry.pairs.iter().map(|(key, value)| (format!("{at}{key}"), value.clone())));
    }
    let account = account(hook.account_id, &hook.subdomain);
    let mut pairs: Vec<(String, String)> = if hook.account_first {
        account.into_iter().chain(items).collect()
    } else {
        items.into_iter().chain(account).collect()
    };
    if let Some(seed) = hook.shuffled {
        shuffle(&mut pairs, seed);
    }
    encoded(&pairs, hook.percent_encoded)
}

/// The thin body that a stage of the digital pipeline sends when a lead enters it: the lead's id, its
/// places before and after, and the account. Reads nothing of the hook but the account and `leads`.
pub fn kommo_digital_pipeline(hook: &KommoHook) -> String {
    let mut pairs = Vec::new();
    for (index, (_, lead)) in hook.leads.iter().enumerate() {
        for (key, value) in [
            ("id", lead.id),
            ("status_id", lead.status_id),
            ("pipeline_id", lead.pipeline_id),
            ("old_status_id", lead.old_status_id.unwrap_or(lead.status_id)),
            ("old_pipeline_id", lead.old_pipeline_id.unwrap_or(lead.pipeline_id)),
        ] {
            pairs.push((format!("leads[status][{index}][{key}]"), value.to_string()));
        }
    }
    pairs.push(("account[id]".to_owned(), hook.account_id.to_string()));
    pairs.push(("account[subdomain]".to_owned(), hook.subdomain.clone()));
    encoded(&pairs, hook.percent_encoded)
}

fn account(id: u64, subdomain: &str) -> [(String, String); 3] {
    [
        ("account[subdomain]".to_owned(), subdomain.to_owned()),
        ("account[id]".to_owned(), id.to_string()),
        ("account[_links][self]".to_owned(), format!("https://{subdomain}.kommo.com")),
    ]
}

fn encoded(pairs: &[(String, String)], percent_encoded: bool) -> String {
    if percent_encoded {
        return form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    }
    let raw: Vec<String> =
        pairs.iter().map(|(key, value)| format!("{}={}", mostly_raw(key), mostly_raw(value))).collect();
    raw.join("&")
}

/// Brackets, spaces, colons and slashes as they are; what would change the meaning stays encoded.
fn mostly_raw(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'%' | b'&' | b'+' | b'=' | b'#' => drop(write!(out, "%{byte:02X}")),
            b' '..=b'~' => out.push(char::from(byte)),
            _ => drop(write!(out, "%{byte:02X}")),
        }
    }
    out
}

/// The same number gives the same order.
fn shuffle(pairs: &mut [(String, String)], seed: u64) {
    let mut state = seed;
    for last in (1..pairs.len()).rev() {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        pairs.swap(last, (state >> 33) as usize % (last + 1));
    }
}

/// Collects the pairs of one item.
#[derive(Debug, Default)]
struct Pairs(Vec<(String, String)>);

impl Pairs {
    fn put(&mut self, key: &str, value: &dyn ToString) {
        self.0.push((format!("[{key}]"), value.to_string()));
    }

    fn put_some(&mut self, key: &str, value: Option<impl ToString>) {
        if let Some(value) = value {
            self.put(key, &value);
        }
    }

    fn put_all(&mut self, values: &[(&str, &dyn ToString)]) {
        for (key, value) in values {
            self.put(key, *value);
        }
    }

    fn entry(self, entity: &'static str, action: &'static str) -> KommoEntry {
        KommoEntry { entity, action, pairs: self.0 }
    }
}
