//! Notes and tasks as webhooks report them. Their keys are background knowledge.

use super::{KommoEntry, Pairs};

/// A note under a lead or a contact.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KommoNote {
    /// Its id.
    pub id: u64,
    /// Whether it stands under a contact; under a lead otherwise.
    pub on_contact: bool,
    /// The lead or the contact.
    pub element_id: u64,
    /// What it says.
    pub text: String,
    /// The number of its kind; 4 is a common note.
    pub note_type: u64,
    /// The user who wrote it; 0 is a robot.
    pub created_by: u64,
    /// When, Unix seconds.
    pub created_at: i64,
}

impl KommoNote {
    /// The item of a body.
    pub fn entry(&self, account_id: u64) -> KommoEntry {
        let (entity, kind, element_type) =
            if self.on_contact { ("contacts", "contact", 1) } else { ("leads", "lead", 2) };
        let mut note = Pairs::default();
        note.put_all(&[
            ("id", &self.id),
            ("note_type", &self.note_type),
            ("element_id", &self.element_id),
            ("element_type", &element_type),
            ("text", &self.text),
            ("created_by", &self.created_by),
            ("account_id", &account_id),
            ("date_create", &self.created_at),
        ]);
        let mut pairs = Pairs::default();
        pairs.0.extend(note.0.into_iter().map(|(key, value)| (format!("[note]{key}"), value)));
        pairs.put("type", &kind);
        pairs.entry(entity, "note")
    }
}

/// A task.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KommoTask {
    /// Its id.
    pub id: u64,
    /// What it is about: 1 is a contact, 2 a lead, 3 a company.
    pub element_type: u8,
    /// The card that it is about; 0 is none.
    pub element_id: u64,
    /// What is to be done.
    pub text: String,
    /// The number of its kind; 1 is a call.
    pub task_type: u64,
    /// Whether it is done.
    pub completed: bool,
    /// The user who has to do it.
    pub responsible_user_id: u64,
    /// When it has to be done, Unix seconds.
    pub complete_till: i64,
    /// When it was made, Unix seconds.
    pub created_at: i64,
    /// When it was changed, Unix seconds.
    pub updated_at: i64,
}

impl KommoTask {
    /// The item of a body: of `task[add]`, `task[update]` and so on.
    pub fn entry(&self, action: &'static str) -> KommoEntry {
        let mut pairs = Pairs::default();
        pairs.put_all(&[
            ("id", &self.id),
            ("element_id", &self.element_id),
            ("element_type", &self.element_type),
            ("task_type", &self.task_type),
            ("text", &self.text),
            ("status", &u8::from(self.completed)),
            ("responsible_user_id", &self.responsible_user_id),
            ("complete_till", &self.complete_till),
            ("date_create", &self.created_at),
            ("last_modified", &self.updated_at),
        ]);
        pairs.entry("task", action)
    }
}
