//! `GET`, `POST` and `PATCH` of `/contacts` and `/contacts/{id}`.

use axum::response::Response;
use serde_json::{Value, json};

use super::answer::{self, List};
use super::crm::Seen;
use super::crm::cards::{Card, Change, Kind, Lead, Person, PersonPatch, Stamp};
use super::crm::news::{News, WebhookStyle};
use super::input::{self, Item, MOST_NAME};
use super::problem::ApiProblem;
use super::query::Query;
use super::{Context, MOST_PER_PAGE, USUAL_PER_PAGE, cards};

pub(super) fn many(context: &Context<'_>, query: &str) -> Result<Response, ApiProblem> {
    let query = Query::read(query, &cards::FILTERS, &["id", "updated_at"])?;
    let page = query.page(USUAL_PER_PAGE, MOST_PER_PAGE)?;
    let is_asked_for = cards::filter(&query)?;
    let contacts = context.crm.seen_contacts();
    let mut rows: Vec<&Person> = contacts.iter().filter(|person| is_asked_for(&person.card)).collect();
    cards::sort(&mut rows, &query, |person| &person.card);
    let leads = query.with("leads").then(|| context.crm.seen_leads());
    let list = List { href: &context.href("contacts"), name: "contacts", query: &query, page };
    Ok(list.answer(&rows, |person| shown(context, person, leads.as_ref())))
}

pub(super) fn one(context: &Context<'_>, id: &str, query: &str) -> Result<Response, ApiProblem> {
    let query = Query::read(query, &[], &[])?;
    let person = id.parse().ok().and_then(|id: u64| context.crm.seen_contacts().get(id));
    let person = person.filter(|person| !person.card.is_deleted);
    let person = person.ok_or_else(|| ApiProblem::not_found("Contact not found"))?;
    let leads = query.with("leads").then(|| context.crm.seen_leads());
    Ok(answer::hal(&shown(context, person, leads.as_ref())))
}

/// With the leads among these that it is linked with.
fn shown(context: &Context<'_>, person: &Person, leads: Option<&Seen<'_, Lead>>) -> Value {
    let mut out = cards::shown(context, Kind::Contact, &person.card, person.company_id);
    out["first_name"] = json!(person.first_name);
    out["last_name"] = json!(person.last_name);
    out["is_unsorted"] = json!(false);
    if let Some(leads) = leads {
        let linked = leads.leads_with(|lead| lead.contact_ids.contains(&person.card.id));
        let shown = |id| cards::reference(context, Kind::Lead, id);
        out["_embedded"]["leads"] = linked.into_iter().map(shown).collect();
    }
    out
}

pub(super) fn make(context: &mut Context<'_>, body: &Value) -> Result<Response, ApiProblem> {
    let items = input::items(body)?;
    if !context.crm.has_room(context.crm.contacts.len(), items.len()) {
        return Err(ApiProblem::bad_request("the sandbox keeps no more contacts".to_owned()));
    }
    let mut read = Vec::new();
    for item in &items {
        let (person, stamp) = new_contact(context, item);
        let company_id = cards::linked_company(context, item);
        read.push((Person { company_id, ..person }, stamp));
    }
    input::refuse_faults(&items)?;
    let mut news = News::default();
    let mut made = Vec::new();
    for (item, (mut person, stamp)) in items.iter().zip(read) {
        person.card.id = context.crm.new_id();
        made.push((person.card.id, item.request_id().to_owned()));
        context.crm.add_contact(person, stamp, &mut news);
    }
    context.crm.announce(news, WebhookStyle::default());
    Ok(cards::made(context, "contacts", &made))
}

/// A contact as a request describes it, linked with nothing yet.
pub(super) fn new_contact(context: &mut Context<'_>, item: &Item<'_>) -> (Person, Stamp) {
    let stamp = cards::stamp(context, item, "created_at", "created_by");
    let patch = read(context, item, None);
    let mut person = Person {
        card: Card {
            responsible_user_id: context.user_id(),
            created_at: stamp.at,
            created_by: stamp.by,
            ..Card::default()
        },
        ..Person::default()
    };
    patch.card.apply(&mut person.card, stamp);
    patch.first_name.apply(&mut person.first_name);
    patch.last_name.apply(&mut person.last_name);
    if person.card.name.is_empty() {
        let whole = format!("{} {}", person.first_name, person.last_name);
        whole.trim().clone_into(&mut person.card.name);
    }
    (person, stamp)
}

/// Changes one contact, or those of a list: all of them or, if one has a fault, none.
pub(super) fn change(
    context: &mut Context<'_>,
    path_id: Option<&str>,
    body: &Value,
) -> Result<Response, ApiProblem> {
    let items = if path_id.is_some() { vec![Item::of(body, 0)?] } else { input::items(body)? };
    let mut patches = Vec::new();
    for item in &items {
        let id = path_id.map_or_else(|| item.id("id"), |id| id.parse().ok());
        match id.and_then(|id| context.crm.card(Kind::Contact, id)).cloned() {
            Some(card) => {
                let stamp = cards::stamp(context, item, "updated_at", "updated_by");
                patches.push((card.id, read(context, item, Some(&card)), stamp));
            }
            None if path_id.is_some() => return Err(ApiProblem::not_found("Contact not found")),
            None if item.raw("id").is_none() => item.missing("id"),
            None => item.no_choice("id"),
        }
    }
    input::refuse_faults(&items)?;
    let mut news = News::default();
    let mut rows = Vec::new();
    for (id, patch, stamp) in patches {
        context.crm.change_contact(id, patch, stamp, &mut news);
        rows.push(json!({ "id": id, "updated_at": stamp.at, "_links": context.self_link("contacts", id) }));
    }
    context.crm.announce(news, WebhookStyle::default());
    if path_id.is_some() {
        return Ok(answer::hal(&rows.swap_remove(0)));
    }
    Ok(answer::hal(&cards::embedded(context, "contacts", &rows)))
}

fn read(context: &mut Context<'_>, item: &Item<'_>, known: Option<&Card>) -> PersonPatch {
    item.only(&[&cards::KEYS[..], &["first_name", "last_name"]].concat());
    PersonPatch {
        card: cards::patch(context, Kind::Contact, item, known),
        first_name: item.text("first_name", MOST_NAME).into(),
        last_name: item.text("last_name", MOST_NAME).into(),
        company_id: Change::Keep,
    }
}
