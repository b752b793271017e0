//! Who calls: the token, what it may touch, and `appsecret_proof`.

use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha2::Sha256;
use subtle::ConstantTimeEq;

use super::call::Call;
use super::errors::Refusal;
use crate::world::{App, Token, World};

/// The token of a call, if it is one that can be used now.
pub(super) fn token<'a>(world: &'a World, call: &Call, now_s: i64) -> Result<&'a Token, Refusal> {
    let given = call.token.as_ref().map_err(Clone::clone)?;
    let token = world.tokens.get(given.as_str()).ok_or_else(Refusal::bad_token)?;
    check_session(token, now_s)?;
    check_proof(world, call, token)?;
    Ok(token)
}

/// Whether the token is still good.
pub(super) fn check_session(token: &Token, now_s: i64) -> Result<(), Refusal> {
    let expired = token.expires_at.is_some_and(|at| at <= now_s);
    token.refused_with.or(expired.then_some(463)).map_or(Ok(()), |why| Err(Refusal::token_session(why)))
}

/// The token of a call that may touch `object`; Graph does not tell a wrong id from one without access.
pub(super) fn token_for<'a>(
    world: &'a World,
    call: &Call,
    object: &str,
    now_s: i64,
) -> Result<&'a Token, Refusal> {
    let token = token(world, call, now_s)?;
    if token.may_touch(object) { Ok(token) } else { Err(Refusal::no_object(&call.method, object)) }
}

/// Lowercase hex of HMAC-SHA256 with the secret of the app that issued the token, over the token.
fn check_proof(world: &World, call: &Call, token: &Token) -> Result<(), Refusal> {
    let Some(app) = token.app_id.as_ref().and_then(|id| world.apps.get(id)) else { return Ok(()) };
    match &call.proof {
        None if app.require_proof => Err(Refusal::no_proof()),
        None => Ok(()),
        Some(given) if is_proof(app, &token.value, given) => Ok(()),
        Some(_) => Err(Refusal::bad_proof()),
    }
}

fn is_proof(app: &App, token: &str, given: &Value) -> bool {
    // HMAC takes keys of any length, so the other arm is never used.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(app.secret.as_bytes()) else { return false };
    mac.update(token.as_bytes());
    let right = const_hex::encode(mac.finalize().into_bytes());
    given.as_str().is_some_and(|given| bool::from(given.as_bytes().ct_eq(right.as_bytes())))
}
