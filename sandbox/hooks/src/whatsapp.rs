//! The webhook of the WhatsApp Cloud API, in the shape of Meta's documentation.
//!
//! A body has entries (one a WhatsApp Business Account), an entry has changes, and a change has messages,
//! delivery statuses, errors, automatic events, or what comes under a field of its own. Times are seconds,
//! written as text.
//!
//! Since April 2026 Meta names customers by a business-scoped user id besides the phone: in `contacts`, as
//! `from_user_id` of a message and as `recipient_user_id` of a status, which then has `contacts`, too.

use serde_json::{Map, Value, json};

use super::referral::Referral;
use super::wire::{as_meta_writes, present};

/// The changes of one WhatsApp Business Account.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct WhatsappEntry {
    /// The account's id.
    pub waba_id: String,
    /// Its changes.
    pub changes: Vec<WhatsappChange>,
}

impl WhatsappEntry {
    /// An entry with one message, as most bodies have.
    pub fn of(waba_id: &str, message: WhatsappMessage) -> Self {
        let change = WhatsappChange { messages: vec![message], ..WhatsappChange::default() };
        Self { waba_id: waba_id.to_owned(), changes: vec![change] }
    }
}

/// What happened at one business number.
#[derive(Debug, Clone, PartialEq)]
pub struct WhatsappChange {
    /// The id of the business number.
    pub phone_number_id: String,
    /// The business number as it is shown.
    pub display_phone_number: String,
    /// Messages from customers.
    pub messages: Vec<WhatsappMessage>,
    /// What became of messages to customers; Meta sends these in changes of their own.
    pub statuses: Vec<WhatsappStatus>,
    /// What went wrong at the number, as Meta's error objects; in changes of their own as well.
    pub errors: Vec<Value>,
    /// What Meta read out of chats. A change with these has the field `automatic_events`.
    pub automatic_events: Vec<WhatsappAutomaticEvent>,
    /// What comes under another field: its name, and the keys of the value.
    pub other: Option<(String, Map<String, Value>)>,
}

impl Default for WhatsappChange {
    fn default() -> Self {
        Self {
            phone_number_id: "106540352242922".to_owned(),
            display_phone_number: "15551230000".to_owned(),
            messages: Vec::new(),
            statuses: Vec::new(),
            errors: Vec::new(),
            automatic_events: Vec::new(),
            other: None,
        }
    }
}

/// A message from a customer.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct WhatsappMessage {
    /// The customer's phone in digits. Meta withholds it for customers who use a username.
    pub from: Option<String>,
    /// The business-scoped user id, such as `BR.1502576394655843`.
    pub user_id: Option<String>,
    /// The same over all accounts of a business, such as `BR.ENT.1181`.
    pub parent_user_id: Option<String>,
    /// Changes when the customer's device does; only if the number asks for the identity check.
    pub identity_key_hash: Option<String>,
    /// The name of the customer's profile.
    pub name: String,
    /// The message's id, `wamid.…`.
    pub id: String,
    /// Unix seconds; the body has it as text.
    pub timestamp: i64,
    /// What kind of message it is.
    pub kind: WhatsappKind,
    /// The id of the business's message that this one answers.
    pub reply_to: Option<String>,
    /// Where the ad was; only on the first message after the click.
    pub referral: Option<Referral>,
    /// Further keys of the message, such as `errors` or `group_id`, with their values.
    pub more: Map<String, Value>,
}

/// The kind of a message with its content.
#[derive(Debug, Clone, PartialEq)]
pub enum WhatsappKind {
    /// A text.
    Text(String),
    /// Any other type, with the object that stands under its name.
    Other {
        /// `image`, `audio`, `button`, `interactive`, ...
        name: String,
        /// The content.
        content: Value,
    },
}

impl WhatsappKind {
    fn name(&self) -> &str {
        match self {
            Self::Text(_) => "text",
            Self::Other { name, .. } => name,
        }
    }
}

impl Default for WhatsappKind {
    fn default() -> Self {
        Self::Text("Hi".to_owned())
    }
}

/// What became of a message to a customer.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct WhatsappStatus {
    /// The message's id.
    pub id: String,
    /// `sent`, `delivered`, `read` or `failed`.
    pub status: String,
    /// Unix seconds; the body has it as text.
    pub timestamp: i64,
    /// The customer's phone in digits.
    pub recipient_id: String,
    /// The customer's business-scoped user id.
    pub user_id: Option<String>,
    /// Whether the body has `contacts`, with phone and user id. Bodies from before April 2026 have none.
    pub with_contact: bool,
    /// Why it failed, as Meta's error objects.
    pub errors: Vec<Value>,
}

/// A lead or a sale that Meta itself read out of a chat that began with an ad.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct WhatsappAutomaticEvent {
    /// Its id.
    pub id: String,
    /// `LeadSubmitted` or `Purchase`.
    pub event_name: String,
    /// Unix seconds; the body has it as text.
    pub timestamp: i64,
    /// The click that the chat began with.
    pub ctwa_clid: String,
    /// For a purchase, `{ currency, value }`.
    pub custom_data: Option<Value>,
}

