//! HTTP to upstreams: one client for the whole process, and no way to where a token must not go.
//!
//! Guarantees: no redirect is followed and no proxy used; an address of the configuration is allowed
//! over `https` to public addresses and as a written loopback address, and anything else only where the
//! configuration says so for that object; a name that leads to a private address is refused when it is
//! resolved, not when it is read, so that a changed DNS answer does not help either.

mod address;
mod client;
mod date;
mod error;
#[cfg(feature = "watched")]
mod watched;

pub use address::check_url;
pub use client::Clients;
pub use date::date_ms;
pub use error::Error;
#[cfg(feature = "watched")]
pub use watched::Watch;
