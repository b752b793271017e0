//! What a browser carries of an ad click: the cookies `_fbc` and `_fbp`, and the address it calls
//! from.
//!
//! [`Visit::answer`] keeps what the browser has, makes what is missing, and replaces the click when a
//! new one came in. It answers only what works: cookies that browsers keep, click ids that can be
//! some, clicks that still count, addresses of the open Internet. Format after Meta's documentation of
//! `fbp` and `fbc`. [`builder`] is what Meta's Parameter Builder does with the same request.

pub mod address;
pub(crate) mod appendix;
pub mod builder;
pub(crate) mod click_id;
mod cookie;
mod domain;
mod network;
mod visit;

pub use click_id::NoClick;
pub use cookie::Cookie;
pub use domain::{Domains, Site};
pub use network::Network;
pub use visit::{BrowserIds, FBP_NUMBER_LIMIT, SetCookie, Visit};

#[cfg(test)]
mod tests;
