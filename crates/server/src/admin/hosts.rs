//! Under which names the admin listener may be called.
//!
//! A page of another site can have its own name lead to this machine (DNS rebinding) and then speaks to
//! this listener from the operator's browser. It cannot hide its name: it stands in `Host`.

use std::{net::IpAddr, sync::Arc};

use axum::{
    extract::{Request, State},
    http::{HeaderMap, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

use super::Admin;
use crate::listen::ConnectionInfo;

const MISDIRECTED: &str = "The admin listener is not called by this name. Use the address on which it \
                           listens, or add the name to server.admin_hosts in kopru.toml and reload it (SIGHUP).\n";

/// Refuses a request that names another host.
pub(super) async fn require_host(State(admin): State<Arc<Admin>>, request: Request, next: Next) -> Response {
    let arrived_at = request.extensions().get::<ConnectionInfo>().and_then(|connection| connection.at);
    let named = host_of(request.headers());
    let in_line = request.uri().authority().map(|authority| host_name(authority.as_str()));
    let answers = |name: &str| admin.answers_to(name, arrived_at);
    let line_fits = in_line.is_none_or(|name| name.is_some_and(|name| answers(&name)));
    if line_fits && named.is_some_and(|name| answers(&name)) {
        next.run(request).await
    } else {
        (StatusCode::MISDIRECTED_REQUEST, MISDIRECTED).into_response()
    }
}

/// The host that a request names, if it names exactly one.
fn host_of(headers: &HeaderMap) -> Option<String> {
    let mut named = headers.get_all(header::HOST).iter();
    match (named.next(), named.next()) {
        (Some(one), None) => host_name(one.to_str().ok()?),
        _ => None,
    }
}

/// Whether a request that carries a cookie was made by this listener's own page. A cookie alone does not
/// say so: browsers share it between all ports of a host.
pub(super) fn is_own_page(headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).map(|value: &axum::http::HeaderValue| value.to_str().unwrap_or("-"));
    if let Some(site) = text(header::HeaderName::from_static("sec-fetch-site")) {
        return matches!(site, "same-origin" | "none");
    }
    let Some(origin) = text(header::ORIGIN) else { return true };
    let authority = origin.split_once("://").map(|(_, authority)| authority);
    authority.is_some() && authority == text(header::HOST)
}

impl Admin {
    fn answers_to(&self, name: &str, arrived_at: Option<IpAddr>) -> bool {
        let is_here = |address: IpAddr| {
            let address = address.to_canonical();
            address.is_loopback() || Some(address) == arrived_at
        };
        let is_configured = || self.configured().hosts.iter().any(|known| known == name);
        name == "localhost" || name.parse().is_ok_and(is_here) || is_configured()
    }
}

/// The name or address of a host as it stands in `Host` or in a configuration, without port, brackets and
/// closing dot, in small letters; `None` if it is none.
pub fn host_name(text: &str) -> Option<String> {
    let host = match text.strip_prefix('[') {
        Some(bracketed) => {
            let (address, port) = bracketed.split_once(']')?;
            if !(port.is_empty() || is_port(port)) {
                return None;
            }
            address.parse::<std::net::Ipv6Addr>().ok()?;
            address
        }
        None => match text.find(':') {
            Some(at) if is_port(&text[at..]) => &text[..at],
            // An IPv6 address without brackets.
            Some(_) => {
                text.parse::<std::net::Ipv6Addr>().ok()?;
                text
            }
            None => text,
        },
    };
    let host = host.strip_suffix('.').unwrap_or(host);
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | ':');
    (!host.is_empty() && host.chars().all(is_name)).then(|| host.to_ascii_lowercase())
}

fn is_port(text: &str) -> bool {
    text.strip_prefix(':').is_some_and(|port| port.is_empty() || port.parse::<u16>().is_ok())
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn a_host_is_a_name_or_an_address_with_or_without_port() {
        for (text, name) in [
            ("localhost", Some("localhost")),
            ("LocalHost:8481", Some("localhost")),
            ("localhost.:8481", Some("localhost")),
            ("127.0.0.1:8481", Some("127.0.0.1")),
            ("[::1]", Some("::1")),
            ("[::1]:8481", Some("::1")),
            ("::1", Some("::1")),
            ("Kopru.Example.com", Some("kopru.example.com")),
            ("", None),
            (":8481", None),
            (".", None),
            ("localhost:port", None),
            ("localhost:1:2", None),
            ("[::1", None),
            ("[localhost]", None),
            ("user@localhost", None),
            ("localhost/", None),
            ("https://localhost", None),
        ] {
            assert_eq!(host_name(text).as_deref(), name, "{text}");
        }
    }

    #[test]
    fn only_the_own_page_may_change_something() {
        for (site, origin, own) in [
            (None, None, true),
            (None, Some("http://localhost:8481"), true),
            (None, Some("http://localhost:3000"), false),
            (None, Some("https://evil.example"), false),
            (None, Some("null"), false),
            (Some("same-origin"), Some("http://localhost:8481"), true),
            (Some("none"), None, true),
            (Some("same-site"), None, false),
            (Some("cross-site"), Some("http://localhost:8481"), false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, HeaderValue::from_static("localhost:8481"));
            for (name, value) in [("sec-fetch-site", site), ("origin", origin)] {
                if let Some(value) = value {
                    headers.insert(name, HeaderValue::from_static(value));
                }
            }
            assert_eq!(is_own_page(&headers), own, "{site:?} {origin:?}");
        }
    }
}
