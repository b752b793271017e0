//! The gate of the admin listener: a bearer token or an API key for programs, a cookie for people.

use std::{sync::Arc, time::Duration};

use axum::{
    Extension, Form,
    body::{Body, to_bytes},
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{AppendHeaders, IntoResponse, Redirect, Response},
};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::{
    Admin, Language,
    answers::problem,
    hosts::is_own_page,
    key_gate::Behind,
    login_throttle::{LoginMethod, LoginOutcome},
    page,
};
use crate::{
    client::{Client, Peer},
    listen::ConnectionInfo,
};

const COOKIE: &str = "kopru_admin";
/// How large the body of a request may be: a token, or the name of a workspace.
const BODY_BYTES_MAX: usize = 16 * 1024;
/// How long it may take to arrive.
const BODY_WITHIN: Duration = Duration::from_secs(5);

/// What a page may load: only what this server gives.
const CONTENT_POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; \
                              img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Lets a request through that carries the admin token or comes from somebody who is signed in. A
/// browser without either is shown where to give the token; a program gets a plain 401.
pub(super) async fn require_token(
    State(admin): State<Arc<Admin>>,
    Extension(connection): Extension<ConnectionInfo>,
    request: Request,
    next: Next,
) -> Response {
    pass(&admin, connection, Behind::All, request, next).await
}

/// The same where an API key also opens what is of its own workspace.
pub(super) async fn require_token_or_key(
    State(admin): State<Arc<Admin>>,
    Extension(connection): Extension<ConnectionInfo>,
    request: Request,
    next: Next,
) -> Response {
    pass(&admin, connection, Behind::Workspace, request, next).await
}

/// The same where an API key that reports events opens what takes them.
pub(super) async fn require_token_or_events_key(
    State(admin): State<Arc<Admin>>,
    Extension(connection): Extension<ConnectionInfo>,
    request: Request,
    next: Next,
) -> Response {
    pass(&admin, connection, Behind::Events, request, next).await
}

async fn pass(
    admin: &Admin,
    connection: ConnectionInfo,
    behind: Behind,
    request: Request,
    next: Next,
) -> Response {
    let headers = request.headers();
    if session_of(admin, headers).is_some() {
        if request.method() != Method::GET && !is_own_page(headers) {
            return (StatusCode::FORBIDDEN, "This was not asked for by Kopru's own page.\n").into_response();
        }
        return next.run(request).await;
    }
    if let Some(token) = bearer(headers) {
        let hash: [u8; 32] = Sha256::digest(token).into();
        let key = admin.keys.of_hash(&hash);
        match admin.try_token(LoginMethod::Header, connection.peer, headers, &hash, key.is_some()) {
            LoginOutcome::Right => {
                let Some(key) = key else { return next.run(request).await };
                return match admin.by_key(key, behind, request) {
                    Ok(request) => next.run(request).await,
                    Err(error) => problem(StatusCode::FORBIDDEN, &error.to_string()),
                };
            }
            LoginOutcome::Later(wait) => {
                return (StatusCode::TOO_MANY_REQUESTS, [later(wait)], "Too many wrong tokens.\n")
                    .into_response();
            }
            LoginOutcome::Wrong => {}
        }
    }
    if request.uri().path() != "/" {
        return (StatusCode::UNAUTHORIZED, [(header::WWW_AUTHENTICATE, "Bearer")]).into_response();
    }
    // The page is asked for in a language, as the page behind it is.
    let query = request.uri().query().unwrap_or_default();
    let chosen = form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == "lang");
    let chosen = chosen.and_then(|(_, code)| Language::from_code(&code));
    let language = chosen.unwrap_or_else(|| Language::of(headers));
    let remember = chosen.map(|language| AppendHeaders([language.remembered()]));
    (remember, page::login(language, page::Asked::First, StatusCode::UNAUTHORIZED)).into_response()
}

#[derive(serde::Deserialize)]
pub(super) struct Login {
    token: String,
}

