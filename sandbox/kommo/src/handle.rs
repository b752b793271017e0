//! What the handle can do: setting the scene, and letting things happen as users would.

use serde::Deserialize;
use serde_json::Value;

use super::crm::cards::{CardPatch, Kind, LeadPatch, PersonPatch, Stamp, Values};
use super::crm::news::News;
use super::crm::{Crm, StageChange, fields};
use super::input::{self, Item};
use super::{
    Change, ChatMessage, Contact, Deal, KommoDelivery, KommoIntegration, LeadPrice, Pipeline, Status,
    WebhookStyle, values,
};
use crate::{Error, Kommo};

/// Farthest that the API can be behind, in seconds.
pub(crate) const MOST_LAG_S: u32 = 3600;

/// A lead that a user makes, or what a user changes about one.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LeadChange {
    /// Its id; one that is not there makes a lead, which needs pipeline and stage.
    pub id: u64,
    /// Its name.
    pub name: Option<String>,
    /// The pipeline that it is in.
    pub pipeline_id: Option<u64>,
    /// The stage that it is in.
    pub status_id: Option<u64>,
    /// Its price, which may have cents.
    pub price: Change<Option<LeadPrice>>,
    /// Its contacts; the first one is the main one.
    pub contact_ids: Option<Vec<u64>>,
    /// The user who is responsible.
    pub responsible_user_id: Option<u64>,
    /// The names of its tags.
    pub tags: Option<Vec<String>>,
    /// As in the API; fields that are not named stay.
    pub custom_fields_values: Option<Value>,
    /// Into the bin, or out of it.
    pub deleted: Option<bool>,
    /// When it happens, Unix seconds; now if it is not said.
    pub at: Option<i64>,
}

impl Kommo {
    /// Adds a pipeline, or replaces the one with its id. Deals add the stages they need by themselves.
    pub fn put_pipeline(&self, pipeline: Pipeline) {
        self.crm().put_pipeline(pipeline);
    }

    /// Takes a pipeline away. It is an error if it is the only one.
    pub fn remove_pipeline(&self, id: u64) -> Result<(), Error> {
        self.crm().remove_pipeline(id).then_some(()).ok_or(Error::NoPipeline(id))
    }

    /// Adds a stage behind the other open ones, or gives the one with its id another name.
    pub fn put_stage(&self, pipeline_id: u64, id: u64, name: String) {
        self.crm().put_stage(pipeline_id, Status { id, name, incoming: false });
    }

    /// Takes a stage away; its leads go to the first open one of their pipeline, as if a user moved them.
    pub fn remove_stage(&self, pipeline_id: u64, id: u64) -> Result<(), Error> {
        let now_s = self.shared().clock().now_s();
        let mut crm = self.crm();
        let stamp = Stamp { at: now_s, by: crm.user_ids()[0] };
        let mut news = News::default();
        let removed = crm.remove_stage((pipeline_id, id), stamp, &mut news);
        crm.announce(news, WebhookStyle::default());
        match removed {
            StageChange::Done => Ok(()),
            StageChange::NotThere => Err(Error::NoStage(pipeline_id, id)),
            StageChange::Fixed => Err(Error::FixedStage(id)),
        }
    }

    /// Lets the API answer as of so many seconds ago: leads, contacts, companies and the audit log, but
    /// nothing as it was before this was asked for. Webhooks are not behind. 0 ends it.
    pub fn lag_by(&self, seconds: u32) -> Result<(), Error> {
        if seconds > MOST_LAG_S {
            return Err(Error::LongLag);
        }
        self.crm().lag_by(i64::from(seconds) * 1000);
        Ok(())
    }

    /// Switches a webhook off, as Kommo does after many bad answers. Says whether there is one.
    pub fn disable_webhook(&self, destination: &str) -> bool {
        self.crm().outbox.disable(destination)
    }

    /// Adds a contact, or replaces the one with its id. It sets the scene: no audit log, no webhook.
    pub fn put_contact(&self, contact: Contact) {
        let now_s = self.shared().clock().now_s();
        self.crm().put_contact(contact, now_s);
    }

