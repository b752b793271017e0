//! Kommo's API v4, as far as reading deals goes: leads, contacts, pipelines, account, audit log.
//!
//! Shapes are those of Kommo's documentation and of recorded answers. Every request counts against the
//! limit of 7 a second, also one without a token.

mod account;
mod answer;
pub(crate) mod book;
mod contacts;
mod events;
mod leads;
pub(crate) mod limit;
mod problem;
mod query;

use std::time::Instant;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::Response;
use serde_json::{Value, json};
use subtle::ConstantTimeEq;

use self::book::Book;
use self::limit::Admission;
use self::problem::Problem;
use self::query::Query;
use crate::http;
use crate::records::KommoRequest;
use crate::state::Sandbox;

pub use book::{Account, Contact, Deal, Pipeline, Status};

/// Rows of a page when the request does not say.
const USUAL_PER_PAGE: usize = 50;
/// Most leads or contacts in a page.
const MOST_PER_PAGE: usize = 250;
/// Most rows of the audit log in a page.
const MOST_EVENTS_PER_PAGE: usize = 100;

/// What an endpoint needs to answer.
struct Desk<'a> {
    book: &'a Book,
    account: &'a Account,
    /// Up to and with `/api/v4`, at the host that the client called.
    base: String,
}

impl Desk<'_> {
    fn self_link(&self, kind: &str, id: u64) -> Value {
        json!({ "self": { "href": format!("{}/{kind}/{id}", self.base) } })
    }

    /// The account has one user.
    fn user_id(&self) -> u64 {
        self.account.id + 1
    }
}

pub(crate) async fn handle(State(sandbox): State<Sandbox>, request: Request) -> Response {
    let (head, _) = request.into_parts();
    let received_at_ms = sandbox.clock().now_ms();
    let response = answer_to(&sandbox, &head.method, &head.uri, &head.headers)
        .unwrap_or_else(|problem| problem.response());
    sandbox.records().kommo.push(KommoRequest {
        received_at_ms,
        method: head.method.to_string(),
        path: head.uri.path_and_query().map_or_else(String::new, ToString::to_string),
        status: response.status().as_u16(),
    });
    response
}

fn answer_to(
    sandbox: &Sandbox,
    method: &Method,
    uri: &Uri,
    headers: &HeaderMap,
) -> Result<Response, Problem> {
    let admission = sandbox.limit().ask(Instant::now());
    match admission {
        Admission::Admitted => {}
        Admission::TooMany => return Err(Problem::too_many(sandbox.options().kommo_retry_after_s)),
        Admission::Blocked => return Err(Problem::new(StatusCode::FORBIDDEN, "This address is blocked")),
    }
    let right = sandbox.options().kommo_token.as_bytes();
    if !http::bearer(headers).is_some_and(|token| bool::from(token.as_bytes().ct_eq(right))) {
        return Err(Problem::new(StatusCode::UNAUTHORIZED, "Unauthorized"));
    }
    if method != Method::GET {
        return Err(Problem::new(StatusCode::METHOD_NOT_ALLOWED, "The sandbox only has GET here"));
    }
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or("localhost");
    let book = sandbox.book();
    let account = &sandbox.options().kommo_account;
    let desk = Desk { book: &book, account, base: format!("http://{host}/api/v4") };
    let query = uri.query().unwrap_or_default();
    let path = uri.path().strip_prefix("/api/v4/").unwrap_or_default();
    match path.split('/').collect::<Vec<_>>().as_slice() {
        ["leads"] => leads::many(&desk, query),
        ["leads", "pipelines"] => Ok(account::pipelines(&desk)),
        ["leads", id] => leads::one(&desk, id, query),
        ["contacts"] => contacts::many(&desk, query),
        ["contacts", id] => contacts::one(&desk, id, query),
        ["account"] => Ok(account::account(&desk)),
        ["events"] => events::many(&desk, query),
        _ => Err(Problem::not_found("The sandbox does not have this path")),
    }
}
