//! `GET`, `POST` and `PATCH` of `/tasks` and `/tasks/{id}`.

use axum::response::Response;
use serde_json::{Value, json};

use super::answer::{self, List};
use super::crm::cards::Kind;
use super::crm::news::{News, WebhookStyle};
use super::crm::work::{Task, TaskPatch};
use super::input::{self, Item, MOST_NAME, MOST_TEXT};
use super::problem::ApiProblem;
use super::query::Query;
use super::{Context, MOST_PER_PAGE, USUAL_PER_PAGE, cards};

const KEYS: [&str; 13] = [
    "id",
    "text",
    "complete_till",
    "entity_id",
    "entity_type",
    "task_type_id",
    "duration",
    "is_completed",
    "result",
    "responsible_user_id",
    "created_at",
    "updated_at",
    "created_by",
];

pub(super) fn many(context: &Context<'_>, query: &str) -> Result<Response, ApiProblem> {
    let filters =
        ["id", "responsible_user_id", "is_completed", "task_type", "entity_type", "entity_id", "updated_at"];
    let query = Query::read(query, &filters, &["id", "created_at", "complete_till"])?;
    let page = query.page(USUAL_PER_PAGE, MOST_PER_PAGE)?;
    let (ids, users) = (query.ids("id")?, query.ids("responsible_user_id")?);
    let (types, entity_ids) = (query.ids("task_type")?, query.ids("entity_id")?);
    let (done, kinds) = (query.filter("is_completed"), query.filter("entity_type"));
    let updated_at = query.range("updated_at")?;
    let has = |list: &Option<Vec<u64>>, id| list.as_ref().is_none_or(|list| list.contains(&id));
    let mut rows: Vec<&Task> = context
        .crm
        .tasks
        .values()
        .filter(|task| has(&ids, task.id) && has(&users, task.responsible_user_id))
        .filter(|task| has(&types, task.type_id) && updated_at.contains(&task.updated_at))
        .filter(|task| has(&entity_ids, task.about.map_or(0, |(_, id)| id)))
        .filter(|task| {
            let done_as_text = if task.is_completed { ["1", "true"] } else { ["0", "false"] };
            done.as_ref().is_none_or(|done| done.iter().any(|given| done_as_text.contains(given)))
        })
        .filter(|task| {
            let kind = task.about.map_or("", |(kind, _)| kind.many());
            kinds.as_ref().is_none_or(|kinds| kinds.contains(&kind))
        })
        .collect();
    if let Some((key, greatest_first)) = query.order() {
        rows.sort_by_key(|task| match key {
            "created_at" => (task.created_at, task.id),
            "complete_till" => (task.complete_till, task.id),
            _ => (0, task.id),
        });
        if greatest_first {
            rows.reverse();
        }
    }
    let list = List { href: &context.href("tasks"), name: "tasks", query: &query, page };
    Ok(list.answer(&rows, |task| shown(context, task)))
}

pub(super) fn one(context: &Context<'_>, id: &str) -> Result<Response, ApiProblem> {
    let task = id.parse().ok().and_then(|id: u64| context.crm.tasks.get(&id));
    Ok(answer::hal(&shown(context, task.ok_or_else(|| ApiProblem::not_found("Task not found"))?)))
}

fn shown(context: &Context<'_>, task: &Task) -> Value {
    let result = if task.result.is_empty() { json!([]) } else { json!({ "text": task.result }) };
    json!({
        "id": task.id,
        "created_by": task.created_by,
        "updated_by": task.updated_by,
        "created_at": task.created_at,
        "updated_at": task.updated_at,
        "responsible_user_id": task.responsible_user_id,
        "group_id": 0,
        "entity_id": task.about.map(|(_, id)| id),
        "entity_type": task.about.map(|(kind, _)| kind.many()),
        "duration": task.duration,
        "is_completed": task.is_completed,
        "task_type_id": task.type_id,
        "text": task.text,
        "result": result,
        "complete_till": task.complete_till,
        "account_id": context.crm.account.id,
        "_links": context.self_link("tasks", task.id),
    })
}

