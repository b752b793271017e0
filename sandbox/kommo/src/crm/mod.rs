//! The CRM's data: the account, pipelines, leads, contacts and what hangs on them, the audit log, and the
//! webhooks that every change makes.

pub(crate) mod audit;
pub(crate) mod cards;
mod changes;
pub(crate) mod chat;
pub(crate) mod fields;
mod given;
mod links;
pub(crate) mod news;
mod past;
mod price;
mod stages;
pub(crate) mod work;

use std::collections::BTreeMap;

use sandbox_http::{Clock, weight};

use self::audit::Audit;
use self::cards::{Card, Company, Kind, Lead, Person, Values};
use self::chat::Talk;
use self::fields::Field;
use self::past::{Lag, Past};
use self::work::{Note, Task};
use super::outbox::Outbox;

pub use cards::Change;
pub use given::{Account, Contact, Deal, Pipeline, Status};
pub(crate) use past::Seen;
pub use price::LeadPrice;
pub(crate) use stages::StageChange;

/// Closed and won, in every pipeline.
pub(crate) const WON: u64 = 142;
/// Closed and lost, in every pipeline.
pub(crate) const LOST: u64 = 143;
/// Ids of what the API makes start after this one.
const LAST_GIVEN_ID: u64 = 50_000_000;

#[derive(Debug)]
pub(crate) struct Crm {
    pub(crate) account: Account,
    pub(crate) pipelines: BTreeMap<u64, Pipeline>,
    pub(crate) leads: BTreeMap<u64, Lead>,
    pub(crate) contacts: BTreeMap<u64, Person>,
    pub(crate) companies: BTreeMap<u64, Company>,
    pub(crate) lead_fields: Vec<Field>,
    pub(crate) contact_fields: Vec<Field>,
    pub(crate) company_fields: Vec<Field>,
    pub(crate) notes: BTreeMap<u64, Note>,
    pub(crate) tasks: BTreeMap<u64, Task>,
    pub(crate) talks: Vec<Talk>,
    pub(crate) audit: Audit,
    pub(crate) outbox: Outbox,
    pub(crate) lag: Lag,
    past_leads: Past<Lead>,
    past_contacts: Past<Person>,
    past_companies: Past<Company>,
    tags: BTreeMap<String, u64>,
    /// Most entries of each kind that the API may make.
    most: usize,
    last_id: u64,
    last_field_id: u64,
}

impl Crm {
    /// `keep` is the most of everything.
    pub(crate) fn new(account: Account, keep: usize, clock: Clock) -> Self {
        Self {
            account,
            pipelines: BTreeMap::new(),
            leads: BTreeMap::new(),
            contacts: BTreeMap::new(),
            companies: BTreeMap::new(),
            lead_fields: fields::given_to(Kind::Lead),
            contact_fields: fields::given_to(Kind::Contact),
            company_fields: fields::given_to(Kind::Company),
            notes: BTreeMap::new(),
            tasks: BTreeMap::new(),
            talks: Vec::new(),
            audit: Audit::new(keep, clock.clone()),
            outbox: Outbox::new(keep),
            lag: Lag::new(clock),
            past_leads: Past::default(),
            past_contacts: Past::default(),
            past_companies: Past::default(),
            tags: BTreeMap::new(),
            most: keep,
            last_id: LAST_GIVEN_ID,
            last_field_id: fields::FIRST_ADDED,
        }
    }

    pub(crate) fn put_pipeline(&mut self, mut pipeline: Pipeline) {
        for (id, name) in [(WON, "Closed - won"), (LOST, "Closed - lost")] {
            if !pipeline.statuses.iter().any(|status| status.id == id) {
                pipeline.statuses.push(Status { id, name: name.to_owned(), incoming: false });
            }
        }
        self.pipelines.insert(pipeline.id, pipeline);
    }

    /// Sets the scene: nothing happens, no webhook is made.
    pub(crate) fn put_contact(&mut self, contact: Contact, now_s: i64) {
        let person = self.person_of(contact, now_s);
        self.put_contact_card(person);
    }

    pub(crate) fn person_of(&self, contact: Contact, now_s: i64) -> Person {
        let created_at = self.contacts.get(&contact.id).map_or(now_s, |known| known.card.created_at);
        let mut values = Values::new();
        for (id, given) in [(fields::PHONE, &contact.phones), (fields::EMAIL, &contact.emails)] {
            let field = self.contact_fields.iter().find(|field| field.id == id);
            if let Some(field) = field.filter(|_| !given.is_empty()) {
                values.insert(id, fields::work_values(field, given));
            }
        }
        let card = Card { values, ..self.new_card(contact.id, contact.name, created_at) };
        Person { card, ..Person::default() }
    }

    /// Sets the scene: nothing happens, no webhook is made.
    pub(crate) fn put_deal(&mut self, deal: Deal) {
        let lead = self.lead_of(deal);
        self.put_lead_card(lead);
    }

