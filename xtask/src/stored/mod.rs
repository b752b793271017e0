//! `cargo xtask stored`: what a store costs that has been filled for a long time, and the highest rate of
//! webhooks that is worked off as it comes.
//!
//! - *pages*: overview, ledger and the newest fifty of a store with a million conversions, each asked for with
//!   a request of its own, as the dashboard does;
//! - *start*: from the start of the process after SIGKILL until `/readyz` says yes, and the memory at rest;
//! - *retention*: how long the door takes (p99) while a million rows that have expired are deleted, beside how
//!   long it takes otherwise;
//! - *flat*: signed webhooks with one message at a fixed rate, loops running; the highest rate at which nothing
//!   is left undecided after a minute. With another binary, both in turns.

mod fill;
mod flat;
mod kept;

use std::{path::PathBuf, process::ExitCode};

use crate::service::{self, Failure};

#[derive(clap::Args)]
pub struct Options {
    /// A binary to compare with, for the highest rate
    #[arg(long)]
    base: Option<PathBuf>,
    /// The binary
    #[arg(long, default_value = "target/release/kopru")]
    new: PathBuf,
    /// How many conversions are stored
    #[arg(long, default_value_t = 1_000_000)]
    conversions: u64,
    /// Only the highest rate
    #[arg(long)]
    only_flat: bool,
    /// Only what is stored
    #[arg(long, conflicts_with = "only_flat")]
    only_kept: bool,
    /// Seconds for which a rate has to be borne
    #[arg(long, default_value_t = 60)]
    seconds: u64,
}

pub fn command(options: &Options) -> ExitCode {
    service::run(measure(options))
}

async fn measure(options: &Options) -> Result<ExitCode, Failure> {
    let binaries = service::binaries(options.base.as_deref(), &options.new)?;
    let mut met = true;
    if !options.only_flat {
        met &= kept::measure(&options.new, options.conversions).await?;
    }
    if !options.only_kept {
        met &= flat::measure(&binaries, options.seconds).await?;
    }
    Ok(ExitCode::from(u8::from(!met)))
}
