//! Events of a shop's own server: from the door of the real binary to Meta.

mod appended;
mod arrival;
mod door;
mod full;
mod killed;
mod said;
pub mod shop;
