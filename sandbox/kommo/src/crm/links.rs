//! What joins cards: links, merges, and the bin that takes a card away from all others.

use serde_json::Value;

use super::Crm;
use super::audit;
use super::cards::{CardPatch, Change, Kind, Lead, LeadPatch, PersonPatch, Stamp};
use super::news::News;

impl Crm {
    /// Puts a card into the bin, or takes it out. Says whether it exists.
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
            Kind::Company => self.change_company(id, card, stamp, news),
        }
    }

    /// Links two cards; a contact becomes the main one of a lead if it is asked for or if it is the first.
    pub(crate) fn link(
        &mut self,
        one: (Kind, u64),
        other: (Kind, u64),
        is_main: bool,
        stamp: Stamp,
        news: &mut News,
    ) {
        match (one.min(other), one.max(other)) {
            ((Kind::Lead, lead_id), (Kind::Contact, contact_id)) => {
                let Some(lead) = self.leads.get(&lead_id) else { return };
                let mut contact_ids = lead.contact_ids.clone();
                if is_main || !contact_ids.contains(&contact_id) {
                    contact_ids.retain(|id| *id != contact_id);
                    let at = if is_main { 0 } else { contact_ids.len() };
                    contact_ids.insert(at, contact_id);
                }
                self.change_contacts_of(lead_id, contact_ids, stamp, news);
            }
            ((kind, id), (Kind::Company, company_id)) => {
                self.change_company_of(kind, id, Some(company_id), stamp, news);
            }
            _ => {}
        }
    }

    /// Takes a link away, if it is there.
    pub(crate) fn unlink(&mut self, one: (Kind, u64), other: (Kind, u64), stamp: Stamp, news: &mut News) {
        match (one.min(other), one.max(other)) {
            ((Kind::Lead, lead_id), (Kind::Contact, contact_id)) => {
                let Some(lead) = self.leads.get(&lead_id) else { return };
                let mut contact_ids = lead.contact_ids.clone();
                contact_ids.retain(|id| *id != contact_id);
                self.change_contacts_of(lead_id, contact_ids, stamp, news);
            }
            ((kind, id), (Kind::Company, company_id)) if self.company_of(kind, id) == Some(company_id) => {
                self.change_company_of(kind, id, None, stamp, news);
            }
            _ => {}
        }
    }

    fn company_of(&self, kind: Kind, id: u64) -> Option<u64> {
        match kind {
            Kind::Lead => self.leads.get(&id)?.company_id,
            Kind::Contact => self.contacts.get(&id)?.company_id,
            Kind::Company => None,
        }
    }

    fn change_contacts_of(&mut self, lead_id: u64, contact_ids: Vec<u64>, stamp: Stamp, news: &mut News) {
        let patch = LeadPatch { contact_ids: Change::Set(contact_ids), ..LeadPatch::default() };
        self.change_lead(lead_id, patch, stamp, news);
    }

    fn change_company_of(
        &mut self,
        kind: Kind,
        id: u64,
        company_id: Option<u64>,
        stamp: Stamp,
        news: &mut News,
    ) {
        let company_id = Change::Set(company_id);
        match kind {
            Kind::Lead => self.change_lead(id, LeadPatch { company_id, ..LeadPatch::default() }, stamp, news),
            Kind::Contact => {
                self.change_contact(id, PersonPatch { company_id, ..PersonPatch::default() }, stamp, news)
            }
            Kind::Company => false,
        };
    }

    /// The leads that a contact is linked with.
    fn leads_of(&self, contact_id: u64) -> Vec<u64> {
        let linked = |lead: &&Lead| !lead.card.is_deleted && lead.contact_ids.contains(&contact_id);
        self.leads.values().filter(linked).map(|lead| lead.card.id).collect()
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
        for lead_id in self.leads_of(from) {
            let known = self.leads.get(&lead_id).map(|lead| lead.contact_ids.clone());
            let mut contact_ids: Vec<u64> = Vec::new();
            for id in known.unwrap_or_default().into_iter().map(|id| if id == from { into } else { id }) {
                if !contact_ids.contains(&id) {
                    contact_ids.push(id);
                }
            }
            // The leads themselves are not announced: what is known of a merge is what the contacts say.
            if let Some(before) = self.leads.get(&lead_id).cloned() {
                let after = Lead { contact_ids, ..before.clone() };
                self.put_lead_card(after.clone());
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
