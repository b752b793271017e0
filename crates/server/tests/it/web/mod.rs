//! The door for events in Meta's own protocol.

mod bounds;
mod kept;
mod once;
pub mod shop;
mod tokens;
mod unreadable;
