//! `GET`, `POST` and `PATCH` of `/companies` and `/companies/{id}`.

use axum::response::Response;
use serde_json::{Value, json};

use super::answer::{self, List};
use super::crm::cards::{Card, CardPatch, Company, Kind, Lead, Person, Stamp};
use super::crm::news::News;
use super::crm::{Crm, Seen};
use super::input::Item;
use super::problem::ApiProblem;
use super::query::Query;
use super::{Context, MOST_PER_PAGE, USUAL_PER_PAGE, cards};

/// What a company can be linked with, as far as it is asked for.
struct Linked<'c> {
    leads: Option<Seen<'c, Lead>>,
    contacts: Option<Seen<'c, Person>>,
}

impl<'c> Linked<'c> {
    fn asked_for(context: &'c Context<'_>, query: &Query) -> Self {
        Self {
            leads: query.with("leads").then(|| context.crm.seen_leads()),
            contacts: query.with("contacts").then(|| context.crm.seen_contacts()),
        }
    }
}

pub(super) fn many(context: &Context<'_>, query: &str) -> Result<Response, ApiProblem> {
    let query = Query::read(query, &cards::FILTERS, &["id", "updated_at"])?;
    let page = query.page(USUAL_PER_PAGE, MOST_PER_PAGE)?;
    let is_asked_for = cards::filter(&query)?;
    let companies = context.crm.seen_companies();
    let mut rows: Vec<&Company> = companies.iter().filter(|company| is_asked_for(&company.card)).collect();
    cards::sort(&mut rows, &query, |company| &company.card);
    let linked = Linked::asked_for(context, &query);
    let list = List { href: &context.href("companies"), name: "companies", query: &query, page };
    Ok(list.answer(&rows, |company| shown(context, &company.card, &linked)))
}

pub(super) fn one(context: &Context<'_>, id: &str, query: &str) -> Result<Response, ApiProblem> {
    let query = Query::read(query, &[], &[])?;
    let company = id.parse().ok().and_then(|id: u64| context.crm.seen_companies().get(id));
    let company = company.filter(|company| !company.card.is_deleted);
    let company = company.ok_or_else(|| cards::not_found(Kind::Company))?;
    Ok(answer::hal(&shown(context, &company.card, &Linked::asked_for(context, &query))))
}

fn shown(context: &Context<'_>, card: &Card, linked: &Linked<'_>) -> Value {
    let mut out = cards::shown(context, Kind::Company, card, None);
    let mut embedded = json!({ "tags": out["_embedded"]["tags"].take() });
    if let Some(leads) = &linked.leads {
        let ids = leads.leads_with(|lead| lead.company_id == Some(card.id));
        embedded["leads"] = ids.into_iter().map(|id| cards::reference(context, Kind::Lead, id)).collect();
    }
    if let Some(contacts) = &linked.contacts {
        let of_it = |person: &&Person| !person.card.is_deleted && person.company_id == Some(card.id);
        let contacts = contacts.iter().filter(of_it);
        let shown = |person: &Person| cards::reference(context, Kind::Contact, person.card.id);
        embedded["contacts"] = contacts.map(shown).collect();
    }
    out["_embedded"] = embedded;
    out
}

pub(super) fn make(context: &mut Context<'_>, body: &Value) -> Result<Response, ApiProblem> {
    let known = context.crm.companies.len();
    let add = |crm: &mut Crm, id, mut company: Company, stamp, news: &mut News| {
        company.card.id = id;
        crm.add_company(company, stamp, news);
    };
    cards::make(context, (Kind::Company, known), body, new_company, add)
}

/// A company as a request describes it.
pub(super) fn new_company(context: &mut Context<'_>, item: &Item<'_>) -> (Company, Stamp) {
    let stamp = cards::stamp(context, item, "created_at", "created_by");
    let mut card = Card {
        responsible_user_id: context.user_id(),
        created_at: stamp.at,
        created_by: stamp.by,
        ..Card::default()
    };
    read(context, item, None).apply(&mut card, stamp);
    (Company { card }, stamp)
}

/// Changes one company, or those of a list.
pub(super) fn change(
    context: &mut Context<'_>,
    path_id: Option<&str>,
    body: &Value,
) -> Result<Response, ApiProblem> {
    let changing = |context: &mut Context<'_>, item: &Item<'_>, id| {
        let known = context.crm.card(Kind::Company, id).cloned();
        read(context, item, known.as_ref())
    };
    cards::change(context, (Kind::Company, path_id), body, changing, Crm::change_company)
}

fn read(context: &mut Context<'_>, item: &Item<'_>, known: Option<&Card>) -> CardPatch {
    item.only(&cards::KEYS);
    cards::patch(context, Kind::Company, item, known)
}
