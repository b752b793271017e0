//! What the whole way of a chat costs: from signed webhooks to events that Meta has accepted.
//!
//! Each run starts the real binary with a store that is filled first, and then measures two loads:
//!
//! * *clicks*: messages of people who came from an ad, which are facts to decide and nothing else;
//! * *chat*: the same, and every fourth of these people buys. Kommo says so, is asked for the deal and
//!   for its contact, and a Purchase goes to Meta. These are 1.75 facts a person.
//!
//! A load is over when every fact is decided, every expected event has arrived at Meta, and nothing is
//! queued or waits. Seven requests a second, which is what Kopru asks a Kommo account, must not be what
//! is measured: the workspace has 32 accounts, each with a port of its own, and they could tell about
//! 9,000 deals a second. What remains of the pace is the time in which Kopru gathers questions, once for
//! deals and once for contacts (half a second each), at the end of a chat load.
//!
//! Binaries and sizes of the store take turns within a round; figures are medians of the rounds. The
//! *floor* is measured in each round too: the same bytes, posted to a server that parses nothing and
//! answers, and one row for each fact, durable in groups of a body, written by a bare loop with SQLite.

mod bodies;
mod floor;
mod goals;
mod run;

use std::{path::PathBuf, process::ExitCode};

use clap::Args;

use crate::service::{
    self, Failure,
    figures::{median, progress},
};
use floor::Floor;
use run::{Part, Run};

#[derive(Args)]
#[command(after_help = "Example: cargo xtask chat --base target/base/release/kopru")]
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
    /// How often each binary is measured with each store
    #[arg(long, value_name = "N", default_value_t = 3)]
    rounds: usize,
    /// How many facts are stored before, the smaller number first
    #[arg(long, value_name = "N,N", value_delimiter = ',', default_value = "10000,300000")]
    stored: Vec<u64>,
    /// How many people write in each load
    #[arg(long, value_name = "N", default_value_t = 20_000)]
    people: u64,
}

/// The runs of one binary with one size of the store.
struct Case<'a> {
    binary: &'a service::Binary,
    stored: u64,
    runs: Vec<Run>,
}

impl Case<'_> {
    fn median(&self, figure: impl Fn(&Run) -> f64) -> f64 {
        median(&self.runs.iter().map(figure).collect::<Vec<_>>())
    }
}

pub fn command(options: &Options) -> ExitCode {
    service::run(measure(options))
}

async fn measure(options: &Options) -> Result<ExitCode, Failure> {
    let binaries = service::binaries(options.base.as_deref(), &options.bin)?;
    let (rounds, people) = if options.quick { (1, 2_000) } else { (options.rounds, options.people) };
    let stored: &[u64] = if options.quick { &[1_000, 5_000] } else { &options.stored };
    let mut cases: Vec<_> = stored
        .iter()
        .flat_map(|stored| binaries.iter().map(|binary| Case { binary, stored: *stored, runs: Vec::new() }))
        .collect();
    let mut floors = Vec::new();
    for round in 1..=rounds {
        progress(&format!("round {round} of {rounds}: floor"));
        floors.push(floor::measure(people).await?);
        for case in &mut cases {
            progress(&format!("round {round} of {rounds}: {}, {} stored", case.binary.name, case.stored));
            case.runs.push(run::measure(&case.binary.file, case.stored, people).await?);
        }
    }
    println!("\n{people} people a load, bodies of {}, {} connections", bodies::BODY, run::CONNECTIONS);
    print_floor(&floors);
    for (name, of) in [("clicks", run::clicks as fn(&Run) -> &Part), ("chat", run::chat)] {
        print_load(name, of, &cases);
    }
    println!();
    Ok(if goals::are_met(&cases) { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn print_floor(floors: &[Floor]) {
    let of = |figure: fn(&Floor) -> f64| median(&floors.iter().map(figure).collect::<Vec<_>>());
    println!(
        "floor: {:.0} messages/s posted to a server that parses nothing, {:.0} rows/s made durable by a bare \
         loop; one after the other {:.0}/s",
        of(|floor| floor.posted_per_s),
        of(|floor| floor.rows_per_s),
        of(Floor::both_per_s),
    );
    // What the machine can do does not change; where it seems to, others were using its disk.
    let rows = || floors.iter().map(|floor| floor.rows_per_s);
    let (slowest, fastest) = (rows().fold(f64::INFINITY, f64::min), rows().fold(0.0, f64::max));
    println!(
        "rows/s of the rounds: from {slowest:.0} to {fastest:.0}; far apart, no figure below means much"
    );
}

fn print_load(name: &str, of: fn(&Run) -> &Part, cases: &[Case]) {
    println!("\n{name}");
    println!(
        "  {:<8}{:>10}{:>12}{:>12}{:>12}{:>16}{:>10}{:>9}",
        "", "stored", "facts/s", "slowest", "events/s", "CPU us a fact", "peak MiB", "backlog"
    );
    for case in cases {
        let slowest = case.runs.iter().map(|run| of(run).facts_per_s()).fold(f64::INFINITY, f64::min);
        println!(
            "  {:<8}{:>10}{:>12.0}{slowest:>12.0}{:>12}{:>16.1}{:>10.1}{:>9}",
            case.binary.name,
            case.stored,
            case.median(|run| of(run).facts_per_s()),
            case.runs.first().filter(|run| of(run).events > 0).map_or_else(
                || "-".to_owned(),
                |_| format!("{:.0}", case.median(|run| of(run).events_per_s()))
            ),
            case.median(|run| of(run).cpu_s / of(run).facts as f64 * 1e6),
            case.median(|run| of(run).peak_mib),
            case.runs.iter().map(|run| of(run).backlog).sum::<u64>(),
        );
    }
}
