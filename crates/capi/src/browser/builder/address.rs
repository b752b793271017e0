//! The address of a browser as the Parameter Builder finds it.

use std::net::Ipv4Addr;

use super::super::address::{IpVersion, kind, without_marks};
use crate::normalize::is_javascript_blank;

/// The best of what is known of a browser's address: public IPv6 before public IPv4, and at each
/// the cookie `_fbi`, which Meta's browser library sets, before the request.
pub(super) fn best(
    cookie: Option<&str>,
    forwarded_for: Option<&str>,
    remote: Option<&str>,
) -> Option<String> {
    let from_cookie = cookie.map(without_marks);
    let from_request = forwarded_for
        .filter(|list| !list.is_empty())
        .and_then(|list| list.split(',').next())
        .map(|first| first.trim_matches(is_javascript_blank))
        .filter(|first| counts_as_public(first))
        .or(remote);
    let candidates = [from_cookie, from_request].map(|text| text.filter(|text| counts_as_public(text)));
    [IpVersion::V6, IpVersion::V4]
        .into_iter()
        .find_map(|wanted| candidates.into_iter().flatten().find(|text| kind(text) == Some(wanted)))
        .map(str::to_owned)
}

/// It knows the usual private ranges only, and IPv6 by its first letters.
fn counts_as_public(text: &str) -> bool {
    match kind(text) {
        Some(IpVersion::V4) => text
            .parse::<Ipv4Addr>()
            .is_ok_and(|address| !(address.is_private() || address.is_loopback() || address.is_link_local())),
        Some(IpVersion::V6) => {
            let text = text.to_ascii_lowercase();
            !(text == "::1" || ["fe80:", "fc", "fd"].iter().any(|local| text.starts_with(local)))
        }
        None => false,
    }
}
