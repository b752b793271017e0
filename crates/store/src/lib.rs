//! Durable state: the log of facts, the state that decisions read, the queue, attempts and the
//! ledger.
//!
//! Each of those who use a store has a small trait: doors [`FactStore`], decisions [`DecisionStore`],
//! delivery [`QueueStore`], questions [`AskStore`], sums [`OutcomeStore`], people [`Views`], and those who ask to
//! be erased [`ErasureStore`]; programs are known by their [`KeyStore`]; what has been kept long enough goes by [`RetentionStore`]. [`Sqlite`] provides
//! them, and one suite ([`conformance`]) says what each provider has to keep; with the feature `model` there is
//! a second provider, a model in memory for tests. This crate keeps what it is given and decides nothing.

mod added;
mod api_keys;
mod backup;
mod bounds;
mod clock;
pub mod conformance;
mod data_key;
mod erasures;
mod error;
mod expiry;
mod failing;
mod keyring;
#[cfg(feature = "model")]
mod model;
pub mod outcomes;
mod queued;
mod seal;
pub(crate) mod sqlite;
mod state;
mod temporary;
mod traits;
pub mod views;
mod wakeups;
mod work;

use std::{path::Path, sync::Arc};

pub use api_keys::{API_KEYS_MAX, ApiKey, KeyScope, NewApiKey, REVOKED_KEYS_MAX};
pub use backup::{BackupMade, CopyProgress, LostRecords, OnProgress, Restore, RestoreDone, RestoreStep};
pub use clock::Clock;
pub use data_key::DataKey;
pub use erasures::{Erasure, KnownClick, KnownDeal, KnownPerson, Removed};
pub use error::Error;
pub use expiry::{Expiring, ExpiryStep};
pub use failing::{Bear, Failing};
pub use kopru_core::KeyConsent;
#[cfg(feature = "model")]
pub use model::Model;
pub use queued::{
    AttemptId, Claimed, LaneKey, Member, OpenAttempt, OutcomeOf, Pause, PauseScope, Queued, Settled,
};
pub use sqlite::{
    Sqlite, database_exists, last_known_accounts, last_known_adopted, last_known_event_keys, last_known_held,
    last_known_loss, last_known_names, last_known_stages, restore,
};
pub use state::StoreState;
pub use temporary::{Temporary, put_aside, remove_leftovers};
pub use traits::{
    AskStore, DecisionStore, ErasureStore, FactStore, KeyStore, OutcomeStore, QueueStore, RetentionStore,
    Store, Views, Wakes,
};
pub use views::SetAsideListed;
pub use wakeups::Wakeups;
pub use work::{
    Answered, AskDue, AuditRead, Decided, KeptActivities, Lease, REVISIT_ROWS, SetAside, Sweep,
    UNREADABLE_KEPT_MS, Unreadable, Work,
};

/// Opens the store in a folder, and makes it if it is not there.
///
/// # Errors
/// [`Error::InUse`] while another process has it open, [`Error::WrongKey`] when it was sealed with another
/// key.
pub fn open(folder: &Path, key: &DataKey) -> Result<Arc<dyn Store>, Error> {
    Ok(Arc::new(Sqlite::open(folder, key)?))
}
