//! Kommo's API v4, as far as Kopru and tools like it ask or write, its OAuth, and its webhooks.
//!
//! Shapes are those of Kommo's documentation and of recorded answers; where a module says background
//! knowledge, neither was available. Every request counts against the limit of 7 a second, also one without
//! a token.

mod account;
mod answer;
mod cards;
mod companies;
mod complex;
mod contacts;
mod control;
mod crm;
mod driver;
mod error;
mod events;
mod fields;
mod handle;
mod input;
mod jwt;
mod leads;
mod limit;
mod links;
mod notes;
mod oauth;
mod outbox;
mod problem;
mod query;
mod records;
mod stages;
mod state;
mod tasks;
mod values;
mod webhooks;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Instant;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::request::Parts;
use axum::http::uri::PathAndQuery;
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::Response;
use axum::routing::any;
use sandbox_http as http;
use sandbox_http::Reset;
use sandbox_http::fault::{Fault, Side, apply_fault, read_body};
use sandbox_http::{MOST_METHOD_BYTES, MOST_PATH_BYTES, cut};
use serde_json::{Value, json};
use subtle::ConstantTimeEq;

use self::crm::Crm;
use self::crm::cards::Kind;
use self::limit::Admission;
use self::oauth::Exchange;
use self::problem::ApiProblem;
use self::query::Query;

pub use control::routes as control_routes;
pub use crm::chat::ChatMessage;
pub use crm::news::WebhookStyle;
pub use crm::{Account, Change, Contact, Deal, LeadPrice, Pipeline, Status};
pub use error::Error;
pub use handle::LeadChange;
pub use oauth::KommoIntegration;
pub use outbox::KommoDelivery;
pub use records::{KommoRequest, Left};
pub use state::{Kommo, Options};

/// Rows of a page when the request does not say.
const USUAL_PER_PAGE: usize = 50;
/// Most leads or contacts in a page.
const MOST_PER_PAGE: usize = 250;
/// Rows of the audit log in a page when the request does not say.
const USUAL_EVENTS_PER_PAGE: usize = 100;
/// Most rows of the audit log in a page: Kommo's newer page says so, amoCRM's says 100.
const MOST_EVENTS_PER_PAGE: usize = 250;

/// Words that stand in the paths that there are.
const WORDS: [&str; 17] = [
    "account",
    "companies",
    "complex",
    "contacts",
    "custom_fields",
    "events",
    "leads",
    "link",
    "links",
    "loss_reasons",
    "notes",
    "pipelines",
    "statuses",
    "tasks",
    "unlink",
    "users",
    "webhooks",
];
const NO_PATH: &str = "The sandbox does not have this path";

/// What an endpoint needs to answer.
struct Context<'a> {
    crm: &'a mut Crm,
    /// Up to and with `/api/v4`, at the host that the client called.
    base: String,
    now_s: i64,
}

impl Context<'_> {
    fn href(&self, path: &str) -> String {
        format!("{}/{path}", self.base)
    }

    fn self_link(&self, kind: &str, id: u64) -> Value {
        json!({ "self": { "href": format!("{}/{kind}/{id}", self.base) } })
    }

    /// The administrator, to whom every token belongs.
    fn user_id(&self) -> u64 {
        self.crm.user_ids()[0]
    }
}

/// The API and its OAuth.
pub fn routes(kommo: &Kommo) -> Router {
    Router::new()
        .route("/api/v4/{*path}", any(handle))
        .route("/oauth2/access_token", any(handle))
        .route("/oauth", any(handle))
        .with_state(kommo.clone())
}

async fn handle(State(kommo): State<Kommo>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let received_at_ms = kommo.shared().clock().now_ms();
    let fault = kommo.shared().take_fault(Side::Kommo, "", false);
    let body = match &fault {
        // A body that breaks off is an empty one, which the answer then says.
        Some(Fault::SlowRead { .. }) => read_body(body, fault.as_ref()).await.unwrap_or_default().into(),
        _ => body,
    };
    let response = match &fault {
        Some(Fault::Error { code, status, .. }) => faulty(*status, *code).response(),
        Some(fault) if fault.prevents() => faulty(None, 503).response(),
        _ => answer_to(&kommo, &head, body).await.unwrap_or_else(ApiProblem::response),
    };
    let path = head.uri.path_and_query().map_or("", PathAndQuery::as_str);
    kommo.record(KommoRequest {
        received_at_ms,
        method: cut(head.method.as_str(), MOST_METHOD_BYTES),
        path: cut(path, MOST_PATH_BYTES),
        status: response.status().as_u16(),
    });
    apply_fault(response, fault, head.extensions.get::<Reset>()).await
}

/// Kommo's refusal with the status that a fault asks for: its code is the status, too.
fn faulty(status: Option<u16>, code: i64) -> ApiProblem {
    let status = status.or_else(|| u16::try_from(code).ok()).and_then(|code| StatusCode::from_u16(code).ok());
    match status {
        Some(StatusCode::TOO_MANY_REQUESTS) => ApiProblem::too_many(),
        status => {
            ApiProblem::new(status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), "As asked for by a fault")
        }
    }
}

