//! What can go wrong on the way to an upstream.

/// An address may not be used, or there is no client to reach it with.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The client could not be made: the system has no usable TLS.
    #[error("the HTTP client could not be made: {0}")]
    Unmade(#[source] reqwest::Error),
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
