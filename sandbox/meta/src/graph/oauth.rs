//! `/oauth/access_token` and the dialog before it: a code, an app's secret, a token.
//!
//! A code lives ten minutes and works once. `fb_exchange_token` gives the long-lived form of a token
//! (60 days), `client_credentials` the app's own token.

use axum::http::StatusCode;
use sandbox_http::weight;
use serde_json::{Value, json};

use super::access;
use super::call::Call;
use super::errors::Refusal;
use crate::world::{App, Code, Token, World};
use crate::{Error, Meta};

const CODE_LIFE_S: i64 = 600;
const LONG_LIFE_S: i64 = 60 * 86_400;
/// Codes and tokens are made by calls, so their number has a bound.
const MOST_ISSUED: usize = 100_000;

/// A token with what it may touch; every exchange makes one more of it.
const MOST_TOKEN_BYTES: usize = 4096;

/// Makes a code, as if somebody had agreed to the app's dialog.
pub(crate) fn issue(
    world: &mut World,
    app_id: &str,
    redirect_uri: &str,
    permissions: Option<Vec<String>>,
    now_s: i64,
) -> Result<String, Error> {
    if !world.apps.contains_key(app_id) {
        return Err(Error::NoApp(app_id.to_owned()));
    }
    world.codes.retain(|_, code| now_s < code.until_s);
    if world.codes.len() >= MOST_ISSUED {
        return Err(Error::TooManyCodes);
    }
    let code = format!("AQ{}{}", super::trace::id(), super::trace::id());
    let value = format!("EAA{}{}", super::trace::id(), super::trace::id());
    let token = Token { app_id: Some(app_id.to_owned()), permissions, ..Token::of(&value) };
    let (app_id, redirect_uri) = (app_id.to_owned(), redirect_uri.to_owned());
    world.codes.insert(code.clone(), Code { app_id, redirect_uri, token, until_s: now_s + CODE_LIFE_S });
    Ok(code)
}

pub(super) fn exchange(meta: &Meta, call: &Call, now_s: i64) -> Result<Value, Refusal> {
    let mut world = meta.world_mut();
    let app = app(&world, call)?;
    let token = match call.text("grant_type").unwrap_or("authorization_code") {
        "authorization_code" => of_code(&mut world, &app, call, now_s)?,
        "fb_exchange_token" => {
            let given = call.text("fb_exchange_token").unwrap_or_default();
            let held =
                world.tokens.get(given).filter(|token| token.app_id.as_ref() == Some(&app.id)).cloned();
            let held = held.ok_or_else(Refusal::bad_token)?;
            access::check_session(&held, now_s)?;
            if weight(&held) > MOST_TOKEN_BYTES {
                return Err(refused(
                    "The token has too many objects and permissions to be exchanged".to_owned(),
                ));
            }
            let value = format!("EAAL{}{}", super::trace::id(), super::trace::id());
            Token { value, expires_at: Some(now_s + LONG_LIFE_S), ..held }
        }
        "client_credentials" => {
            return Ok(
                json!({ "access_token": format!("{}|{}", app.id, app.secret), "token_type": "bearer" }),
            );
        }
        other => return Err(refused(format!("Invalid grant_type: {other}"))),
    };
    if world.tokens.len() >= MOST_ISSUED {
        return Err(Refusal::of_code(2, None));
    }
    let mut answer = json!({ "access_token": token.value, "token_type": "bearer" });
    if let Some(at) = token.expires_at {
        answer["expires_in"] = Value::from(at - now_s);
    }
    world.tokens.insert(token.value.clone(), token);
    Ok(answer)
}

fn app(world: &World, call: &Call) -> Result<App, Refusal> {
    let id = call.text("client_id").ok_or_else(|| refused("Missing client_id parameter.".to_owned()))?;
    let app = world.apps.get(id).ok_or_else(|| {
        let message = "Error validating application. Cannot get application info due to a system error.";
        Refusal::new(StatusCode::BAD_REQUEST, "OAuthException", 101, message)
    })?;
    if call.text("client_secret") == Some(app.secret.as_str()) {
        Ok(app.clone())
    } else {
        Err(Refusal::new(StatusCode::BAD_REQUEST, "OAuthException", 1, "Error validating client secret."))
    }
}

fn of_code(world: &mut World, app: &App, call: &Call, now_s: i64) -> Result<Token, Refusal> {
    let given = call.text("code").ok_or_else(|| refused("Missing authorization code".to_owned()))?;
    let invalid = || refused("Invalid verification code format.".to_owned()).with_subcode(Some(36_007));
    let code = world.codes.get(given).cloned().ok_or_else(invalid)?;
    if code.app_id != app.id {
        return Err(invalid());
    }
    // A code of Embedded Signup comes without an address.
    if !code.redirect_uri.is_empty() && call.text("redirect_uri") != Some(code.redirect_uri.as_str()) {
        return Err(refused(
            "Error validating verification code. Please make sure your redirect_uri is identical to the one \
             you used in the OAuth dialog request"
                .to_owned(),
        )
        .with_subcode(Some(36_008)));
    }
    world.codes.remove(given);
    if now_s >= code.until_s {
        return Err(refused("This authorization code has expired.".to_owned()).with_subcode(Some(36_007)));
    }
    Ok(code.token)
}

fn refused(message: String) -> Refusal {
    Refusal::parameter(message)
}
