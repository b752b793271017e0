//! Both listeners over real HTTP and the real store.
#![allow(clippy::unwrap_used, reason = "a helper that fails is a test that fails")]

mod api;
mod browsers;
mod connections;
mod doors;
mod events;
mod gate;
mod health;
mod keys;
mod limits;
mod log;
mod page;
mod raw;
mod web;
mod world;
