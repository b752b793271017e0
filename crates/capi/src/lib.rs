#![doc = include_str!("../README.md")]

mod body;
pub mod browser;
pub mod catalogue;
mod check;
mod digest;
mod error;
pub mod event;
mod field_set;
mod json_writer;
mod key;
mod known_hashes;
pub mod limits;
pub mod mend;
mod money;
pub mod names;
pub mod normalize;
pub mod phone;
mod plain;
pub mod privacy;
mod read;
mod reply;
pub mod subcodes;
mod write;

pub use body::{Body, NotTaken, write_checked};
pub use check::{
    Checks, Finding, Findings, SeenEvents, Severity, check, check_element, check_envelope, check_request,
    is_batched, refusal, useless_append,
};
pub use digest::{appsecret_proof, from_hex, hex, sha256_hex};
pub use error::Error;
pub use event::{ActionSource, CustomData, Event, MessagingChannel, NumericId, UserData};
pub use field_set::FieldSet;
pub use key::Key;
pub use known_hashes::{is_of_a_placeholder, tells_nobody};
pub use money::{Factor, Money};
pub use normalize::{Dropped, Form, Forms, Normalizer, Rules};
pub use plain::Plain;
pub use read::{Element, Envelope, RequestBody, Scratch, pasted, pieces, read_envelope, read_request};
pub use reply::{GraphError, Reply, Scope, Usage, code_meaning, read_reply};
pub use write::{Written, country_of_person, write_event};
