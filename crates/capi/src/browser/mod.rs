//! What a browser carries of an ad click: the cookies `_fbc` and `_fbp`, and the address it calls
//! from.
//!
//! [`Visit::answer`] does on a server what Meta's Parameter Builder does: it keeps what the browser
//! has, makes what is missing, and replaces the click when a new one came in. Format after Meta's
//! documentation of `fbp` and `fbc`; behaviour after the npm package `capi-param-builder-nodejs`
//! 1.3.2, with which `cargo xtask conformance` compares it.

pub mod address;
pub(crate) mod appendix;
mod cookie;
mod domain;
mod visit;

pub use cookie::Cookie;
pub use domain::{Domains, Site};
pub use visit::{BrowserIds, FBP_NUMBER_LIMIT, SetCookie, Visit};

#[cfg(test)]
mod tests;
