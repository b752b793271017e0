//! `GET /account`, `/users`, `/leads/pipelines` and `/leads/loss_reasons`.

use axum::response::Response;
use serde_json::{Value, json};

use super::answer::{self, List};
use super::crm::{LOST, Pipeline, Status, WON};
use super::problem::ApiProblem;
use super::query::Query;
use super::{Context, MOST_PER_PAGE, USUAL_PER_PAGE};

/// Why deals are lost; every account of the sandbox has these.
const LOSS_REASONS: [(u64, &str); 3] =
    [(71_001, "Too expensive"), (71_002, "Went to a competitor"), (71_003, "No answer")];

pub(super) fn account(context: &Context<'_>, query: &str) -> Result<Response, ApiProblem> {
    let query = Query::read(query, &[], &[])?;
    let account = &context.crm.account;
    let mut out = json!({
        "_links": { "self": { "href": context.href("account") } },
        "id": account.id,
        "name": account.name,
        "subdomain": account.subdomain,
        "current_user_id": context.user_id(),
        "country": account.country,
        "currency": account.currency,
        "currency_symbol": symbol_of(&account.currency),
        "customers_mode": "disabled",
        "is_unsorted_on": true,
        "is_loss_reason_enabled": true,
        "is_helpbot_enabled": false,
        "is_technical_account": false,
        "contact_name_display_order": 1,
    });
    for (with, key, value) in [
        ("amojo_id", "amojo_id", json!(format!("{:08x}-0000-4a00-8000-000000000000", account.id))),
        ("version", "version", json!(12)),
        ("is_api_filter_enabled", "is_api_filter_enabled", json!(true)),
    ] {
        if query.with(with) {
            out[key] = value;
        }
    }
    if query.with("users_groups") {
        out["_embedded"]["users_groups"] = json!([{ "id": 0, "name": "Sales", "uuid": null }]);
    }
    if query.with("task_types") {
        let kind = |id: u64, name: &str, code: &str| json!({ "id": id, "name": name, "color": null, "icon_id": null, "code": code });
        out["_embedded"]["task_types"] =
            json!([kind(1, "Follow-up", "FOLLOW_UP"), kind(2, "Meeting", "MEETING")]);
    }
    Ok(answer::hal(&out))
}

fn symbol_of(currency: &str) -> &str {
    match currency {
        "EUR" => "€",
        "USD" => "$",
        "GBP" => "£",
        "TRY" => "₺",
        "BRL" => "R$",
        "INR" => "₹",
        other => other,
    }
}

pub(super) fn users(context: &Context<'_>, query: &str) -> Result<Response, ApiProblem> {
    let query = Query::read(query, &[], &[])?;
    let page = query.page(USUAL_PER_PAGE, MOST_PER_PAGE)?;
    let list = List { href: &context.href("users"), name: "users", query: &query, page };
    Ok(list.answer(&context.crm.user_ids(), |id| user(context, *id)))
}

pub(super) fn one_user(context: &Context<'_>, id: &str) -> Result<Response, ApiProblem> {
    let known = context.crm.user_ids().into_iter().find(|known| Ok(*known) == id.parse());
    let id = known.ok_or_else(|| ApiProblem::not_found("User not found"))?;
    Ok(answer::hal(&user(context, id)))
}

fn user(context: &Context<'_>, id: u64) -> Value {
    let is_admin = id == context.user_id();
    let name = if is_admin { "Administrator" } else { "Manager" };
    let all =
        |right: &str| json!({ "view": right, "edit": right, "add": right, "delete": right, "export": right });
    json!({
        "id": id,
        "name": name,
        "email": format!("{}@example.com", name.to_lowercase()),
        "lang": "en",
        "rights": {
            "leads": all("A"), "contacts": all("A"), "companies": all("A"), "tasks": { "edit": "A", "delete": "A" },
            "mail_access": false, "catalog_access": false, "is_admin": is_admin, "is_free": false,
            "is_active": true, "group_id": null, "role_id": null,
        },
        "_links": context.self_link("users", id),
    })
}

