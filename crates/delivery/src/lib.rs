//! The way out: queued conversions of a dataset become requests to Meta, and Meta's answers become
//! outcomes.
//!
//! One lane per dataset and route, so that no bad one delays another. What is due leaves at once when
//! nothing is under way; beside other requests, up to eight, more leave when they are full or a moment has
//! gone by. A body is made right before it leaves, with what is known and configured then. Membership and
//! bytes of a request are durable before it leaves; a request whose answer was never read is *unknown*, and
//! the same bytes go again. Only what Meta itself says ends an event: an answer that is not Meta's pauses the
//! lane, and nothing is too late by a clock that nobody confirms.
//!
//! A throttle or a hold reaches as far as Meta says: an app, a token, a dataset or one lane. Pauses are kept
//! in the store; [`Scopes`] tells all lanes of the process at once of limits that they share.
//!
//! It knows nothing of CRMs, deals or people: `core` makes a conversion's body, and says why it does not
//! leave.

mod answer;
mod back_off;
mod body;
mod error;
mod graph;
mod lane;
mod late;
mod owned;
mod pace;
mod pauses;
mod queue;
mod request;
mod scopes;
mod secrets;
mod verdict;
mod worker;

pub use error::Error;
pub use graph::{Graph, Target, TestAnswer};
pub use lane::Lane;
pub use scopes::Scopes;
