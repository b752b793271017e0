//! `GET`, `POST` and `PATCH` of `/contacts` and `/contacts/{id}`.

use axum::response::Response;
use serde_json::{Value, json};

use super::answer::{self, List};
use super::crm::cards::{Card, Change, Kind, Lead, Person, PersonPatch, Stamp};
use super::crm::news::News;
use super::crm::{Crm, Seen};
use super::input::{Item, MOST_NAME};
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
    let person = person.ok_or_else(|| cards::not_found(Kind::Contact))?;
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
    let read = |context: &mut Context<'_>, item: &Item<'_>| {
        let (person, stamp) = new_contact(context, item);
        (Person { company_id: cards::linked_company(context, item), ..person }, stamp)
    };
    let known = context.crm.contacts.len();
    let add = |crm: &mut Crm, id, mut person: Person, stamp, news: &mut News| {
        person.card.id = id;
        crm.add_contact(person, stamp, news);
    };
    cards::make(context, (Kind::Contact, known), body, read, add)
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

/// Changes one contact, or those of a list.
pub(super) fn change(
    context: &mut Context<'_>,
    path_id: Option<&str>,
    body: &Value,
) -> Result<Response, ApiProblem> {
    let changing = |context: &mut Context<'_>, item: &Item<'_>, id| {
        let known = context.crm.card(Kind::Contact, id).cloned();
        read(context, item, known.as_ref())
    };
    cards::change(context, (Kind::Contact, path_id), body, changing, Crm::change_contact)
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
