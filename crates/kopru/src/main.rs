//! The `kopru` binary: arguments, output and wiring. What it does is in the crates it wires.

mod check;
mod config;
mod demo;
mod run;
mod sandbox;
mod serve;

use std::{net::SocketAddr, path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand};

/// Exit code of a negative result.
const NEGATIVE: u8 = 1;
/// Exit code of wrong use or configuration.
const WRONG_USE: u8 = 2;

/// The bridge from ad click to sale: tells Meta's Conversions API what happened in the chat and
/// in the CRM.
#[derive(Parser)]
#[command(name = "kopru", version, max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Plays a shop's week on this machine: ad clicks, chats, CRM stages, sales, over real HTTP.
    ///
    /// Example: kopru demo --exit
    Demo {
        /// Play, settle, print the summary and exit: 0 if everything arrived as it should.
        #[arg(long)]
        exit: bool,
        /// Print the summary as JSON.
        #[arg(long)]
        json: bool,
        /// Where the dashboard listens. [default: 127.0.0.1:8481, with --exit any free port]
        #[arg(long, value_name = "ADDRESS")]
        listen: Option<SocketAddr>,
    },
    /// Runs the service.
    ///
    /// Example: kopru serve --config kopru.toml
    Serve {
        /// The configuration.
        #[arg(long, value_name = "FILE", default_value = "kopru.toml")]
        config: PathBuf,
    },
    /// Says whether the configuration and each connection would work, one line a finding.
    ///
    /// Example: kopru check --config kopru.toml --offline
    Check {
        /// The configuration.
        #[arg(long, value_name = "FILE", default_value = "kopru.toml")]
        config: PathBuf,
        /// Only read the configuration; ask nobody.
        #[arg(long)]
        offline: bool,
    },
    /// Runs a Meta Graph API and a Kommo API to develop against.
    ///
    /// Example: kopru sandbox --listen 127.0.0.1:8490
    Sandbox {
        /// Where it listens.
        #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8490")]
        listen: SocketAddr,
    },
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let quiet = matches!(arguments.command, Command::Demo { .. });
    start_logging(if quiet { "error" } else { "info" });
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(NEGATIVE, &format!("the runtime could not be started: {error}")),
    };
    runtime.block_on(async {
        match arguments.command {
            Command::Demo { exit, json, listen } => demo::command(exit, json, listen).await,
            Command::Serve { config } => serve::command(&config).await,
            Command::Check { config, offline } => check::command(&config, offline).await,
            Command::Sandbox { listen } => sandbox::command(listen).await,
        }
    })
}

/// Logs go to stderr; `KOPRU_LOG` sets how much (`warn`, `kopru_delivery=debug`, ...).
fn start_logging(default: &str) {
    use std::io::IsTerminal as _;
    let filter = tracing_subscriber::EnvFilter::try_from_env("KOPRU_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new(default));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .init();
}

/// Says what went wrong in one line and gives the exit code.
fn fail(code: u8, message: &str) -> ExitCode {
    eprintln!("kopru: {message}");
    ExitCode::from(code)
}
