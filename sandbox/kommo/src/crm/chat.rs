//! Talks with contacts. A first message begins one, further ones belong to it.

use sandbox_hooks::{KommoMessage, KommoTalk};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Crm;
use super::cards::{Kind, Stamp};
use super::news::News;
use crate::Error;

/// Somebody writes in a chat.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChatMessage {
    /// The contact that writes, or is written to.
    pub contact_id: u64,
    /// The lead that the talk is about.
    #[serde(default)]
    pub lead_id: Option<u64>,
    /// What is written.
    pub text: String,
    /// Whether the business writes it.
    #[serde(default)]
    pub outgoing: bool,
    /// The name of who writes it; that of the contact or the account if it is not said.
    #[serde(default)]
    pub author: Option<String>,
    /// The channel; `waba`, Kommo's WhatsApp Cloud API, if it is not said.
    #[serde(default)]
    pub origin: Option<String>,
    /// When, Unix seconds; now if it is not said.
    #[serde(default)]
    pub at: Option<i64>,
}

/// Longest name of a channel; every message leaves it in the audit log.
pub(crate) const MOST_ORIGIN_BYTES: usize = 100;

#[derive(Debug, Clone, Serialize)]
pub(crate) struct Talk {
    contact_id: u64,
    origin: String,
    began_at: i64,
}

impl Crm {
    pub(crate) fn add_message(
        &mut self,
        message: ChatMessage,
        now_s: i64,
        news: &mut News,
    ) -> Result<(), Error> {
        let Some(contact) = self.card(Kind::Contact, message.contact_id) else {
            return Err(Error::NoContact(message.contact_id));
        };
        let contact_name = contact.name.clone();
        let lead_id = message.lead_id.unwrap_or_default();
        if lead_id != 0 && self.card(Kind::Lead, lead_id).is_none() {
            return Err(Error::NoLead(lead_id));
        }
        let at = message.at.unwrap_or(now_s);
        let origin = message.origin.unwrap_or_else(|| "waba".to_owned());
        if origin.len() > MOST_ORIGIN_BYTES {
            return Err(Error::LongOrigin);
        }
        let same = |talk: &Talk| talk.contact_id == message.contact_id && talk.origin == origin;
        let known = self.talks.iter().position(same);
        if known.is_none() && !self.has_room(self.talks.len(), 1) {
            return Err(Error::Full("talks"));
        }
        let place = known.unwrap_or(self.talks.len());
        if known.is_none() {
            let (contact_id, origin) = (message.contact_id, origin.clone());
            self.talks.push(Talk { contact_id, origin, began_at: at });
        }
        let talk_id = 1201 + place as u64;
        let chat_id = uuid(1, talk_id);
        let (code, what, by, usual_author) = if message.outgoing {
            let user = self.user_ids()[0];
            ("add_outgoing_message", "outgoing_chat_message", user, self.account.name.clone())
        } else {
            ("add_message", "incoming_chat_message", 0, contact_name)
        };
        let said = KommoMessage {
            id: uuid(2, self.new_id()),
            chat_id: chat_id.clone(),
            talk_id,
            contact_id: message.contact_id,
            lead_id,
            text: message.text,
            outgoing: message.outgoing,
            author: message.author.unwrap_or(usual_author),
            origin: origin.clone(),
            created_at: at,
        };
        let talk = KommoTalk {
            id: talk_id,
            contact_id: message.contact_id,
            chat_id,
            lead_id,
            is_read: message.outgoing,
            origin,
            created_at: self.talks[place].began_at,
            updated_at: at,
        };
        news.push(if known.is_none() { "add_talk" } else { "update_talk" }, talk.entry(known.is_none()));
        news.push(code, said.entry());
        let (kind, id) =
            if lead_id == 0 { (Kind::Contact, message.contact_id) } else { (Kind::Lead, lead_id) };
        let after = json!({ "message": { "id": said.id, "talk_id": talk_id, "origin": said.origin } });
        self.audit.note(what, kind, id, Stamp { at, by }, [Value::Null, after]);
        Ok(())
    }
}

/// A UUID that two numbers decide.
fn uuid(family: u16, number: u64) -> String {
    format!("{:08x}-{family:04x}-4a00-8000-{:012x}", number >> 48, number & 0xffff_ffff_ffff)
}
