//! What lists and changes of leads, contacts and companies have in common.

use std::collections::HashSet;

use axum::response::Response;
use serde_json::{Value, json};

use super::Context;
use super::answer;
use super::crm::Crm;
use super::crm::cards::{Card, CardPatch, Change, Kind, Stamp};
use super::crm::news::{News, WebhookStyle};
use super::input::{self, Item, MOST_ELEMENTS, MOST_NAME};
use super::problem::ApiProblem;
use super::query::Query;
use super::values;

/// Filters that all kinds have.
pub(super) const FILTERS: [&str; 8] =
    ["id", "name", "query", "responsible_user_id", "created_by", "updated_by", "updated_at", "created_at"];
/// Keys of a card in a request that writes.
pub(super) const KEYS: [&str; 11] = [
    "id",
    "name",
    "responsible_user_id",
    "created_by",
    "updated_by",
    "created_at",
    "updated_at",
    "custom_fields_values",
    "tags_to_add",
    "tags_to_delete",
    "_embedded",
];

/// What else can stand under `_embedded`. Clients send all of them, most of them empty.
const LINKED: [&str; 6] = ["contacts", "companies", "leads", "customers", "catalog_elements", "source"];

/// Which cards a query asks for, as far as all kinds go.
pub(super) fn filter(query: &Query) -> Result<impl Fn(&Card) -> bool, ApiProblem> {
    let set = |ids: Option<Vec<u64>>| ids.map(|ids| ids.into_iter().collect::<HashSet<u64>>());
    let ids = set(query.ids("id")?);
    let responsible = set(query.ids("responsible_user_id")?);
    let (created_by, updated_by) = (set(query.ids("created_by")?), set(query.ids("updated_by")?));
    let (updated, created) = (query.range("updated_at")?, query.range("created_at")?);
    let names: Option<Vec<String>> =
        query.filter("name").map(|names| names.into_iter().map(str::to_owned).collect());
    let words = query.value("query").map(str::to_lowercase);
    let deleted = query.with("only_deleted");
    Ok(move |card: &Card| {
        card.is_deleted == deleted
            && ids.as_ref().is_none_or(|ids| ids.contains(&card.id))
            && responsible.as_ref().is_none_or(|ids| ids.contains(&card.responsible_user_id))
            && created_by.as_ref().is_none_or(|ids| ids.contains(&card.created_by))
            && updated_by.as_ref().is_none_or(|ids| ids.contains(&card.updated_by))
            && updated.contains(&card.updated_at)
            && created.contains(&card.created_at)
            && names.as_ref().is_none_or(|names| names.contains(&card.name))
            && words.as_ref().is_none_or(|words| has_words(card, words))
    })
}

/// Kommo searches all filled fields; how it splits words is not known, so the whole text has to be there.
fn has_words(card: &Card, words: &str) -> bool {
    let values = card.values.values().flatten().filter_map(|value| value["value"].as_str());
    values.chain([card.name.as_str()]).any(|text| text.to_lowercase().contains(words))
}

/// Makes records of a kind, of which so many are there: all of them or, if one has a fault, none.
pub(super) fn make<T>(
    context: &mut Context<'_>,
    (kind, known): (Kind, usize),
    body: &Value,
    read: impl Fn(&mut Context<'_>, &Item<'_>) -> (T, Stamp),
    add: impl Fn(&mut Crm, u64, T, Stamp, &mut News),
) -> Result<Response, ApiProblem> {
    let items = input::items(body)?;
    if !context.crm.has_room(known, items.len()) {
        return Err(ApiProblem::bad_request(format!("the sandbox keeps no more {}", kind.many())));
    }
    let described: Vec<_> = items.iter().map(|item| read(context, item)).collect();
    input::refuse_faults(&items)?;
    let mut news = News::default();
    let mut ids = Vec::new();
    for (item, (record, stamp)) in items.iter().zip(described) {
        let id = context.crm.new_id();
        ids.push((id, item.request_id().to_owned()));
        add(context.crm, id, record, stamp, &mut news);
    }
    context.crm.announce(news, WebhookStyle::default());
    Ok(made(context, kind.many(), &ids))
}

