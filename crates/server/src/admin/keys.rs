//! API keys, as the management API makes, lists and revokes them. A key is in one answer only: the one that made it.

use std::{collections::BTreeSet, sync::Arc};

use axum::{
    Extension, Json, Router,
    body::Bytes,
    extract::{Query, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde_json::{Map, Value, json};
use store::{ApiKey, KeyConsent, KeyScope, NewApiKey};

use super::{
    Admin,
    answers::{WorkspaceQuery, failed, flag, given, object, problem, unknown_workspace, wrong},
    key_gate::may_give,
};
use crate::{Error, api_keys::new_token, health::rfc3339};

/// How long the name of a key can be.
const NAME_MAX: usize = 40;

/// The API key by which a request came, if it came by one.
type ByKey = Option<Extension<Arc<ApiKey>>>;

pub(super) fn routes() -> Router<Arc<Admin>> {
    Router::new().route("/api/v1/keys", get(list).post(make)).route("/api/v1/keys/revoke", post(revoke))
}

/// `GET /api/v1/keys?workspace=W`: its keys, oldest first, also those that were revoked.
async fn list(State(admin): State<Arc<Admin>>, Query(query): Query<WorkspaceQuery>) -> Response {
    let Some(workspace) = admin.workspace(given(query.workspace.as_ref())) else {
        return unknown_workspace(&admin);
    };
    match admin.keys.list(workspace.id).await {
        Ok(keys) => Json(keys.iter().map(shown).collect::<Vec<_>>()).into_response(),
        Err(error) => failed(&error),
    }
}

/// `POST /api/v1/keys?workspace=W` with `{"name", "scopes", "consent", "strict"}`: makes a key, and shows it.
async fn make(
    State(admin): State<Arc<Admin>>,
    Query(query): Query<WorkspaceQuery>,
    by: ByKey,
    body: Bytes,
) -> Response {
    let Some(workspace) = admin.workspace(given(query.workspace.as_ref())) else {
        return unknown_workspace(&admin);
    };
    let wanted = match object(&body).and_then(|object| wanted(&object)) {
        Ok(wanted) => wanted,
        Err(error) => return wrong(&error),
    };
    if let Some(Extension(by)) = &by
        && !may_give(by, &wanted.scopes)
    {
        return beyond("scopes: this API key makes no key that opens more than itself");
    }
    // What says less of consent lets pass what the key itself may not report.
    if let Some(Extension(by)) = &by
        && wanted.scopes.contains(&KeyScope::Events)
        && wanted.consent != by.consent
    {
        return beyond("consent: this API key makes no key that carries another consent than its own");
    }
    let made = async {
        let (token, hash) = new_token()?;
        let new = NewApiKey { hash, ..wanted };
        Ok::<_, store::Error>((token, admin.keys.make(workspace.id, new, admin.clock.now_ms()).await?))
    };
    match made.await {
        Ok((token, key)) => {
            let (workspace, name, scopes) = (&workspace.name, &key.name, codes(&key.scopes));
            let by = by.as_ref().map(|Extension(by)| &by.name);
            tracing::info!(workspace, name, ?scopes, by, "an API key was made");
            let mut answer = shown(&key);
            answer["key"] = token.into();
            Json(answer).into_response()
        }
        Err(error) if error.is_wrong_use() => problem(StatusCode::CONFLICT, &error.to_string()),
        Err(error) => failed(&error),
    }
}

/// `POST /api/v1/keys/revoke?workspace=W` with `{"name"}`: says when it was revoked; null if no key of this name
/// holds.
async fn revoke(
    State(admin): State<Arc<Admin>>,
    Query(query): Query<WorkspaceQuery>,
    by: ByKey,
    body: Bytes,
) -> Response {
    let Some(workspace) = admin.workspace(given(query.workspace.as_ref())) else {
        return unknown_workspace(&admin);
    };
    let name = match object(&body).and_then(|object| known(&object, &["name"]).and_then(|()| name(&object))) {
        Ok(name) => name,
        Err(error) => return wrong(&error),
    };
    if let (Some(Extension(by)), Some(key)) = (&by, admin.keys.named(workspace.id, &name))
        && !may_give(by, &key.scopes)
    {
        return beyond("name: this API key revokes no key that opens more than itself");
    }
    match admin.keys.revoke(workspace.id, &name, admin.clock.now_ms()).await {
        Ok(Some(key)) => {
            let (workspace, by) = (&workspace.name, by.as_ref().map(|Extension(by)| &by.name));
            tracing::info!(workspace, name, by, "an API key was revoked");
            Json(shown(&key)).into_response()
        }
        Ok(None) => Json(json!({ "name": name, "revoked": null })).into_response(),
        Err(error) => failed(&error),
    }
}

fn beyond(message: &str) -> Response {
    problem(StatusCode::FORBIDDEN, message)
}

/// A key without what opens anything.
fn shown(key: &ApiKey) -> Value {
    json!({
        "name": key.name,
        "scopes": codes(&key.scopes),
        "consent": key.consent.as_ref().map(KeyConsent::code),
        "strict": key.strict,
        "made": rfc3339(key.created_ms),
        "revoked": key.revoked_ms.and_then(rfc3339),
    })
}

fn codes(scopes: &BTreeSet<KeyScope>) -> Vec<&'static str> {
    scopes.iter().map(|scope| scope.code()).collect()
}

fn known(object: &Map<String, Value>, known: &[&str]) -> Result<(), Error> {
    match object.keys().find(|key| !known.contains(&key.as_str())) {
        Some(key) => Err(Error::UnknownKey { key: key.clone(), known: known.join(", ") }),
        None => Ok(()),
    }
}

fn name(object: &Map<String, Value>) -> Result<String, Error> {
    let name = object.get("name").and_then(Value::as_str).unwrap_or_default();
    let is_known = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if (1..=NAME_MAX).contains(&name.len()) && name.bytes().all(is_known) {
        return Ok(name.to_owned());
    }
    Err(Error::WrongForm {
        key: "name".to_owned(),
        wanted: "1 to 40 lower-case letters, digits and hyphens, such as web-shop",
    })
}

fn scopes(object: &Map<String, Value>) -> Result<BTreeSet<KeyScope>, Error> {
    let wrong = || Error::WrongForm { key: "scopes".to_owned(), wanted: "a list of events, read and manage" };
    let values = match object.get("scopes") {
        Some(Value::Array(values)) if !values.is_empty() => values.as_slice(),
        Some(one @ Value::String(_)) => std::slice::from_ref(one),
        _ => return Err(wrong()),
    };
    let scope = |value: &Value| {
        let code = value.as_str().ok_or_else(wrong)?;
        KeyScope::from_code(code).ok_or_else(|| Error::UnknownWord {
            key: "scopes",
            given: code.to_owned(),
            known: KeyScope::ALL.map(KeyScope::code).join(", "),
        })
    };
    values.iter().map(scope).collect()
}

/// What a key is to be, still without its hash.
fn wanted(object: &Map<String, Value>) -> Result<NewApiKey, Error> {
    known(object, &["name", "scopes", "consent", "strict"])?;
    let (name, scopes, strict) = (name(object)?, scopes(object)?, flag(object, "strict")?);
    let consent = object.get("consent").filter(|consent| !consent.is_null());
    if !scopes.contains(&KeyScope::Events) {
        let extra = [("consent", consent.is_some()), ("strict", strict)].into_iter().find(|(_, is)| *is);
        if let Some((key, _)) = extra {
            return Err(Error::OnlyForEvents(key));
        }
    }
    let code = consent.map(|consent| consent.as_str().and_then(KeyConsent::from_code));
    let consent = match code {
        Some(Some(consent)) => Some(consent),
        None if !scopes.contains(&KeyScope::Events) => None,
        _ => return Err(Error::WhoseConsent),
    };
    Ok(NewApiKey { name, hash: [0; 32], scopes, consent, strict })
}
