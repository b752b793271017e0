//! Who calls: the peer of the connection, or, behind a trusted proxy, whom the proxy names.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
};

use axum::http::{HeaderMap, HeaderName};
use capi::browser::{Network, address};

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
/// How many proxies may stand one behind the other.
const PROXIES_IN_A_ROW_MAX: usize = 16;
/// How many requests of one forwarded client are under way at once. A client that comes without a
/// proxy has one a connection, and its connections are bounded.
const REQUESTS_PER_CLIENT_MAX: usize = 128;

/// The other end of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Peer(pub IpAddr);

/// A client as bounds see it: an IPv4 address, or the /64 that one IPv6 subscriber has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Client(u128);

impl Client {
    pub(crate) fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => Self(address.to_ipv6_mapped().to_bits()),
            IpAddr::V6(address) => Self(address.to_bits() & !u128::from(u64::MAX)),
        }
    }
}

/// The proxies that are believed about their clients.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Proxies(Vec<Network>);

impl Proxies {
    /// These networks.
    pub fn new(networks: Vec<Network>) -> Arc<Self> {
        Arc::new(Self(networks))
    }

    pub(crate) fn trusts(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(address))
    }

    /// Whom a request comes from: the right-most address of `X-Forwarded-For` that is no trusted proxy.
    /// What stands to the left of it anybody can have written. Where a proxy wrote what is no address,
    /// that proxy is as far as is known.
    pub(crate) fn client(&self, peer: Peer, headers: &HeaderMap) -> IpAddr {
        let mut client = peer.0;
        if !self.trusts(client) {
            return client;
        }
        let lines: Vec<&[u8]> =
            headers.get_all(FORWARDED_FOR).iter().map(axum::http::HeaderValue::as_bytes).collect();
        let named = lines.iter().rev().flat_map(|line| line.rsplit(|byte| *byte == b','));
        let named = named.map(<[u8]>::trim_ascii).filter(|named| !named.is_empty());
        for named in named.take(PROXIES_IN_A_ROW_MAX) {
            if !self.trusts(client) {
                break;
            }
            let Some(address) = std::str::from_utf8(named).ok().and_then(address::read) else { break };
            client = address;
        }
        client
    }

    /// On whose behalf a trusted proxy calls, where it says so.
    pub(crate) fn forwarded(&self, peer: Peer, headers: &HeaderMap) -> Option<IpAddr> {
        Some(self.client(peer, headers)).filter(|client| *client != peer.0 && !self.trusts(*client))
    }
}

/// How many requests of each forwarded client are under way.
#[derive(Default)]
pub(crate) struct Requests(Mutex<HashMap<Client, usize>>);

/// A request that counts; no more when it is dropped.
pub(crate) struct Counted<'a> {
    requests: &'a Requests,
    client: Client,
}

impl Requests {
    /// Counts a request, or `None` where its client has too many already.
    pub(crate) fn begin(&self, client: IpAddr) -> Option<Counted<'_>> {
        let client = Client::of(client);
        let mut requests = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = requests.entry(client).or_default();
        if *count >= REQUESTS_PER_CLIENT_MAX {
            return None;
        }
        *count += 1;
        Some(Counted { requests: self, client })
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        let mut requests = self.requests.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = requests.get_mut(&self.client) {
            *count -= 1;
            if *count == 0 {
                requests.remove(&self.client);
            }
        }
    }
}

#[cfg(test)]
mod tests;
