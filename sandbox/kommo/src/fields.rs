//! `GET`, `POST`, `PATCH` and `DELETE` of `/leads/custom_fields`, and the same of contacts and companies.

use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Value, json};

use super::answer::{self, List};
use super::crm::cards::Kind;
use super::crm::fields::{Choice, Field, TYPES};
use super::input::{self, Item, MOST_NAME};
use super::problem::ApiProblem;
use super::query::Query;
use super::{Context, MOST_PER_PAGE, USUAL_PER_PAGE, cards};

fn path(kind: Kind) -> String {
    format!("{}/custom_fields", kind.many())
}

pub(super) fn many(context: &Context<'_>, kind: Kind, query: &str) -> Result<Response, ApiProblem> {
    let query = Query::read(query, &["type"], &["id", "sort"])?;
    let page = query.page(USUAL_PER_PAGE, MOST_PER_PAGE)?;
    let types = query.filter("type");
    let mut rows: Vec<&Field> = context.crm.fields(kind).iter().collect();
    rows.retain(|field| types.as_ref().is_none_or(|types| types.contains(&field.kind.as_str())));
    if let Some((key, greatest_first)) = query.order() {
        rows.sort_by_key(|field| if key == "sort" { field.sort } else { field.id });
        if greatest_first {
            rows.reverse();
        }
    }
    let list = List { href: &context.href(&path(kind)), name: "custom_fields", query: &query, page };
    Ok(list.answer(&rows, |field| shown(context, kind, field)))
}

pub(super) fn one(context: &Context<'_>, kind: Kind, id: &str) -> Result<Response, ApiProblem> {
    let field = context.crm.fields(kind).iter().find(|field| id.parse() == Ok(field.id));
    let field = field.ok_or_else(|| ApiProblem::not_found("Custom field not found"))?;
    Ok(answer::hal(&shown(context, kind, field)))
}

fn shown(context: &Context<'_>, kind: Kind, field: &Field) -> Value {
    let choices = field.choices.iter().enumerate().map(|(place, choice)| {
        let code = if choice.code.is_empty() { Value::Null } else { json!(choice.code) };
        json!({ "id": choice.id, "value": choice.value, "code": code, "sort": place + 1 })
    });
    json!({
        "id": field.id,
        "name": field.name,
        "type": field.kind,
        "account_id": context.crm.account.id,
        "code": if field.code.is_empty() { Value::Null } else { json!(field.code) },
        "sort": field.sort,
        "is_api_only": false,
        "enums": if field.has_choices() { choices.collect() } else { Value::Null },
        "group_id": null,
        "required_statuses": [],
        "is_deletable": !field.predefined,
        "is_predefined": field.predefined,
        "entity_type": kind.many(),
        "tracking_callback": null,
        "remind": null,
        "triggers": [],
        "currency": field.currency,
        "hidden_statuses": [],
        "_links": context.self_link(&path(kind), field.id),
    })
}

pub(super) fn make(context: &mut Context<'_>, kind: Kind, body: &Value) -> Result<Response, ApiProblem> {
    let items = input::items(body)?;
    if !context.crm.has_room(context.crm.fields(kind).len(), items.len()) {
        return Err(ApiProblem::bad_request("the sandbox keeps no more custom fields".to_owned()));
    }
    let read: Vec<Option<Field>> = items.iter().map(|item| new_field(context, kind, item)).collect();
    input::refuse_faults(&items)?;
    let mut rows = Vec::new();
    for (item, field) in items.iter().zip(read.into_iter().flatten()) {
        let mut row = shown(context, kind, &field);
        row["request_id"] = json!(item.request_id());
        rows.push(row);
        context.crm.fields_mut(kind).push(field);
    }
    Ok(answer::hal_with(StatusCode::CREATED, &cards::embedded(context, &path(kind), &rows)))
}

/// Takes a field away, with its values. Those that an account came with stay.
pub(super) fn remove(context: &mut Context<'_>, kind: Kind, id: &str) -> Result<Response, ApiProblem> {
    let known = context.crm.fields(kind).iter().find(|field| id.parse() == Ok(field.id));
    let Some(field) = known else { return Err(ApiProblem::not_found("Custom field not found")) };
    if field.predefined {
        return Err(ApiProblem::bad_request("this field cannot be deleted".to_owned()));
    }
    let id = field.id;
    context.crm.fields_mut(kind).retain(|field| field.id != id);
    Ok(answer::no_content())
}

