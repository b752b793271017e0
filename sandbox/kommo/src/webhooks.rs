//! `GET`, `POST` and `DELETE` of `/webhooks`.

use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Value, json};

use super::Context;
use super::answer;
use super::cards;
use super::input::{self, Item, MOST_TEXT};
use super::outbox::Subscription;
use super::problem::ApiProblem;
use super::query::Query;

/// Subscriptions of an account at most.
const MOST: usize = 100;
/// Actions that can be subscribed to, by what they are about.
const CODES: [(&str, &[&str]); 10] = [
    ("lead", &["add", "update", "delete", "restore", "status", "responsible", "note"]),
    ("contact", &["add", "update", "delete", "restore", "responsible", "note"]),
    ("company", &["add", "update", "delete", "restore", "responsible", "note"]),
    ("customer", &["add", "update", "delete", "responsible", "note"]),
    ("task", &["add", "update", "delete", "responsible"]),
    ("unsorted", &["add", "update", "delete"]),
    ("message", &["add"]),
    ("outgoing_message", &["add"]),
    ("talk", &["add", "update"]),
    ("catalog_element", &["add", "update", "delete"]),
];

fn is_code(code: &str) -> bool {
    let Some((action, entity)) = code.split_once('_') else { return false };
    CODES.iter().any(|(known, actions)| *known == entity && actions.contains(&action))
}

pub(super) fn many(context: &Context<'_>, query: &str) -> Result<Response, ApiProblem> {
    let query = Query::read(query, &["destination"], &[])?;
    let destinations = query.filter("destination");
    let rows: Vec<Value> = context
        .crm
        .outbox
        .subscriptions()
        .filter(|known| destinations.as_ref().is_none_or(|all| all.contains(&known.destination.as_str())))
        .map(|known| shown(context, known))
        .collect();
    if rows.is_empty() {
        return Ok(answer::no_content());
    }
    let mut body = cards::embedded(context, "webhooks", &rows);
    body["_total_items"] = json!(body["_embedded"]["webhooks"].as_array().map_or(0, Vec::len));
    Ok(answer::hal(&body))
}

fn shown(context: &Context<'_>, known: &Subscription) -> Value {
    json!({
        "id": known.id,
        "destination": known.destination,
        "created_at": known.created_at,
        "updated_at": known.updated_at,
        "account_id": context.crm.account.id,
        "created_by": known.created_by,
        "sort": known.sort,
        "disabled": known.disabled,
        "settings": known.settings,
        "_links": { "self": { "href": context.href("webhooks") } },
    })
}

pub(super) fn subscribe(context: &mut Context<'_>, body: &Value) -> Result<Response, ApiProblem> {
    let item = Item::of(body, 0)?;
    item.only(&["destination", "settings", "sort"]);
    let destination = read_destination(&item);
    let settings = read_settings(&item);
    let sort = item.id("sort").unwrap_or(10);
    input::refuse_faults(&[item])?;
    let is_new = context.crm.outbox.subscriptions().all(|known| known.destination != destination);
    if is_new && context.crm.outbox.subscriptions().count() >= MOST {
        return Err(ApiProblem::bad_request(format!("an account has {MOST} webhooks at most")));
    }
    let stamp = (context.now_s, context.user_id());
    let made = context.crm.outbox.subscribe(&destination, settings, sort, stamp).clone();
    Ok(answer::hal_with(StatusCode::CREATED, &shown(context, &made)))
}

fn read_destination(item: &Item<'_>) -> String {
    if item.raw("destination").is_none() {
        item.missing("destination");
    }
    let destination = item.text("destination", MOST_TEXT).unwrap_or_default();
    let is_url = reqwest::Url::parse(&destination)
        .is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    if !destination.is_empty() && !is_url {
        item.fault("InvalidUrl", "destination", "This value is not a valid URL.");
    }
    destination
}

fn read_settings(item: &Item<'_>) -> Vec<String> {
    let Some(list) = item.raw("settings").and_then(Value::as_array).filter(|list| !list.is_empty()) else {
        item.missing("settings");
        return Vec::new();
    };
    let mut settings = Vec::new();
    for (place, code) in list.iter().enumerate() {
        match code.as_str().filter(|code| is_code(code)) {
            None => item.no_choice(&format!("settings.{place}")),
            Some(code) if settings.iter().any(|known| known == code) => {}
            Some(code) => settings.push(code.to_owned()),
        }
    }
    settings
}

pub(super) fn unsubscribe(context: &mut Context<'_>, body: &Value) -> Result<Response, ApiProblem> {
    let item = Item::of(body, 0)?;
    let destination = item.text("destination", MOST_TEXT);
    if item.raw("destination").is_none() {
        item.missing("destination");
    }
    input::refuse_faults(&[item])?;
    if destination.is_some_and(|destination| context.crm.outbox.unsubscribe(&destination)) {
        return Ok(answer::no_content());
    }
    Err(ApiProblem::not_found("Webhook not found"))
}