    /// Adds a deal, or replaces the one with its id. It sets the scene: no audit log, no webhook.
    pub fn put_deal(&self, deal: Deal) {
        self.crm().put_deal(deal);
    }

    /// Moves a deal as a user would: audit log, `updated_at`, `closed_at` for 142 and 143, webhooks.
    /// Says whether the deal exists.
    pub fn move_deal(&self, id: u64, pipeline_id: u64, status_id: u64, at_s: i64) -> bool {
        let place = Change::Set((pipeline_id, status_id));
        self.change_deal(id, LeadPatch { place, ..LeadPatch::default() }, at_s)
    }

    /// Changes the price of a deal as a user would. Says whether the deal exists.
    pub fn set_price(&self, id: u64, price: Option<i64>, at_s: i64) -> bool {
        let price = Change::Set(price.map(LeadPrice::from));
        self.change_deal(id, LeadPatch { price, ..LeadPatch::default() }, at_s)
    }

    fn change_deal(&self, id: u64, patch: LeadPatch, at: i64) -> bool {
        let mut crm = self.crm();
        let stamp = Stamp { at, by: crm.user_ids()[0] };
        let mut news = News::default();
        let exists = crm.change_lead(id, patch, stamp, &mut news);
        crm.announce(news, WebhookStyle::default());
        exists
    }

    /// Makes and changes leads as a user would, in one go; their webhooks leave in the given style.
    /// The first change that cannot be is an error; those before it have happened.
    pub fn change_leads(&self, changes: &[LeadChange], style: WebhookStyle) -> Result<(), Error> {
        let now_s = self.shared().clock().now_s();
        let mut crm = self.crm();
        let mut news = News::default();
        let outcome = changes.iter().try_for_each(|change| crm.do_change(change, now_s, &mut news));
        crm.announce(news, style);
        outcome
    }

    /// Makes a contact as a user would, or gives the one with its id this name, these numbers and these
    /// addresses: audit log and webhooks.
    pub fn change_contact(&self, contact: Contact) -> Result<(), Error> {
        let now_s = self.shared().clock().now_s();
        let mut crm = self.crm();
        let stamp = Stamp { at: now_s, by: crm.user_ids()[0] };
        let person = crm.person_of(contact, now_s);
        let mut news = News::default();
        if crm.contacts.contains_key(&person.card.id) {
            let mut values = person.card.values;
            for field in [fields::PHONE, fields::EMAIL] {
                values.entry(field).or_default();
            }
            let card = CardPatch { name: Change::Set(person.card.name), values, ..CardPatch::default() };
            let patch = PersonPatch { card, ..PersonPatch::default() };
            crm.change_contact(person.card.id, patch, stamp, &mut news);
        } else if person.card.id == 0 {
            return Err(Error::NoId);
        } else if crm.has_room(crm.contacts.len(), 1) {
            crm.add_contact(person, stamp, &mut news);
        } else {
            return Err(Error::Full("contacts"));
        }
        crm.announce(news, WebhookStyle::default());
        Ok(())
    }

    /// Puts a contact into the bin, or takes it out. Says whether the contact exists.
    pub fn delete_contact(&self, id: u64, deleted: bool) -> bool {
        let now_s = self.shared().clock().now_s();
        let mut crm = self.crm();
        let stamp = Stamp { at: now_s, by: crm.user_ids()[0] };
        let mut news = News::default();
        let exists = crm.delete(Kind::Contact, id, deleted, stamp, &mut news);
        crm.announce(news, WebhookStyle::default());
        exists
    }

    /// Makes one contact of two, as a user would who merges duplicates. Says whether both exist.
    pub fn merge_contacts(&self, into: u64, from: u64) -> bool {
        let now_s = self.shared().clock().now_s();
        let mut crm = self.crm();
        let stamp = Stamp { at: now_s, by: crm.user_ids()[0] };
        let mut news = News::default();
        let merged = crm.merge_contacts(into, from, stamp, &mut news);
        crm.announce(news, WebhookStyle::default());
        merged
    }

