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
mod hot;
mod seal;
pub(crate) mod sqlite;

pub use clock::{Clock, system_clock};
pub use error::StoreError;
pub use hot::{
    Answered, AskDue, AttemptId, Bells, Decided, HotPath, Lease, OutcomeOf, Pause, Queued, Settled,
    Unreadable, Work,
};
pub use seal::{DataKey, KeyError};
pub use sqlite::{Sqlite, database_exists};