/// Changes one record of a kind, or those of a list: all of them or, if one has a fault, none.
pub(super) fn change<P>(
    context: &mut Context<'_>,
    (kind, path_id): (Kind, Option<&str>),
    body: &Value,
    read: impl Fn(&mut Context<'_>, &Item<'_>, u64) -> P,
    apply: impl Fn(&mut Crm, u64, P, Stamp, &mut News) -> bool,
) -> Result<Response, ApiProblem> {
    let items = if path_id.is_some() { vec![Item::of(body, 0)?] } else { input::items(body)? };
    let mut patches = Vec::new();
    for item in &items {
        let id = path_id.map_or_else(|| item.id("id"), |id| id.parse().ok());
        match id.filter(|id| context.crm.card(kind, *id).is_some()) {
            Some(id) => {
                let stamp = stamp(context, item, "updated_at", "updated_by");
                patches.push((id, read(context, item, id), stamp));
            }
            None if path_id.is_some() => return Err(not_found(kind)),
            None if item.raw("id").is_none() => item.missing("id"),
            None => item.no_choice("id"),
        }
    }
    input::refuse_faults(&items)?;
    let mut news = News::default();
    let mut rows = Vec::new();
    for (id, patch, stamp) in patches {
        apply(context.crm, id, patch, stamp, &mut news);
        rows.push(json!({ "id": id, "updated_at": stamp.at, "_links": context.self_link(kind.many(), id) }));
    }
    context.crm.announce(news, WebhookStyle::default());
    if path_id.is_some() {
        return Ok(answer::hal(&rows.swap_remove(0)));
    }
    Ok(answer::hal(&embedded(context, kind.many(), &rows)))
}

/// The answer where a record of a kind is not there.
pub(super) fn not_found(kind: Kind) -> ApiProblem {
    ApiProblem::not_found(match kind {
        Kind::Lead => "Lead not found",
        Kind::Contact => "Contact not found",
        Kind::Company => "Company not found",
    })
}

/// By id unless the query says otherwise.
pub(super) fn sort<T>(rows: &mut [T], query: &Query, card: impl Fn(&T) -> &Card) {
    let Some((key, greatest_first)) = query.order() else { return };
    let value = |row: &T| match key {
        "created_at" => card(row).created_at,
        "updated_at" => card(row).updated_at,
        _ => i64::try_from(card(row).id).unwrap_or(i64::MAX),
    };
    rows.sort_by(|one, other| {
        let order = value(one).cmp(&value(other));
        if greatest_first { order.reverse() } else { order }
    });
}

/// A card as the API shows it, with the company that it is linked with.
pub(super) fn shown(context: &Context<'_>, kind: Kind, card: &Card, company_id: Option<u64>) -> Value {
    let companies: Vec<Value> =
        company_id.map(|id| reference(context, Kind::Company, id)).into_iter().collect();
    let tags: Vec<Value> =
        card.tags.iter().map(|(id, name)| json!({ "id": id, "name": name, "color": null })).collect();
    json!({
        "id": card.id,
        "name": card.name,
        "responsible_user_id": card.responsible_user_id,
        "group_id": 0,
        "created_by": card.created_by,
        "updated_by": card.updated_by,
        "created_at": card.created_at,
        "updated_at": card.updated_at,
        "closest_task_at": closest_task(context.crm, kind, card.id),
        "is_deleted": card.is_deleted,
        "custom_fields_values": values::shown(context.crm, kind, card),
        "account_id": context.crm.account.id,
        "_links": context.self_link(kind.many(), card.id),
        "_embedded": { "tags": tags, "companies": companies },
    })
}

/// Another card, as one that is linked with it shows it.
pub(super) fn reference(context: &Context<'_>, kind: Kind, id: u64) -> Value {
    json!({ "id": id, "_links": context.self_link(kind.many(), id) })
}

fn closest_task(crm: &Crm, kind: Kind, id: u64) -> Option<i64> {
    let open = crm.tasks.values().filter(|task| !task.is_completed && task.about == Some((kind, id)));
    open.map(|task| task.complete_till).min()
}

