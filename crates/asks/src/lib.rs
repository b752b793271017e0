//! The questions: what is due is put into list requests, and the answers go into the log as facts
//! by the same way as everything else.
//!
//! Guarantees: a question is durable until its answer is, or until an answer would be of no use any
//! more; questions of one kind share requests; one odd record holds up no other; a provider gets at most
//! what it allows from the whole process, however many accounts live there, and they take
//! turns; an account that is refused rests alone. What is called and what the bytes mean is the business
//! of a [`sources::Upstream`], of which none is known here by name; nothing is decided here.

mod asking;
mod audit;
mod audit_pages;
mod batcher;
mod drift;
mod error;
mod fetch;
mod history;
mod host;
mod inquirer;
mod provider;
mod rest;
mod resting;
mod setup;
mod setup_parts;
mod setup_reader;
mod state;
mod tokens;
mod turns;

pub use drift::{DriftNotices, HookKey};
pub use fetch::fetch;
pub use history::{MovesRead, moves_since};
pub use host::{Host, Hosts, Patience};
pub use inquirer::Inquirer;
pub use resting::{RestNotices, Resting};
pub use setup::Setup;
