//! The webhooks that a change makes.

use sandbox_hooks::{KommoAction, KommoContact, KommoEntry, KommoHook, KommoLead, kommo};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Crm;
use super::cards::{Card, Kind, Lead};

/// Happenings of one request, each with the subscription code that asks for it.
#[derive(Debug, Default)]
pub(crate) struct News(Vec<(&'static str, KommoEntry)>);

impl News {
    pub(crate) fn push(&mut self, code: &'static str, entry: KommoEntry) {
        self.0.push((code, entry));
    }
}

/// How the webhooks of a change leave; all of it is known of Kommo.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct WebhookStyle {
    /// Every request is sent two times.
    pub twice: bool,
    /// Brackets and spaces as they are, instead of percent-encoded.
    pub raw: bool,
    /// The account's keys at the end.
    pub account_last: bool,
    /// All keys in another order.
    pub shuffled: bool,
    /// Changes of one kind in one body, instead of a body for each.
    pub together: bool,
}

impl Crm {
    /// Puts the webhooks of `news` into the outbox. The change is already visible to the API by then.
    pub(crate) fn announce(&mut self, news: News, style: WebhookStyle) {
        let mut bodies: Vec<(&'static str, Vec<KommoEntry>)> = Vec::new();
        for (code, entry) in news.0 {
            match bodies.iter_mut().find(|(known, _)| style.together && *known == code) {
                Some((_, entries)) => entries.push(entry),
                None => bodies.push((code, vec![entry])),
            }
        }
        for (code, others) in bodies {
            if !self.outbox.is_asked_for(code) {
                continue;
            }
            let body = kommo(&KommoHook {
                account_id: self.account.id,
                subdomain: self.account.subdomain.clone(),
                leads: Vec::new(),
                others,
                account_first: !style.account_last,
                percent_encoded: !style.raw,
                shuffled: style.shuffled.then(|| self.outbox.sent()),
            });
            for _ in 0..=u8::from(style.twice) {
                self.outbox.send(code, &body);
            }
        }
    }

    pub(super) fn lead_entry(&self, action: KommoAction, lead: &Lead, before: Option<&Lead>) -> KommoEntry {
        let card = &lead.card;
        let moved = before.filter(|before| before.place() != lead.place());
        KommoLead {
            id: card.id,
            name: card.name.clone(),
            status_id: lead.status_id,
            old_status_id: moved.map(|before| before.status_id),
            pipeline_id: lead.pipeline_id,
            old_pipeline_id: moved
                .map(|before| before.pipeline_id)
                .filter(|pipeline_id| *pipeline_id != lead.pipeline_id),
            price: lead.price.map(|price| price.whole().to_string()).unwrap_or_default(),
            responsible_user_id: card.responsible_user_id,
            old_responsible_user_id: other_responsible(before.map(|before| &before.card), card),
            modified_user_id: card.updated_by,
            created_user_id: card.created_by,
            created_at: card.created_at,
            updated_at: card.updated_at,
            tags: card.tags.clone(),
            more: self.custom_fields(Kind::Lead, card),
        }
        .entry(action, self.account.id)
    }

    /// Companies are told of as contacts with a type of their own.
    pub(super) fn contact_entry(
        &self,
        kind: Kind,
        action: KommoAction,
        card: &Card,
        before: Option<&Card>,
    ) -> KommoEntry {
        let is_company = kind == Kind::Company;
        let linked = |lead: &&Lead| match kind {
            Kind::Company => lead.company_id == Some(card.id),
            _ => lead.contact_ids.contains(&card.id),
        };
        let leads = self.leads.values().filter(|lead| !lead.card.is_deleted).filter(linked);
        KommoContact {
            id: card.id,
            is_company,
            name: card.name.clone(),
            responsible_user_id: card.responsible_user_id,
            old_responsible_user_id: other_responsible(before, card),
            modified_user_id: card.updated_by,
            created_user_id: card.created_by,
            created_at: card.created_at,
            updated_at: card.updated_at,
            linked_leads: leads.map(|lead| lead.card.id).collect(),
            tags: card.tags.clone(),
            more: self.custom_fields(kind, card),
        }
        .entry(action, self.account.id)
    }

    /// In the shape of API v2: `custom_fields`, with the values of dates one level higher than others.
    fn custom_fields(&self, kind: Kind, card: &Card) -> Vec<(String, String)> {
        let mut pairs = Vec::new();
        let filled = card.values.iter().filter_map(|(id, values)| {
            self.fields(kind).iter().find(|field| field.id == *id).map(|field| (field, values))
        });
        for (index, (field, values)) in filled.enumerate() {
            let at = format!("[custom_fields][{index}]");
            pairs.push((format!("{at}[id]"), field.id.to_string()));
            pairs.push((format!("{at}[name]"), field.name.clone()));
            if !field.code.is_empty() {
                pairs.push((format!("{at}[code]"), field.code.clone()));
            }
            let is_date = matches!(field.kind.as_str(), "date" | "date_time" | "birthday");
            for (place, value) in values.iter().enumerate() {
                let level = if is_date { "" } else { "[value]" };
                pairs.push((format!("{at}[values][{place}]{level}"), as_text(&value["value"])));
                if let Some(choice) = value.get("enum_id").filter(|choice| !choice.is_null()) {
                    pairs.push((format!("{at}[values][{place}][enum]"), as_text(choice)));
                }
            }
        }
        pairs
    }
}

fn other_responsible(before: Option<&Card>, card: &Card) -> Option<u64> {
    before.map(|before| before.responsible_user_id).filter(|id| *id != card.responsible_user_id)
}

fn as_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Bool(yes) => u8::from(*yes).to_string(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}
