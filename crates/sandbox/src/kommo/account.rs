//! `GET /account` and `GET /leads/pipelines`.

use axum::response::Response;
use serde_json::{Value, json};

use super::Desk;
use super::answer;
use super::book::{LOST, Pipeline, Status, WON};

pub(super) fn account(desk: &Desk<'_>) -> Response {
    let account = desk.account;
    answer::hal(&json!({
        "_links": { "self": { "href": format!("{}/account", desk.base) } },
        "id": account.id,
        "name": account.name,
        "subdomain": account.subdomain,
        "current_user_id": desk.user_id(),
        "country": account.country,
        "currency": account.currency,
    }))
}

pub(super) fn pipelines(desk: &Desk<'_>) -> Response {
    let all = &desk.book.pipelines;
    let shown: Vec<Value> =
        all.values().enumerate().map(|(place, pipeline)| shown(desk, place, pipeline)).collect();
    answer::hal(&json!({
        "_total_items": shown.len(),
        "_links": { "self": { "href": format!("{}/leads/pipelines", desk.base) } },
        "_embedded": { "pipelines": shown },
    }))
}

fn shown(desk: &Desk<'_>, place: usize, pipeline: &Pipeline) -> Value {
    let statuses: Vec<Value> = pipeline
        .statuses
        .iter()
        .enumerate()
        .map(|(place, status)| stage(desk, place, pipeline.id, status))
        .collect();
    json!({
        "id": pipeline.id,
        "name": pipeline.name,
        "sort": place + 1,
        "is_main": place == 0,
        "is_unsorted_on": pipeline.statuses.iter().any(|status| status.incoming),
        "is_archive": false,
        "account_id": desk.account.id,
        "_links": desk.self_link("leads/pipelines", pipeline.id),
        "_embedded": { "statuses": statuses },
    })
}

fn stage(desk: &Desk<'_>, place: usize, pipeline_id: u64, status: &Status) -> Value {
    let (sort, color) = match status.id {
        WON => (10_000, "#CCFF66"),
        LOST => (11_000, "#D5D8DB"),
        _ => ((place + 1) * 10, "#99ccff"),
    };
    json!({
        "id": status.id,
        "name": status.name,
        "sort": sort,
        "is_editable": !(status.incoming || matches!(status.id, WON | LOST)),
        "pipeline_id": pipeline_id,
        "color": color,
        "type": u8::from(status.incoming),
        "account_id": desk.account.id,
        "_links": desk.self_link(&format!("leads/pipelines/{pipeline_id}/statuses"), status.id),
    })
}
