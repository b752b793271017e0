//! Notes under leads and contacts: `/leads/notes`, `/leads/{id}/notes` and the same of contacts.
//!
//! There is no `/notes`, as at Kommo.

use axum::response::Response;
use serde_json::{Map, Value, json};

use super::answer::{self, List};
use super::crm::cards::Kind;
use super::crm::news::{News, WebhookStyle};
use super::crm::work::Note;
use super::input::{self, Item, MOST_NAME, MOST_TEXT};
use super::problem::ApiProblem;
use super::query::Query;
use super::{Context, MOST_PER_PAGE, USUAL_PER_PAGE, cards};

/// Types that the API can make, with the keys that their `params` need.
const TYPES: [(&str, &[&str]); 8] = [
    ("common", &["text"]),
    ("call_in", &["uniq", "duration", "source", "link", "phone"]),
    ("call_out", &["uniq", "duration", "source", "link", "phone"]),
    ("service_message", &["service", "text"]),
    ("extended_service_message", &["service", "text"]),
    ("message_cashier", &["status", "text", "shop"]),
    ("sms_in", &["text", "phone"]),
    ("sms_out", &["text", "phone"]),
];

fn path(kind: Kind, entity: Option<&str>) -> String {
    entity.map_or_else(|| format!("{}/notes", kind.many()), |id| format!("{}/{id}/notes", kind.many()))
}

fn entity(context: &Context<'_>, kind: Kind, entity: &str) -> Result<u64, ApiProblem> {
    let card = entity.parse().ok().and_then(|id| context.crm.card(kind, id));
    card.map(|card| card.id).ok_or_else(|| ApiProblem::not_found("Entity not found"))
}

pub(super) fn many(
    context: &Context<'_>,
    kind: Kind,
    of: Option<&str>,
    query: &str,
) -> Result<Response, ApiProblem> {
    let query = Query::read(query, &["id", "entity_id", "note_type", "updated_at"], &["id", "updated_at"])?;
    let page = query.page(USUAL_PER_PAGE, MOST_PER_PAGE)?;
    let of_id = of.map(|of| entity(context, kind, of)).transpose()?;
    let (ids, entity_ids) = (query.ids("id")?, query.ids("entity_id")?);
    let (types, updated_at) = (query.filter("note_type"), query.range("updated_at")?);
    let mut rows: Vec<&Note> = context
        .crm
        .notes
        .values()
        .filter(|note| note.kind == kind && of_id.is_none_or(|id| id == note.entity_id))
        .filter(|note| ids.as_ref().is_none_or(|ids| ids.contains(&note.id)))
        .filter(|note| entity_ids.as_ref().is_none_or(|ids| ids.contains(&note.entity_id)))
        .filter(|note| types.as_ref().is_none_or(|types| types.contains(&note.what.as_str())))
        .filter(|note| updated_at.contains(&note.stamp.at))
        .collect();
    if let Some((key, greatest_first)) = query.order() {
        rows.sort_by_key(|note| if key == "id" { (0, note.id) } else { (note.stamp.at, note.id) });
        if greatest_first {
            rows.reverse();
        }
    }
    let list = List { href: &context.href(&path(kind, of)), name: "notes", query: &query, page };
    Ok(list.answer(&rows, |note| shown(context, note)))
}

pub(super) fn one(
    context: &Context<'_>,
    kind: Kind,
    of: Option<&str>,
    id: &str,
) -> Result<Response, ApiProblem> {
    let of_id = of.map(|of| entity(context, kind, of)).transpose()?;
    let note = id.parse().ok().and_then(|id: u64| context.crm.notes.get(&id));
    let note = note.filter(|note| note.kind == kind && of_id.is_none_or(|id| id == note.entity_id));
    Ok(answer::hal(&shown(context, note.ok_or_else(|| ApiProblem::not_found("Note not found"))?)))
}

fn shown(context: &Context<'_>, note: &Note) -> Value {
    json!({
        "id": note.id,
        "entity_id": note.entity_id,
        "created_by": note.stamp.by,
        "updated_by": note.stamp.by,
        "created_at": note.stamp.at,
        "updated_at": note.stamp.at,
        "responsible_user_id": note.responsible_user_id,
        "group_id": 0,
        "note_type": note.what,
        "params": note.params,
        "account_id": context.crm.account.id,
        "_links": context.self_link(&path(note.kind, None), note.id),
    })
}

pub(super) fn make(
    context: &mut Context<'_>,
    kind: Kind,
    of: Option<&str>,
    body: &Value,
) -> Result<Response, ApiProblem> {
    let of_id = of.map(|of| entity(context, kind, of)).transpose()?;
    let items = input::items(body)?;
    if !context.crm.has_room(context.crm.notes.len(), items.len()) {
        return Err(ApiProblem::bad_request("the sandbox keeps no more notes".to_owned()));
    }
    let read: Vec<_> = items.iter().map(|item| new_note(context, kind, of_id, item)).collect();
    input::refuse_faults(&items)?;
    let mut news = News::default();
    let mut rows = Vec::new();
    for (item, note) in items.iter().zip(read) {
        let note = Note { id: context.crm.new_id(), ..note };
        let mut row = json!({ "id": note.id, "entity_id": note.entity_id, "request_id": item.request_id() });
        row["_links"] = context.self_link(&path(kind, None), note.id);
        rows.push(row);
        context.crm.add_note(note, &mut news);
    }
    context.crm.announce(news, WebhookStyle::default());
    Ok(answer::hal(&cards::embedded(context, &path(kind, of), &rows)))
}

fn new_note(context: &Context<'_>, kind: Kind, of_id: Option<u64>, item: &Item<'_>) -> Note {
    item.only(&[
        "entity_id",
        "note_type",
        "params",
        "created_by",
        "created_at",
        "responsible_user_id",
        "is_need_to_trigger_digital_pipeline",
    ]);
    let entity_id = of_id.or_else(|| item.id("entity_id")).unwrap_or_default();
    if context.crm.card(kind, entity_id).is_none() {
        item.no_choice("entity_id");
    }
    let what = item.text("note_type", MOST_NAME).unwrap_or_default();
    let none = Map::new();
    let params = item.raw("params").and_then(Value::as_object).unwrap_or(&none);
    match TYPES.iter().find(|(known, _)| *known == what) {
        None if item.raw("note_type").is_none() => item.missing("note_type"),
        None => item.no_choice("note_type"),
        Some((_, needed)) => {
            for key in needed.iter().filter(|key| !params.contains_key(**key)) {
                item.missing(&format!("params.{key}"));
            }
        }
    }
    if json!(params).to_string().len() > MOST_TEXT {
        item.fault("TooLong", "params", "This value is too long.");
    }
    let stamp = cards::stamp(context, item, "created_at", "created_by");
    let responsible_user_id = item.id("responsible_user_id").unwrap_or(context.user_id());
    let params = Value::Object(params.clone());
    Note { id: 0, kind, entity_id, what, params, responsible_user_id, stamp }
}
