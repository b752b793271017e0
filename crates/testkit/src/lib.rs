//! What tests, benches and `xtask` would otherwise write several times each. Nothing that ships uses it,
//! and it uses no crate of ours, so that each of them can use it in its tests.

#![allow(clippy::expect_used, clippy::panic, reason = "whatever fails here fails a test")]

pub mod http;
mod random;
mod wait;

pub use random::Random;
pub use wait::{PATIENCE, breathe, retry, until};
