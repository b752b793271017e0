//! The door for events in Meta's own protocol.

mod bounds;
mod clocks;
mod kept;
mod once;
mod reasons;
pub mod shop;
mod tokens;
mod unreadable;
