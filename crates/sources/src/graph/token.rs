//! Where a request's token stands. Two places that name two tokens are nobody's guess.

use capi::Plain;
use http::{HeaderMap, header::AUTHORIZATION};

use super::{EventsCall, RefusedCall, TraceId};

/// The schemes of the header that name a token; Graph takes both.
const SCHEMES: [&str; 2] = ["bearer", "oauth"];
/// The parameter's name, in the query as in the body.
const PARAMETER: &str = "access_token";

/// The token that stands before the body: in `Authorization: Bearer …` (or `OAuth …`) or in the query's `access_token`.
///
/// # Errors
/// The refusal of a request that names two different ones.
pub fn token_of_head(
    headers: &HeaderMap,
    query: &str,
    trace: &TraceId,
) -> Result<Option<Plain>, Box<RefusedCall>> {
    let mut token = None;
    let of_headers = headers.get_all(AUTHORIZATION).iter().filter_map(|value| {
        let value = value.to_str().ok()?;
        let (scheme, token) = value.trim().split_once(' ')?;
        SCHEMES.iter().any(|known| scheme.eq_ignore_ascii_case(known)).then(|| Plain::new(token.trim()))
    });
    let of_query = form_urlencoded::parse(query.as_bytes())
        .filter(|(name, _)| name == PARAMETER)
        .map(|(_, value)| Plain::new(value));
    for found in of_headers.chain(of_query) {
        token = one(token, Some(found), trace)?;
    }
    Ok(token)
}

impl EventsCall<'_> {
    /// The token of the request: that of its head, or that of its body.
    ///
    /// # Errors
    /// The refusal of a request that names two different ones.
    pub fn token(&self, head: Option<&Plain>, trace: &TraceId) -> Result<Option<Plain>, Box<RefusedCall>> {
        one(head.cloned(), self.body.envelope.access_token.clone(), trace)
    }
}

fn one(
    first: Option<Plain>,
    second: Option<Plain>,
    trace: &TraceId,
) -> Result<Option<Plain>, Box<RefusedCall>> {
    let is_there = |token: &Plain| !token.expose().is_empty();
    match (first.filter(is_there), second.filter(is_there)) {
        (Some(first), Some(second)) if first != second => Err(Box::new(RefusedCall::two_tokens(trace))),
        (first, second) => Ok(first.or(second)),
    }
}
