//! The address of the page.

use std::net::IpAddr;

use super::{Checks, Findings};
use crate::{
    browser::{address, appendix},
    normalize, subcodes,
};

/// Endings of names that exist within a network only (RFC 2606, RFC 6761, RFC 6762, and `internal`).
const LOCAL: [&str; 6] = ["local", "localhost", "internal", "test", "invalid", "lan"];

/// Around fields of templates that nobody filled.
const OPEN: [(&str, &str); 4] = [("{{", "}}"), ("${", "}"), ("<", ">"), ("%7B%7B", "%7D%7D")];

/// Meta's page on server events: the address must begin with `http://` or `https://` and be of the
/// verified domain. Nothing was recorded of others, so this is advice and a refusal with `strict`.
pub(super) fn check(url: &str, checks: Checks, findings: &mut Findings) {
    if let Some(message) = fault(url) {
        let must = checks.strict.then_some(subcodes::PARAMETER);
        findings.must(must, "url_format", "event_source_url", message);
    }
}

fn fault(url: &str) -> Option<&'static str> {
    let (url, _) = appendix::split(url);
    let scheme = ["https://", "http://"]
        .into_iter()
        .find(|scheme| url.get(..scheme.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(scheme)));
    let Some(scheme) = scheme else {
        return Some(if normalize::stands_for_nothing(url) {
            "this is a placeholder and no address of a page"
        } else {
            "the address must begin with http:// or https://; give the whole of it, with the name of the shop"
        });
    };
    let rest = &url[scheme.len()..];
    let end = memchr::memchr3(b'/', b'?', b'#', rest.as_bytes());
    let (authority, tail) = rest.split_at(end.unwrap_or(rest.len()));
    let behind_user = authority.bytes().rposition(|byte| byte == b'@').map_or(0, |at| at + 1);
    let host = &authority[behind_user..];
    if let Some(inner) = host.strip_prefix('[') {
        let inner = inner.split(']').next().unwrap_or_default();
        return of_ip(inner.parse().ok());
    }
    let before_port = host.bytes().position(|byte| byte == b':').unwrap_or(host.len());
    let host = &host[..before_port];
    // The last label of a name is no number.
    if host.ends_with(|last: char| last.is_ascii_digit())
        && let Ok(ip) = host.parse::<IpAddr>()
    {
        return of_ip(Some(ip));
    }
    let name = host.strip_suffix('.').unwrap_or(host);
    let is_sign = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_') || !byte.is_ascii();
    let mut labels = name.as_bytes().split(|byte| *byte == b'.');
    if !labels.all(|label| !label.is_empty() && label.iter().all(is_sign)) {
        return Some("this is no address of a page; fill the field of the template");
    }
    let is_open = |(open, close): &(&str, &str)| {
        tail.split_once(open).is_some_and(|(_, behind)| behind.contains(close))
    };
    // Hardly any address has one of these signs.
    if memchr::memchr3(b'{', b'<', b'%', tail.as_bytes()).is_some() && OPEN.iter().any(is_open) {
        return Some("a part of this address is a placeholder; fill the field of the template");
    }
    let last = name.bytes().rposition(|byte| byte == b'.').map(|dot| &name[dot + 1..]);
    let is_local = last.is_none_or(|last| LOCAL.iter().any(|local| local.eq_ignore_ascii_case(last)));
    local_or(Some(!is_local))
}

fn of_ip(ip: Option<IpAddr>) -> Option<&'static str> {
    if ip.is_some_and(address::is_reserved) {
        return Some(
            "this page is at an address of a reserved range; give the address at which customers see it",
        );
    }
    local_or(ip.map(address::is_public))
}

/// `None` where it is no address at all.
fn local_or(is_public: Option<bool>) -> Option<&'static str> {
    match is_public {
        Some(true) => None,
        Some(false) => Some("this page is in a private network; give the address at which customers see it"),
        None => Some("this is no address of a page"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_customers_can_see_are_told_from_others() {
        for url in [
            "https://shop.example.com/",
            "http://example.com",
            "HTTPS://Example.com:8443/x?y#z",
            "https://mağaza.example/",
            "https://user@shop.example.com/",
            "https://shop.example.com/thanks.AQQCAQMC",
            "https://shop.example.com.AQQCAQMC",
            "https://8.8.8.8/",
            "https://shop.example.com./",
        ] {
            assert_eq!(fault(url), None, "{url}");
        }
        for url in [
            "www.shop.example.com/x",
            "/?wc-ajax=update_order_review",
            "https://<your-domain.com>",
            "https://shop.example.com/<path>",
            "https://shop.example.com/{{Page Path}}?a=b",
            "https://shop.example.com/?u=%7B%7Burl%7D%7D",
            "https://{{Page Hostname}}/x",
            "undefined",
            "null",
            "about:blank",
            "file:///index.html",
            "http://localhost:3000",
            "http://127.0.0.1/x",
            "http://192.168.1.7/",
            "http://[::1]:3000/",
            "http://shop.local/",
            "https://shop",
            "https://",
            "https:///x",
            "//shop.example.com/",
            "",
        ] {
            assert!(fault(url).is_some(), "{url}");
        }
    }
}
