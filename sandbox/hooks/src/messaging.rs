//! The webhooks of Messenger and Instagram, in the shape of Meta's documentation.
//!
//! Both have entries (one a Page or Instagram account) with events of conversations. Times are
//! milliseconds. Neither has a click id: the ad is named by its id.

use serde_json::{Map, Value, json};

use super::wire::{as_meta_writes, present};

/// What happened at one Page or Instagram account.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ChatEntry {
    /// The Page's or the account's id.
    pub id: String,
    /// When it is sent, Unix milliseconds.
    pub time_ms: i64,
    /// What happened.
    pub events: Vec<ChatEvent>,
}

/// One event of a conversation.
#[derive(Debug, Clone, PartialEq)]
pub struct ChatEvent {
    /// Who did it: the customer's PSID or IGSID, or the business itself for an echo.
    pub sender: String,
    /// The other side.
    pub recipient: String,
    /// Unix milliseconds.
    pub timestamp_ms: i64,
    /// What was done.
    pub kind: ChatKind,
}

/// The kind of an event with its content.
#[derive(Debug, Clone, PartialEq)]
pub enum ChatKind {
    /// A message.
    Message(ChatMessage),
    /// A button was pressed.
    Postback(Postback),
    /// Somebody came back to a conversation that existed, through an ad or a link.
    Referral(ChatReferral),
    /// Any other, with the object that stands under its name.
    Other {
        /// `read`, `delivery`, `optin`, `reaction`, ...
        name: String,
        /// The content.
        content: Value,
    },
}

/// A message.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ChatMessage {
    /// Its id.
    pub mid: String,
    /// Its text.
    pub text: Option<String>,
    /// Pictures and the like: `{ type, payload }`.
    pub attachments: Vec<Value>,
    /// The payload of the quick reply that was chosen.
    pub quick_reply: Option<String>,
    /// What it answers: `{ mid }`, or `{ story }` on Instagram.
    pub reply_to: Option<Value>,
    /// Whether the business wrote it.
    pub is_echo: bool,
    /// Where the ad was; only on the first message of a new conversation.
    pub referral: Option<ChatReferral>,
}

/// A button that was pressed, such as "Get started" or an ice-breaker.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Postback {
    /// Its id.
    pub mid: String,
    /// What the button says.
    pub title: String,
    /// What the business gave the button.
    pub payload: String,
    /// Where the ad was, if this begins a conversation.
    pub referral: Option<ChatReferral>,
}

/// What led somebody to the conversation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChatReferral {
    /// What the business gave the ad or link (`ref`).
    pub reference: Option<String>,
    /// `ADS`, `SHORTLINK`, `CUSTOMER_CHAT_PLUGIN`, ...; Meta may leave it out for European accounts.
    pub source: Option<String>,
    /// The ad's id.
    pub ad_id: Option<String>,
    /// The page with the chat plugin.
    pub referer_uri: Option<String>,
    /// What the ad showed (`ads_context_data`).
    pub ad_context: Option<AdContext>,
}

impl ChatReferral {
    /// A click on an ad with a picture.
    pub fn ad(ad_id: &str) -> Self {
        let text = |text: &str| Some(text.to_owned());
        let ad_context = AdContext {
            ad_title: text("Offer"),
            photo_url: text("https://example.com/p.jpg"),
            ..AdContext::default()
        };
        Self {
            reference: text("promo-1"),
            source: text("ADS"),
            ad_id: text(ad_id),
            ad_context: Some(ad_context),
            ..Self::default()
        }
    }

    /// Something that is no ad, such as `SHORTLINK`.
    pub fn no_ad(source: &str) -> Self {
        Self { reference: Some("promo-1".to_owned()), source: Some(source.to_owned()), ..Self::default() }
    }

    fn shown(&self) -> Value {
        let mut shown = Value::Object(present([
            ("ref", &self.reference),
            ("source", &self.source),
            ("ad_id", &self.ad_id),
            ("referer_uri", &self.referer_uri),
        ]));
        shown["type"] = "OPEN_THREAD".into();
        if let Some(context) = &self.ad_context {
            shown["ads_context_data"] = context.shown();
        }
        shown
    }
}

/// What the ad showed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AdContext {
    /// Its title.
    pub ad_title: Option<String>,
    /// Its picture.
    pub photo_url: Option<String>,
    /// Its video.
    pub video_url: Option<String>,
    /// The post that it is.
    pub post_id: Option<String>,
    /// The product that it shows.
    pub product_id: Option<String>,
    /// The flow that it opens.
    pub flow_id: Option<String>,
}

impl AdContext {
    fn shown(&self) -> Value {
        Value::Object(present([
            ("ad_title", &self.ad_title),
            ("photo_url", &self.photo_url),
            ("video_url", &self.video_url),
            ("post_id", &self.post_id),
            ("product_id", &self.product_id),
            ("flow_id", &self.flow_id),
        ]))
    }
}

/// The body of one webhook of Messenger.
pub fn messenger(entries: &[ChatEntry]) -> String {
    body("page", entries)
}

/// The body of one webhook of Instagram.
pub fn instagram(entries: &[ChatEntry]) -> String {
    body("instagram", entries)
}

fn body(object: &str, entries: &[ChatEntry]) -> String {
    let entries: Vec<Value> = entries
        .iter()
        .map(|entry| {
            let events: Vec<Value> = entry.events.iter().map(event).collect();
            json!({ "id": entry.id, "time": entry.time_ms, "messaging": events })
        })
        .collect();
    as_meta_writes(&json!({ "object": object, "entry": entries }))
}

fn event(event: &ChatEvent) -> Value {
    let (name, content) = match &event.kind {
        ChatKind::Message(it) => ("message", message(it)),
        ChatKind::Postback(it) => ("postback", postback(it)),
        ChatKind::Referral(it) => ("referral", it.shown()),
        ChatKind::Other { name, content } => (name.as_str(), content.clone()),
    };
    let mut shown = json!({
        "sender": { "id": event.sender },
        "recipient": { "id": event.recipient },
        "timestamp": event.timestamp_ms,
    });
    shown[name] = content;
    shown
}

fn message(message: &ChatMessage) -> Value {
    let mut shown = json!({ "mid": message.mid });
    let mut put = |key: &str, value: Option<Value>| {
        if let Some(value) = value {
            shown[key] = value;
        }
    };
    put("text", message.text.as_deref().map(Value::from));
    put("attachments", (!message.attachments.is_empty()).then(|| message.attachments.clone().into()));
    put("quick_reply", message.quick_reply.as_ref().map(|payload| json!({ "payload": payload })));
    put("reply_to", message.reply_to.clone());
    put("is_echo", message.is_echo.then_some(Value::Bool(true)));
    put("referral", message.referral.as_ref().map(ChatReferral::shown));
    shown
}

fn postback(postback: &Postback) -> Value {
    let mut shown = Map::new();
    shown.insert("mid".to_owned(), postback.mid.as_str().into());
    shown.insert("title".to_owned(), postback.title.as_str().into());
    shown.insert("payload".to_owned(), postback.payload.as_str().into());
    if let Some(referral) = &postback.referral {
        shown.insert("referral".to_owned(), referral.shown());
    }
    Value::Object(shown)
}
