//! Which addresses a token may be sent to.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Why an address is refused, with how to mend it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Not an address at all.
    #[error("this is not an address; write for example \"https://acme.kommo.com\"")]
    NoAddress,
    /// The token would travel in the clear.
    #[error(
        "over http:// the token would travel in the clear; write https://, or allow_insecure = true beside it"
    )]
    InTheClear,
    /// An address within somebody's own network.
    #[error(
        "this is a private or link-local address; write a public one, or allow_insecure = true beside it"
    )]
    Private,
}

/// Whether tokens may be sent to an address of the configuration (`https://host`, without a path). A
/// loopback address as written is allowed: a sandbox on this machine. What a name leads to is looked at
/// again when it is resolved, see [`crate::Clients`].
///
/// # Errors
/// Why not.
pub fn check_url(url: &str) -> Result<(), Refused> {
    let url: reqwest::Url = url.parse().map_err(|_| Refused::NoAddress)?;
    let host = url.host_str().ok_or(Refused::NoAddress)?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(Refused::NoAddress);
    }
    if is_loopback(host) {
        return Ok(());
    }
    if url.scheme() == "http" {
        return Err(Refused::InTheClear);
    }
    match ip_of(host) {
        Some(address) if !is_public(address) => Err(Refused::Private),
        _ => Ok(()),
    }
}

/// Whether a host as written is this machine.
pub(crate) fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost") || ip_of(host).is_some_and(|address| address.is_loopback())
}

fn ip_of(host: &str) -> Option<IpAddr> {
    host.trim_start_matches('[').trim_end_matches(']').parse().ok()
}

/// Whether an address belongs to the public internet. Ranges after the special-purpose registries of
/// IANA (RFC 6890).
pub(crate) fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let reserved = matches!(
        (a, b, c),
        (0 | 10 | 127 | 240..=255, ..)
            | (100, 64..=127, _)
            | (172, 16..=31, _)
            | (192, 168, _)
            | (192, 0, 0 | 2)
            | (198, 18..=19, _)
            | (198, 51, 100)
            | (203, 0, 113)
    );
    !reserved && !address.is_link_local() && !address.is_multicast()
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    // An IPv4 address written as an IPv6 one leads where the IPv4 address leads.
    let segments = address.segments();
    let inner = match segments {
        [0 | 0x64, 0 | 0xff9b, 0, 0, 0, 0 | 0xffff, high, low] | [0x2002, high, low, ..] => Some((high, low)),
        _ => None,
    };
    if let Some((high, low)) = inner {
        let [a, b] = high.to_be_bytes();
        let [c, d] = low.to_be_bytes();
        return is_public_v4(Ipv4Addr::new(a, b, c, d));
    }
    // Only 2000::/3 is given out; the rest is local, multicast or nobody's.
    (0x2000..=0x3fff).contains(&segments[0]) && !(segments[0] == 0x2001 && segments[1] == 0x0db8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_goes_to_public_addresses_over_https_and_to_this_machine() {
        for (url, expected) in [
            ("https://graph.facebook.com", Ok(())),
            ("https://acme.kommo.com", Ok(())),
            ("https://8.8.8.8", Ok(())),
            ("http://127.0.0.1:8490", Ok(())),
            ("http://[::1]:8490", Ok(())),
            ("http://localhost:8490", Ok(())),
            ("http://graph.facebook.com", Err(Refused::InTheClear)),
            ("http://169.254.169.254", Err(Refused::InTheClear)),
            ("http://localhost.example.com", Err(Refused::InTheClear)),
            ("https://169.254.169.254", Err(Refused::Private)),
            ("https://10.0.0.7", Err(Refused::Private)),
            ("https://172.31.0.1", Err(Refused::Private)),
            ("https://192.168.1.1", Err(Refused::Private)),
            ("https://100.64.0.1", Err(Refused::Private)),
            ("https://0.0.0.0", Err(Refused::Private)),
            ("https://[fe80::1]", Err(Refused::Private)),
            ("https://[fd00::1]", Err(Refused::Private)),
            ("https://[::ffff:10.0.0.7]", Err(Refused::Private)),
            ("https://[64:ff9b::a00:7]", Err(Refused::Private)),
            ("https://[2606:4700::1111]", Ok(())),
            // The reader of addresses knows the other ways to write an IPv4 address.
            ("https://0x0a000007", Err(Refused::Private)),
            ("https://167772167", Err(Refused::Private)),
            ("ftp://acme.kommo.com", Err(Refused::NoAddress)),
            ("acme", Err(Refused::NoAddress)),
        ] {
            assert_eq!(check_url(url), expected, "{url}");
        }
    }
}
