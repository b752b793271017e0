//! `/{waba|page|ig}/subscribed_apps`: which apps get the webhooks.

use axum::http::Method;
use serde_json::{Value, json};

use super::access;
use super::call::Call;
use super::errors::Refusal;
use super::limit;
use crate::Meta;
use crate::world::{AssetKind, World};

/// Most apps that can be subscribed to one object.
const MOST_APPS: usize = 100;
/// More and longer fields than any object has.
const MOST_FIELDS: usize = 200;
const MOST_FIELD_BYTES: usize = 100;

pub(super) fn edge(meta: &Meta, call: &Call, now_s: i64) -> Result<Value, Refusal> {
    let id = &call.path.node;
    let mut world = meta.world_mut();
    let token = access::token_for(&world, call, id, now_s)?.clone();
    limit::charge(meta, call, &token)?;
    let no_object = || Refusal::no_object(&call.method, id);
    let kind = world.assets.get(id).ok_or_else(no_object)?.kind;
    let permission = match kind {
        AssetKind::Waba => "whatsapp_business_management",
        AssetKind::Page | AssetKind::Instagram => "pages_manage_metadata",
    };
    if !token.has(permission) {
        return Err(Refusal::no_permission(permission));
    }
    match call.method {
        Method::GET => return Ok(list(&world, id, kind)),
        Method::POST | Method::DELETE => {}
        _ => return Err(no_object()),
    }
    let app_id = token.app_id.ok_or_else(|| {
        Refusal::parameter(
            "(#100) The access token was not issued by an app, so there is no app to subscribe",
        )
    })?;
    let fields = call.names("subscribed_fields");
    if fields.len() > MOST_FIELDS || fields.iter().any(|field| field.len() > MOST_FIELD_BYTES) {
        return Err(Refusal::parameter("(#100) Param subscribed_fields has a field that does not exist"));
    }
    if call.method == Method::POST && kind != AssetKind::Waba && fields.is_empty() {
        return Err(Refusal::parameter("(#100) The parameter subscribed_fields is required"));
    }
    let asset = world.assets.get_mut(id).ok_or_else(no_object)?;
    asset.subscribed_apps.retain(|(app, _)| *app != app_id);
    if call.method == Method::POST {
        if asset.subscribed_apps.len() >= MOST_APPS {
            return Err(Refusal::parameter("(#100) Too many apps are subscribed"));
        }
        asset.subscribed_apps.push((app_id, fields));
    }
    Ok(json!({ "success": true }))
}

/// A WABA's list wraps the app; a Page's list shows it with its fields.
fn list(world: &World, id: &str, kind: AssetKind) -> Value {
    let subscribed = world.assets.get(id).map(|asset| asset.subscribed_apps.as_slice()).unwrap_or_default();
    let shown = |(app_id, fields): &(String, Vec<String>)| {
        let name = world.apps.get(app_id).map_or("", |app| &app.name);
        let link = format!("https://www.facebook.com/games/?app_id={app_id}");
        if kind == AssetKind::Waba {
            json!({ "whatsapp_business_api_data": { "id": app_id, "name": name, "link": link } })
        } else {
            json!({ "id": app_id, "name": name, "link": link, "subscribed_fields": fields })
        }
    };
    json!({ "data": subscribed.iter().map(shown).collect::<Vec<_>>() })
}
