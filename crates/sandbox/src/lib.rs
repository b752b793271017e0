//! A Meta Graph API and a Kommo to develop and test against, in one process and on one listener.
//!
//! It is an oracle of its own: written from the documentation and from recorded live answers, on raw
//! [`serde_json::Value`], and without any check, normaliser or rule of the other crates. When Kopru and
//! this crate agree on an event, two readings of the facts agree.
//!
//! ```text
//! POST /{version}/{dataset}/events   Graph: tokens, required fields, time window, messaging, Purchase
//! GET  /api/v4/...                   Kommo: leads, contacts, pipelines, account, audit log
//! /sandbox/...                       what was accepted, and what the sandbox should know
//! ```
//!
//! The same control is the [`Sandbox`] handle for use in process. [`hooks`] makes the bodies that
//! Meta and Kommo would send to a webhook, and tries a door with them.
//!
//! What the sandbox does not do: it does not match events to people, does not deduplicate (every
//! acceptance is listed, so a test can count copies) and keeps nothing on disk.

mod clock;
mod control;
mod graph;
pub mod hooks;
mod http;
mod kommo;
mod records;
mod serve;
mod state;

pub use graph::Fault;
pub use kommo::{Account, Contact, Deal, Pipeline, Status};
pub use records::{AcceptedEvent, GraphRequest, KommoRequest, Left};
pub use serve::Running;
pub use state::{Click, Dataset, Options, Sandbox};
