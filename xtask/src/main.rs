//! Commands for those who work on Kopru, run as `cargo xtask <command>`.
//!
//! `cargo xtask conformance` holds the crate `capi` against Meta's Parameter Builder. It installs
//! the npm package `capi-param-builder-nodejs` 1.3.2 into a temporary folder, asks it and `capi` the
//! same random questions and prints every difference:
//!
//! * for each of the eleven hashed identifiers, what a value becomes and what its hash is
//!   (`Rules::ParameterBuilder`);
//! * for requests of a browser (`cookies`), which `fbc`, `fbp` and address come out and which
//!   cookies are set (`browser::builder`).
//!
//! It needs Node and npm, and the network once. The same seed asks the same questions. It exits
//! with 0 if there is no difference, with 1 if there is one, and with 2 if it cannot compare.
//!
//! Two kinds of input are counted but not compared: values with a character that the Unicode of the
//! Node in use does not know (*skipped*), and those at which the package throws, which is mostly a
//! referer that is no address. Never asked are halves of surrogate pairs, which Rust's text cannot
//! hold, an empty list of `fbclid`, and given domains without a name (`:80`), with which the package
//! answers `fb.NaN`.
//!
//! `cargo xtask tenants` measures what many businesses on one machine cost each other, and
//! `cargo xtask chat` the whole way from webhooks to accepted events; `cargo xtask stored` a store that is
//! full; `cargo xtask web` web events; `cargo xtask moves` the way from a deal's move in the CRM to its accepted event; `cargo xtask kills`
//! kills the service while everything around it changes; `cargo xtask simulate` lives through drawn lives on virtual time. See their modules.

mod chat;
mod conformance;
mod kills;
mod moves;
mod service;
mod simulate;
mod stored;
mod tenants;
mod web;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", about = "Commands for those who work on Kopru")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Compare normalising and cookies with Meta's Parameter Builder, on random input
    Conformance(conformance::Options),
    /// Measure the way from webhooks to accepted events, with a small and a large store
    Chat(chat::Options),
    /// Kill the service at random while everything around it changes, and compare what came of it
    Kills(kills::Options),
    /// Measure the way from a deal's move in the CRM to its accepted event, and how often the CRM is asked
    Moves(moves::Options),
    /// Live through drawn lives on virtual time, and compare with what must have been told
    Simulate(simulate::Options),
    /// Measure pages, starts and retention of a full store, and the highest flat rate of webhooks
    Stored(stored::Options),
    /// Measure posts, idle cost, deals and floods with many workspaces
    Tenants(tenants::Options),
    /// Measure web events from the door to Meta
    Web(web::Options),
}

fn main() -> ExitCode {
    match Arguments::parse().command {
        Command::Conformance(options) => conformance::command(&options),
        Command::Chat(options) => chat::command(&options),
        Command::Kills(options) => kills::command(&options),
        Command::Moves(options) => moves::command(&options),
        Command::Simulate(options) => simulate::command(&options),
        Command::Stored(options) => stored::command(&options),
        Command::Tenants(options) => tenants::command(&options),
        Command::Web(options) => web::command(&options),
    }
}
