//! Kommo's webhook about leads: form-urlencoded with brackets, every value a text, no signature.
//!
//! Captured bodies differ in the order of their keys, in the encoding of brackets and spaces, and in
//! whether a stage change comes as `status`, as `update`, or as both. All of that can be asked for here.

use std::fmt::Write as _;

/// What happened to a lead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum KommoAction {
    /// It was made.
    Add,
    /// It was changed; with `old_status_id` when it moved as well.
    Update,
    /// It moved to another stage.
    Status,
}

impl KommoAction {
    fn name(self) -> &'static str {
        match self {
            Self::Add => "add",
            Self::Update => "update",
            Self::Status => "status",
        }
    }
}

/// One webhook body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KommoHook {
    /// The account's id.
    pub account_id: u64,
    /// The first part of the account's host name.
    pub subdomain: String,
    /// The leads in their order; each action counts its own.
    pub leads: Vec<(KommoAction, KommoLead)>,
    /// Whether the account's keys come first.
    pub account_first: bool,
    /// Brackets as `%5B` and spaces as `+`, or both as they are.
    pub percent_encoded: bool,
}

impl Default for KommoHook {
    fn default() -> Self {
        Self {
            account_id: 330_001,
            subdomain: "acme".to_owned(),
            leads: Vec::new(),
            account_first: true,
            percent_encoded: true,
        }
    }
}

/// A lead as the webhook tells it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KommoLead {
    /// Its id.
    pub id: u64,
    /// Its name.
    pub name: String,
    /// The stage that it is in.
    pub status_id: u64,
    /// The stage that it was in.
    pub old_status_id: Option<u64>,
    /// The pipeline that it is in.
    pub pipeline_id: u64,
    /// The pipeline that it was in; Kommo sends it only when it changed.
    pub old_pipeline_id: Option<u64>,
    /// The price as text; Kommo sends the empty text for none.
    pub price: String,
    /// When it was made, Unix seconds.
    pub created_at: i64,
    /// When it was changed, Unix seconds.
    pub updated_at: i64,
    /// Tags with their ids.
    pub tags: Vec<(u64, String)>,
    /// Further keys under the lead, such as `[custom_fields][0][id]`, with their values.
    pub more: Vec<(String, String)>,
}

/// The body of one webhook.
pub fn kommo(hook: &KommoHook) -> String {
    let host = format!("https://{}.kommo.com", hook.subdomain);
    let account = [
        ("account[subdomain]".to_owned(), hook.subdomain.clone()),
        ("account[id]".to_owned(), hook.account_id.to_string()),
        ("account[_links][self]".to_owned(), host),
    ];
    let mut leads = Vec::new();
    for (place, (action, lead)) in hook.leads.iter().enumerate() {
        let index = hook.leads[..place].iter().filter(|(other, _)| other == action).count();
        pairs(&format!("leads[{}][{index}]", action.name()), hook.account_id, lead, &mut leads);
    }
    let ordered: Vec<(String, String)> = if hook.account_first {
        account.into_iter().chain(leads).collect()
    } else {
        leads.into_iter().chain(account).collect()
    };
    if hook.percent_encoded {
        return form_urlencoded::Serializer::new(String::new()).extend_pairs(ordered).finish();
    }
    let raw: Vec<String> =
        ordered.iter().map(|(key, value)| format!("{}={}", mostly_raw(key), mostly_raw(value))).collect();
    raw.join("&")
}

fn pairs(at: &str, account_id: u64, lead: &KommoLead, out: &mut Vec<(String, String)>) {
    let mut put = |key: &str, value: String| out.push((format!("{at}{key}"), value));
    put("[id]", lead.id.to_string());
    put("[name]", lead.name.clone());
    put("[status_id]", lead.status_id.to_string());
    if let Some(old) = lead.old_status_id {
        put("[old_status_id]", old.to_string());
    }
    put("[pipeline_id]", lead.pipeline_id.to_string());
    if let Some(old) = lead.old_pipeline_id {
        put("[old_pipeline_id]", old.to_string());
    }
    put("[price]", lead.price.clone());
    put("[responsible_user_id]", "0".to_owned());
    put("[modified_user_id]", "0".to_owned());
    put("[created_user_id]", "0".to_owned());
    put("[account_id]", account_id.to_string());
    for key in ["[date_create]", "[created_at]"] {
        put(key, lead.created_at.to_string());
    }
    for key in ["[last_modified]", "[updated_at]"] {
        put(key, lead.updated_at.to_string());
    }
    for (index, (id, name)) in lead.tags.iter().enumerate() {
        put(&format!("[tags][{index}][id]"), id.to_string());
        put(&format!("[tags][{index}][name]"), name.clone());
    }
    for (key, value) in &lead.more {
        put(key, value.clone());
    }
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