async fn answer_to(kommo: &Kommo, head: &Parts, body: Body) -> Result<Response, ApiProblem> {
    let peer = head.extensions.get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0.ip());
    let address = peer.unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST));
    let admission = kommo.limits().ask(address, Instant::now());
    match admission {
        Admission::Admitted => {}
        Admission::TooMany => return Err(ApiProblem::gateway(StatusCode::TOO_MANY_REQUESTS)),
        Admission::Blocked => return Err(ApiProblem::gateway(StatusCode::FORBIDDEN)),
    }
    let Some(path) = head.uri.path().strip_prefix("/api/v4/") else {
        return oauth_answer(kommo, head, body).await;
    };
    if !is_known(kommo, &head.headers) {
        return Err(ApiProblem::new(StatusCode::UNAUTHORIZED, "Unauthorized"));
    }
    let body = if head.method == Method::GET { Value::Null } else { json_of(kommo, body).await? };
    let mut crm = kommo.crm();
    let base = format!("http://{}/api/v4", host(&head.headers));
    let mut context = Context { crm: &mut crm, base, now_s: kommo.shared().clock().now_s() };
    let path: Vec<&str> = path.trim_end_matches('/').split('/').collect();
    context.answer(&head.method, &path, head.uri.query().unwrap_or_default(), &body)
}

fn is_known(kommo: &Kommo, headers: &HeaderMap) -> bool {
    let Some(token) = http::bearer(headers) else { return false };
    let long_lived = kommo.options().token.as_bytes();
    bool::from(token.as_bytes().ct_eq(long_lived))
        || bool::from(token.as_bytes().ct_eq(kommo.long_lived_token().as_bytes()))
        || kommo.tokens().is_access(token, kommo.shared().clock().now_ms())
}

/// Whether it cannot be the id of anything.
fn is_word(part: &str) -> bool {
    part.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'_')
}

fn host(headers: &HeaderMap) -> &str {
    headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or("localhost")
}

async fn json_of(kommo: &Kommo, body: Body) -> Result<Value, ApiProblem> {
    let body = http::read_body(body).await.map_err(|why| ApiProblem::new(why.status(), why.message()))?;
    if body.is_empty() {
        return Ok(Value::Null);
    }
    kommo.shared().take_quota(body.len()).map_err(|full| ApiProblem::bad_request(full.to_string()))?;
    http::from_json(&body).map_err(|error| ApiProblem::bad_request(format!("the body is not JSON: {error}")))
}

/// Either the exchange for tokens, or the page on which a user allows the integration and is sent back.
async fn oauth_answer(kommo: &Kommo, head: &Parts, body: Body) -> Result<Response, ApiProblem> {
    let now_ms = kommo.shared().clock().now_ms();
    if head.uri.path() == "/oauth2/access_token" {
        if head.method != Method::POST {
            return Err(ApiProblem::method());
        }
        let body = http::read_body(body).await.map_err(|why| ApiProblem::new(why.status(), why.message()))?;
        let tokens = kommo.tokens().exchange(&Exchange::read(&body)?, now_ms)?;
        return Ok(http::json(StatusCode::OK, &tokens));
    }
    let query = Query::read(head.uri.query().unwrap_or_default(), &[], &[])?;
    let integration = kommo.tokens().integration.clone();
    let integration = integration.filter(|known| query.value("client_id") == Some(&known.client_id));
    let Some(integration) = integration else {
        return Err(ApiProblem::not_found("There is no integration of this client_id"));
    };
    let code = kommo.tokens().issue_code(now_ms);
    let back = form_urlencoded::Serializer::new(String::new())
        .append_pair("code", &code)
        .append_pair("state", query.value("state").unwrap_or_default())
        .append_pair("referer", host(&head.headers))
        .append_pair("client_id", &integration.client_id)
        .finish();
    let joint = if integration.redirect_uri.contains('?') { '&' } else { '?' };
    Response::builder()
        .status(StatusCode::FOUND)
        .header(header::LOCATION, format!("{}{joint}{back}", integration.redirect_uri))
        .body(Body::empty())
        .map_err(|_| ApiProblem::bad_request("the redirect_uri cannot stand in a header".to_owned()))
}

