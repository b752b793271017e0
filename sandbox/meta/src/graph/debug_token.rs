//! `GET /debug_token`: what a token is.

use axum::http::Method;
use serde_json::{Value, json};

use super::access;
use super::call::Call;
use super::errors::Refusal;
use crate::Meta;

/// What a token of Events Manager may do, as far as `debug_token` says.
const OF_EVENTS_MANAGER: [&str; 1] = ["read_ads_dataset_quality"];

pub(super) fn get(meta: &Meta, call: &Call, now_s: i64) -> Result<Value, Refusal> {
    if call.method != Method::GET {
        return Err(Refusal::no_object(&call.method, "debug_token"));
    }
    let world = meta.world();
    // An app asks with `{app id}|{secret}`, or anybody with a token of the same kind.
    let given = call.token.as_ref().map_err(Clone::clone)?;
    let by_app = given
        .split_once('|')
        .is_some_and(|(id, secret)| world.apps.get(id).is_some_and(|app| app.secret == secret));
    if !by_app {
        access::token(&world, call, now_s)?;
    }
    let asked = call
        .text("input_token")
        .ok_or_else(|| Refusal::parameter("(#100) The parameter input_token is required"))?;
    let Some(token) = world.tokens.get(asked) else {
        let error =
            json!({ "code": 190, "message": "Invalid OAuth access token - Cannot parse access token" });
        return Ok(json!({ "data": { "error": error, "is_valid": false, "scopes": [] } }));
    };
    let session = access::check_session(token, now_s);
    let of_events_manager = world.datasets.values().any(|dataset| dataset.token == token.value);
    let scopes: Vec<&str> = match &token.permissions {
        Some(all) => all.iter().map(String::as_str).collect(),
        None if of_events_manager => OF_EVENTS_MANAGER.to_vec(),
        None => ALL.to_vec(),
    };
    let mut data = json!({
        "app_id": token.app_id,
        "type": "SYSTEM_USER",
        "application": token.app_id.as_ref().and_then(|id| world.apps.get(id)).map(|app| &app.name),
        "data_access_expires_at": 0,
        "expires_at": token.expires_at.unwrap_or(0),
        "is_valid": session.is_ok(),
        "scopes": scopes,
        "granular_scopes": scopes.iter().map(|scope| json!({
            "scope": scope, "target_ids": token.objects,
        })).collect::<Vec<_>>(),
        "user_id": "100000000000001",
    });
    if let Err(why) = session {
        data["error"] = json!({ "code": why.code, "subcode": why.subcode, "message": why.reason() });
    }
    Ok(json!({ "data": data }))
}

const ALL: [&str; 14] = [
    "ads_management",
    "ads_read",
    "business_management",
    "instagram_basic",
    "instagram_manage_events",
    "instagram_manage_messages",
    "leads_retrieval",
    "page_events",
    "pages_manage_metadata",
    "pages_messaging",
    "pages_read_engagement",
    "read_ads_dataset_quality",
    "whatsapp_business_manage_events",
    "whatsapp_business_management",
];
