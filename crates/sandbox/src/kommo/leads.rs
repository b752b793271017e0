//! `GET /leads` and `GET /leads/{id}`.
//!
//! A lead that is not there is a 404, as recorded for other objects; a client should also expect a 204.

use axum::response::Response;
use serde_json::{Value, json};

use super::answer;
use super::book::DealRow;
use super::problem::Problem;
use super::{Desk, MOST_PER_PAGE, USUAL_PER_PAGE};

pub(super) fn many(desk: &Desk<'_>, query: &str) -> Result<Response, Problem> {
    let query = super::Query::read(query, &["id"])?;
    let ids = query.ids("id")?;
    let page = query.page(USUAL_PER_PAGE, MOST_PER_PAGE)?;
    let with_contacts = query.with("contacts");
    let rows: Vec<Value> = desk
        .book
        .deals
        .values()
        .filter(|row| ids.as_ref().is_none_or(|ids| ids.contains(&row.deal.id)))
        .map(|row| shown(desk, row, with_contacts))
        .collect();
    Ok(answer::list(&desk.base, "leads", &query, page, &rows))
}

pub(super) fn one(desk: &Desk<'_>, id: &str, query: &str) -> Result<Response, Problem> {
    let query = super::Query::read(query, &[])?;
    let row = id.parse().ok().and_then(|id: u64| desk.book.deals.get(&id));
    let row = row.ok_or_else(|| Problem::not_found("Lead not found"))?;
    Ok(answer::hal(&shown(desk, row, query.with("contacts"))))
}

fn shown(desk: &Desk<'_>, row: &DealRow, with_contacts: bool) -> Value {
    let deal = &row.deal;
    let mut embedded = json!({ "tags": [], "companies": [] });
    if with_contacts {
        let contact = |(place, id): (usize, &u64)| json!({ "id": id, "is_main": place == 0, "_links": desk.self_link("contacts", *id) });
        embedded["contacts"] = deal.contact_ids.iter().enumerate().map(contact).collect();
    }
    json!({
        "id": deal.id,
        "name": deal.name,
        "price": deal.price,
        "responsible_user_id": desk.user_id(),
        "group_id": 0,
        "status_id": deal.status_id,
        "pipeline_id": deal.pipeline_id,
        "loss_reason_id": null,
        "created_by": 0,
        "updated_by": 0,
        "created_at": deal.created_at,
        "updated_at": row.updated_at,
        "closed_at": row.closed_at,
        "closest_task_at": null,
        "is_deleted": false,
        "custom_fields_values": null,
        "score": null,
        "account_id": desk.account.id,
        "labor_cost": null,
        "_links": desk.self_link("leads", deal.id),
        "_embedded": embedded,
    })
}