fn new_field(context: &mut Context<'_>, kind: Kind, item: &Item<'_>) -> Option<Field> {
    item.only(&[
        "name",
        "type",
        "code",
        "sort",
        "enums",
        "is_api_only",
        "group_id",
        "currency",
        "required_statuses",
        "remind",
        "tracking_callback",
        "hidden_statuses",
    ]);
    let (name, field_type) = (item.text("name", MOST_NAME), item.text("type", MOST_NAME));
    for (key, given) in [("name", item.raw("name")), ("type", item.raw("type"))] {
        if given.is_none() {
            item.missing(key);
        }
    }
    let field_type = field_type?;
    // Kommo has this type on contacts only, and nobody can add a field of it.
    if !TYPES.contains(&field_type.as_str()) || field_type == "multitext" {
        item.no_choice("type");
    }
    let code = item.text("code", MOST_NAME).unwrap_or_default();
    if !code.is_empty() && context.crm.fields(kind).iter().any(|field| field.code == code) {
        item.fault("NotUnique", "code", "This value is already used.");
    }
    let mut field = Field {
        id: context.crm.new_field_id(),
        name: name.unwrap_or_default(),
        code,
        kind: field_type,
        sort: item.id("sort").unwrap_or(500),
        predefined: false,
        choices: Vec::new(),
        currency: item.text("currency", 3),
    };
    if field.kind == "monetary" && field.currency.is_none() {
        field.currency = Some(context.crm.account.currency.clone());
    }
    field.choices = choices(context, item, &field)?;
    Some(field)
}

/// The choices of a request; one that names an id is a known one.
fn choices(context: &mut Context<'_>, item: &Item<'_>, field: &Field) -> Option<Vec<Choice>> {
    let given = item.objects("enums", item.raw("enums"));
    if !given.is_empty() && !field.has_choices() {
        item.not_expected("enums");
        return None;
    }
    let mut choices = Vec::new();
    for (place, choice) in given.into_iter().enumerate() {
        let known = choice.get("id").and_then(Value::as_u64);
        if known.is_some_and(|id| field.choices.iter().all(|choice| choice.id != id)) {
            item.no_choice(&format!("enums.{place}.id"));
        }
        let Some(value) = choice.get("value").and_then(Value::as_str) else {
            item.missing(&format!("enums.{place}.value"));
            continue;
        };
        let code = choice.get("code").and_then(Value::as_str).unwrap_or_default().to_owned();
        let id = known.unwrap_or_else(|| context.crm.new_field_id());
        choices.push(Choice { id, value: value.to_owned(), code });
    }
    Some(choices)
}

pub(super) fn change(
    context: &mut Context<'_>,
    kind: Kind,
    id: Option<&str>,
    body: &Value,
) -> Result<Response, ApiProblem> {
    let items = if id.is_some() { vec![Item::of(body, 0)?] } else { input::items(body)? };
    let mut changed: Vec<Field> = Vec::new();
    for item in &items {
        item.only(&["id", "name", "code", "sort", "enums", "is_api_only", "group_id", "currency", "type"]);
        let id = id.map_or_else(|| item.id("id"), |id| id.parse().ok());
        let known = context.crm.fields(kind).iter().find(|field| Some(field.id) == id).cloned();
        let Some(mut field) = known else {
            return Err(ApiProblem::not_found("Custom field not found"));
        };
        if item.text("type", MOST_NAME).is_some_and(|given| given != field.kind) {
            item.no_choice("type");
        }
        field.name = item.text("name", MOST_NAME).unwrap_or(field.name);
        field.sort = item.id("sort").unwrap_or(field.sort);
        field.currency = item.text("currency", 3).or(field.currency);
        if !field.predefined {
            field.code = item.text("code", MOST_NAME).unwrap_or(field.code);
        }
        if item.raw("enums").is_some()
            && let Some(choices) = choices(context, item, &field)
        {
            field.choices = choices;
        }
        changed.push(field);
    }
    input::refuse_faults(&items)?;
    let mut rows: Vec<Value> = changed.iter().map(|field| shown(context, kind, field)).collect();
    for field in changed {
        let places = context.crm.fields_mut(kind).iter_mut();
        places.filter(|known| known.id == field.id).for_each(|known| *known = field.clone());
    }
    if id.is_some() {
        return Ok(answer::hal(&rows.swap_remove(0)));
    }
    Ok(answer::hal(&cards::embedded(context, &path(kind), &rows)))
}
