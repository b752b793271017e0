//! `/sandbox`: what the control paths show, as a page to look at.
//!
//! The files are static and load nothing from elsewhere; what they show they read from the control paths.

use axum::Router;
use axum::extract::{Path, Request};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{MethodRouter, get};
use sandbox_http as http;

const HTML: &str = "text/html; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";

/// Name, content type and text of each file beside the page itself.
const FILES: [(&str, &str, &str); 15] = [
    ("page.css", "text/css; charset=utf-8", include_str!("page.css")),
    ("icon.svg", "image/svg+xml", include_str!("icon.svg")),
    ("page.js", SCRIPT, include_str!("page.js")),
    ("api.js", SCRIPT, include_str!("api.js")),
    ("dom.js", SCRIPT, include_str!("dom.js")),
    ("language.js", SCRIPT, include_str!("language.js")),
    ("codes.js", SCRIPT, include_str!("codes.js")),
    ("words.js", SCRIPT, include_str!("words.js")),
    ("start.js", SCRIPT, include_str!("start.js")),
    ("overview.js", SCRIPT, include_str!("overview.js")),
    ("events.js", SCRIPT, include_str!("events.js")),
    ("pairs.js", SCRIPT, include_str!("pairs.js")),
    ("requests.js", SCRIPT, include_str!("requests.js")),
    ("faults.js", SCRIPT, include_str!("faults.js")),
    ("kommo.js", SCRIPT, include_str!("kommo.js")),
];

/// Nothing of another origin, nothing inline, and no other page may frame this one.
const POLICY: &str =
    "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'";

/// The page and its files. `root` answers those who ask for `/` and want no page.
pub fn routes(root: MethodRouter) -> Router {
    Router::new()
        .route("/", root.layer(middleware::from_fn(lead_browsers)))
        .route("/sandbox", get(page))
        .route("/sandbox/", get(page))
        .route("/sandbox/page/{name}", get(file))
}

/// A browser is led to the page; for any other client `/` is a path of Graph.
async fn lead_browsers(request: Request, next: Next) -> Response {
    let reads = request.method() == Method::GET || request.method() == Method::HEAD;
    if reads && wants_html(request.headers()) {
        Redirect::to("/sandbox").into_response()
    } else {
        next.run(request).await
    }
}

fn wants_html(headers: &HeaderMap) -> bool {
    let accepted = headers.get(header::ACCEPT).and_then(|accepted| accepted.to_str().ok());
    accepted.is_some_and(|accepted| accepted.contains("text/html"))
}

async fn page() -> Response {
    sent(HTML, include_str!("page.html"))
}

async fn file(Path(name): Path<String>) -> Response {
    match FILES.iter().find(|(known, ..)| *known == name) {
        Some((_, kind, text)) => sent(kind, text),
        None => http::text(StatusCode::NOT_FOUND, "text/plain", "the page has no such file".to_owned()),
    }
}

fn sent(kind: &'static str, text: &'static str) -> Response {
    let mut response = http::text(StatusCode::OK, kind, text.to_owned());
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-cache"),
    ] {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}
