//! `GET /leads/{id}/links`, `POST /leads/{id}/link` and `/unlink`, and the same of contacts.

use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Value, json};

use super::answer;
use super::crm::cards::{Kind, Person, Stamp};
use super::crm::news::{News, WebhookStyle};
use super::input;
use super::problem::ApiProblem;
use super::query::Query;
use super::{Context, cards};

fn card(context: &Context<'_>, kind: Kind, id: &str) -> Result<u64, ApiProblem> {
    let card = id.parse().ok().and_then(|id| context.crm.card(kind, id));
    card.map(|card| card.id).ok_or_else(|| ApiProblem::not_found("Entity not found"))
}

pub(super) fn many(context: &Context<'_>, kind: Kind, id: &str, query: &str) -> Result<Response, ApiProblem> {
    let query = Query::read(query, &["to_entity_id", "to_entity_type"], &[])?;
    let id = card(context, kind, id)?;
    let (ids, types) = (query.ids("to_entity_id")?, query.filter("to_entity_type"));
    let mut rows = links(context, kind, id);
    rows.retain(|row| {
        let (other_id, other_type) = (row["to_entity_id"].as_u64(), row["to_entity_type"].as_str());
        ids.as_ref().is_none_or(|ids| other_id.is_some_and(|id| ids.contains(&id)))
            && types.as_ref().is_none_or(|types| other_type.is_some_and(|other| types.contains(&other)))
    });
    Ok(answer::hal(&cards::embedded(context, &format!("{}/{id}/links", kind.many()), &rows)))
}

/// What a card is linked with, as the API shows it.
fn links(context: &Context<'_>, kind: Kind, id: u64) -> Vec<Value> {
    let row = |kind: Kind, id: u64, metadata: Value| json!({ "to_entity_id": id, "to_entity_type": kind.many(), "metadata": metadata });
    let main = |is_main: bool| json!({ "main_contact": is_main });
    let leads = context.crm.seen_leads();
    let contacts = context.crm.seen_contacts();
    let mut rows = Vec::new();
    match kind {
        Kind::Lead => {
            let Some(lead) = leads.get(id) else { return rows };
            for (place, id) in lead.contact_ids.iter().enumerate() {
                rows.push(row(Kind::Contact, *id, main(place == 0)));
            }
            rows.extend(lead.company_id.map(|id| row(Kind::Company, id, Value::Null)));
        }
        Kind::Contact => {
            for lead in leads.leads_with(|lead| lead.contact_ids.contains(&id)) {
                let first = leads.get(lead).and_then(|lead| lead.contact_ids.first());
                rows.push(row(Kind::Lead, lead, main(first == Some(&id))));
            }
            let company_id = contacts.get(id).and_then(|person| person.company_id);
            rows.extend(company_id.map(|id| row(Kind::Company, id, Value::Null)));
        }
        Kind::Company => {
            for lead in leads.leads_with(|lead| lead.company_id == Some(id)) {
                rows.push(row(Kind::Lead, lead, Value::Null));
            }
            let of_it = |person: &&Person| !person.card.is_deleted && person.company_id == Some(id);
            for person in contacts.iter().filter(of_it) {
                rows.push(row(Kind::Contact, person.card.id, Value::Null));
            }
        }
    }
    rows
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
    let items = input::items(body)?;
    let mut pairs = Vec::new();
    for item in &items {
        item.only(&["to_entity_id", "to_entity_type", "metadata"]);
        let other_kind = item.raw("to_entity_type").and_then(Value::as_str).and_then(Kind::of_list);
        let Some(other_kind) = other_kind.filter(|other_kind| *other_kind != kind) else {
            item.no_choice("to_entity_type");
            continue;
        };
        let other = item.id("to_entity_id").filter(|other| context.crm.card(other_kind, *other).is_some());
        let Some(other) = other else {
            item.no_choice("to_entity_id");
            continue;
        };
        let is_main = item
            .raw("metadata")
            .is_some_and(|said| said["main_contact"] == json!(true) || said["is_main"] == json!(true));
        pairs.push(((other_kind, other), is_main));
    }
    input::refuse_faults(&items)?;
    let stamp = Stamp { at: context.now_s, by: context.user_id() };
    let mut news = News::default();
    for (other, is_main) in pairs {
        if link {
            context.crm.link((kind, id), other, is_main, stamp, &mut news);
        } else {
            context.crm.unlink((kind, id), other, stamp, &mut news);
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
