//! Changing pipelines: `PATCH` and `DELETE` of `/leads/pipelines/{id}`, and stages made, renamed, removed.
//!
//! What becomes of the leads of a removed stage is not documented: here they go to the first open stage of
//! their pipeline, and those of a removed pipeline stay as they are.

use axum::response::Response;
use serde_json::{Value, json};

use super::Context;
use super::account;
use super::answer;
use super::cards;
use super::crm::cards::Stamp;
use super::crm::news::{News, WebhookStyle};
use super::crm::{StageChange, Status};
use super::input::{self, Item, MOST_NAME};
use super::problem::ApiProblem;

pub(super) fn rename_pipeline(
    context: &mut Context<'_>,
    id: &str,
    body: &Value,
) -> Result<Response, ApiProblem> {
    let item = Item::of(body, 0)?;
    item.only(&["name"]);
    let name = item.text("name", MOST_NAME);
    input::refuse_faults(&[item])?;
    let id = account::pipeline(context, id)?.id;
    if let (Some(pipeline), Some(name)) = (context.crm.pipelines.get_mut(&id), name) {
        pipeline.name = name;
    }
    account::one_pipeline(context, &id.to_string())
}

pub(super) fn remove_pipeline(context: &mut Context<'_>, id: &str) -> Result<Response, ApiProblem> {
    let id = account::pipeline(context, id)?.id;
    if !context.crm.remove_pipeline(id) {
        return Err(ApiProblem::bad_request("an account keeps at least one pipeline".to_owned()));
    }
    Ok(answer::no_content())
}

pub(super) fn add(
    context: &mut Context<'_>,
    pipeline_id: &str,
    body: &Value,
) -> Result<Response, ApiProblem> {
    let pipeline_id = account::pipeline(context, pipeline_id)?.id;
    let items = input::items(body)?;
    let mut names = Vec::new();
    for item in &items {
        // Its place and colour are taken and not kept: stages stand in the order of their making.
        item.only(&["name", "sort", "color", "type"]);
        if item.raw("name").is_none() {
            item.missing("name");
        }
        names.push(item.text("name", MOST_NAME).unwrap_or_default());
    }
    input::refuse_faults(&items)?;
    let there = context.crm.pipelines.get(&pipeline_id).map_or(0, |pipeline| pipeline.statuses.len());
    if there + names.len() > MOST_STAGES {
        return Err(ApiProblem::bad_request(format!("a pipeline has at most {MOST_STAGES} stages")));
    }
    let mut rows = Vec::new();
    for (item, name) in items.iter().zip(names) {
        let id = context.crm.new_id();
        context.crm.put_stage(pipeline_id, Status { id, name, incoming: false });
        let mut row = account::stage_of(context, pipeline_id, id).unwrap_or_default();
        row["request_id"] = json!(item.request_id());
        rows.push(row);
    }
    let path = format!("leads/pipelines/{pipeline_id}/statuses");
    Ok(answer::hal(&cards::embedded(context, &path, &rows)))
}

/// Stages of a pipeline at most, as documented.
const MOST_STAGES: usize = 100;

pub(super) fn change(
    context: &mut Context<'_>,
    pipeline_id: &str,
    id: &str,
    body: &Value,
) -> Result<Response, ApiProblem> {
    let (pipeline_id, id) = place(context, pipeline_id, id)?;
    let item = Item::of(body, 0)?;
    item.only(&["name", "sort", "color"]);
    let name = item.text("name", MOST_NAME);
    input::refuse_faults(&[item])?;
    if let Some(name) = name {
        context.crm.rename_stage((pipeline_id, id), name);
    }
    Ok(answer::hal(&account::stage_of(context, pipeline_id, id).unwrap_or_default()))
}

pub(super) fn remove(context: &mut Context<'_>, pipeline_id: &str, id: &str) -> Result<Response, ApiProblem> {
    let place = place(context, pipeline_id, id)?;
    let stamp = Stamp { at: context.now_s, by: context.user_id() };
    let mut news = News::default();
    let removed = context.crm.remove_stage(place, stamp, &mut news);
    context.crm.announce(news, WebhookStyle::default());
    match removed {
        StageChange::Done => Ok(answer::no_content()),
        StageChange::NotThere => Err(ApiProblem::not_found("Status not found")),
        StageChange::Fixed => Err(ApiProblem::bad_request("this stage cannot be deleted".to_owned())),
    }
}

fn place(context: &Context<'_>, pipeline_id: &str, id: &str) -> Result<(u64, u64), ApiProblem> {
    let pipeline_id = account::pipeline(context, pipeline_id)?.id;
    let place = id.parse().ok().map(|id| (pipeline_id, id));
    let known = place.filter(|place| context.crm.status(*place).is_some());
    known.ok_or_else(|| ApiProblem::not_found("Status not found"))
}
