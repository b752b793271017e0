//! The sources: a request in, facts and an answer out. One folder and one line in `registry` each.
//!
//! What a source guarantees: a fact carries no raw personal data (identifiers of people become keyed
//! hashes here, names and texts are never read), nothing panics and nothing is quadratic on any
//! input, and a body that cannot be read says so with its structure but none of its values. Every
//! source runs the tests of `conformance`.
//!
//! This crate does no I/O and reads no clock. Asking a CRM is split accordingly ([`Upstream`]): this
//! crate says what to call and reads the answers, somebody else makes the calls.

#[cfg(test)]
mod conformance;
mod consent;
pub mod files;
pub mod graph;
mod kind;
mod kommo;
mod lenient;
mod not_understood;
pub mod pixel;
mod registry;
mod request;
mod setup;
mod source;
#[cfg(test)]
mod test_counting;
#[cfg(test)]
mod test_signed;
mod upstream;
mod whatsapp;

pub use kind::{ALLOW_INSECURE, ConfigKey, Kind, PUBLIC_KEY, SECRET_KEY, Settings, ValueForm};
pub use kommo::Kommo;
pub use not_understood::NotUnderstood;
pub use pixel::Pixel;
pub use registry::{KINDS, find};
pub use request::{Directory, HttpReply, Received, Request, Tenant, reply};
pub use setup::{Drift, SetupPart};
pub use source::Source;
pub use upstream::{
    Access, Address, AnswerMax, AskedQuestion, AuditEntry, Call, CallBody, Concerns, Failure, Limits,
    NewTokens, OAuth, Page, Upstream, judge_status,
};
pub use whatsapp::Whatsapp;