pub(super) fn make(context: &mut Context<'_>, body: &Value) -> Result<Response, ApiProblem> {
    let items = input::items(body)?;
    if !context.crm.has_room(context.crm.tasks.len(), items.len()) {
        return Err(ApiProblem::bad_request("the sandbox keeps no more tasks".to_owned()));
    }
    let read: Vec<_> = items.iter().map(|item| new_task(context, item)).collect();
    input::refuse_faults(&items)?;
    let mut news = News::default();
    let mut made = Vec::new();
    for (item, (task, stamp)) in items.iter().zip(read) {
        let task = Task { id: context.crm.new_id(), ..task };
        made.push((task.id, item.request_id().to_owned()));
        context.crm.add_task(task, stamp, &mut news);
    }
    context.crm.announce(news, WebhookStyle::default());
    Ok(cards::made(context, "tasks", &made))
}

fn new_task(context: &Context<'_>, item: &Item<'_>) -> (Task, super::crm::cards::Stamp) {
    item.only(&KEYS);
    for key in ["text", "complete_till"] {
        if item.raw(key).is_none() {
            item.missing(key);
        }
    }
    let stamp = cards::stamp(context, item, "created_at", "created_by");
    let mut task = Task {
        id: 0,
        about: about(context, item),
        text: String::new(),
        type_id: 1,
        complete_till: 0,
        duration: 0,
        is_completed: false,
        result: String::new(),
        responsible_user_id: context.user_id(),
        created_by: stamp.by,
        updated_by: stamp.by,
        created_at: stamp.at,
        updated_at: stamp.at,
    };
    read(context, item).apply(&mut task);
    (task, stamp)
}

fn about(context: &Context<'_>, item: &Item<'_>) -> Option<(Kind, u64)> {
    let id = item.id("entity_id")?;
    let kind = item.text("entity_type", MOST_NAME).as_deref().and_then(Kind::named);
    let Some(kind) = kind else {
        item.no_choice("entity_type");
        return None;
    };
    if context.crm.card(kind, id).is_none() {
        item.no_choice("entity_id");
    }
    Some((kind, id))
}

fn read(context: &Context<'_>, item: &Item<'_>) -> TaskPatch {
    let responsible_user_id = item.id("responsible_user_id");
    if responsible_user_id.is_some_and(|id| !context.crm.user_ids().contains(&id)) {
        item.no_choice("responsible_user_id");
    }
    let result = item.raw("result").map(|result| result["text"].as_str().map(str::to_owned));
    if result == Some(None) {
        item.missing("result.text");
    }
    TaskPatch {
        text: item.text("text", MOST_TEXT).into(),
        type_id: item.id("task_type_id").into(),
        complete_till: item.whole("complete_till").into(),
        duration: item.id("duration").into(),
        is_completed: item.yes("is_completed").into(),
        result: result.flatten().into(),
        responsible_user_id: responsible_user_id.into(),
    }
}

/// Changes one task, or those of a list: all of them or, if one has a fault, none.
pub(super) fn change(
    context: &mut Context<'_>,
    id: Option<&str>,
    body: &Value,
) -> Result<Response, ApiProblem> {
    let items = if id.is_some() { vec![Item::of(body, 0)?] } else { input::items(body)? };
    let mut patches = Vec::new();
    for item in &items {
        item.only(&KEYS);
        let id = id.map_or_else(|| item.id("id"), |id| id.parse().ok());
        let Some(id) = id.filter(|id| context.crm.tasks.contains_key(id)) else {
            return Err(ApiProblem::not_found("Task not found"));
        };
        patches.push((id, read(context, item), cards::stamp(context, item, "updated_at", "updated_by")));
    }
    input::refuse_faults(&items)?;
    let mut news = News::default();
    let mut rows = Vec::new();
    for (id, patch, stamp) in patches {
        context.crm.change_task(id, patch, stamp, &mut news);
        rows.push(json!({ "id": id, "updated_at": stamp.at, "_links": context.self_link("tasks", id) }));
    }
    context.crm.announce(news, WebhookStyle::default());
    if id.is_some() {
        return Ok(answer::hal(&rows.swap_remove(0)));
    }
    Ok(answer::hal(&cards::embedded(context, "tasks", &rows)))
}
