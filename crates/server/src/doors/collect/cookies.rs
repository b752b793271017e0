//! The cookies of an answer. A browser keeps what a page wrote itself for seven days in some cases, and what a server
//! of the same site wrote for as long as it says.

use axum::http::{HeaderMap, HeaderValue, header};
use capi::browser::{Domains, SetCookie, Site};

use super::origin::CallingPage;

/// The domain that door and page have in common, as far as cookies go.
pub(super) fn shares_site(headers: &HeaderMap, page: &CallingPage<'_>) -> bool {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let site = |host: &str| Site::of(host, &Domains::PublicSuffixList).domain;
    site(host).is_some_and(|domain| site(&page.host) == Some(domain))
}

/// The header of each cookie.
pub(super) fn headers<'c>(
    cookies: &'c [SetCookie],
    page: &CallingPage<'_>,
) -> impl Iterator<Item = HeaderValue> + use<'c> {
    let secure = if page.is_secure { "; Secure" } else { "" };
    cookies.iter().filter_map(move |cookie| {
        let SetCookie { name, value, max_age_s, domain } = cookie;
        // A name of one label, or an address, keeps cookies of its own alone.
        let domain = domain.as_deref().filter(|domain| domain.contains(|sign: char| sign.is_alphabetic()));
        let domain = domain.filter(|domain| domain.contains('.'));
        let domain = domain.map(|domain| format!("; Domain={domain}")).unwrap_or_default();
        let text = format!("{name}={value}; Max-Age={max_age_s}; Path=/{domain}; SameSite=Lax{secure}");
        HeaderValue::from_str(&text).ok()
    })
}
