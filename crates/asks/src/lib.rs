//! The questions: what is due is put into list requests, and the answers go into the log as facts
//! by the same way as everything else.
//!
//! Guarantees: a question is durable until its answer is; questions of one kind share requests; a
//! provider gets at most [`REQUESTS_PER_SECOND`] from the whole process, however many accounts live
//! there. What the bytes mean is the business of `sources`; nothing is decided here.

mod host;
mod inquirer;

pub use host::{Fetched, Host, HostError, Hosts, REQUESTS_PER_SECOND};
pub use inquirer::Inquirer;
