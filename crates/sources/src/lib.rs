//! The doors: bytes and headers in, facts out. One folder a source.
//!
//! What a door guarantees: a fact carries no raw personal data (identifiers of people become keyed
//! hashes here, names and texts are never read), nothing panics and nothing is quadratic on any
//! input, and a body that cannot be read says so with its structure but none of its values.
//!
//! This crate does no I/O and reads no clock. Reading a CRM is split accordingly: this crate says
//! which paths to request and reads the answers, somebody else makes the calls.

mod door;
pub mod kommo;
mod lenient;
mod shape;
pub mod whatsapp;

pub use door::{Context, Door};
pub use kommo::{AskedQuestion, Kommo, Page};
pub use shape::Unreadable;
pub use whatsapp::Whatsapp;
