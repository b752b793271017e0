//! `/{page|waba|ig}/dataset`, and the nodes of datasets and of what they are linked to.

use axum::http::Method;
use serde_json::{Value, json};

use super::access;
use super::call::Call;
use super::errors::Refusal;
use super::limit;
use crate::Meta;
use crate::world::{Asset, AssetKind, SimulatedDataset, Token, World};

/// Datasets are made by calls, so their number has a bound.
const MOST_DATASETS: usize = 100_000;

/// `GET` and `POST` of the dataset of a Page, WhatsApp Business Account or Instagram account.
pub(super) fn edge(meta: &Meta, call: &Call, now_s: i64) -> Result<Value, Refusal> {
    let id = &call.path.node;
    let mut world = meta.world_mut();
    let token = access::token_for(&world, call, id, now_s)?.clone();
    limit::charge(meta, call, &token)?;
    let no_object = || Refusal::no_object(&call.method, id);
    let asset = world.assets.get(id).ok_or_else(no_object)?;
    need(&token, asset.kind)?;
    let linked = asset.dataset_id.clone();
    match call.method {
        Method::GET => {
            Ok(json!({ "data": linked.map(|id| shown(&world, &id)).into_iter().collect::<Vec<_>>() }))
        }
        Method::POST => {
            let id = match linked {
                Some(id) => id,
                None => create(&mut world, call, &token)?,
            };
            Ok(json!({ "id": id }))
        }
        _ => Err(no_object()),
    }
}

/// The permission that the channel's events need.
fn need(token: &Token, kind: AssetKind) -> Result<(), Refusal> {
    let permission = match kind {
        AssetKind::Page => "page_events",
        AssetKind::Waba => "whatsapp_business_manage_events",
        AssetKind::Instagram => "instagram_manage_events",
    };
    if token.has(permission) { Ok(()) } else { Err(Refusal::no_permission(permission)) }
}

fn create(world: &mut World, call: &Call, token: &Token) -> Result<String, Refusal> {
    if world.datasets.len() >= MOST_DATASETS {
        return Err(Refusal::of_code(6202, None));
    }
    let Some(asset) = world.assets.get(&call.path.node).cloned() else {
        return Err(Refusal::no_object(&call.method, &call.path.node));
    };
    // There is room below the bound, so the first free number is found.
    let id = (0..=MOST_DATASETS as u64)
        .map(|n| (880_000_000_000_000 + n).to_string())
        .find(|id| !world.datasets.contains_key(id))
        .unwrap_or_default();
    let name = call.text("dataset_name").unwrap_or(&asset.name).chars().take(100).collect();
    let mut dataset = SimulatedDataset {
        id: id.clone(),
        name,
        app_id: token.app_id.clone(),
        ..SimulatedDataset::default()
    };
    let link = Some(asset.id.clone());
    match asset.kind {
        AssetKind::Page => dataset.page_id = link,
        AssetKind::Waba => dataset.waba_id = link,
        AssetKind::Instagram => dataset.ig_account_id = link,
    }
    world.put_dataset(dataset);
    // Whoever makes a dataset may write to it.
    if let Some(objects) = world.tokens.get_mut(&token.value).and_then(|token| token.objects.as_mut()) {
        objects.push(id.clone());
    }
    Ok(id)
}

fn shown(world: &World, id: &str) -> Value {
    let name = world.datasets.get(id).map_or("", |dataset| &dataset.name);
    json!({ "id": id, "name": name })
}

/// `GET /{dataset}`, `/{page}`, `/{waba}`, `/{ig}` and `/me`.
pub(super) fn node(meta: &Meta, call: &Call, now_s: i64) -> Result<Value, Refusal> {
    let id = call.path.node.as_str();
    let world = meta.world();
    let token = access::token(&world, call, now_s)?;
    limit::charge(meta, call, token)?;
    if id == "me" {
        return Ok(json!({ "id": "100000000000001", "name": "System user" }));
    }
    let known = world.datasets.contains_key(id) || world.assets.contains_key(id);
    if !known && !id.bytes().all(|byte| byte.is_ascii_digit()) && !id.starts_with("act_") {
        return Err(Refusal::no_alias(id));
    }
    if !known || !token.may_touch(id) || call.method != Method::GET {
        return Err(Refusal::no_object(&call.method, id));
    }
    match (world.datasets.get(id), world.assets.get(id)) {
        (Some(dataset), _) => dataset_node(dataset, token),
        (None, Some(asset)) => Ok(asset_node(asset)),
        (None, None) => Err(Refusal::no_object(&call.method, id)),
    }
}

/// A token that was made in Events Manager writes events and cannot read the dataset itself.
fn dataset_node(dataset: &SimulatedDataset, token: &Token) -> Result<Value, Refusal> {
    if token.value == dataset.token || !token.has("ads_read") {
        return Err(Refusal::parameter("(#100) Missing Permission"));
    }
    Ok(json!({
        "id": dataset.id,
        "name": dataset.name,
        "is_consolidated_container": true,
        "is_unavailable": false,
    }))
}

fn asset_node(asset: &Asset) -> Value {
    json!({ "id": asset.id, "name": asset.name })
}
