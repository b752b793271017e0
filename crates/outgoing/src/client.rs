//! The clients: connections are kept by host, so one client serves every account and dataset.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use reqwest::{
    Client, ClientBuilder,
    dns::{Addrs, Name, Resolve, Resolving},
    redirect,
};

use crate::{
    Error,
    address::{check_url, is_loopback, is_public},
};

/// How long a connection may take to be made.
const CONNECT_WITHIN: Duration = Duration::from_secs(10);
/// How long an idle connection is kept: with hundreds of accounts each of them is an open file.
const IDLE_FOR: Duration = Duration::from_secs(10);
/// How many idle connections are kept to one host.
const IDLE_MAX: usize = 8;

/// The clients of the process. Cheap to clone.
#[derive(Clone)]
pub struct Clients {
    /// Refuses names that lead to private addresses.
    pub(crate) guarded: Client,
    /// Goes to any address.
    pub(crate) free: Client,
}

impl Clients {
    /// Makes the clients; once per process, because each reads all certificates of the system.
    ///
    /// # Errors
    /// The system has no usable TLS.
    pub fn new() -> Result<Self, Error> {
        Ok(Self { guarded: build(base().dns_resolver(Arc::new(PublicOnly)))?, free: build(base())? })
    }

    /// The client for an address of the configuration. Requests set their own time-outs.
    ///
    /// # Errors
    /// [`Error`] unless `allow_insecure`.
    pub fn to(&self, url: &str, allow_insecure: bool) -> Result<Client, Error> {
        if allow_insecure {
            return Ok(self.free.clone());
        }
        check_url(url)?;
        let written = url.parse::<reqwest::Url>().ok();
        let local = written.as_ref().and_then(reqwest::Url::host_str).is_some_and(is_loopback);
        Ok(if local { self.free.clone() } else { self.guarded.clone() })
    }
}

pub(crate) fn base() -> ClientBuilder {
    Client::builder()
        .connect_timeout(CONNECT_WITHIN)
        .pool_idle_timeout(IDLE_FOR)
        .pool_max_idle_per_host(IDLE_MAX)
        .redirect(redirect::Policy::none())
        .no_proxy()
}

pub(crate) fn build(builder: ClientBuilder) -> Result<Client, Error> {
    builder.build().map_err(Error::Unmade)
}

/// Resolves names as the system does and keeps only public addresses.
struct PublicOnly;

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let public: Vec<SocketAddr> = found.filter(|address| is_public(address.ip())).collect();
            if public.is_empty() {
                return Err(Box::from(Error::Private));
            }
            Ok(Box::new(public.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_name_that_leads_to_this_machine_is_no_way_in() {
        // `localhost` stands for any name whose DNS answer is a private address.
        let name: Name = "localhost".parse().expect("a name");
        let refused = PublicOnly.resolve(name).await.err().map(|error| error.to_string());
        assert_eq!(refused.as_deref(), Some(Error::Private.to_string().as_str()));
    }
}
