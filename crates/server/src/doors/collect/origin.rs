//! From which page a request comes.

use axum::http::{HeaderMap, HeaderValue, header};

/// The page that calls, as its browser says.
pub(super) struct CallingPage<'h> {
    /// The header `Origin`; none where only the referrer says who calls.
    pub origin: Option<&'h HeaderValue>,
    /// Its host, in lower case and without a port; empty where the browser does not say.
    pub host: String,
    /// Whether it was loaded by https.
    pub is_secure: bool,
}

impl<'h> CallingPage<'h> {
    pub(super) fn of(headers: &'h HeaderMap) -> Self {
        let origin = headers.get(header::ORIGIN);
        let said = origin.or_else(|| headers.get(header::REFERER));
        let said = said.and_then(|value| value.to_str().ok()).unwrap_or_default();
        Self { origin, host: host_of(said).unwrap_or_default(), is_secure: said.starts_with("https://") }
    }
}

/// The host of an address of a page.
pub(super) fn host_of(url: &str) -> Option<String> {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"))?;
    crate::host_name(rest.split(['/', '?', '#']).next()?)
}