/// The body of one webhook.
pub fn whatsapp(entries: &[WhatsappEntry]) -> String {
    let shown = |entry: &WhatsappEntry| {
        let changes: Vec<Value> = entry
            .changes
            .iter()
            .map(|change| json!({ "field": field(change), "value": value(change) }))
            .collect();
        json!({ "id": entry.waba_id, "changes": changes })
    };
    let entries: Vec<Value> = entries.iter().map(shown).collect();
    as_meta_writes(&json!({ "object": "whatsapp_business_account", "entry": entries }))
}

fn field(change: &WhatsappChange) -> &str {
    match &change.other {
        Some((field, _)) => field,
        None if change.automatic_events.is_empty() => "messages",
        None => "automatic_events",
    }
}

fn value(change: &WhatsappChange) -> Value {
    let mut value = json!({
        "messaging_product": "whatsapp",
        "metadata": {
            "display_phone_number": change.display_phone_number,
            "phone_number_id": change.phone_number_id,
        },
    });
    if !change.messages.is_empty() {
        let contacts = contacts(&change.messages);
        if !contacts.is_empty() {
            value["contacts"] = contacts.into();
        }
        value["messages"] =
            change.messages.iter().map(|it| message(it, &change.display_phone_number)).collect();
    }
    let recipients: Vec<Value> =
        change.statuses.iter().filter(|status| status.with_contact).map(recipient).collect();
    if !recipients.is_empty() {
        value["contacts"] = recipients.into();
    }
    if !change.statuses.is_empty() {
        value["statuses"] = change.statuses.iter().map(status).collect();
    }
    if !change.errors.is_empty() {
        value["errors"] = change.errors.clone().into();
    }
    if !change.automatic_events.is_empty() {
        value["automatic_events"] = change.automatic_events.iter().map(automatic_event).collect();
    }
    for (key, content) in change.other.iter().flat_map(|(_, keys)| keys) {
        value[key] = content.clone();
    }
    value
}

/// One contact a customer, however many messages; none for what WhatsApp itself says.
fn contacts(messages: &[WhatsappMessage]) -> Vec<Value> {
    let mut contacts: Vec<Value> = Vec::new();
    for message in messages.iter().filter(|message| message.kind.name() != "system") {
        let mut contact = Value::Object(present([
            ("wa_id", &message.from),
            ("user_id", &message.user_id),
            ("parent_user_id", &message.parent_user_id),
            ("identity_key_hash", &message.identity_key_hash),
        ]));
        contact["profile"] = json!({ "name": message.name });
        if !contacts.contains(&contact) {
            contacts.push(contact);
        }
    }
    contacts
}

fn recipient(status: &WhatsappStatus) -> Value {
    let mut contact = Value::Object(present([("user_id", &status.user_id)]));
    contact["wa_id"] = status.recipient_id.as_str().into();
    contact
}

/// A message as it stands under `messages`, for bodies that have messages elsewhere, too.
pub(super) fn message(message: &WhatsappMessage, business_number: &str) -> Value {
    let kind = message.kind.name();
    let content = match &message.kind {
        WhatsappKind::Text(body) => json!({ "body": body }),
        WhatsappKind::Other { content, .. } => content.clone(),
    };
    let mut shown = json!({ "id": message.id, "timestamp": message.timestamp.to_string(), "type": kind });
    // Some kinds are no more than their name.
    if !content.is_null() {
        shown[kind] = content;
    }
    for (key, value) in [
        ("from", &message.from),
        ("from_user_id", &message.user_id),
        ("from_parent_user_id", &message.parent_user_id),
    ] {
        if let Some(value) = value {
            shown[key] = value.as_str().into();
        }
    }
    for (key, value) in &message.more {
        shown[key] = value.clone();
    }
    if let Some(id) = &message.reply_to {
        shown["context"] = json!({ "from": business_number, "id": id });
    }
    if let Some(referral) = &message.referral {
        shown["referral"] = referral.shown();
    }
    shown
}

fn status(status: &WhatsappStatus) -> Value {
    let mut shown = json!({
        "id": status.id,
        "status": status.status,
        "timestamp": status.timestamp.to_string(),
        "recipient_id": status.recipient_id,
    });
    if let Some(user_id) = &status.user_id {
        shown["recipient_user_id"] = user_id.as_str().into();
    }
    if !status.errors.is_empty() {
        shown["errors"] = status.errors.clone().into();
    }
    shown
}

fn automatic_event(event: &WhatsappAutomaticEvent) -> Value {
    let mut shown = json!({
        "id": event.id,
        "event_name": event.event_name,
        "timestamp": event.timestamp.to_string(),
        "ctwa_clid": event.ctwa_clid,
    });
    if let Some(data) = &event.custom_data {
        shown["custom_data"] = data.clone();
    }
    shown
}
