//! The way out: queued conversions of a dataset become requests to Meta, and Meta's answers become
//! outcomes.
//!
//! One lane per dataset, so one bad dataset never delays another. No linger: what is due leaves at
//! once, and what gathers while a request is under way leaves as one batch. The membership of a
//! batch is durable before the request leaves; a request whose answer was never read is *unknown*,
//! and its events go again and are marked. Only what Meta itself says ends an event: an answer that is
//! not Meta's pauses the dataset, and nothing is too late by a clock that nobody confirms.
//!
//! It knows nothing of CRMs, deals or people: a conversion is a body with a due time.

mod back_off;
mod error;
mod graph;
mod lane;
mod pace;
mod queue;
mod secrets;
mod verdict;

pub use error::Error;
pub use graph::{Graph, Target};
pub use lane::Lane;
