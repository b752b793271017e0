//! What can go wrong with what is to be known at Meta.

use crate::world::people::{MOST_KEYS, MOST_KEYS_EACH, MOST_PEOPLE};

/// Something cannot be put in, or there is no such thing.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No app has this id.
    #[error("there is no app {0}")]
    NoApp(String),
    /// Codes wait to be exchanged, as many as there can be.
    #[error("too many codes wait to be exchanged")]
    TooManyCodes,
    /// A second seed: nobody could be told apart from the people of the first.
    #[error("the sandbox has been seeded before; start another one")]
    SeededBefore,
    /// The person with this number has too many ids.
    #[error("person {0} has more than {MOST_KEYS_EACH} ids")]
    TooManyIds(u64),
    /// All people together have as many ids as there can be.
    #[error("the people of a sandbox have at most {MOST_KEYS} ids together")]
    IdsFull,
    /// There are not to be so many people.
    #[error("a sandbox holds at most {MOST_PEOPLE} people")]
    PeopleFull,
    /// A tier of the Marketing API that nobody knows.
    #[error("known are limited and full")]
    UnknownTier,
}
