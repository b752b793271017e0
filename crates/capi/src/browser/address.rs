//! The address a browser calls from, `client_ip_address`.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::appendix;
use crate::normalize::is_javascript_blank;

/// The kind of an IP address in text form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IpVersion {
    /// Four decimal numbers.
    V4,
    /// Colons; a zone (`%eth0`) may follow.
    V6,
}

/// The kind of a text, or `None` if it is no IP address.
pub fn kind(text: &str) -> Option<IpVersion> {
    if text.parse::<Ipv4Addr>().is_ok() {
        return Some(IpVersion::V4);
    }
    let address = match text.split_once('%') {
        Some((address, zone)) if is_zone(zone) => address,
        Some(_) => return None,
        None => text,
    };
    address.parse::<Ipv6Addr>().is_ok().then_some(IpVersion::V6)
}

/// Whether the address belongs to the open Internet, so that Meta can use it. Private, local,
/// documentation and shared ranges do not.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => v6.to_ipv4_mapped().map_or_else(|| is_public_v6(v6), is_public_v4),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, ..] = address.octets();
    let shared_by_a_carrier = a == 100 && (64..128).contains(&b);
    let benchmark = a == 198 && matches!(b, 18 | 19);
    !(address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_broadcast()
        || address.is_documentation()
        || address.is_multicast()
        || a == 0
        || a >= 240
        || shared_by_a_carrier
        || benchmark)
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let [first, second, ..] = address.segments();
    !(address.is_loopback()
        || address.is_unspecified()
        || address.is_multicast()
        || address.is_unique_local()
        || address.is_unicast_link_local()
        || (first == 0x2001 && second == 0x0db8)
        || (first == 0x3fff && second < 0x1000))
}

/// Whether the Parameter Builder takes a text for a public address: it knows the usual private
/// ranges only, and IPv6 by its first letters.
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

/// A cookie that was marked twice carries the same mark twice.
fn without_marks(value: &str) -> &str {
    let (mut bare, Some(mark)) = appendix::split(value) else { return value };
    while let Some((shorter, again)) = bare.rsplit_once('.') {
        if again != mark {
            break;
        }
        bare = shorter;
    }
    bare
}

fn is_zone(zone: &str) -> bool {
    !zone.is_empty() && zone.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.:".contains(&byte))
}
