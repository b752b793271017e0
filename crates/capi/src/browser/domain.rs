//! The domain on which a cookie is set, and its number in `fb.{index}`.

use std::net::IpAddr;

use super::address;

/// Longest name of a host, bytes. RFC 1035.
const NAME_BYTES_MAX: usize = 253;

/// How the registrable domain of a host is found.
#[derive(Debug, Clone, Default)]
pub enum Domains {
    /// By the public suffix list: `shop.example.com.tr` → `example.com.tr`. Suffixes of companies
    /// count, because browsers keep no cookie on `vercel.app`.
    #[default]
    PublicSuffixList,
    /// The first of these of which the host is a part and on which browsers keep cookies; for others
    /// as [`Domains::PublicSuffixList`].
    Given(Vec<String>),
    /// The host itself.
    Host,
}

/// Where a cookie is set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    /// The domain; `None` where no host is known.
    pub domain: Option<String>,
    /// Number of its labels minus one; 0 for an IP address.
    pub index: usize,
}

impl Site {
    /// The site of a host as it stands in a request's `Host` or in an address; scheme, port and path
    /// are let go. What can be no host, such as one with a blank or a semicolon, is none.
    pub fn of(host: &str, domains: &Domains) -> Self {
        match CalledHost::read(host) {
            None => Self { domain: None, index: 0 },
            Some(CalledHost::Address(IpAddr::V4(address))) => {
                Self { domain: Some(address.to_string()), index: 0 }
            }
            Some(CalledHost::Address(address)) => Self { domain: Some(format!("[{address}]")), index: 0 },
            Some(CalledHost::Name(name)) => {
                let domain = registrable(&name, domains);
                Self { index: domain.matches('.').count(), domain: Some(domain.to_owned()) }
            }
        }
    }
}

fn registrable<'a>(name: &'a str, domains: &Domains) -> &'a str {
    let given = match domains {
        Domains::Host => Some(name),
        Domains::Given(list) => list.iter().find_map(|given| within(name, given)),
        Domains::PublicSuffixList => None,
    };
    // A public suffix itself, as `localhost` and `com.tr` are, keeps cookies of its own alone.
    given.or_else(|| psl::domain_str(name)).unwrap_or(name)
}

/// The given domain, if the name is a part of it and browsers keep cookies there.
fn within<'a>(name: &'a str, given: &str) -> Option<&'a str> {
    let CalledHost::Name(given) = CalledHost::read(given)? else { return None };
    let rest = name.strip_suffix(given.as_str())?;
    let is_part = rest.is_empty() || (rest.ends_with('.') && psl::domain_str(&given).is_some());
    is_part.then(|| &name[rest.len()..])
}

enum CalledHost {
    Address(IpAddr),
    /// In small letters, without a dot at its end.
    Name(String),
}

impl CalledHost {
    fn read(text: &str) -> Option<Self> {
        let text = text.trim();
        let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
        let authority = rest.split(['/', '?', '#']).next()?;
        if let Some(address) = address::read(authority) {
            return Some(Self::Address(address));
        }
        let name = match authority.rsplit_once(':') {
            Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
            _ => authority,
        };
        let name = name.strip_suffix('.').unwrap_or(name).to_lowercase();
        let is_label = |label: &str| {
            !label.is_empty() && label.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_'))
        };
        (name.len() <= NAME_BYTES_MAX && name.split('.').all(is_label)).then_some(Self::Name(name))
    }
}
