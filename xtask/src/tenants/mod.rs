//! Many businesses on one machine: what each pays for the others, in figures and not as a test.
//!
//! Each part starts the real binary with a configuration of its own, against a Meta and a Kommo that
//! answer at once (`service`), all on loopback. Binaries are measured in turns, so that a machine that
//! drifts drifts for all of them; figures are medians of the rounds. Load generator and service share
//! the machine: ratios travel, absolute figures do not.

mod deals;
mod door;
mod floods;
mod idle;
mod neighbour;

use std::{path::PathBuf, process::ExitCode};

use clap::{Args, ValueEnum};

use crate::service::{self, Binary, Failure};

#[derive(Args)]
#[command(after_help = "Example: cargo xtask tenants --base target/base/release/kopru --only door")]
pub struct Options {
    /// The binary to measure
    #[arg(long, value_name = "FILE", default_value = "target/release/kopru")]
    bin: PathBuf,
    /// The binary to compare it with
    #[arg(long, value_name = "FILE")]
    base: Option<PathBuf>,
    /// One short round and small stores: to see that all works
    #[arg(long)]
    quick: bool,
    /// Only these parts
    #[arg(long, value_enum, value_delimiter = ',')]
    only: Vec<Part>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    /// Acknowledged posts a second, with one workspace and with 300
    Door,
    /// What 300 workspaces cost while nothing happens
    Idle,
    /// CPU time of 2,000 deals in an empty and in a full store
    Deals,
    /// A neighbour's door and delivery while another workspace is flooded
    Floods,
}

/// The binaries, the one to compare with first.
struct Bench {
    binaries: Vec<Binary>,
    quick: bool,
}

pub fn command(options: &Options) -> ExitCode {
    service::run(measure(options))
}

async fn measure(options: &Options) -> Result<ExitCode, Failure> {
    let binaries = service::binaries(options.base.as_deref(), &options.bin)?;
    let bench = Bench { binaries, quick: options.quick };
    let is_wanted = |part| options.only.is_empty() || options.only.contains(&part);
    for part in [Part::Door, Part::Idle, Part::Deals, Part::Floods] {
        if !is_wanted(part) {
            continue;
        }
        let measured = match part {
            Part::Door => door::measure(&bench).await,
            Part::Idle => idle::measure(&bench).await,
            Part::Deals => deals::measure(&bench).await,
            Part::Floods => floods::measure(&bench).await,
        };
        if let Err(error) = measured {
            println!("this part could not be measured: {error}");
        }
    }
    Ok(ExitCode::SUCCESS)
}
