//! Things that happen to leads and contacts: the change itself, its rows in the audit log, its webhooks.

use sandbox_hooks::{KommoAction, KommoUnsorted};
use serde_json::Value;

use super::audit::{self, NOTHING, sale, stage, user};
use super::cards::{Card, CardPatch, Change, Kind, Lead, LeadPatch, Person, PersonPatch, Stamp};
use super::news::News;
use super::{Crm, LOST, is_closed};

impl Crm {
    pub(crate) fn add_lead(&mut self, lead: Lead, stamp: Stamp, news: &mut News) {
        self.audit.note("lead_added", Kind::Lead, lead.card.id, stamp, NOTHING);
        let bare = Lead { card: untagged(&lead.card), ..Lead::default() };
        self.note_links(&bare, &lead, stamp);
        self.note_tags(Kind::Lead, &bare.card, &lead.card, stamp);
        news.push("add_lead", self.lead_entry(KommoAction::Add, &lead, None));
        if self.status(lead.place()).is_some_and(|status| status.incoming) {
            let unsorted = KommoUnsorted {
                uid: format!("{:032x}", lead.card.id),
                lead_id: lead.card.id,
                pipeline_id: lead.pipeline_id,
                category: "chats".to_owned(),
                created_at: stamp.at,
            };
            news.push("add_unsorted", unsorted.entry());
        }
        self.leads.insert(lead.card.id, lead);
    }

    /// Says whether the lead exists.
    pub(crate) fn change_lead(&mut self, id: u64, patch: LeadPatch, stamp: Stamp, news: &mut News) -> bool {
        if let Change::Set((pipeline_id, status_id)) = patch.place {
            if !self.leads.contains_key(&id) {
                return false;
            }
            self.ensure_stage(pipeline_id, status_id);
        }
        let Some(lead) = self.leads.get_mut(&id) else { return false };
        let before = lead.clone();
        patch.card.apply(&mut lead.card, stamp);
        patch.price.apply(&mut lead.price);
        patch.contact_ids.apply(&mut lead.contact_ids);
        patch.loss_reason_id.apply(&mut lead.loss_reason_id);
        if let Change::Set(place) = patch.place {
            (lead.pipeline_id, lead.status_id) = place;
        }
        if lead.place() != before.place() {
            lead.closed_at = is_closed(lead.status_id).then_some(stamp.at);
        }
        if is_closed(lead.status_id) {
            lead.closed_at = patch.closed_at.or(lead.closed_at);
        }
        if lead.status_id != LOST {
            lead.loss_reason_id = None;
        }
        let after = lead.clone();
        self.note_lead(&before, &after, stamp);
        self.tell_lead(&before, &after, news);
        true
    }

    fn note_lead(&mut self, before: &Lead, after: &Lead, stamp: Stamp) {
        let mut note = |what, values| self.audit.note(what, Kind::Lead, after.card.id, stamp, values);
        if before.price != after.price {
            note("sale_field_changed", [sale(before.price), sale(after.price)]);
        }
        if before.place() != after.place() {
            note("lead_status_changed", [stage(before.place()), stage(after.place())]);
        }
        self.note_links(before, after, stamp);
        self.note_card(Kind::Lead, &before.card, &after.card, stamp);
    }

    fn note_links(&mut self, before: &Lead, after: &Lead, stamp: Stamp) {
        let mut note = |what, values| self.audit.note(what, Kind::Lead, after.card.id, stamp, values);
        for id in before.contact_ids.iter().filter(|id| !after.contact_ids.contains(id)) {
            note("entity_unlinked", [audit::link(Kind::Contact, *id), Value::Null]);
        }
        for id in after.contact_ids.iter().filter(|id| !before.contact_ids.contains(id)) {
            note("entity_linked", [Value::Null, audit::link(Kind::Contact, *id)]);
        }
    }

    fn note_tags(&mut self, kind: Kind, before: &Card, after: &Card, stamp: Stamp) {
        let mut note = |what, values| self.audit.note(what, kind, after.id, stamp, values);
        for (_, name) in before.tags.iter().filter(|tag| !after.tags.contains(tag)) {
            note("entity_tag_deleted", [audit::tag(name), Value::Null]);
        }
        for (_, name) in after.tags.iter().filter(|tag| !before.tags.contains(tag)) {
            note("entity_tag_added", [Value::Null, audit::tag(name)]);
        }
    }

    fn note_card(&mut self, kind: Kind, before: &Card, after: &Card, stamp: Stamp) {
        self.note_tags(kind, before, after, stamp);
        let mut note = |what, values| self.audit.note(what, kind, after.id, stamp, values);
        if before.responsible_user_id != after.responsible_user_id {
            let users = [user(before.responsible_user_id), user(after.responsible_user_id)];
            note("entity_responsible_changed", users);
        }
        let what = match (before.is_deleted, after.is_deleted, kind) {
            (false, true, Kind::Lead) => "lead_deleted",
            (false, true, Kind::Contact) => "contact_deleted",
            (true, false, Kind::Lead) => "lead_restored",
            (true, false, Kind::Contact) => "contact_restored",
            _ => return,
        };
        note(what, NOTHING);
    }

    /// One change can make several webhooks: a move is `leads[status]` and, with the old stage, `leads[update]`.
    fn tell_lead(&self, before: &Lead, after: &Lead, news: &mut News) {
        let mut announce = |code, action| news.push(code, self.lead_entry(action, after, Some(before)));
        match (before.card.is_deleted, after.card.is_deleted) {
            (false, true) => return announce("delete_lead", KommoAction::Delete),
            (true, false) => return announce("restore_lead", KommoAction::Restore),
            _ => {}
        }
        if before.place() != after.place() {
            announce("status_lead", KommoAction::Status);
        }
        if before.card.responsible_user_id != after.card.responsible_user_id {
            announce("responsible_lead", KommoAction::Responsible);
        }
        announce("update_lead", KommoAction::Update);
    }