/// Takes the token from the form. The cookie holds a value of its own, never the token: a browser sends
/// it to every server on the same host.
pub(super) async fn login(
    State(admin): State<Arc<Admin>>,
    Extension(connection): Extension<ConnectionInfo>,
    headers: HeaderMap,
    Form(login): Form<Login>,
) -> Response {
    let language = Language::of(&headers);
    let hash = Sha256::digest(login.token.trim()).into();
    match admin.try_token(LoginMethod::Form, connection.peer, &headers, &hash, false) {
        LoginOutcome::Right => {}
        LoginOutcome::Wrong => {
            return page::login(language, page::Asked::AfterAWrongOne, StatusCode::UNAUTHORIZED);
        }
        LoginOutcome::Later(wait) => {
            let page = page::login(language, page::Asked::Later, StatusCode::TOO_MANY_REQUESTS);
            return ([later(wait)], page).into_response();
        }
    }
    match admin.sessions.begin() {
        Ok(session) => (set_cookie(&session, ""), Redirect::to("/")).into_response(),
        Err(error) => {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "nobody can sign in: the system gives no random numbers"
            );
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
    }
}

/// Signs out.
pub(super) async fn logout(State(admin): State<Arc<Admin>>, headers: HeaderMap) -> Response {
    if let Some(session) = session_of(&admin, &headers) {
        admin.sessions.end(session);
    }
    (set_cookie("", "; Max-Age=0"), Redirect::to("/")).into_response()
}

fn set_cookie(value: &str, more: &str) -> [(header::HeaderName, String); 1] {
    [(header::SET_COOKIE, format!("{COOKIE}={value}; Path=/; HttpOnly; SameSite=Strict{more}"))]
}

fn later(wait: Duration) -> (header::HeaderName, String) {
    (header::RETRY_AFTER, (wait.as_secs_f64().ceil() as u64).max(1).to_string())
}

/// Reads the body of a request that has one before anybody looks at it, within bounds.
pub(super) async fn bounded_body(request: Request, next: Next) -> Response {
    if request.method() == Method::GET {
        return next.run(request).await;
    }
    let (head, body) = request.into_parts();
    match tokio::time::timeout(BODY_WITHIN, to_bytes(body, BODY_BYTES_MAX)).await {
        Ok(Ok(bytes)) => next.run(Request::from_parts(head, Body::from(bytes))).await,
        Ok(Err(_)) => StatusCode::PAYLOAD_TOO_LARGE.into_response(),
        Err(_) => StatusCode::REQUEST_TIMEOUT.into_response(),
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
    /// Compares a token by its hash; takes the same time for every wrong one. That of a key counts as no wrong try,
    /// and takes none back: who has a key could otherwise guess the admin token for as long as they like.
    fn try_token(
        &self,
        way: LoginMethod,
        peer: Peer,
        headers: &HeaderMap,
        hash: &[u8; 32],
        is_key: bool,
    ) -> LoginOutcome {
        let client = Client::of(self.proxies.client(peer, headers));
        let is_right: bool = hash.ct_eq(&self.token).into();
        if is_key && !is_right {
            return self.throttle.paused(way, client).map_or(LoginOutcome::Right, LoginOutcome::Later);
        }
        self.throttle.tried(way, client, is_right)
    }
}

/// The session of whoever is signed in.
fn session_of<'a>(admin: &Admin, headers: &'a HeaderMap) -> Option<&'a str> {
    cookies(headers, COOKIE).find(|session| admin.sessions.knows(session))
}

fn bearer(headers: &HeaderMap) -> Option<&[u8]> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.as_bytes().split_at_checked("Bearer ".len())?;
    scheme.eq_ignore_ascii_case(b"Bearer ").then_some(token)
}

/// The values of a cookie; more than one where another server on the same host set its own.
pub(super) fn cookies<'a>(headers: &'a HeaderMap, wanted: &str) -> impl Iterator<Item = &'a str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter_map(move |(name, value)| (name == wanted).then_some(value))
        .take(COOKIES_MAX)
}

/// How many values of a cookie are looked at.
const COOKIES_MAX: usize = 8;
