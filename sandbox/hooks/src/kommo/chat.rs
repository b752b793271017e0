//! Messages, talks and incoming leads as webhooks report them.

use super::{KommoEntry, Pairs};

/// A chat message. It has no phone number and nothing of the ad, as in every captured body.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KommoMessage {
    /// Its id, a UUID.
    pub id: String,
    /// The chat's id, a UUID.
    pub chat_id: String,
    /// The talk that it belongs to.
    pub talk_id: u64,
    /// The contact that is talked with.
    pub contact_id: u64,
    /// The lead that the talk is about; 0 is none.
    pub lead_id: u64,
    /// What was written.
    pub text: String,
    /// Whether the business wrote it.
    pub outgoing: bool,
    /// The name of who wrote it.
    pub author: String,
    /// The channel, such as `waba`.
    pub origin: String,
    /// When, Unix seconds.
    pub created_at: i64,
}

impl KommoMessage {
    /// The item of a body.
    pub fn entry(&self) -> KommoEntry {
        let (entity, kind, author) = if self.outgoing {
            ("outgoing_message", "outgoing", "internal")
        } else {
            ("message", "incoming", "external")
        };
        let mut pairs = Pairs::default();
        pairs.put_all(&[
            ("id", &self.id),
            ("chat_id", &self.chat_id),
            ("talk_id", &self.talk_id),
            ("contact_id", &self.contact_id),
            ("text", &self.text),
            ("created_at", &self.created_at),
            ("message_type", &"text"),
        ]);
        if self.lead_id != 0 {
            pairs.put_all(&[
                ("element_type", &"2"),
                ("entity_type", &"lead"),
                ("element_id", &self.lead_id),
                ("entity_id", &self.lead_id),
            ]);
        }
        pairs.put("type", &kind);
        pairs.0.push(("[author][id]".to_owned(), self.chat_id.clone()));
        pairs.0.push(("[author][type]".to_owned(), author.to_owned()));
        pairs.0.push(("[author][name]".to_owned(), self.author.clone()));
        pairs.put("origin", &self.origin);
        pairs.entry(entity, "add")
    }
}

/// A conversation with a contact.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KommoTalk {
    /// Its id.
    pub id: u64,
    /// The contact that is talked with.
    pub contact_id: u64,
    /// The chat's id, a UUID.
    pub chat_id: String,
    /// The lead that it is about; 0 is none.
    pub lead_id: u64,
    /// Whether the last message was read.
    pub is_read: bool,
    /// The channel, such as `waba`.
    pub origin: String,
    /// When it began, Unix seconds.
    pub created_at: i64,
    /// When it was changed, Unix seconds.
    pub updated_at: i64,
}

impl KommoTalk {
    /// The item of a body: of `talk[add]` for one that begins, of `talk[update]` otherwise.
    pub fn entry(&self, begins: bool) -> KommoEntry {
        let mut pairs = Pairs::default();
        pairs.put_all(&[
            ("talk_id", &self.id),
            ("created_at", &self.created_at),
            ("updated_at", &self.updated_at),
            ("rate", &"0"),
            ("contact_id", &self.contact_id),
            ("chat_id", &self.chat_id),
        ]);
        if self.lead_id != 0 {
            pairs.put_all(&[("entity_id", &self.lead_id), ("entity_type", &"lead")]);
        }
        pairs.put_all(&[
            ("is_in_work", &"1"),
            ("is_read", &u8::from(self.is_read)),
            ("origin", &self.origin),
        ]);
        pairs.entry("talk", if begins { "add" } else { "update" })
    }
}

/// An incoming lead, which Kommo sends beside `leads[add]`. Its keys are background knowledge.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KommoUnsorted {
    /// Its id.
    pub uid: String,
    /// The lead in the stage of incoming leads.
    pub lead_id: u64,
    /// The pipeline that it came into.
    pub pipeline_id: u64,
    /// Such as `chats` or `forms`.
    pub category: String,
    /// When it came, Unix seconds.
    pub created_at: i64,
}

impl KommoUnsorted {
    /// The item of a body.
    pub fn entry(&self) -> KommoEntry {
        let mut pairs = Pairs::default();
        pairs.put_all(&[
            ("uid", &self.uid),
            ("category", &self.category),
            ("source_name", &""),
            ("source_uid", &self.uid),
            ("pipeline_id", &self.pipeline_id),
            ("lead_id", &self.lead_id),
            ("created_at", &self.created_at),
        ]);
        pairs.entry("unsorted", "add")
    }
}