    pub(crate) fn add_contact(&mut self, person: Person, stamp: Stamp, news: &mut News) {
        self.audit.note("contact_added", Kind::Contact, person.card.id, stamp, NOTHING);
        self.note_tags(Kind::Contact, &untagged(&person.card), &person.card, stamp);
        news.push("add_contact", self.contact_entry(KommoAction::Add, &person, None));
        self.contacts.insert(person.card.id, person);
    }

    /// Says whether the contact exists.
    pub(crate) fn change_contact(
        &mut self,
        id: u64,
        patch: PersonPatch,
        stamp: Stamp,
        news: &mut News,
    ) -> bool {
        let Some(person) = self.contacts.get_mut(&id) else { return false };
        let before = person.clone();
        patch.card.apply(&mut person.card, stamp);
        patch.first_name.apply(&mut person.first_name);
        patch.last_name.apply(&mut person.last_name);
        let after = person.clone();
        self.note_card(Kind::Contact, &before.card, &after.card, stamp);
        let mut announce = |code, action| news.push(code, self.contact_entry(action, &after, Some(&before)));
        match (before.card.is_deleted, after.card.is_deleted) {
            (false, true) => announce("delete_contact", KommoAction::Delete),
            (true, false) => announce("restore_contact", KommoAction::Restore),
            _ => {
                if before.card.responsible_user_id != after.card.responsible_user_id {
                    announce("responsible_contact", KommoAction::Responsible);
                }
                announce("update_contact", KommoAction::Update);
            }
        }
        true
    }

    /// Puts a lead or a contact into the bin, or takes it out. Says whether it exists.
    pub(crate) fn delete(
        &mut self,
        kind: Kind,
        id: u64,
        deleted: bool,
        stamp: Stamp,
        news: &mut News,
    ) -> bool {
        let card = CardPatch { is_deleted: Change::Set(deleted), ..CardPatch::default() };
        match kind {
            Kind::Lead => self.change_lead(id, LeadPatch { card, ..LeadPatch::default() }, stamp, news),
            Kind::Contact => {
                self.change_contact(id, PersonPatch { card, ..PersonPatch::default() }, stamp, news)
            }
        }
    }

    /// Links a contact with a lead, as the main one if it is asked for or if it is the first.
    pub(crate) fn link(
        &mut self,
        lead_id: u64,
        contact_id: u64,
        is_main: bool,
        stamp: Stamp,
        news: &mut News,
    ) {
        let Some(lead) = self.leads.get(&lead_id) else { return };
        let mut contact_ids = lead.contact_ids.clone();
        contact_ids.retain(|id| *id != contact_id);
        let at = if is_main { 0 } else { contact_ids.len() };
        contact_ids.insert(at, contact_id);
        let contact_ids = Change::Set(contact_ids);
        self.change_lead(lead_id, LeadPatch { contact_ids, ..LeadPatch::default() }, stamp, news);
    }

    /// Makes one contact of two: it has the fields, tags and leads of both, and the other one is deleted.
    /// Says whether both exist.
    pub(crate) fn merge_contacts(&mut self, into: u64, from: u64, stamp: Stamp, news: &mut News) -> bool {
        let cards = (self.card(Kind::Contact, into), self.card(Kind::Contact, from));
        let (Some(kept), Some(gone), false) = (cards.0, cards.1, into == from) else { return false };
        let mut values = gone.values.clone();
        for (field, own) in &kept.values {
            let both = values.entry(*field).or_default();
            let added: Vec<Value> = both.drain(..).filter(|value| !own.contains(value)).collect();
            // Only numbers and addresses can stand beside each other; of other fields the kept one counts.
            let several =
                self.contact_fields.iter().any(|known| known.id == *field && known.kind == "multitext");
            *both = if several { [own.clone(), added].concat() } else { own.clone() };
        }
        let mut tags = kept.tags.clone();
        tags.extend(gone.tags.iter().filter(|tag| !kept.tags.contains(tag)).cloned());
        for lead_id in self.leads_of(from).collect::<Vec<_>>() {
            let known = self.leads.get(&lead_id).map(|lead| lead.contact_ids.clone());
            let mut contact_ids: Vec<u64> = Vec::new();
            for id in known.unwrap_or_default().into_iter().map(|id| if id == from { into } else { id }) {
                if !contact_ids.contains(&id) {
                    contact_ids.push(id);
                }
            }
            // The leads themselves are not announced: what is known of a merge is what the contacts say.
            if let Some(lead) = self.leads.get_mut(&lead_id) {
                let before = lead.clone();
                lead.contact_ids = contact_ids;
                let after = lead.clone();
                self.note_links(&before, &after, stamp);
            }
        }
        self.audit.note(
            "entity_merged",
            Kind::Contact,
            into,
            stamp,
            [Value::Null, audit::link(Kind::Contact, from)],
        );
        let card = CardPatch { values, tags: Change::Set(tags), ..CardPatch::default() };
        self.change_contact(into, PersonPatch { card, ..PersonPatch::default() }, stamp, news);
        self.delete(Kind::Contact, from, true, stamp, news)
    }
}

fn untagged(card: &Card) -> Card {
    Card { tags: Vec::new(), ..card.clone() }
}
