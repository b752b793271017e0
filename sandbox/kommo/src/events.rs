//! `GET /events`: the audit log, newest first.

use axum::response::Response;
use serde_json::{Value, json};

use super::answer::{self, List};
use super::crm::audit::{Row, TYPES};
use super::crm::cards::Kind;
use super::problem::ApiProblem;
use super::query::Query;
use super::{Context, MOST_EVENTS_PER_PAGE, USUAL_EVENTS_PER_PAGE};

/// What the log is about.
const KINDS: [&str; 3] = ["lead", "contact", "company"];

pub(super) fn many(context: &Context<'_>, query: &str) -> Result<Response, ApiProblem> {
    let query = Query::read(query, &["id", "entity", "entity_id", "type", "created_at", "created_by"], &[])?;
    let (types, entities, event_ids) = (query.values("type"), query.values("entity"), query.values("id"));
    for (filter, given, known) in [("type", &types, &TYPES[..]), ("entity", &entities, &KINDS[..])] {
        let other = given.iter().flatten().find(|value| !known.contains(value));
        if let Some(other) = other {
            return Err(ApiProblem::bad_request(format!("the sandbox keeps no events of {filter} {other}")));
        }
    }
    let ids = query.ids_with_commas("entity_id")?;
    let users = query.ids_with_commas("created_by")?;
    let created_at = query.times("created_at")?;
    let page = query.page(USUAL_EVENTS_PER_PAGE, MOST_EVENTS_PER_PAGE)?;
    let has = |list: &Option<Vec<&str>>, value: &str| list.as_ref().is_none_or(|list| list.contains(&value));
    let mut rows = context.crm.audit.newest_first(context.crm.lag.as_of_ms());
    rows.retain(|row| {
        has(&types, row.what)
            && has(&entities, row.kind.one())
            && has(&event_ids, &id_of(row))
            && ids.as_ref().is_none_or(|ids| ids.contains(&row.id))
            && users.as_ref().is_none_or(|users| users.contains(&row.by))
            && created_at.contains(&row.at)
    });
    let list = List { href: &context.href("events"), name: "events", query: &query, page };
    Ok(list.answer(&rows, |row| shown(context, row)))
}

pub(super) fn one(context: &Context<'_>, id: &str) -> Result<Response, ApiProblem> {
    let row =
        context.crm.audit.newest_first(context.crm.lag.as_of_ms()).into_iter().find(|row| id_of(row) == id);
    let row = row.ok_or_else(|| ApiProblem::not_found("Event not found"))?;
    Ok(answer::hal(&shown(context, row)))
}

fn id_of(row: &Row) -> String {
    format!("01sandbox{:017}", row.n)
}

fn shown(context: &Context<'_>, row: &Row) -> Value {
    let list = |value: &Value| if value.is_null() { json!([]) } else { json!([value]) };
    let id = id_of(row);
    let kind: Kind = row.kind;
    json!({
        "_links": { "self": { "href": context.href(&format!("events/{id}")) } },
        "id": id,
        "type": row.what,
        "entity_id": row.id,
        "entity_type": kind.one(),
        "created_by": row.by,
        "created_at": row.at,
        "value_after": list(&row.after),
        "value_before": list(&row.before),
        "account_id": context.crm.account.id,
        "_embedded": { "entity": { "id": row.id, "_links": context.self_link(kind.many(), row.id) } },
    })
}
