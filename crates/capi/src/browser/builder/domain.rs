//! The domain on which the Parameter Builder sets a cookie.

/// How the Parameter Builder finds the domain of a host.
#[derive(Debug, Clone, Default)]
pub enum BuilderDomains {
    /// The host without its first label if it has more than two, which is wrong for `example.co.uk`.
    #[default]
    FirstLabelCut,
    /// The first of these of which the host is a part; for others as
    /// [`BuilderDomains::FirstLabelCut`].
    Given(Vec<String>),
    /// The host itself.
    Host,
}

/// Where it sets a cookie.
pub(super) struct BuilderSite {
    /// The domain; `None` where no host is known.
    pub domain: Option<String>,
    /// Number of its labels minus one; 0 for an IP address.
    pub index: usize,
}

impl BuilderSite {
    pub(super) fn of(host: &str, domains: &BuilderDomains) -> Self {
        let Some(name) = host_name(host) else { return Self { domain: None, index: 0 } };
        if is_ip(&name) {
            let domain = if name.contains(':') { format!("[{name}]") } else { name };
            return Self { domain: Some(domain), index: 0 };
        }
        let domain = registrable(&name, domains);
        Self { index: domain.matches('.').count(), domain: Some(domain) }
    }
}

fn registrable(name: &str, domains: &BuilderDomains) -> String {
    let found = match domains {
        BuilderDomains::Host => Some(name),
        BuilderDomains::Given(list) => list.iter().find_map(|given| {
            let given = host_name(given)?;
            let within = name == given || name.strip_suffix(&given).is_some_and(|rest| rest.ends_with('.'));
            within.then(|| &name[name.len() - given.len()..])
        }),
        BuilderDomains::FirstLabelCut => None,
    };
    let guess = || match name.split_once('.') {
        Some((_, rest)) if rest.contains('.') => rest,
        _ => name,
    };
    found.unwrap_or_else(guess).to_owned()
}

/// The name in `scheme://name:port`, without the brackets of IPv6. The letters of the original:
/// everything behind the last colon is the port unless a bracket follows.
fn host_name(host: &str) -> Option<String> {
    let mut name = match host.split_once("://") {
        Some((_, rest)) => rest.split("://").next().unwrap_or_default(),
        None => host,
    };
    if let Some(colon) = name.rfind(':') {
        if name.rfind(']').is_none_or(|bracket| colon > bracket) {
            name = &name[..colon];
        }
        name = name.strip_prefix('[').and_then(|inner| inner.strip_suffix(']')).unwrap_or(name);
    }
    (!name.is_empty()).then(|| name.to_owned())
}

/// What the original takes for an address: four groups of digits, or groups of hexadecimal digits
/// with at most one gap. A short name of hexadecimal letters (`cafe`) is one to it.
fn is_ip(name: &str) -> bool {
    let dotted = name.split('.').count() == 4
        && name
            .split('.')
            .all(|part| (1..=3).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit()));
    dotted || is_grouped(name)
}

fn is_grouped(name: &str) -> bool {
    let groups: Vec<&str> = name.split(':').take(9).collect();
    let gaps = groups.iter().skip(1).filter(|group| group.is_empty()).count();
    let hex = |group: &&str| group.len() <= 4 && group.bytes().all(|byte| byte.is_ascii_hexdigit());
    groups.len() <= 8 && gaps <= 1 && groups.iter().all(hex)
}
