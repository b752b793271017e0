//! Kommo's refusals: `application/problem+json`, or the page of the gateway before it.

use axum::http::StatusCode;
use axum::response::Response;
use sandbox_http as http;
use serde_json::{Map, Value, json};

/// Seconds in the `retry_after` of a 429, as Kommo says.
const RETRY_AFTER_S: u64 = 300;

/// A refusal in the shape of recorded answers: title, type, status, detail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ApiProblem {
    status: StatusCode,
    body: Map<String, Value>,
    /// Whether the gateway refuses: in HTML, and without a word on when to come back.
    by_gateway: bool,
}

impl ApiProblem {
    pub(super) fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        let code = status.as_u16();
        let problem = Self { status, body: Map::new(), by_gateway: false };
        problem
            .titled(status.canonical_reason().unwrap_or_default())
            .with("type", json!(format!("https://httpstatus.es/{code}")))
            .with("status", json!(code))
            .with("detail", json!(detail.into()))
    }

    pub(super) fn bad_request(detail: String) -> Self {
        Self::new(StatusCode::BAD_REQUEST, detail)
    }

    pub(super) fn not_found(detail: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, detail)
    }

    pub(super) fn method() -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "The sandbox does not have this method here")
    }

    /// What the limit says: it stands before the API, and no JSON comes from it.
    pub(super) fn gateway(status: StatusCode) -> Self {
        Self { by_gateway: true, ..Self::new(status, "refused by the gateway") }
    }

    /// A refusal for too many requests in the API's own shape, which only a fault asks for.
    pub(super) fn too_many() -> Self {
        Self::new(StatusCode::TOO_MANY_REQUESTS, "Too many requests")
            .with("retry_after", json!(RETRY_AFTER_S))
    }

    pub(super) fn titled(self, title: &str) -> Self {
        self.with("title", json!(title))
    }

    pub(super) fn with(mut self, key: &str, value: Value) -> Self {
        self.body.insert(key.to_owned(), value);
        self
    }

    pub(super) fn response(self) -> Response {
        if self.by_gateway {
            return http::text(self.status, "text/html", page(self.status));
        }
        let body = Value::Object(self.body).to_string();
        http::text(self.status, "application/problem+json", body)
    }
}

/// The page that nginx makes of a status.
fn page(status: StatusCode) -> String {
    format!(
        "<html>\r\n<head><title>{status}</title></head>\r\n<body>\r\n<center><h1>{status}</h1></center>\r\n\
         <hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
    )
}

impl std::fmt::Display for ApiProblem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let what = self.body.get("validation-errors").or_else(|| self.body.get("detail"));
        write!(f, "{}", what.unwrap_or(&Value::Null))
    }
}
