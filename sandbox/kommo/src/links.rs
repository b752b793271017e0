//! `GET /leads/{id}/links`, `POST /leads/{id}/link` and `/unlink`, and the same of contacts.

use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Value, json};

use super::answer;
use super::crm::cards::{Change, Kind, LeadPatch, Stamp};
use super::crm::news::{News, WebhookStyle};
use super::input;
use super::problem::ApiProblem;
use super::{Context, cards};

fn card(context: &Context<'_>, kind: Kind, id: &str) -> Result<u64, ApiProblem> {
    let card = id.parse().ok().and_then(|id| context.crm.card(kind, id));
    card.map(|card| card.id).ok_or_else(|| ApiProblem::not_found("Entity not found"))
}

pub(super) fn many(context: &Context<'_>, kind: Kind, id: &str) -> Result<Response, ApiProblem> {
    let id = card(context, kind, id)?;
    Ok(answer::hal(&cards::embedded(
        context,
        &format!("{}/{id}/links", kind.many()),
        &links(context, kind, id),
    )))
}

fn links(context: &Context<'_>, kind: Kind, id: u64) -> Vec<Value> {
    let main = |is_main: bool| json!({ "main_contact": is_main });
    match kind {
        Kind::Lead => {
            let contacts =
                context.crm.leads.get(&id).map(|lead| lead.contact_ids.as_slice()).unwrap_or_default();
            let shown = |(place, id): (usize, &u64)| json!({ "to_entity_id": id, "to_entity_type": "contacts", "metadata": main(place == 0) });
            contacts.iter().enumerate().map(shown).collect()
        }
        Kind::Contact => {
            let is_main = |lead: u64| {
                context.crm.leads.get(&lead).is_some_and(|lead| lead.contact_ids.first() == Some(&id))
            };
            let shown = |lead: u64| json!({ "to_entity_id": lead, "to_entity_type": "leads", "metadata": main(is_main(lead)) });
            context.crm.leads_of(id).map(shown).collect()
        }
    }
}

/// Links or unlinks what the body names.
pub(super) fn change(
    context: &mut Context<'_>,
    kind: Kind,
    id: &str,
    link: bool,
    body: &Value,
) -> Result<Response, ApiProblem> {
    let id = card(context, kind, id)?;
    let other_kind = match kind {
        Kind::Lead => Kind::Contact,
        Kind::Contact => Kind::Lead,
    };
    let items = input::items(body)?;
    let mut pairs = Vec::new();
    for item in &items {
        item.only(&["to_entity_id", "to_entity_type", "metadata"]);
        if item.raw("to_entity_type").and_then(Value::as_str) != Some(other_kind.many()) {
            item.no_choice("to_entity_type");
        }
        let other = item.id("to_entity_id").filter(|other| context.crm.card(other_kind, *other).is_some());
        let Some(other) = other else {
            item.no_choice("to_entity_id");
            continue;
        };
        let is_main = item
            .raw("metadata")
            .is_some_and(|said| said["main_contact"] == json!(true) || said["is_main"] == json!(true));
        let (lead, contact) = if kind == Kind::Lead { (id, other) } else { (other, id) };
        pairs.push((lead, contact, is_main));
    }
    input::refuse_faults(&items)?;
    let stamp = Stamp { at: context.now_s, by: context.user_id() };
    let mut news = News::default();
    for (lead, contact, is_main) in pairs {
        if link {
            context.crm.link(lead, contact, is_main, stamp, &mut news);
        } else {
            let known = context.crm.leads.get(&lead).map(|lead| lead.contact_ids.clone());
            let mut contact_ids = known.unwrap_or_default();
            contact_ids.retain(|known| *known != contact);
            let patch = LeadPatch { contact_ids: Change::Set(contact_ids), ..LeadPatch::default() };
            context.crm.change_lead(lead, patch, stamp, &mut news);
        }
    }
    context.crm.announce(news, WebhookStyle::default());
    if !link {
        return Ok(answer::no_content());
    }
    let rows = links(context, kind, id);
    Ok(answer::hal_with(
        StatusCode::OK,
        &cards::embedded(context, &format!("{}/{id}/links", kind.many()), &rows),
    ))
}