    pub(crate) fn lead_of(&mut self, deal: Deal) -> Lead {
        self.ensure_stage(deal.pipeline_id, deal.status_id);
        Lead {
            closed_at: is_closed(deal.status_id).then_some(deal.created_at),
            card: self.new_card(deal.id, deal.name, deal.created_at),
            price: deal.price.map(LeadPrice::from),
            pipeline_id: deal.pipeline_id,
            status_id: deal.status_id,
            loss_reason_id: None,
            contact_ids: deal.contact_ids,
            company_id: None,
        }
    }

    fn new_card(&self, id: u64, name: String, created_at: i64) -> Card {
        let responsible_user_id = self.user_ids()[0];
        Card { id, name, responsible_user_id, created_at, updated_at: created_at, ..Card::default() }
    }

    /// The administrator, to whom every token belongs, and a manager.
    pub(crate) fn user_ids(&self) -> [u64; 2] {
        [self.account.id.saturating_add(1), self.account.id.saturating_add(2)]
    }

    pub(crate) fn card(&self, kind: Kind, id: u64) -> Option<&Card> {
        match kind {
            Kind::Lead => self.leads.get(&id).map(|lead| &lead.card),
            Kind::Contact => self.contacts.get(&id).map(|person| &person.card),
            Kind::Company => self.companies.get(&id).map(|company| &company.card),
        }
        .filter(|card| !card.is_deleted)
    }

    pub(crate) fn fields(&self, kind: Kind) -> &[Field] {
        match kind {
            Kind::Lead => &self.lead_fields,
            Kind::Contact => &self.contact_fields,
            Kind::Company => &self.company_fields,
        }
    }

    pub(crate) fn fields_mut(&mut self, kind: Kind) -> &mut Vec<Field> {
        match kind {
            Kind::Lead => &mut self.lead_fields,
            Kind::Contact => &mut self.contact_fields,
            Kind::Company => &mut self.company_fields,
        }
    }

    pub(crate) fn new_field_id(&mut self) -> u64 {
        self.last_field_id += 1;
        self.last_field_id
    }

    /// An id that nothing has.
    pub(crate) fn new_id(&mut self) -> u64 {
        loop {
            self.last_id += 1;
            let id = self.last_id;
            let cards = [self.leads.contains_key(&id), self.contacts.contains_key(&id)];
            if !cards.contains(&true) && !self.companies.contains_key(&id) {
                return id;
            }
        }
    }

    /// About the bytes of everything that was put in.
    pub(crate) fn weight(&self) -> usize {
        let fields = (&self.lead_fields, &self.contact_fields, &self.company_fields);
        let cards = (&self.leads, &self.contacts, &self.companies);
        let past = (&self.past_leads, &self.past_contacts, &self.past_companies);
        weight(&(cards, past, fields, &self.notes, &self.tasks, &self.talks, &self.pipelines, &self.tags))
    }

    /// Whether `more` entries fit beside those that are there.
    pub(crate) fn has_room(&self, there: usize, more: usize) -> bool {
        there.saturating_add(more) <= self.most
    }

    /// The tag of this name, which is made if it is not there.
    pub(crate) fn tag(&mut self, name: &str) -> (u64, String) {
        let next = 901 + self.tags.len() as u64;
        let id = *self.tags.entry(name.to_owned()).or_insert(next);
        (id, name.to_owned())
    }

    pub(crate) fn tag_of_id(&self, id: u64) -> Option<(u64, String)> {
        self.tags.iter().find(|(_, known)| **known == id).map(|(name, id)| (*id, name.clone()))
    }

    pub(crate) fn tags_have_room(&self) -> bool {
        self.tags.len() < self.most
    }

    pub(crate) fn status(&self, (pipeline_id, status_id): (u64, u64)) -> Option<&Status> {
        self.pipelines.get(&pipeline_id)?.statuses.iter().find(|status| status.id == status_id)
    }

    /// The list of pipelines shows every stage that a deal is or was in.
    pub(crate) fn ensure_stage(&mut self, pipeline_id: u64, status_id: u64) {
        let named = |what: &str, id: u64| format!("{what} {id}");
        let mut pipeline = self.pipelines.remove(&pipeline_id).unwrap_or_else(|| Pipeline {
            id: pipeline_id,
            name: named("Pipeline", pipeline_id),
            statuses: Vec::new(),
        });
        let closing = is_closed(status_id);
        if !closing && !pipeline.statuses.iter().any(|status| status.id == status_id) {
            let at = pipeline.statuses.iter().position(|status| is_closed(status.id));
            let status = Status { id: status_id, name: named("Stage", status_id), incoming: false };
            pipeline.statuses.insert(at.unwrap_or(pipeline.statuses.len()), status);
        }
        self.put_pipeline(pipeline);
    }
}

pub(crate) fn is_closed(status_id: u64) -> bool {
    matches!(status_id, WON | LOST)
}
