//! The follower over a real store.

mod loops;
mod shop;
mod sums;
