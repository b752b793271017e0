//! Lanes against the sandbox, over real HTTP and the real store.
#![allow(clippy::unwrap_used, reason = "a helper that fails is a test that fails")]

mod activities;
mod bodies;
mod failures;
mod in_flight;
mod lanes;
mod limits;
mod meta;
mod refusals;
mod stops;
mod store_fails;
mod strangers;
mod test_mode;
mod time;
mod watched;
mod world;
