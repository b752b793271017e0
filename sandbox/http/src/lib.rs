//! What the sides of the sandbox share, and what is of no protocol: a listener with bounds, reading and
//! answering, faults on demand, a clock that can be moved, repeatable random numbers, bounded lists.

mod answer;
mod body;
mod clock;
pub mod control;
mod error;
pub mod fault;
mod headers;
mod in_flight;
mod kept;
mod listener;
pub mod orders;
mod quota;
mod random;
mod shared;
mod texts;
mod wire;

pub use answer::{json, text};
pub use body::{Unread, from_json, read_body};
pub use clock::Clock;
pub use error::Error;
pub use headers::{bearer, kind};
pub use kept::Kept;
pub use listener::{Running, serve};
pub use quota::weight;
pub use random::SeededRandom;
pub use shared::{Shared, lock};
pub use texts::{MOST_METHOD_BYTES, MOST_PATH_BYTES, cut, letters};
pub use wire::{CloseWithoutAnswer, Reset};