pub(super) fn loss_reasons(context: &Context<'_>, query: &str) -> Result<Response, ApiProblem> {
    let query = Query::read(query, &[], &[])?;
    let page = query.page(USUAL_PER_PAGE, MOST_PER_PAGE)?;
    let list = List { href: &context.href("leads/loss_reasons"), name: "loss_reasons", query: &query, page };
    let ids = LOSS_REASONS.map(|(id, _)| id);
    Ok(list.answer(&ids, |id| loss_reason(context, *id).unwrap_or_default()))
}

pub(super) fn one_loss_reason(context: &Context<'_>, id: &str) -> Result<Response, ApiProblem> {
    let known = id.parse().ok().and_then(|id| loss_reason(context, id));
    Ok(answer::hal(&known.ok_or_else(|| ApiProblem::not_found("Loss reason not found"))?))
}

pub(super) fn loss_reason(context: &Context<'_>, id: u64) -> Option<Value> {
    let place = LOSS_REASONS.iter().position(|(known, _)| *known == id)?;
    Some(json!({
        "id": id,
        "name": LOSS_REASONS[place].1,
        "sort": (place + 1) * 10_000,
        "created_at": 0,
        "updated_at": 0,
        "_links": context.self_link("leads/loss_reasons", id),
    }))
}

pub(super) fn pipelines(context: &Context<'_>) -> Response {
    let all = &context.crm.pipelines;
    let shown: Vec<Value> = all.values().map(|pipeline| shown(context, pipeline)).collect();
    answer::hal(&json!({
        "_total_items": shown.len(),
        "_links": { "self": { "href": context.href("leads/pipelines") } },
        "_embedded": { "pipelines": shown },
    }))
}

pub(super) fn one_pipeline(context: &Context<'_>, id: &str) -> Result<Response, ApiProblem> {
    Ok(answer::hal(&shown(context, pipeline(context, id)?)))
}

pub(super) fn statuses(context: &Context<'_>, pipeline_id: &str) -> Result<Response, ApiProblem> {
    let pipeline = pipeline(context, pipeline_id)?;
    let shown = stages(context, pipeline);
    Ok(answer::hal(&json!({
        "_total_items": shown.len(),
        "_links": { "self": { "href": context.href(&format!("leads/pipelines/{}/statuses", pipeline.id)) } },
        "_embedded": { "statuses": shown },
    })))
}

pub(super) fn one_status(context: &Context<'_>, pipeline_id: &str, id: &str) -> Result<Response, ApiProblem> {
    let pipeline_id = pipeline(context, pipeline_id)?.id;
    let known = id.parse().ok().and_then(|id| stage_of(context, pipeline_id, id));
    Ok(answer::hal(&known.ok_or_else(|| ApiProblem::not_found("Status not found"))?))
}

pub(super) fn pipeline<'d>(context: &'d Context<'_>, id: &str) -> Result<&'d Pipeline, ApiProblem> {
    let known = id.parse().ok().and_then(|id: u64| context.crm.pipelines.get(&id));
    known.ok_or_else(|| ApiProblem::not_found("Pipeline not found"))
}

fn shown(context: &Context<'_>, pipeline: &Pipeline) -> Value {
    let place = context.crm.pipelines.keys().position(|id| *id == pipeline.id).unwrap_or_default();
    json!({
        "id": pipeline.id,
        "name": pipeline.name,
        "sort": place + 1,
        "is_main": place == 0,
        "is_unsorted_on": pipeline.statuses.iter().any(|status| status.incoming),
        "is_archive": false,
        "account_id": context.crm.account.id,
        "_links": context.self_link("leads/pipelines", pipeline.id),
        "_embedded": { "statuses": stages(context, pipeline) },
    })
}

/// One stage as the API shows it.
pub(super) fn stage_of(context: &Context<'_>, pipeline_id: u64, id: u64) -> Option<Value> {
    let all = stages(context, context.crm.pipelines.get(&pipeline_id)?);
    all.into_iter().find(|stage| stage["id"] == json!(id))
}

fn stages(context: &Context<'_>, pipeline: &Pipeline) -> Vec<Value> {
    pipeline
        .statuses
        .iter()
        .enumerate()
        .map(|(place, status)| stage(context, place, pipeline.id, status))
        .collect()
}

fn stage(context: &Context<'_>, place: usize, pipeline_id: u64, status: &Status) -> Value {
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
        "account_id": context.crm.account.id,
        "_links": context.self_link(&format!("leads/pipelines/{pipeline_id}/statuses"), status.id),
    })
}