    /// Lets somebody write: talk and message webhooks, audit log. An unknown contact or lead is an error.
    pub fn add_message(&self, message: ChatMessage) -> Result<(), Error> {
        let now_s = self.shared().clock().now_s();
        let mut crm = self.crm();
        let mut news = News::default();
        crm.add_message(message, now_s, &mut news)?;
        crm.announce(news, WebhookStyle::default());
        Ok(())
    }

    /// Whether every webhook has been delivered or given up.
    pub fn has_delivered(&self) -> bool {
        self.crm().outbox.is_empty()
    }

    /// Every attempt to deliver a webhook, oldest first.
    pub fn deliveries(&self) -> Vec<KommoDelivery> {
        self.crm().outbox.deliveries.to_vec()
    }

    /// The integration that may ask for tokens from now on.
    pub fn set_integration(&self, integration: KommoIntegration) {
        self.tokens().integration = Some(integration);
    }

    /// A code of 20 minutes that the integration can change into tokens, once.
    pub fn oauth_code(&self) -> String {
        let now_ms = self.shared().clock().now_ms();
        self.tokens().issue_code(now_ms)
    }
}

impl Crm {
    fn do_change(&mut self, change: &LeadChange, now_s: i64, news: &mut News) -> Result<(), Error> {
        let stamp = Stamp { at: change.at.unwrap_or(now_s), by: self.user_ids()[0] };
        let values = self.values_of(change)?;
        let tags: Option<Vec<(u64, String)>> =
            change.tags.as_ref().map(|names| names.iter().map(|name| self.tag(name)).collect());
        let Some(known) = self.leads.get(&change.id) else {
            let (Some(pipeline_id), Some(status_id)) = (change.pipeline_id, change.status_id) else {
                return Err(Error::NoPlace);
            };
            if change.id == 0 {
                return Err(Error::NoId);
            }
            if !self.has_room(self.leads.len(), 1) {
                return Err(Error::Full("leads"));
            }
            let mut lead = self.lead_of(Deal {
                id: change.id,
                name: change.name.clone().unwrap_or_default(),
                pipeline_id,
                status_id,
                contact_ids: change.contact_ids.clone().unwrap_or_default(),
                created_at: stamp.at,
                ..Deal::default()
            });
            change.price.apply(&mut lead.price);
            lead.card.tags = tags.unwrap_or_default();
            lead.card.values = values;
            lead.card.responsible_user_id =
                change.responsible_user_id.unwrap_or(lead.card.responsible_user_id);
            (lead.card.created_by, lead.card.updated_by) = (stamp.by, stamp.by);
            self.add_lead(lead, stamp, news);
            return Ok(());
        };
        let place =
            (change.pipeline_id.unwrap_or(known.pipeline_id), change.status_id.unwrap_or(known.status_id));
        let card = CardPatch {
            name: change.name.clone().into(),
            responsible_user_id: change.responsible_user_id.into(),
            tags: tags.into(),
            values,
            is_deleted: change.deleted.into(),
        };
        let patch = LeadPatch {
            card,
            price: change.price,
            place: Change::Set(place),
            contact_ids: change.contact_ids.clone().into(),
            ..LeadPatch::default()
        };
        self.change_lead(change.id, patch, stamp, news);
        Ok(())
    }

    fn values_of(&self, change: &LeadChange) -> Result<Values, Error> {
        let Some(given) = &change.custom_fields_values else { return Ok(Values::new()) };
        let given = serde_json::json!({ "custom_fields_values": given });
        let item = Item::of(&given, 0).map_err(|problem| Error::Fields(problem.to_string()))?;
        let values = values::read(self, Kind::Lead, &item);
        input::refuse_faults(&[item]).map_err(|problem| Error::Fields(problem.to_string()))?;
        Ok(values)
    }
}
