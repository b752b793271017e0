//! OAuth 2 as Kommo has it: codes of 20 minutes that work once, access tokens of a day, and refresh tokens
//! of three months that end with their use. Times are those of the sandbox's clock.
//!
//! A used refresh token is a 401, as recorded; every other mistake is Kommo's 400.

use std::collections::VecDeque;
use std::hash::{BuildHasher, RandomState};

use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::crm::Account;
use super::jwt;
use super::problem::ApiProblem;

const MINUTE_MS: i64 = 60_000;
const DAY_S: i64 = 24 * 60 * 60;
const CODE_MS: i64 = 20 * MINUTE_MS;
const ACCESS_MS: i64 = DAY_S * 1000;
const REFRESH_MS: i64 = 90 * DAY_S * 1000;
/// Codes and tokens of each kind that are remembered; the oldest stops working.
const MOST: usize = 1000;

/// An integration that may ask for tokens.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KommoIntegration {
    /// Its id, a UUID at Kommo.
    pub client_id: String,
    /// Its secret.
    pub client_secret: String,
    /// Where its users come back to; the same text has to stand in every request for a token.
    pub redirect_uri: String,
}

/// What was issued and still works, each with its end.
#[derive(Debug, Default)]
pub(crate) struct Tokens {
    pub(crate) integration: Option<KommoIntegration>,
    codes: VecDeque<(String, i64)>,
    access: VecDeque<(String, i64)>,
    refresh: VecDeque<(String, i64)>,
    account: Account,
    count: u64,
    random: RandomState,
}

impl Tokens {
    pub(crate) fn new(integration: Option<KommoIntegration>, account: &Account) -> Self {
        Self { integration, account: account.clone(), ..Self::default() }
    }

    /// A code for the integration.
    pub(crate) fn issue_code(&mut self, now_ms: i64) -> String {
        let code = self.secret("def50200", 10);
        keep(&mut self.codes, &code, now_ms.saturating_add(CODE_MS));
        code
    }

    pub(crate) fn is_access(&self, token: &str, now_ms: i64) -> bool {
        self.access.iter().any(|(known, end_ms)| known == token && now_ms < *end_ms)
    }

    /// The answer to `POST /oauth2/access_token`.
    pub(super) fn exchange(&mut self, request: &Exchange, now_ms: i64) -> Result<Value, ApiProblem> {
        let Some(integration) = &self.integration else {
            return Err(refused("The sandbox has no integration yet, see POST /sandbox/kommo/integration"));
        };
        for (right, given, hint) in [
            (&integration.client_id, &request.client_id, "Check the `client_id` parameter"),
            (&integration.client_secret, &request.client_secret, "Check the `client_secret` parameter"),
            (&integration.redirect_uri, &request.redirect_uri, "Check the `redirect_uri` parameter"),
        ] {
            if right != given {
                return Err(refused(hint));
            }
        }
        match request.grant_type.as_str() {
            "authorization_code" if !take(&mut self.codes, &request.code, now_ms) => {
                Err(refused("Authorization code has been revoked"))
            }
            "refresh_token" if !take(&mut self.refresh, &request.refresh_token, now_ms) => {
                Err(problem(StatusCode::UNAUTHORIZED, "Token has been revoked"))
            }
            "authorization_code" | "refresh_token" => Ok(self.issue_tokens(now_ms)),
            _ => Err(refused("Check the `grant_type` parameter")),
        }
    }

    fn issue_tokens(&mut self, now_ms: i64) -> Value {
        let now_s = now_ms.div_euclid(1000);
        let id = self.secret("", 1);
        let client_id = self.integration.as_ref().map(|known| known.client_id.as_str()).unwrap_or_default();
        let access_token = jwt::token(&self.account, &id, client_id, (now_s, now_s.saturating_add(DAY_S)));
        let refresh_token = self.secret("def50200", 10);
        keep(&mut self.access, &access_token, now_ms.saturating_add(ACCESS_MS));
        keep(&mut self.refresh, &refresh_token, now_ms.saturating_add(REFRESH_MS));
        json!({
            "token_type": "Bearer",
            "expires_in": DAY_S,
            "server_time": now_s,
            "access_token": access_token,
            "refresh_token": refresh_token,
        })
    }

    /// As long as Kommo's, so that a column too short for them shows.
    fn secret(&mut self, start: &str, blocks: usize) -> String {
        let mut secret = start.to_owned();
        for _ in 0..blocks {
            self.count += 1;
            let seed = [self.count, self.random.hash_one(self.count)].map(u64::to_be_bytes).concat();
            secret.push_str(&const_hex::encode(Sha256::digest(seed)));
        }
        secret
    }
}

/// What the endpoint reads, from JSON or from a form.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Exchange {
    client_id: String,
    client_secret: String,
    redirect_uri: String,
    grant_type: String,
    code: String,
    refresh_token: String,
}

impl Exchange {
    pub(super) fn read(body: &[u8]) -> Result<Self, ApiProblem> {
        if let Ok(json) = serde_json::from_slice(body) {
            return Ok(json);
        }
        let form: Vec<(String, Value)> =
            form_urlencoded::parse(body).map(|(key, value)| (key.into_owned(), value.into())).collect();
        serde_json::from_value(Value::Object(form.into_iter().collect()))
            .map_err(|_| refused("The body is neither JSON nor a form"))
    }
}

fn keep(list: &mut VecDeque<(String, i64)>, secret: &str, end_ms: i64) {
    list.push_back((secret.to_owned(), end_ms));
    if list.len() > MOST {
        list.pop_front();
    }
}

fn take(list: &mut VecDeque<(String, i64)>, secret: &str, now_ms: i64) -> bool {
    let place = list.iter().position(|(known, _)| known == secret);
    place.and_then(|place| list.remove(place)).is_some_and(|(_, end_ms)| now_ms < end_ms)
}

fn refused(hint: &str) -> ApiProblem {
    problem(StatusCode::BAD_REQUEST, hint)
}

fn problem(status: StatusCode, hint: &str) -> ApiProblem {
    ApiProblem::new(status, "The request misses parameters, or they are not valid")
        .titled("Invalid request")
        .with("type", json!("https://developers.kommo.com/v3/errors/OAuthProblemJson"))
        .with("hint", json!(hint))
}
