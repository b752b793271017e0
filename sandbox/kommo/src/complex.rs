//! `POST /leads/complex`: leads, each with at most one contact and one company, made in one go.
//!
//! Kommo looks for duplicates where an integration asks for it; the sandbox never does, so nothing is merged.

use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Value, json};

use super::answer;
use super::crm::cards::{Company, Kind, Lead, Person, Stamp};
use super::crm::news::{News, WebhookStyle};
use super::input::{self, Item};
use super::problem::ApiProblem;
use super::{Context, companies, contacts, leads};

/// Leads in one request at most.
const MOST: usize = 50;

/// A card that a lead comes with.
enum Other<T> {
    None,
    Known(u64),
    New(Box<(T, Stamp)>),
}

pub(super) fn make(context: &mut Context<'_>, body: &Value) -> Result<Response, ApiProblem> {
    let items = input::items(body)?;
    if items.len() > MOST {
        return Err(ApiProblem::bad_request(format!("the array has to have 1 to {MOST} objects")));
    }
    let crm = &context.crm;
    let fullest = crm.leads.len().max(crm.contacts.len()).max(crm.companies.len());
    if !crm.has_room(fullest, items.len()) {
        return Err(ApiProblem::bad_request("the sandbox keeps no more leads".to_owned()));
    }
    let mut read = Vec::new();
    for item in &items {
        let lead = leads::new_lead(context, item);
        let contact = other(context, item, Kind::Contact, contacts::new_contact);
        let company = other(context, item, Kind::Company, companies::new_company);
        read.push((item.request_id().to_owned(), lead, contact, company));
    }
    input::refuse_faults(&items)?;
    let mut news = News::default();
    let mut rows = Vec::new();
    for (request_id, lead, contact, company) in read {
        rows.push(add(context, &request_id, lead, contact, company, &mut news));
    }
    context.crm.announce(news, WebhookStyle::default());
    Ok(answer::hal_with(StatusCode::OK, &json!(rows)))
}

/// The contact or the company of a request: one that is there, by its id, or a new one.
fn other<T>(
    context: &mut Context<'_>,
    item: &Item<'_>,
    kind: Kind,
    new: fn(&mut Context<'_>, &Item<'_>) -> (T, Stamp),
) -> Other<T> {
    let path = format!("_embedded.{}", kind.many());
    let list = item.raw("_embedded").and_then(|embedded| embedded.get(kind.many()));
    let objects = item.objects(&path, list);
    if objects.len() > 1 {
        item.too_many(&path);
    }
    let first = list.and_then(|list| list.get(0)).and_then(|first| Item::of(first, 0).ok());
    let Some(first) = first else { return Other::None };
    if first.raw("id").is_some() {
        let known = first.id("id").filter(|id| context.crm.card(kind, *id).is_some());
        if known.is_none() {
            item.no_choice(&format!("{path}.0.id"));
        }
        return known.map_or(Other::None, Other::Known);
    }
    let made = new(context, &first);
    // The company of the contact is the one of the lead.
    let named = first.raw("_embedded").and_then(|embedded| embedded.get(Kind::Company.many()));
    if named.is_some_and(|named| !input::is_empty(named)) {
        first.not_expected("_embedded.companies");
    }
    item.take_faults(&format!("{path}.0"), &first);
    Other::New(Box::new(made))
}

fn add(
    context: &mut Context<'_>,
    request_id: &str,
    (mut lead, stamp): (Lead, Stamp),
    contact: Other<Person>,
    company: Other<Company>,
    news: &mut News,
) -> Value {
    let company_id = match company {
        Other::None => None,
        Other::Known(id) => Some(id),
        Other::New(made) => {
            let (mut company, stamp) = *made;
            company.card.id = context.crm.new_id();
            let id = company.card.id;
            context.crm.add_company(company, stamp, news);
            Some(id)
        }
    };
    let contact_id = match contact {
        Other::None => None,
        Other::Known(id) => Some(id),
        Other::New(made) => {
            let (mut person, stamp) = *made;
            person.card.id = context.crm.new_id();
            // A new contact and the company are linked with each other, too.
            person.company_id = company_id;
            let id = person.card.id;
            context.crm.add_contact(person, stamp, news);
            Some(id)
        }
    };
    lead.card.id = context.crm.new_id();
    let id = lead.card.id;
    (lead.contact_ids, lead.company_id) = (contact_id.into_iter().collect(), company_id);
    context.crm.add_lead(lead, stamp, news);
    json!({
        "id": id,
        "contact_id": contact_id,
        "company_id": company_id,
        "request_id": [request_id],
        "merged": false,
    })
}
