//! `GET /events`: the audit log, newest first. The sandbox keeps the stage changes of deals.

use axum::response::Response;
use serde_json::{Value, json};

use super::answer;
use super::book::Move;
use super::problem::Problem;
use super::{Desk, MOST_EVENTS_PER_PAGE};

const KIND: &str = "lead_status_changed";

pub(super) fn many(desk: &Desk<'_>, query: &str) -> Result<Response, Problem> {
    let query = super::Query::read(query, &["entity", "entity_id", "type"])?;
    for (filter, only) in [("entity", "lead"), ("type", KIND)] {
        let others = query.filter(filter).into_iter().flatten().find(|value| *value != only);
        if let Some(other) = others {
            return Err(Problem::bad_request(format!("the sandbox keeps no events of {filter} {other}")));
        }
    }
    let ids = query.ids("entity_id")?;
    let page = query.page(MOST_EVENTS_PER_PAGE, MOST_EVENTS_PER_PAGE)?;
    let rows: Vec<Value> = desk
        .book
        .moves_newest_first()
        .into_iter()
        .filter(|row| ids.as_ref().is_none_or(|ids| ids.contains(&row.deal_id)))
        .map(|row| shown(desk, row))
        .collect();
    Ok(answer::list(&desk.base, "events", &query, page, &rows))
}

fn shown(desk: &Desk<'_>, row: Move) -> Value {
    let stage =
        |(pipeline_id, id): (u64, u64)| json!([{ "lead_status": { "id": id, "pipeline_id": pipeline_id } }]);
    let id = format!("01sandbox{:017}", row.n);
    json!({
        "_links": { "self": { "href": format!("{}/events/{id}", desk.base) } },
        "id": id,
        "type": KIND,
        "entity_id": row.deal_id,
        "entity_type": "lead",
        "created_by": 0,
        "created_at": row.at,
        "value_after": stage(row.after),
        "value_before": stage(row.before),
        "account_id": desk.account.id,
        "_embedded": { "entity": { "id": row.deal_id, "_links": desk.self_link("leads", row.deal_id) } },
    })
}
