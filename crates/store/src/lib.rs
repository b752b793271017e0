//! Durable state: the log of facts, the state that decisions read, the queue, attempts and the
//! ledger.
//!
//! The hot path stands behind one trait, [`HotPath`], with one conformance suite
//! ([`conformance`]) that every provider runs. Reads for people ([`cold`]) are SQL. This
//! crate keeps what it is given and decides nothing.

mod clock;
pub mod cold;
pub mod conformance;
mod error;
mod failing;
mod hot;
mod queued;
mod seal;
pub(crate) mod sqlite;
mod tokens;
mod wakeups;

pub use clock::Clock;
pub use error::Error;
pub use failing::{Bear, Failing};
pub use hot::{Answered, AskDue, Decided, HotPath, Lease, REVISIT_ROWS, SetAside, Sweep, Unreadable, Work};
pub use queued::{
    AttemptId, Claimed, LaneKey, Member, OpenAttempt, OutcomeOf, Pause, PauseScope, Queued, Settled,
};
pub use seal::DataKey;
pub use sqlite::{Sqlite, StoreState, database_exists};
pub use tokens::Tokens;
pub use wakeups::Wakeups;
