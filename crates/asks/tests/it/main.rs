//! Inquirers against the sandbox's Kommo and a host made for the purpose, over real HTTP and the real
//! store.
#![allow(clippy::unwrap_used, reason = "a helper that fails is a test that fails")]

mod audit;
mod failures;
mod fake;
mod lists;
mod neighbours;
mod oauth;
mod poison;
mod search;
mod setup;
mod suite;
mod time;
mod world;
