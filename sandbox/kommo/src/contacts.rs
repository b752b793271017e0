//! `GET`, `POST` and `PATCH` of `/contacts` and `/contacts/{id}`.

use axum::response::Response;
use serde_json::{Value, json};

use super::answer::{self, List};
use super::book::cards::{Card, Kind, Person, PersonPatch, Stamp};
use super::book::news::{News, WebhookStyle};
use super::input::{self, Item, MOST_NAME};
use super::problem::Problem;
use super::query::Query;
use super::{Desk, MOST_PER_PAGE, USUAL_PER_PAGE, cards};

pub(super) fn many(desk: &Desk<'_>, query: &str) -> Result<Response, Problem> {
    let query = Query::read(query, &cards::FILTERS, &["id", "updated_at"])?;
    let page = query.page(USUAL_PER_PAGE, MOST_PER_PAGE)?;
    let is_asked_for = cards::filter(&query)?;
    let mut rows: Vec<&Person> =
        desk.book.contacts.values().filter(|person| is_asked_for(&person.card)).collect();
    cards::sort(&mut rows, &query, |person| &person.card);
    let list = List { href: &desk.href("contacts"), name: "contacts", query: &query, page };
    Ok(list.answer(&rows, |person| shown(desk, person, &query)))
}

pub(super) fn one(desk: &Desk<'_>, id: &str, query: &str) -> Result<Response, Problem> {
    let query = Query::read(query, &[], &[])?;
    let person = id.parse().ok().and_then(|id: u64| desk.book.contacts.get(&id));
    let person = person.filter(|person| !person.card.is_deleted);
    let person = person.ok_or_else(|| Problem::not_found("Contact not found"))?;
    Ok(answer::hal(&shown(desk, person, &query)))
}

fn shown(desk: &Desk<'_>, person: &Person, query: &Query) -> Value {
    let mut out = cards::shown(desk, Kind::Contact, &person.card);
    out["first_name"] = json!(person.first_name);
    out["last_name"] = json!(person.last_name);
    out["is_unsorted"] = json!(false);
    if query.with("leads") {
        let lead = |id: u64| json!({ "id": id, "_links": desk.self_link("leads", id) });
        out["_embedded"]["leads"] = desk.book.leads_of(person.card.id).map(lead).collect();
    }
    out
}

pub(super) fn make(desk: &mut Desk<'_>, body: &Value) -> Result<Response, Problem> {
    let items = input::items(body)?;
    if !desk.book.has_room(desk.book.contacts.len(), items.len()) {
        return Err(Problem::bad_request("the sandbox keeps no more contacts".to_owned()));
    }
    let read: Vec<_> = items.iter().map(|item| new_contact(desk, item)).collect();
    input::refuse_faults(&items)?;
    let mut news = News::default();
    let mut made = Vec::new();
    for (item, (mut person, stamp)) in items.iter().zip(read) {
        person.card.id = desk.book.new_id();
        made.push((person.card.id, item.request_id().to_owned()));
        desk.book.add_contact(person, stamp, &mut news);
    }
    desk.book.announce(news, WebhookStyle::default());
    Ok(cards::made(desk, "contacts", &made))
}

fn new_contact(desk: &mut Desk<'_>, item: &Item<'_>) -> (Person, Stamp) {
    let stamp = cards::stamp(desk, item, "created_at", "created_by");
    let patch = read(desk, item, None);
    let mut person = Person {
        card: Card {
            responsible_user_id: desk.user_id(),
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
pub(super) fn change(desk: &mut Desk<'_>, path_id: Option<&str>, body: &Value) -> Result<Response, Problem> {
    let items = if path_id.is_some() { vec![Item::of(body, 0)?] } else { input::items(body)? };
    let mut patches = Vec::new();
    for item in &items {
        let id = path_id.map_or_else(|| item.id("id"), |id| id.parse().ok());
        match id.and_then(|id| desk.book.card(Kind::Contact, id)).cloned() {
            Some(card) => {
                let stamp = cards::stamp(desk, item, "updated_at", "updated_by");
                patches.push((card.id, read(desk, item, Some(&card)), stamp));
            }
            None if path_id.is_some() => return Err(Problem::not_found("Contact not found")),
            None if item.raw("id").is_none() => item.missing("id"),
            None => item.no_choice("id"),
        }
    }
    input::refuse_faults(&items)?;
    let mut news = News::default();
    let mut rows = Vec::new();
    for (id, patch, stamp) in patches {
        desk.book.change_contact(id, patch, stamp, &mut news);
        rows.push(json!({ "id": id, "updated_at": stamp.at, "_links": desk.self_link("contacts", id) }));
    }
    desk.book.announce(news, WebhookStyle::default());
    if path_id.is_some() {
        return Ok(answer::hal(&rows.swap_remove(0)));
    }
    Ok(answer::hal(&cards::embedded(desk, "contacts", &rows)))
}

fn read(desk: &mut Desk<'_>, item: &Item<'_>, known: Option<&Card>) -> PersonPatch {
    item.only(&[&cards::KEYS[..], &["first_name", "last_name"]].concat());
    PersonPatch {
        card: cards::patch(desk, Kind::Contact, item, known),
        first_name: item.text("first_name", MOST_NAME).into(),
        last_name: item.text("last_name", MOST_NAME).into(),
    }
}
