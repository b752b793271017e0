//! Notes and tasks.

use sandbox_hooks::{KommoNote, KommoTask};
use serde::Serialize;
use serde_json::{Value, json};

use super::Crm;
use super::cards::{Change, Kind, Stamp};
use super::news::News;

/// A note under a card.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Note {
    pub(crate) id: u64,
    pub(crate) kind: Kind,
    pub(crate) entity_id: u64,
    /// Such as `common`.
    pub(crate) what: String,
    pub(crate) params: Value,
    pub(crate) responsible_user_id: u64,
    pub(crate) stamp: Stamp,
}

/// A task, about a card or about none.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Task {
    pub(crate) id: u64,
    pub(crate) about: Option<(Kind, u64)>,
    pub(crate) text: String,
    pub(crate) type_id: u64,
    pub(crate) complete_till: i64,
    pub(crate) duration: u64,
    pub(crate) is_completed: bool,
    /// What came of it; empty is nothing yet.
    pub(crate) result: String,
    pub(crate) responsible_user_id: u64,
    pub(crate) created_by: u64,
    pub(crate) updated_by: u64,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct TaskPatch {
    pub(crate) text: Change<String>,
    pub(crate) type_id: Change<u64>,
    pub(crate) complete_till: Change<i64>,
    pub(crate) duration: Change<u64>,
    pub(crate) is_completed: Change<bool>,
    pub(crate) result: Change<String>,
    pub(crate) responsible_user_id: Change<u64>,
}

impl TaskPatch {
    pub(crate) fn apply(self, task: &mut Task) {
        self.text.apply(&mut task.text);
        self.type_id.apply(&mut task.type_id);
        self.complete_till.apply(&mut task.complete_till);
        self.duration.apply(&mut task.duration);
        self.is_completed.apply(&mut task.is_completed);
        self.result.apply(&mut task.result);
        self.responsible_user_id.apply(&mut task.responsible_user_id);
    }
}

impl Crm {
    pub(crate) fn add_note(&mut self, note: Note, news: &mut News) {
        let text = note.params["text"].as_str().unwrap_or_default().to_owned();
        let said = KommoNote {
            id: note.id,
            on_contact: note.kind == Kind::Contact,
            element_id: note.entity_id,
            text,
            // The number of a common note; those of the other kinds are not known.
            note_type: if note.what == "common" { 4 } else { 25 },
            created_by: note.stamp.by,
            created_at: note.stamp.at,
        };
        // How a note of a company is told is not known, so it is not.
        match note.kind {
            Kind::Lead => news.push("note_lead", said.entry(self.account.id)),
            Kind::Contact => news.push("note_contact", said.entry(self.account.id)),
            Kind::Company => {}
        }
        let after = json!({ "note": { "id": note.id } });
        self.audit.note("common_note_added", note.kind, note.entity_id, note.stamp, [Value::Null, after]);
        self.notes.insert(note.id, note);
    }

    pub(crate) fn add_task(&mut self, task: Task, stamp: Stamp, news: &mut News) {
        news.push("add_task", task_entry(&task, "add"));
        if let Some((kind, id)) = task.about {
            let after = json!({ "task": { "id": task.id } });
            self.audit.note("task_added", kind, id, stamp, [Value::Null, after]);
        }
        self.tasks.insert(task.id, task);
    }

    /// Says whether the task exists.
    pub(crate) fn change_task(&mut self, id: u64, patch: TaskPatch, stamp: Stamp, news: &mut News) -> bool {
        let Some(task) = self.tasks.get_mut(&id) else { return false };
        let responsible_before = task.responsible_user_id;
        patch.apply(task);
        (task.updated_at, task.updated_by) = (stamp.at, stamp.by);
        if task.responsible_user_id != responsible_before {
            news.push("responsible_task", task_entry(task, "responsible"));
        }
        news.push("update_task", task_entry(task, "update"));
        true
    }
}

fn task_entry(task: &Task, action: &'static str) -> sandbox_hooks::KommoEntry {
    KommoTask {
        id: task.id,
        element_type: match task.about {
            Some((Kind::Contact, _)) => 1,
            Some((Kind::Company, _)) => 3,
            _ => 2,
        },
        element_id: task.about.map_or(0, |(_, id)| id),
        text: task.text.clone(),
        task_type: task.type_id,
        completed: task.is_completed,
        responsible_user_id: task.responsible_user_id,
        complete_till: task.complete_till,
        created_at: task.created_at,
        updated_at: task.updated_at,
    }
    .entry(action)
}
