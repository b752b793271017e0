//! Many businesses on one machine: what each pays for the others, in figures and not as a test.
//!
//! Each part starts the real binary with a configuration of its own, against a Meta and a Kommo that
//! answer at once (`stub`), all on loopback. Binaries are measured in turns, so that a machine that
//! drifts drifts for all of them; figures are medians of the rounds. Load generator and service share
//! the machine: ratios travel, absolute figures do not.

mod deals;
mod door;
mod figures;
mod floods;
mod idle;
mod load;
mod names;
mod neighbour;
mod site;
mod stub;

use std::{path::PathBuf, process::ExitCode};

use clap::{Args, ValueEnum};

/// What can go wrong on the way, for a person to read.
type Failure = Box<dyn std::error::Error + Send + Sync>;

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

/// A binary under its name in the tables.
struct Binary {
    name: &'static str,
    file: PathBuf,
}

/// The binaries, the one to compare with first.
struct Bench {
    binaries: Vec<Binary>,
    quick: bool,
}

pub fn command(options: &Options) -> ExitCode {
    let mut binaries = Vec::new();
    if let Some(base) = &options.base {
        binaries.push(Binary { name: "base", file: base.clone() });
    }
    binaries.push(Binary { name: "new", file: options.bin.clone() });
    for binary in &binaries {
        if !binary.file.is_file() {
            eprintln!("xtask: {} is not there; build it with cargo build --release", binary.file.display());
            return ExitCode::from(2);
        }
    }
    let bench = Bench { binaries, quick: options.quick };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("xtask: the load generator could not start: {error}");
            return ExitCode::from(2);
        }
    };
    let is_wanted = |part| options.only.is_empty() || options.only.contains(&part);
    runtime.block_on(async {
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
    });
    ExitCode::SUCCESS
}
