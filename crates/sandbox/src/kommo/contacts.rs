//! `GET /contacts` and `GET /contacts/{id}`.

use axum::response::Response;
use serde_json::{Value, json};

use super::answer;
use super::book::ContactRow;
use super::problem::Problem;
use super::{Desk, MOST_PER_PAGE, USUAL_PER_PAGE};

pub(super) fn many(desk: &Desk<'_>, query: &str) -> Result<Response, Problem> {
    let query = super::Query::read(query, &["id"])?;
    let ids = query.ids("id")?;
    let page = query.page(USUAL_PER_PAGE, MOST_PER_PAGE)?;
    let rows: Vec<Value> = desk
        .book
        .contacts
        .values()
        .filter(|row| ids.as_ref().is_none_or(|ids| ids.contains(&row.contact.id)))
        .map(|row| shown(desk, row))
        .collect();
    Ok(answer::list(&desk.base, "contacts", &query, page, &rows))
}

pub(super) fn one(desk: &Desk<'_>, id: &str, query: &str) -> Result<Response, Problem> {
    super::Query::read(query, &[])?;
    let row = id.parse().ok().and_then(|id: u64| desk.book.contacts.get(&id));
    let row = row.ok_or_else(|| Problem::not_found("Contact not found"))?;
    Ok(answer::hal(&shown(desk, row)))
}

fn shown(desk: &Desk<'_>, row: &ContactRow) -> Value {
    let contact = &row.contact;
    let fields: Vec<Value> = [
        multitext(4001, "Phone", "PHONE", &contact.phones),
        multitext(4003, "Email", "EMAIL", &contact.emails),
    ]
    .into_iter()
    .flatten()
    .collect();
    json!({
        "id": contact.id,
        "name": contact.name,
        "first_name": "",
        "last_name": "",
        "responsible_user_id": desk.user_id(),
        "group_id": 0,
        "created_by": 0,
        "updated_by": 0,
        "created_at": row.created_at,
        "updated_at": row.created_at,
        "closest_task_at": null,
        "is_deleted": false,
        "is_unsorted": false,
        "custom_fields_values": if fields.is_empty() { Value::Null } else { Value::from(fields) },
        "account_id": desk.account.id,
        "_links": desk.self_link("contacts", contact.id),
        "_embedded": { "tags": [], "companies": [] },
    })
}

/// A field without a value is not shown.
fn multitext(id: u64, name: &str, code: &str, values: &[String]) -> Option<Value> {
    let shown = |value: &String| json!({ "value": value, "enum_id": id + 1, "enum_code": "WORK" });
    (!values.is_empty()).then(|| {
        json!({
            "field_id": id,
            "field_name": name,
            "field_code": code,
            "field_type": "multitext",
            "values": values.iter().map(shown).collect::<Vec<_>>(),
        })
    })
}
