//! The address of the page.

use std::net::IpAddr;

use super::browser::address_of;

/// Whether a text is the address of a page that customers can open: http or https, and a host that is
/// neither local nor left out.
pub(crate) fn is_page(url: &str) -> bool {
    let lower = url.to_lowercase();
    let Some(rest) = lower.strip_prefix("https://").or_else(|| lower.strip_prefix("http://")) else {
        return false;
    };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let host = &rest[..end];
    let host = host.split_once('@').map_or(host, |(_, host)| host);
    if host.starts_with('[') {
        let inner = host.trim_start_matches('[').split(']').next().unwrap_or_default();
        return address_of(inner).is_some();
    }
    let host = host.split(':').next().unwrap_or_default();
    if host.parse::<IpAddr>().is_ok() {
        return address_of(host).is_some();
    }
    let labels: Vec<&str> = host.trim_end_matches('.').split('.').collect();
    let is_label = |label: &&str| {
        !label.is_empty() && label.chars().all(|sign| sign.is_alphanumeric() || sign == '-' || sign == '_')
    };
    let top = labels.last().copied().unwrap_or_default();
    let path = &rest[end..];
    let is_open = [("{{", "}}"), ("${", "}"), ("<", ">"), ("%7b%7b", "%7d%7d")]
        .iter()
        .any(|(open, close)| path.find(open).is_some_and(|at| path[at..].contains(close)));
    !is_open
        && labels.len() > 1
        && labels.iter().all(is_label)
        && !["local", "localhost", "internal", "lan", "test", "invalid"].contains(&top)
}
