//! Things that happen to leads, contacts and companies: the change itself, its rows in the audit log, its webhooks.

use std::collections::BTreeSet;

use sandbox_hooks::{KommoAction, KommoUnsorted};
use serde_json::Value;

use super::audit::{self, NOTHING, sale, stage, user};
use super::cards::{Card, CardPatch, Change, Company, Kind, Lead, LeadPatch, Person, PersonPatch, Stamp};
use super::news::News;
use super::{Crm, LOST, is_closed};

/// What somebody subscribes to who wants to hear of deleted, restored, handed over and changed ones.
const CODES_OF_A_CONTACT: [&str; 4] =
    ["delete_contact", "restore_contact", "responsible_contact", "update_contact"];
const CODES_OF_A_COMPANY: [&str; 4] =
    ["delete_company", "restore_company", "responsible_company", "update_company"];

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
        self.put_lead_card(lead);
    }

    /// Says whether the lead exists.
    pub(crate) fn change_lead(&mut self, id: u64, patch: LeadPatch, stamp: Stamp, news: &mut News) -> bool {
        let Some(before) = self.leads.get(&id).cloned() else { return false };
        if let Change::Set((pipeline_id, status_id)) = patch.place {
            self.ensure_stage(pipeline_id, status_id);
        }
        let mut lead = before.clone();
        patch.card.apply(&mut lead.card, stamp);
        patch.price.apply(&mut lead.price);
        patch.contact_ids.apply(&mut lead.contact_ids);
        patch.company_id.apply(&mut lead.company_id);
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
        self.put_lead_card(lead.clone());
        self.note_lead(&before, &lead, stamp);
        self.tell_lead(&before, &lead, news);
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

    pub(super) fn note_links(&mut self, before: &Lead, after: &Lead, stamp: Stamp) {
        let id = after.card.id;
        let list = |lead: &Lead| lead.contact_ids.iter().map(|id| (Kind::Contact, *id)).collect::<Vec<_>>();
        self.note_links_of((Kind::Lead, id), &list(before), &list(after), stamp);
        self.note_company_of((Kind::Lead, id), before.company_id, after.company_id, stamp);
    }

    fn note_company_of(&mut self, of: (Kind, u64), before: Option<u64>, after: Option<u64>, stamp: Stamp) {
        let list = |id: Option<u64>| id.map(|id| (Kind::Company, id)).into_iter().collect::<Vec<_>>();
        self.note_links_of(of, &list(before), &list(after), stamp);
    }

    fn note_links_of(
        &mut self,
        (kind, id): (Kind, u64),
        before: &[(Kind, u64)],
        after: &[(Kind, u64)],
        stamp: Stamp,
    ) {
        for (other, other_id) in before.iter().filter(|link| !after.contains(link)) {
            let values = [audit::link(*other, *other_id), Value::Null];
            self.audit.note("entity_unlinked", kind, id, stamp, values);
        }
        for (other, other_id) in after.iter().filter(|link| !before.contains(link)) {
            let values = [Value::Null, audit::link(*other, *other_id)];
            self.audit.note("entity_linked", kind, id, stamp, values);
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
        let changed = |field: &&u64| before.values.get(*field) != after.values.get(*field);
        let fields: BTreeSet<&u64> = before.values.keys().chain(after.values.keys()).collect();
        for field in fields.into_iter().filter(changed) {
            note("custom_field_value_changed", [audit::field(*field), audit::field(*field)]);
        }
        let [deleted, restored] = match kind {
            Kind::Lead => ["lead_deleted", "lead_restored"],
            Kind::Contact => ["contact_deleted", "contact_restored"],
            Kind::Company => ["company_deleted", "company_restored"],
        };
        match (before.is_deleted, after.is_deleted) {
            (false, true) => note(deleted, NOTHING),
            (true, false) => note(restored, NOTHING),
            _ => {}
        }
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
        self.note_company_of((Kind::Contact, person.card.id), None, person.company_id, stamp);
        self.note_tags(Kind::Contact, &untagged(&person.card), &person.card, stamp);
        news.push("add_contact", self.contact_entry(Kind::Contact, KommoAction::Add, &person.card, None));
        self.put_contact_card(person);
    }

    /// Says whether the contact exists.
    pub(crate) fn change_contact(
        &mut self,
        id: u64,
        patch: PersonPatch,
        stamp: Stamp,
        news: &mut News,
    ) -> bool {
        let Some(before) = self.contacts.get(&id).cloned() else { return false };
        let mut person = before.clone();
        patch.card.apply(&mut person.card, stamp);
        patch.first_name.apply(&mut person.first_name);
        patch.last_name.apply(&mut person.last_name);
        patch.company_id.apply(&mut person.company_id);
        self.put_contact_card(person.clone());
        self.note_company_of((Kind::Contact, id), before.company_id, person.company_id, stamp);
        self.note_card(Kind::Contact, &before.card, &person.card, stamp);
        self.tell_card(Kind::Contact, &before.card, &person.card, news);
        true
    }

    pub(crate) fn add_company(&mut self, company: Company, stamp: Stamp, news: &mut News) {
        self.audit.note("company_added", Kind::Company, company.card.id, stamp, NOTHING);
        self.note_tags(Kind::Company, &untagged(&company.card), &company.card, stamp);
        let entry = self.contact_entry(Kind::Company, KommoAction::Add, &company.card, None);
        news.push("add_company", entry);
        self.put_company_card(company);
    }

    /// Says whether the company exists.
    pub(crate) fn change_company(
        &mut self,
        id: u64,
        patch: CardPatch,
        stamp: Stamp,
        news: &mut News,
    ) -> bool {
        let Some(before) = self.companies.get(&id).cloned() else { return false };
        let mut company = before.clone();
        patch.apply(&mut company.card, stamp);
        self.put_company_card(company.clone());
        self.note_card(Kind::Company, &before.card, &company.card, stamp);
        self.tell_card(Kind::Company, &before.card, &company.card, news);
        true
    }

    /// What is told of a contact or a company.
    fn tell_card(&self, kind: Kind, before: &Card, after: &Card, news: &mut News) {
        let codes = if kind == Kind::Company { CODES_OF_A_COMPANY } else { CODES_OF_A_CONTACT };
        let mut announce = |code, action| {
            news.push(code, self.contact_entry(kind, action, after, Some(before)));
        };
        match (before.is_deleted, after.is_deleted) {
            (false, true) => announce(codes[0], KommoAction::Delete),
            (true, false) => announce(codes[1], KommoAction::Restore),
            _ => {
                if before.responsible_user_id != after.responsible_user_id {
                    announce(codes[2], KommoAction::Responsible);
                }
                announce(codes[3], KommoAction::Update);
            }
        }
    }
}

fn untagged(card: &Card) -> Card {
    Card { tags: Vec::new(), ..card.clone() }
}