/// What a request says about a card. Tags that are not there yet are made.
pub(super) fn patch(
    context: &mut Context<'_>,
    kind: Kind,
    item: &Item<'_>,
    known: Option<&Card>,
) -> CardPatch {
    // Others are named when a card is made, and linked afterwards.
    let takes = |key: &str| match (kind, key) {
        (_, "tags") => true,
        (Kind::Lead, "contacts" | "companies") | (Kind::Contact, "companies") => known.is_none(),
        _ => false,
    };
    let embedded = item.raw("_embedded").and_then(Value::as_object);
    for (key, value) in embedded.into_iter().flatten() {
        let is_nothing = LINKED.contains(&key.as_str()) && input::is_empty(value);
        if !takes(key) && !is_nothing {
            item.not_expected(&format!("_embedded.{key}"));
        }
    }
    let responsible_user_id = item.id("responsible_user_id");
    if responsible_user_id.is_some_and(|id| !context.crm.user_ids().contains(&id)) {
        item.no_choice("responsible_user_id");
    }
    CardPatch {
        name: item.text("name", MOST_NAME).into(),
        responsible_user_id: responsible_user_id.into(),
        tags: tags(context.crm, item, known),
        values: values::read(context.crm, kind, item),
        is_deleted: Change::Keep,
    }
}

fn tags(crm: &mut Crm, item: &Item<'_>, known: Option<&Card>) -> Change<Vec<(u64, String)>> {
    let embedded = item.raw("_embedded").and_then(|embedded| embedded.get("tags"));
    let mut tags: Vec<(u64, String)> = match embedded {
        Some(_) => read_tags(crm, item, "_embedded.tags", embedded),
        None => known.map(|card| card.tags.clone()).unwrap_or_default(),
    };
    let added = read_tags(crm, item, "tags_to_add", item.raw("tags_to_add"));
    let deleted = read_tags(crm, item, "tags_to_delete", item.raw("tags_to_delete"));
    tags.extend(added);
    let mut seen = HashSet::new();
    tags.retain(|tag| !deleted.contains(tag) && seen.insert(tag.0));
    Change::Set(tags)
}

fn read_tags(crm: &mut Crm, item: &Item<'_>, path: &str, list: Option<&Value>) -> Vec<(u64, String)> {
    let list = match list {
        None | Some(Value::Null) => return Vec::new(),
        Some(list) => list.as_array(),
    };
    let Some(list) = list else {
        item.wrong_type(path, "array");
        return Vec::new();
    };
    if list.len() > MOST_ELEMENTS {
        item.too_many(path);
        return Vec::new();
    }
    let mut tags = Vec::new();
    for (place, tag) in list.iter().enumerate() {
        let path = format!("{path}.{place}");
        let by_id = tag["id"].as_u64().map(|id| crm.tag_of_id(id));
        match (by_id, tag["name"].as_str()) {
            (Some(Some(known)), _) => tags.push(known),
            (Some(None), _) => item.no_choice(&format!("{path}.id")),
            (None, Some(name)) if name.len() <= MOST_NAME && crm.tags_have_room() => {
                tags.push(crm.tag(name));
            }
            _ => item.missing(&format!("{path}.name")),
        }
    }
    tags
}

/// The company that a new card is linked with.
pub(super) fn linked_company(context: &Context<'_>, item: &Item<'_>) -> Option<u64> {
    let path = "_embedded.companies";
    let list = item.raw("_embedded").and_then(|embedded| embedded.get("companies"));
    let companies = item.objects(path, list);
    if companies.len() > 1 {
        item.too_many(path);
    }
    let id = companies.first()?.get("id").and_then(Value::as_u64);
    let known = id.filter(|id| context.crm.card(Kind::Company, *id).is_some());
    if known.is_none() {
        item.no_choice(&format!("{path}.0.id"));
    }
    known
}

/// When a change is said to have happened, and by whom: now, by the token's user, unless it is said.
pub(super) fn stamp(context: &Context<'_>, item: &Item<'_>, at_key: &str, by_key: &str) -> Stamp {
    let by = item.id(by_key).unwrap_or(context.user_id());
    if by != 0 && !context.crm.user_ids().contains(&by) {
        item.no_choice(by_key);
    }
    Stamp { at: item.whole(at_key).unwrap_or(context.now_s), by }
}

/// The answer to a request that made something.
pub(super) fn made(context: &Context<'_>, kind: &str, rows: &[(u64, String)]) -> Response {
    let rows: Vec<Value> = rows
        .iter()
        .map(|(id, request_id)| {
            json!({ "id": id, "request_id": request_id, "_links": context.self_link(kind, *id) })
        })
        .collect();
    answer::hal(&embedded(context, kind, &rows))
}

pub(super) fn embedded(context: &Context<'_>, kind: &str, rows: &[Value]) -> Value {
    let name = kind.rsplit('/').next().unwrap_or(kind);
    json!({
        "_links": { "self": { "href": context.href(kind) } },
        "_embedded": { name: rows },
    })
}
