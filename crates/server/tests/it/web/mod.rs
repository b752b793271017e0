//! The door for events in Meta's own protocol.

mod answers;
mod bounds;
mod clocks;
mod forgotten;
mod kept;
mod once;
mod reasons;
mod refused;
pub mod shop;
mod shown;
mod tokens;
mod unreadable;
