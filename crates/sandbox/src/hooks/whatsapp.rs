//! The webhook of the WhatsApp Cloud API, in the shape of Meta's documentation.
//!
//! A body has entries (one a WhatsApp Business Account), an entry has changes, and a change has messages
//! or delivery statuses. Meta sends non-ASCII characters and slashes escaped, so these bodies do too.

use serde_json::{Map, Value, json};

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
}

impl Default for WhatsappChange {
    fn default() -> Self {
        Self {
            phone_number_id: "106540352242922".to_owned(),
            display_phone_number: "15551230000".to_owned(),
            messages: Vec::new(),
            statuses: Vec::new(),
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
    /// The name of the customer's profile.
    pub name: String,
    /// The message's id, `wamid.…`.
    pub id: String,
    /// Unix seconds; the body has it as text.
    pub timestamp: i64,
    /// What kind of message it is.
    pub kind: WhatsappKind,
    /// Where the ad was; only on the first message after the click.
    pub referral: Option<Referral>,
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

impl Default for WhatsappKind {
    fn default() -> Self {
        Self::Text("Hi".to_owned())
    }
}

/// The ad that a conversation began with. Every key of it may be missing in reality.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Referral {
    /// The click id; `None` as for ads in WhatsApp Status, or empty.
    pub ctwa_clid: Option<String>,
    /// The ad's or the post's id.
    pub source_id: Option<String>,
    /// `ad` or `post`.
    pub source_type: Option<String>,
    /// Short link to the ad.
    pub source_url: Option<String>,
    /// The ad's headline.
    pub headline: Option<String>,
    /// The ad's text.
    pub body: Option<String>,
    /// `image` or `video`.
    pub media_type: Option<String>,
    /// The picture.
    pub image_url: Option<String>,
    /// The ad's greeting.
    pub welcome_message: Option<String>,
}

impl Referral {
    /// A click on an ad with a picture.
    pub fn ad(ad_id: &str, ctwa_clid: &str) -> Self {
        let text = |text: &str| Some(text.to_owned());
        Self {
            ctwa_clid: text(ctwa_clid),
            source_id: text(ad_id),
            source_type: text("ad"),
            source_url: text("https://fb.me/xyz"),
            headline: text("Offer"),
            body: text("Chat with us"),
            media_type: text("image"),
            image_url: text("https://example.com/i.jpg"),
            welcome_message: text("Hello"),
        }
    }

    fn shown(&self) -> Value {
        let mut shown = Map::new();
        for (key, value) in [
            ("ctwa_clid", &self.ctwa_clid),
            ("source_id", &self.source_id),
            ("source_type", &self.source_type),
            ("source_url", &self.source_url),
            ("headline", &self.headline),
            ("body", &self.body),
            ("media_type", &self.media_type),
            ("image_url", &self.image_url),
        ] {
            if let Some(value) = value {
                shown.insert(key.to_owned(), Value::from(value.as_str()));
            }
        }
        if let Some(text) = &self.welcome_message {
            shown.insert("welcome_message".to_owned(), json!({ "text": text }));
        }
        Value::Object(shown)
    }
}

/// What became of a message to a customer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WhatsappStatus {
    /// The message's id.
    pub id: String,
    /// `sent`, `delivered`, `read` or `failed`.
    pub status: String,
    /// Unix seconds; the body has it as text.
    pub timestamp: i64,
    /// The customer's phone in digits.
    pub recipient_id: String,
}

/// The body of one webhook.
pub fn whatsapp(entries: &[WhatsappEntry]) -> String {
    let shown = |entry: &WhatsappEntry| {
        let changes: Vec<Value> = entry
            .changes
            .iter()
            .map(|change| json!({ "field": "messages", "value": value(change) }))
            .collect();
        json!({ "id": entry.waba_id, "changes": changes })
    };
    let entries: Vec<Value> = entries.iter().map(shown).collect();
    escaped(&json!({ "object": "whatsapp_business_account", "entry": entries }).to_string())
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
        value["contacts"] = contacts(&change.messages).into();
        value["messages"] = change.messages.iter().map(message).collect();
    }
    if !change.statuses.is_empty() {
        value["statuses"] = change.statuses.iter().map(status).collect();
    }
    value
}

/// One contact a customer, however many messages.
fn contacts(messages: &[WhatsappMessage]) -> Vec<Value> {
    let mut contacts: Vec<Value> = Vec::new();
    for message in messages {
        let mut contact = json!({ "profile": { "name": message.name } });
        if let Some(phone) = &message.from {
            contact["wa_id"] = Value::from(phone.as_str());
        }
        if let Some(user_id) = &message.user_id {
            contact["user_id"] = Value::from(user_id.as_str());
        }
        if !contacts.contains(&contact) {
            contacts.push(contact);
        }
    }
    contacts
}

fn message(message: &WhatsappMessage) -> Value {
    let (kind, content) = match &message.kind {
        WhatsappKind::Text(body) => ("text", json!({ "body": body })),
        WhatsappKind::Other { name, content } => (name.as_str(), content.clone()),
    };
    let mut shown = json!({ "id": message.id, "timestamp": message.timestamp.to_string(), "type": kind });
    shown[kind] = content;
    if let Some(phone) = &message.from {
        shown["from"] = Value::from(phone.as_str());
    }
    if let Some(referral) = &message.referral {
        shown["referral"] = referral.shown();
    }
    shown
}

fn status(status: &WhatsappStatus) -> Value {
    json!({
        "id": status.id,
        "status": status.status,
        "timestamp": status.timestamp.to_string(),
        "recipient_id": status.recipient_id,
    })
}

/// Non-ASCII characters as `\u00e4`, slashes as `\/`. Both occur only within JSON strings.
fn escaped(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for letter in json.chars() {
        match letter {
            '/' => out.push_str("\\/"),
            ' '..='~' => out.push(letter),
            _ => {
                let mut units = [0; 2];
                for unit in letter.encode_utf16(&mut units) {
                    out.push_str("\\u");
                    out.push_str(&super::hex(&unit.to_be_bytes()));
                }
            }
        }
    }
    out
}
