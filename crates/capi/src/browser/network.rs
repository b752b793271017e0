//! Networks by which proxies are known.

use std::{net::IpAddr, str::FromStr};

use crate::Error;

/// A network: an address, or an address with the length of its prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    first: u128,
    /// How many bits are free.
    free: u32,
}

impl FromStr for Network {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let (address, length) = match text.split_once('/') {
            Some((address, length)) => (address, Some(length)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| Error::NotANetwork)?;
        let width = if address.is_ipv4() { 32 } else { 128 };
        let length = match length {
            None => width,
            Some(length) if length.bytes().all(|byte| byte.is_ascii_digit()) => {
                length.parse().ok().filter(|length| *length <= width).ok_or(Error::NotANetwork)?
            }
            Some(_) => return Err(Error::NotANetwork),
        };
        let free = width - length;
        Ok(Self { first: bits(address).checked_shr(free).unwrap_or(0), free })
    }
}

impl Network {
    /// Whether an address is of it.
    pub fn contains(self, address: IpAddr) -> bool {
        bits(address).checked_shr(self.free).unwrap_or(0) == self.first
    }
}

/// An address as an IPv6 one; IPv4 ones in their mapped form.
fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => address.to_ipv6_mapped().to_bits(),
        IpAddr::V6(address) => address.to_bits(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn a_network_is_an_address_or_a_prefix() {
        for (network, inside, outside) in [
            ("10.0.0.7", "10.0.0.7", "10.0.0.8"),
            ("10.0.0.0/8", "10.255.1.2", "11.0.0.0"),
            ("10.1.2.3/8", "10.9.9.9", "9.255.255.255"),
            ("192.168.1.128/25", "192.168.1.255", "192.168.1.127"),
            ("0.0.0.0/0", "203.0.113.9", "2001:db8::1"),
            ("::1", "::1", "::2"),
            ("2001:db8::/32", "2001:db8:ffff::1", "2001:db9::"),
            ("::ffff:10.0.0.7", "10.0.0.7", "10.0.0.8"),
        ] {
            let parsed: Network = network.parse().unwrap();
            assert!(parsed.contains(ip(inside)), "{network} {inside}");
            assert!(!parsed.contains(ip(outside)), "{network} {outside}");
        }
        let all: Network = "::/0".parse().unwrap();
        assert!(all.contains(ip("2001:db8::1")) && all.contains(ip("10.0.0.1")));
        for wrong in
            ["", "10.0.0", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/+8", "::/129", "a/8", "proxy"]
        {
            assert_eq!(wrong.parse::<Network>(), Err(Error::NotANetwork), "{wrong}");
        }
    }
}
