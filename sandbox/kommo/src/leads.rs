//! `GET`, `POST` and `PATCH` of `/leads` and `/leads/{id}`.
//!
//! A lead that is not there is a 404, as recorded for other objects; a client should also expect a 204.

use axum::response::Response;
use serde_json::{Value, json};

use super::answer::{self, List};
use super::crm::cards::{Card, Change, Kind, Lead, LeadPatch, Stamp};
use super::crm::news::News;
use super::crm::{Crm, LeadPrice, is_closed};
use super::input::Item;
use super::problem::ApiProblem;
use super::query::Query;
use super::{Context, MOST_PER_PAGE, USUAL_PER_PAGE, account, cards};

const ORDERS: [&str; 3] = ["id", "created_at", "updated_at"];

pub(super) fn many(context: &Context<'_>, query: &str) -> Result<Response, ApiProblem> {
    let filters = [&cards::FILTERS[..], &["statuses", "pipeline_id", "price", "closed_at"]].concat();
    let query = Query::read(query, &filters, &ORDERS)?;
    let page = query.page(USUAL_PER_PAGE, MOST_PER_PAGE)?;
    let is_asked_for = cards::filter(&query)?;
    let (price, closed_at) = (query.range("price")?, query.range("closed_at")?);
    let is_in = |range: &std::ops::RangeInclusive<i64>, value: Option<i64>| {
        *range == (i64::MIN..=i64::MAX) || value.is_some_and(|value| range.contains(&value))
    };
    let pipelines = query.ids("pipeline_id")?;
    let places = places(&query)?;
    let mut rows: Vec<&Lead> = context
        .crm
        .seen_leads()
        .iter()
        .filter(|lead| is_asked_for(&lead.card))
        .filter(|lead| is_in(&price, lead.price.map(LeadPrice::whole)) && is_in(&closed_at, lead.closed_at))
        .filter(|lead| pipelines.as_ref().is_none_or(|ids| ids.contains(&lead.pipeline_id)))
        .filter(|lead| places.is_empty() || places.contains(&lead.place()))
        .collect();
    cards::sort(&mut rows, &query, |lead| &lead.card);
    let list = List { href: &context.href("leads"), name: "leads", query: &query, page };
    Ok(list.answer(&rows, |lead| shown(context, lead, &query)))
}

/// The pairs of `filter[statuses][0][pipeline_id]` and `filter[statuses][0][status_id]`.
fn places(query: &Query) -> Result<Vec<(u64, u64)>, ApiProblem> {
    let mut places: Vec<(&str, Option<u64>, Option<u64>)> = Vec::new();
    for (parts, value) in query.parts("statuses") {
        let [index, key] = parts.as_slice() else {
            return Err(ApiProblem::bad_request("filter[statuses] needs an index and a key".to_owned()));
        };
        let number = value.parse().map_err(|_| {
            ApiProblem::bad_request(format!("filter[statuses][{index}][{key}] is not a number: {value}"))
        })?;
        if !places.iter().any(|place| place.0 == *index) {
            places.push((index, None, None));
        }
        let Some(place) = places.iter_mut().find(|place| place.0 == *index) else { continue };
        match *key {
            "pipeline_id" => place.1 = Some(number),
            "status_id" => place.2 = Some(number),
            _ => return Err(ApiProblem::bad_request(format!("filter[statuses] does not have {key}"))),
        }
    }
    let whole = |(_, pipeline_id, status_id)| Option::zip(pipeline_id, status_id);
    places.into_iter().map(whole).collect::<Option<_>>().ok_or_else(|| {
        ApiProblem::bad_request("filter[statuses] needs pipeline_id and status_id together".to_owned())
    })
}

pub(super) fn one(context: &Context<'_>, id: &str, query: &str) -> Result<Response, ApiProblem> {
    let query = Query::read(query, &[], &[])?;
    let lead = id.parse().ok().and_then(|id: u64| context.crm.seen_leads().get(id));
    let lead = lead.filter(|lead| lead.card.is_deleted == query.with("only_deleted"));
    let lead = lead.ok_or_else(|| cards::not_found(Kind::Lead))?;
    Ok(answer::hal(&shown(context, lead, &query)))
}

fn shown(context: &Context<'_>, lead: &Lead, query: &Query) -> Value {
    let mut out = cards::shown(context, Kind::Lead, &lead.card, lead.company_id);
    for (key, value) in [
        ("price", json!(lead.price.map(LeadPrice::whole))),
        ("price_with_minor_units", json!(lead.price)),
        ("status_id", json!(lead.status_id)),
        ("pipeline_id", json!(lead.pipeline_id)),
        ("loss_reason_id", json!(lead.loss_reason_id)),
        ("closed_at", json!(lead.closed_at)),
        ("score", Value::Null),
        ("labor_cost", Value::Null),
    ] {
        out[key] = value;
    }
    if query.with("source_id") {
        out["source_id"] = Value::Null;
    }
    if query.with("is_price_modified_by_robot") {
        out["is_price_modified_by_robot"] = json!(false);
    }
    let embedded = &mut out["_embedded"];
    if query.with("contacts") {
        let contact = |(place, id): (usize, &u64)| {
            let mut shown = cards::reference(context, Kind::Contact, *id);
            shown["is_main"] = json!(place == 0);
            shown
        };
        embedded["contacts"] = lead.contact_ids.iter().enumerate().map(contact).collect();
    }
    if query.with("loss_reason") {
        let reasons = lead.loss_reason_id.and_then(|id| account::loss_reason(context, id));
        embedded["loss_reason"] = reasons.into_iter().collect();
    }
    if query.with("catalog_elements") {
        embedded["catalog_elements"] = json!([]);
    }
    out
}

