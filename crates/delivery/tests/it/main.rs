//! Lanes against the sandbox, over real HTTP and the real store.
#![allow(clippy::unwrap_used, reason = "a helper that fails is a test that fails")]

mod failures;
mod lanes;
mod refusals;
mod stops;
mod store_fails;
mod strangers;
mod time;
mod watched;
mod world;
