//! The address a browser calls from, `client_ip_address`.

use std::{
    borrow::Cow,
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

use super::{Network, appendix};

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
    alone(text).map(|address| if address.is_ipv4() { IpVersion::V4 } else { IpVersion::V6 })
}

/// An address that stands alone, with at most a zone behind it.
pub(crate) fn alone(text: &str) -> Option<IpAddr> {
    let v4 = text.parse::<Ipv4Addr>().map(IpAddr::from);
    v4.ok().or_else(|| without_zone(text)?.parse::<Ipv6Addr>().ok().map(IpAddr::from))
}

/// An address as headers and sockets write it: alone, with a port, in brackets or quotes, with a zone.
/// IPv4 that is written as IPv6 (`::ffff:81.2.69.142`) is read as IPv4.
pub fn read(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let text = text.strip_prefix('"').and_then(|inner| inner.strip_suffix('"')).unwrap_or(text);
    let is_port = |port: &str| port.parse::<u16>().is_ok();
    let bare = match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((inner, port)) => {
            (port.is_empty() || port.strip_prefix(':').is_some_and(is_port)).then_some(inner)?
        }
        None => match text.split_once(':') {
            Some((address, port)) if is_port(port) => address,
            _ => text,
        },
    };
    without_zone(bare)?.parse::<IpAddr>().ok().map(|address| address.to_canonical())
}

/// An address in the form in which Meta can use it, or `None` where it can make nothing of it: what is no address
/// alone, and what is private or local. IPv4 that is written as IPv6 becomes IPv4; a Parameter Builder's mark stays.
pub fn for_meta(text: &str) -> Option<Cow<'_, str>> {
    let text = text.trim();
    let bare = without_marks(text);
    let address = alone(bare)?;
    if !is_public(address) {
        return None;
    }
    let canonical = address.to_canonical();
    Some(if canonical == address {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(format!("{canonical}{}", &text[bare.len()..]))
    })
}

/// Whether the address belongs to the open Internet, so that Meta can use it. Private, local,
/// documentation and shared ranges do not.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => v6.to_ipv4_mapped().map_or_else(|| is_public_v6(v6), is_public_v4),
    }
}

/// Whether the address is one of a range that no network uses: documentation, multicast, broadcast, the
/// future. Such a one is no sign of a private network.
pub(crate) fn is_reserved(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(v4) => {
            let [a, b, ..] = v4.octets();
            v4.is_documentation()
                || v4.is_multicast()
                || a >= 240
                || a == 0
                || (a == 198 && matches!(b, 18 | 19))
        }
        IpAddr::V6(v6) => v6.is_multicast() || v6.is_unspecified() || is_documentation_v6(v6),
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
    !(address.is_loopback()
        || address.is_unspecified()
        || address.is_multicast()
        || address.is_unique_local()
        || address.is_unicast_link_local()
        || is_documentation_v6(address))
}

fn is_documentation_v6(address: Ipv6Addr) -> bool {
    let [first, second, ..] = address.segments();
    (first == 0x2001 && second == 0x0db8) || (first == 0x3fff && second < 0x1000)
}

/// Whether it may be a browser's. Nobody calls from a range for documentation; where one stands, it
/// stands for a browser in an example or a test.
fn may_be_a_browsers(address: IpAddr) -> bool {
    let is_documentation = match address {
        IpAddr::V4(address) => address.is_documentation(),
        IpAddr::V6(address) => is_documentation_v6(address),
    };
    is_public(address) || is_documentation
}

/// Why no address of the browser can be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoAddress {
    /// The request says none.
    Unknown,
    /// What stands there is no IP address.
    Unreadable,
    /// Each one is private, local or reserved.
    NotPublic,
}

impl fmt::Display for NoAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unknown => "neither X-Forwarded-For nor the connection nor the cookie _fbi tells an address",
            Self::Unreadable => "what stands where the address belongs is no IP address",
            Self::NotPublic => {
                "the addresses are private, local or reserved, or a proxy's; behind a proxy hand over X-Forwarded-For"
            }
        })
    }
}

/// The best of what is known of a browser's address: public IPv6 before public IPv4, and at each
/// the cookie `_fbi`, which Meta's browser library sets, before the request.
pub(super) fn best(
    cookie: Option<&str>,
    forwarded_for: Option<&str>,
    remote: Option<&str>,
    proxies: &[Network],
) -> Result<String, NoAddress> {
    let hops = || forwarded_for.into_iter().flat_map(|list| list.split(','));
    let of_request = if proxies.is_empty() {
        // Proxies of a customer's company write their private addresses first.
        hops().chain(remote).find(|hop| read(hop).is_some_and(may_be_a_browsers))
    } else {
        last_untrusted(hops().chain(remote).rev(), proxies)
    };
    let candidates = [cookie.map(without_marks), of_request].map(|text| {
        let address = text.and_then(read).filter(|address| may_be_a_browsers(*address))?;
        Some((text?, address))
    });
    let of_kind = |v6: bool| candidates.into_iter().flatten().find(|(_, address)| address.is_ipv6() == v6);
    match of_kind(true).or_else(|| of_kind(false)) {
        // As it was written, where that is an address and nothing else.
        Some((text, address)) if text.trim().parse() == Ok(address) => Ok(text.trim().to_owned()),
        Some((_, address)) => Ok(address.to_string()),
        None => Err(why_none(hops().chain(remote).chain(cookie.map(without_marks)))),
    }
}

/// Whom the nearest proxies name that are trusted. What stands before the first that is not, that one
/// may have made up.
fn last_untrusted<'a>(nearest_first: impl Iterator<Item = &'a str>, proxies: &[Network]) -> Option<&'a str> {
    let is_trusted =
        |hop: &str| read(hop).is_some_and(|address| proxies.iter().any(|network| network.contains(address)));
    let mut said = nearest_first.filter(|hop| !hop.trim().is_empty());
    said.find(|hop| !is_trusted(hop))
}

fn why_none<'a>(texts: impl Iterator<Item = &'a str>) -> NoAddress {
    texts.filter(|text| !text.trim().is_empty()).fold(NoAddress::Unknown, |why, text| {
        match (why, read(text)) {
            (NoAddress::NotPublic, _) | (_, Some(_)) => NoAddress::NotPublic,
            _ => NoAddress::Unreadable,
        }
    })
}

/// A cookie that was marked twice carries the same mark twice.
pub(super) fn without_marks(value: &str) -> &str {
    let (mut bare, Some(mark)) = appendix::split(value) else { return value };
    while let Some((shorter, again)) = bare.rsplit_once('.') {
        if again != mark {
            break;
        }
        bare = shorter;
    }
    bare
}

fn without_zone(text: &str) -> Option<&str> {
    match text.split_once('%') {
        Some((address, zone)) if is_zone(zone) => Some(address),
        Some(_) => None,
        None => Some(text),
    }
}

fn is_zone(zone: &str) -> bool {
    !zone.is_empty() && zone.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.:".contains(&byte))
}