pub(super) fn make(context: &mut Context<'_>, body: &Value) -> Result<Response, ApiProblem> {
    let read = |context: &mut Context<'_>, item: &Item<'_>| {
        let (lead, stamp) = new_lead(context, item);
        let contact_ids = linked_contacts(context, item);
        (Lead { contact_ids, company_id: cards::linked_company(context, item), ..lead }, stamp)
    };
    let known = context.crm.leads.len();
    let add = |crm: &mut Crm, id, mut lead: Lead, stamp, news: &mut News| {
        lead.card.id = id;
        crm.add_lead(lead, stamp, news);
    };
    cards::make(context, (Kind::Lead, known), body, read, add)
}

/// A lead as a request describes it, linked with nothing yet.
pub(super) fn new_lead(context: &mut Context<'_>, item: &Item<'_>) -> (Lead, Stamp) {
    let stamp = cards::stamp(context, item, "created_at", "created_by");
    let patch = read(context, item, None);
    let mut lead = Lead {
        card: Card {
            responsible_user_id: context.user_id(),
            created_at: stamp.at,
            created_by: stamp.by,
            ..Card::default()
        },
        ..Lead::default()
    };
    let updated = cards::stamp(context, item, "updated_at", "updated_by");
    patch.card.apply(&mut lead.card, if item.raw("updated_at").is_some() { updated } else { stamp });
    lead.price = Some(LeadPrice::from(0));
    patch.price.apply(&mut lead.price);
    patch.loss_reason_id.apply(&mut lead.loss_reason_id);
    if let Change::Set(place) = patch.place {
        (lead.pipeline_id, lead.status_id) = place;
    }
    lead.closed_at = is_closed(lead.status_id).then(|| patch.closed_at.unwrap_or(stamp.at));
    (lead, stamp)
}

fn linked_contacts(context: &Context<'_>, item: &Item<'_>) -> Vec<u64> {
    let path = "_embedded.contacts";
    let list = item.raw("_embedded").and_then(|embedded| embedded.get("contacts"));
    let mut ids = Vec::new();
    for (place, contact) in item.objects(path, list).into_iter().enumerate() {
        let id = contact.get("id").and_then(Value::as_u64);
        match id.filter(|id| context.crm.card(Kind::Contact, *id).is_some()) {
            None => item.no_choice(&format!("{path}.{place}.id")),
            Some(id) if contact.get("is_main") == Some(&Value::Bool(true)) => ids.insert(0, id),
            Some(id) => ids.push(id),
        }
    }
    ids
}

/// Changes one lead, or those of a list.
pub(super) fn change(
    context: &mut Context<'_>,
    path_id: Option<&str>,
    body: &Value,
) -> Result<Response, ApiProblem> {
    let changing = |context: &mut Context<'_>, item: &Item<'_>, id| {
        let known = context.crm.leads.get(&id).cloned();
        read(context, item, known.as_ref())
    };
    cards::change(context, (Kind::Lead, path_id), body, changing, Crm::change_lead)
}

fn read(context: &mut Context<'_>, item: &Item<'_>, known: Option<&Lead>) -> LeadPatch {
    let own = ["price", "status_id", "pipeline_id", "loss_reason_id", "closed_at", "visitor_uid"];
    item.only(&[&cards::KEYS[..], &own].concat());
    let loss_reason_id = match item.raw("loss_reason_id") {
        Some(Value::Null) => Change::Set(None),
        _ => item.id("loss_reason_id").map(Some).into(),
    };
    if let Change::Set(Some(id)) = loss_reason_id
        && account::loss_reason(context, id).is_none()
    {
        item.no_choice("loss_reason_id");
    }
    LeadPatch {
        card: cards::patch(context, Kind::Lead, item, known.map(|lead| &lead.card)),
        price: item.price("price"),
        place: place(context, item, known).into(),
        loss_reason_id,
        contact_ids: Change::Keep,
        company_id: Change::Keep,
        closed_at: item.whole("closed_at"),
    }
}

/// A pipeline without a stage means its first open one; a stage without a pipeline is one of the lead's own
/// pipeline, or of the first pipeline for a new lead.
fn place(context: &Context<'_>, item: &Item<'_>, known: Option<&Lead>) -> Option<(u64, u64)> {
    let (pipeline_id, status_id) = (item.id("pipeline_id"), item.id("status_id"));
    if known.is_some() && pipeline_id.is_none() && status_id.is_none() {
        return None;
    }
    let own = known.map(|lead| lead.pipeline_id).or_else(|| context.crm.pipelines.keys().next().copied());
    let Some(pipeline) = pipeline_id.or(own).and_then(|id| context.crm.pipelines.get(&id)) else {
        item.no_choice("pipeline_id");
        return None;
    };
    let first = || pipeline.statuses.iter().find(|status| !status.incoming).map(|status| status.id);
    let stays = known.filter(|lead| lead.pipeline_id == pipeline.id).map(|lead| lead.status_id);
    let status_id = status_id.or(stays).or_else(first)?;
    if context.crm.status((pipeline.id, status_id)).is_none() {
        item.no_choice("status_id");
    }
    Some((pipeline.id, status_id))
}
