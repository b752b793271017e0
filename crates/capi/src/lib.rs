//! Meta's Conversions API as a library of its own: the event as Meta wants it, what Meta would
//! refuse and under which subcode, how its answers are to be read, and how identifiers are
//! normalised.
//!
//! This crate does no I/O, reads no clock and knows nothing of workspaces, CRMs or stores: the
//! time and the bytes are handed in. What can change at Meta (names, limits, subcodes) is data,
//! each with its origin beside it: *Meta's documentation*, *recorded live answers* (replies of
//! `graph.facebook.com` that were published), or *third parties* (one observer, no recording).
//!
//! At present it covers the messaging route on WhatsApp.

mod check;
mod event;
pub mod limits;
mod money;
pub mod names;
pub mod normalize;
pub mod phone;
mod plain;
mod proof;
mod reply;

pub use check::{Refusal, check};
pub use event::{ActionSource, CustomData, Event, MessagingChannel, UserData};
pub use money::{Money, NotMoney};
pub use plain::Plain;
pub use proof::{appsecret_proof, from_hex, hex, sha256_hex};
pub use reply::{GraphError, Reply, Scope, read_reply};
