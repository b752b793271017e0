//! The real binary as its users meet it: commands, crashes, and what it leaves on the disk.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod api_keys;
mod browser;
mod cli;
mod crash;
mod demo;
mod hook;
mod import;
mod protocol;
mod report;
mod sandbox;
mod send_test;
mod service;
mod stalls;
mod test_mode;
mod tidy;
mod two_readings;
mod web;
mod world;
