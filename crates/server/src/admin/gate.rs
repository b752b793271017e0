//! The gate of the admin listener: a bearer token for programs, a cookie for people.

use std::sync::Arc;

use axum::{
    Form,
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Redirect, Response},
};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::{Admin, Language, page};

const COOKIE: &str = "kopru_admin";

/// What a page may load: only what this server gives.
const CONTENT_POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; \
                              form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Lets a request through that carries the admin token. A browser without it is shown where to
/// give it; a program gets a plain 401.
pub(super) async fn require_token(State(admin): State<Arc<Admin>>, request: Request, next: Next) -> Response {
    let headers = request.headers();
    if bearer(headers).is_some_and(|token| admin.knows(token))
        || cookie(headers, COOKIE).is_some_and(|session| admin.is_session(session))
    {
        return next.run(request).await;
    }
    if request.uri().path().starts_with("/api/") {
        return (StatusCode::UNAUTHORIZED, [(header::WWW_AUTHENTICATE, "Bearer")]).into_response();
    }
    page::login(Language::of(headers), false, StatusCode::UNAUTHORIZED)
}

#[derive(serde::Deserialize)]
pub(super) struct Login {
    token: String,
}

/// Takes the token from the form. The cookie holds the session of this process, never the token: a
/// browser sends it to every server on the same host.
pub(super) async fn login(
    State(admin): State<Arc<Admin>>,
    headers: HeaderMap,
    Form(login): Form<Login>,
) -> Response {
    let token = login.token.trim();
    if !admin.knows(token.as_bytes()) {
        return page::login(Language::of(&headers), true, StatusCode::UNAUTHORIZED);
    }
    let cookie = format!("{COOKIE}={}; Path=/; HttpOnly; SameSite=Strict", admin.session);
    match HeaderValue::from_str(&cookie) {
        Ok(cookie) => ([(header::SET_COOKIE, cookie)], Redirect::to("/")).into_response(),
        Err(_) => StatusCode::BAD_REQUEST.into_response(),
    }
}

/// Headers that every answer of the admin listener carries.
pub(super) async fn guard_headers(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(CONTENT_POLICY));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

impl Admin {
    fn knows(&self, token: &[u8]) -> bool {
        let given: [u8; 32] = Sha256::digest(token).into();
        given.ct_eq(&self.token).into()
    }

    fn is_session(&self, session: &str) -> bool {
        session.as_bytes().ct_eq(self.session.as_bytes()).into()
    }
}

fn bearer(headers: &HeaderMap) -> Option<&[u8]> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.as_bytes().split_at_checked("Bearer ".len())?;
    scheme.eq_ignore_ascii_case(b"Bearer ").then_some(token)
}

/// The value of a cookie.
pub(super) fn cookie<'a>(headers: &'a HeaderMap, wanted: &str) -> Option<&'a str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(name, value)| (name == wanted).then_some(value))
}
