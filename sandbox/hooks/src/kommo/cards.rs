//! Leads and contacts as webhooks report them.

use super::{KommoEntry, Pairs};

/// What happened to a lead or a contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum KommoAction {
    /// It was made.
    Add,
    /// It was changed; with `old_status_id` when it moved as well.
    Update,
    /// It moved to another stage. Leads only.
    Status,
    /// Another user became responsible.
    Responsible,
    /// It was deleted. Such an item has no more than an id and a type.
    Delete,
    /// It came back from the bin.
    Restore,
}

impl KommoAction {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Add => "add",
            Self::Update => "update",
            Self::Status => "status",
            Self::Responsible => "responsible",
            Self::Delete => "delete",
            Self::Restore => "restore",
        }
    }
}

/// A lead as the webhook reports it.
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
    /// The user who is responsible; 0 is nobody.
    pub responsible_user_id: u64,
    /// The user who was responsible; Kommo sends it only when it changed.
    pub old_responsible_user_id: Option<u64>,
    /// The user who changed it; 0 is a robot.
    pub modified_user_id: u64,
    /// The user who made it; 0 is a robot.
    pub created_user_id: u64,
    /// When it was made, Unix seconds.
    pub created_at: i64,
    /// When it was changed, Unix seconds.
    pub updated_at: i64,
    /// Tags with their ids.
    pub tags: Vec<(u64, String)>,
    /// Further keys under the lead, such as `[custom_fields][0][id]`, with their values.
    pub more: Vec<(String, String)>,
}

impl KommoLead {
    /// The item of a body.
    pub fn entry(&self, action: KommoAction, account_id: u64) -> KommoEntry {
        let mut pairs = Pairs::default();
        pairs.put("id", &self.id);
        if action == KommoAction::Delete {
            pairs.put("type", &"lead");
            return pairs.entry("leads", action.name());
        }
        pairs.put("name", &self.name);
        pairs.put("status_id", &self.status_id);
        pairs.put_some("old_status_id", self.old_status_id);
        pairs.put("pipeline_id", &self.pipeline_id);
        pairs.put_some("old_pipeline_id", self.old_pipeline_id);
        pairs.put("price", &self.price);
        pairs.put("responsible_user_id", &self.responsible_user_id);
        pairs.put_some("old_responsible_user_id", self.old_responsible_user_id);
        pairs.put("modified_user_id", &self.modified_user_id);
        pairs.put("created_user_id", &self.created_user_id);
        pairs.put("account_id", &account_id);
        put_times(&mut pairs, self.created_at, self.updated_at);
        put_tags(&mut pairs, &self.tags);
        pairs.0.extend(self.more.iter().cloned());
        pairs.entry("leads", action.name())
    }
}

/// A contact as the webhook reports it, or a company, which is a contact of another type there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KommoContact {
    /// Its id.
    pub id: u64,
    /// Whether it is a company.
    pub is_company: bool,
    /// Its name.
    pub name: String,
    /// The user who is responsible; 0 is nobody.
    pub responsible_user_id: u64,
    /// The user who was responsible; Kommo sends it only when it changed.
    pub old_responsible_user_id: Option<u64>,
    /// The user who changed it; 0 is a robot.
    pub modified_user_id: u64,
    /// The user who made it; 0 is a robot.
    pub created_user_id: u64,
    /// When it was made, Unix seconds.
    pub created_at: i64,
    /// When it was changed, Unix seconds.
    pub updated_at: i64,
    /// The leads that it is linked with.
    pub linked_leads: Vec<u64>,
    /// Tags with their ids.
    pub tags: Vec<(u64, String)>,
    /// Further keys under the contact, such as `[custom_fields][0][id]`, with their values.
    pub more: Vec<(String, String)>,
}

impl KommoContact {
    /// The item of a body.
    pub fn entry(&self, action: KommoAction, account_id: u64) -> KommoEntry {
        let kind = if self.is_company { "company" } else { "contact" };
        let mut pairs = Pairs::default();
        pairs.put("id", &self.id);
        if action == KommoAction::Delete {
            pairs.put("type", &kind);
            return pairs.entry("contacts", action.name());
        }
        pairs.put("name", &self.name);
        pairs.put("responsible_user_id", &self.responsible_user_id);
        pairs.put_some("old_responsible_user_id", self.old_responsible_user_id);
        pairs.put("modified_user_id", &self.modified_user_id);
        pairs.put("created_user_id", &self.created_user_id);
        pairs.put("account_id", &account_id);
        put_times(&mut pairs, self.created_at, self.updated_at);
        for id in &self.linked_leads {
            pairs.0.push((format!("[linked_leads_id][{id}][ID]"), id.to_string()));
        }
        put_tags(&mut pairs, &self.tags);
        pairs.0.extend(self.more.iter().cloned());
        pairs.put("type", &kind);
        pairs.entry("contacts", action.name())
    }
}

fn put_times(pairs: &mut Pairs, created_at: i64, updated_at: i64) {
    pairs.put_all(&[
        ("date_create", &created_at),
        ("created_at", &created_at),
        ("last_modified", &updated_at),
        ("updated_at", &updated_at),
    ]);
}

fn put_tags(pairs: &mut Pairs, tags: &[(u64, String)]) {
    for (index, (id, name)) in tags.iter().enumerate() {
        pairs.0.push((format!("[tags][{index}][id]"), id.to_string()));
        pairs.0.push((format!("[tags][{index}][name]"), name.clone()));
    }
}
