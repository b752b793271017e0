//! What the shapes of Messenger and Instagram share.

use serde_json::{Value, json};

use super::Values;
use crate::{
    AdContext, ChatEntry, ChatEvent, ChatKind, ChatMessage, ChatReferral, Postback, instagram, messenger,
};

/// One side of a conversation, and where it is.
pub(super) struct Chat<'a> {
    pub it: &'a Values,
    is_instagram: bool,
}

impl<'a> Chat<'a> {
    pub fn messenger(it: &'a Values) -> Self {
        Self { it, is_instagram: false }
    }

    pub fn instagram(it: &'a Values) -> Self {
        Self { it, is_instagram: true }
    }

    fn business(&self) -> String {
        if self.is_instagram { self.it.ig.clone() } else { self.it.page.clone() }
    }

    fn customer(&self) -> String {
        if self.is_instagram { self.it.sid.clone() } else { self.it.psid.clone() }
    }

    fn mid(&self) -> String {
        format!("m_{}", self.it.id)
    }

    pub fn text(&self) -> ChatMessage {
        ChatMessage { mid: self.mid(), text: Some(self.it.text.clone()), ..ChatMessage::default() }
    }

    /// A message without text.
    pub fn attachment(&self, kind: &str) -> ChatMessage {
        let attachment = json!({ "type": kind, "payload": { "url": "https://example.com/a.jpg" } });
        ChatMessage { text: None, attachments: vec![attachment], ..self.text() }
    }

    pub fn ad(&self) -> ChatReferral {
        ChatReferral::ad(&self.it.ad)
    }

    /// A click on an ad that showed this.
    pub fn ad_showing(&self, shown: AdContext) -> ChatReferral {
        let ad_context = Some(AdContext { ad_title: Some("Offer".to_owned()), ..shown });
        ChatReferral { ad_context, ..self.ad() }
    }

    pub fn ad_without_source(&self) -> ChatReferral {
        ChatReferral { source: None, ..self.ad() }
    }

    pub fn first_message(&self, referral: ChatReferral) -> String {
        self.message(ChatMessage { referral: Some(referral), ..self.text() })
    }

    pub fn message(&self, message: ChatMessage) -> String {
        self.one(ChatKind::Message(message))
    }

    pub fn postback(&self, referral: Option<ChatReferral>) -> String {
        let postback = Postback {
            mid: self.mid(),
            title: "Get Started".to_owned(),
            payload: "GET_STARTED".to_owned(),
            referral,
        };
        self.one(ChatKind::Postback(postback))
    }

    pub fn came_back(&self, referral: ChatReferral) -> String {
        self.one(ChatKind::Referral(referral))
    }

    pub fn other(&self, name: &str, content: Value) -> String {
        self.one(ChatKind::Other { name: name.to_owned(), content })
    }

    /// The business's own message, sent back to it: the sides are exchanged.
    pub fn echo(&self) -> String {
        let kind = ChatKind::Message(ChatMessage { is_echo: true, ..self.text() });
        let event = ChatEvent { sender: self.business(), recipient: self.customer(), ..self.event(kind) };
        self.body(&[self.entry(vec![event])])
    }

    /// Two entries: a first message after an ad, a read, and somebody else's message to another account.
    pub fn batch(&self) -> String {
        let click = ChatMessage { referral: Some(self.ad()), ..self.text() };
        let read = ChatKind::Other { name: "read".to_owned(), content: self.read() };
        let first = vec![self.event(ChatKind::Message(click)), self.event(read)];
        let (customer, business) = (format!("{}9", self.customer()), format!("{}9", self.business()));
        let message = ChatMessage { mid: format!("{}.2", self.mid()), ..self.text() };
        let event = ChatEvent {
            sender: customer,
            recipient: business.clone(),
            ..self.event(ChatKind::Message(message))
        };
        self.body(&[self.entry(first), ChatEntry { id: business, ..self.entry(vec![event]) }])
    }

    /// What was read: on Messenger everything until a time, on Instagram a message.
    pub fn read(&self) -> Value {
        if self.is_instagram {
            json!({ "mid": format!("m_business.{}", self.it.id) })
        } else {
            json!({ "watermark": self.it.time_ms() })
        }
    }

    fn one(&self, kind: ChatKind) -> String {
        self.body(&[self.entry(vec![self.event(kind)])])
    }

    fn event(&self, kind: ChatKind) -> ChatEvent {
        let (sender, recipient) = (self.customer(), self.business());
        ChatEvent { sender, recipient, timestamp_ms: self.it.time_ms(), kind }
    }

    fn entry(&self, events: Vec<ChatEvent>) -> ChatEntry {
        ChatEntry { id: self.business(), time_ms: self.it.told_ms(), events }
    }

    fn body(&self, entries: &[ChatEntry]) -> String {
        if self.is_instagram { instagram(entries) } else { messenger(entries) }
    }
}