impl Context<'_> {
    fn answer(
        &mut self,
        method: &Method,
        path: &[&str],
        query: &str,
        body: &Value,
    ) -> Result<Response, ApiProblem> {
        // A word that is not known would be taken for an id that is not there.
        if path.iter().any(|part| is_word(part) && !WORDS.contains(part)) {
            return Err(ApiProblem::not_found(NO_PATH));
        }
        match (path, method.as_str()) {
            (["account"], "GET") => account::account(self, query),
            (["users"], "GET") => account::users(self, query),
            (["users", id], "GET") => account::one_user(self, id),
            (["events"], "GET") => events::many(self, query),
            (["events", id], "GET") => events::one(self, id),
            (["leads", "pipelines"], "GET") => Ok(account::pipelines(self)),
            (["leads", "complex"], "POST") => complex::make(self, body),
            (["leads", "pipelines", id], "GET") => account::one_pipeline(self, id),
            (["leads", "pipelines", id], "PATCH") => stages::rename_pipeline(self, id, body),
            (["leads", "pipelines", id], "DELETE") => stages::remove_pipeline(self, id),
            (["leads", "pipelines", id, "statuses"], "GET") => account::statuses(self, id),
            (["leads", "pipelines", id, "statuses"], "POST") => stages::add(self, id, body),
            (["leads", "pipelines", id, "statuses", status], "GET") => account::one_status(self, id, status),
            (["leads", "pipelines", id, "statuses", status], "PATCH") => {
                stages::change(self, id, status, body)
            }
            (["leads", "pipelines", id, "statuses", status], "DELETE") => stages::remove(self, id, status),
            (["leads", "loss_reasons"], "GET") => account::loss_reasons(self, query),
            (["leads", "loss_reasons", id], "GET") => account::one_loss_reason(self, id),
            (["webhooks"], "GET") => webhooks::many(self, query),
            (["webhooks"], "POST") => webhooks::subscribe(self, body),
            (["webhooks"], "DELETE") => webhooks::unsubscribe(self, body),
            (["tasks"], "GET") => tasks::many(self, query),
            (["tasks"], "POST") => tasks::make(self, body),
            (["tasks"], "PATCH") => tasks::change(self, None, body),
            (["tasks", id], "GET") => tasks::one(self, id),
            (["tasks", id], "PATCH") => tasks::change(self, Some(id), body),
            (
                ["account" | "users" | "events" | "webhooks" | "tasks", ..]
                | ["leads", "pipelines" | "loss_reasons" | "complex", ..],
                _,
            ) => Err(ApiProblem::method()),
            ([kind @ ("leads" | "contacts" | "companies"), rest @ ..], method) => match Kind::named(kind) {
                Some(kind) => self.card_answer(kind, method, rest, query, body),
                None => Err(ApiProblem::not_found("Not found")),
            },
            _ => Err(ApiProblem::not_found(NO_PATH)),
        }
    }

    /// What leads, contacts and companies have in common: `path` is the part behind `/leads` and so on.
    fn card_answer(
        &mut self,
        kind: Kind,
        method: &str,
        path: &[&str],
        query: &str,
        body: &Value,
    ) -> Result<Response, ApiProblem> {
        match (path, method) {
            (["custom_fields"], "GET") => fields::many(self, kind, query),
            (["custom_fields"], "POST") => fields::make(self, kind, body),
            (["custom_fields"], "PATCH") => fields::change(self, kind, None, body),
            (["custom_fields", id], "DELETE") => fields::remove(self, kind, id),
            (["custom_fields", id], "GET") => fields::one(self, kind, id),
            (["custom_fields", id], "PATCH") => fields::change(self, kind, Some(id), body),
            (["notes"], "GET") => notes::many(self, kind, None, query),
            (["notes"], "POST") => notes::make(self, kind, None, body),
            (["notes", id], "GET") => notes::one(self, kind, None, id),
            ([of, "notes"], "GET") => notes::many(self, kind, Some(of), query),
            ([of, "notes"], "POST") => notes::make(self, kind, Some(of), body),
            ([of, "notes", id], "GET") => notes::one(self, kind, Some(of), id),
            (["custom_fields" | "notes", ..], _) => Err(ApiProblem::method()),
            ([word, ..], _) if is_word(word) => Err(ApiProblem::not_found(NO_PATH)),
            ([id, "links"], "GET") => links::many(self, kind, id, query),
            ([id, "link"], "POST") => links::change(self, kind, id, true, body),
            ([id, "unlink"], "POST") => links::change(self, kind, id, false, body),
            ([], "GET") => match kind {
                Kind::Lead => leads::many(self, query),
                Kind::Contact => contacts::many(self, query),
                Kind::Company => companies::many(self, query),
            },
            ([], "POST") => match kind {
                Kind::Lead => leads::make(self, body),
                Kind::Contact => contacts::make(self, body),
                Kind::Company => companies::make(self, body),
            },
            ([id], "GET") => match kind {
                Kind::Lead => leads::one(self, id, query),
                Kind::Contact => contacts::one(self, id, query),
                Kind::Company => companies::one(self, id, query),
            },
            ([] | [_], "PATCH") => match kind {
                Kind::Lead => leads::change(self, path.first().copied(), body),
                Kind::Contact => contacts::change(self, path.first().copied(), body),
                Kind::Company => companies::change(self, path.first().copied(), body),
            },
            ([] | [_] | [_, "notes" | "links" | "link" | "unlink"] | [_, "notes", _], _) => {
                Err(ApiProblem::method())
            }
            _ => Err(ApiProblem::not_found(NO_PATH)),
        }
    }
}
