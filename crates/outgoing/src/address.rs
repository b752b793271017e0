//! Which addresses a token may be sent to.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::Error;

/// Whether tokens may be sent to an address of the configuration (`https://host`, without a path). A
/// loopback address as written is allowed: a sandbox on this machine. What a name leads to is looked at
/// again when it is resolved, see [`crate::Clients`].
///
/// # Errors
/// Why not.
pub fn check_url(url: &str) -> Result<(), Error> {
    let url: reqwest::Url = url.parse().map_err(|_| Error::NoAddress)?;
    let host = url.host_str().ok_or(Error::NoAddress)?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(Error::NoAddress);
    }
    if is_loopback(host) {
        return Ok(());
    }
    if url.scheme() == "http" {
        return Err(Error::InTheClear);
    }
    match ip_of(host) {
        Some(address) if !is_public(address) => Err(Error::Private),
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
            ("http://graph.facebook.com", Err(Error::InTheClear)),
            ("http://169.254.169.254", Err(Error::InTheClear)),
            ("http://localhost.example.com", Err(Error::InTheClear)),
            ("https://169.254.169.254", Err(Error::Private)),
            ("https://10.0.0.7", Err(Error::Private)),
            ("https://172.31.0.1", Err(Error::Private)),
            ("https://192.168.1.1", Err(Error::Private)),
            ("https://100.64.0.1", Err(Error::Private)),
            ("https://0.0.0.0", Err(Error::Private)),
            ("https://[fe80::1]", Err(Error::Private)),
            ("https://[fd00::1]", Err(Error::Private)),
            ("https://[::ffff:10.0.0.7]", Err(Error::Private)),
            ("https://[64:ff9b::a00:7]", Err(Error::Private)),
            ("https://[2606:4700::1111]", Ok(())),
            // The reader of addresses knows the other ways to write an IPv4 address.
            ("https://0x0a000007", Err(Error::Private)),
            ("https://167772167", Err(Error::Private)),
            ("ftp://acme.kommo.com", Err(Error::NoAddress)),
            ("acme", Err(Error::NoAddress)),
        ] {
            assert_eq!(format!("{:?}", check_url(url)), format!("{expected:?}"), "{url}");
        }
    }
}
