//! `cargo xtask web`: what web events cost, from a shop's server through the door to a Meta that answers at once.
//!
//! The service is the real binary with one dataset. It, the load generator and that Meta share the machine's cores.
//!
//! - *batches*: requests of 100 events, as many as a few connections carry, while the loops run: how many a second are
//!   decided, queued and accepted, and how far the queue is behind at the end;
//! - *new people*: the same, each event of a person who was never seen, with three identifiers: what one costs, and
//!   how many bytes are written for it;
//! - *single*: requests of one event over 128 connections: how many a second are acknowledged, beside a server that
//!   makes the same bytes durable in a bare file;
//! - *offered*: requests of one event at a fixed rate, whether or not those before were answered: how long answers
//!   take, and how far the queue is behind;
//! - *drain*: a Meta that was away and takes 300 ms: how many a second leave of a million that wait, while others
//!   come.
//!
//! What is filled is started again at the end, after SIGKILL.

mod floor;
mod load;
mod meta;
mod offered;
mod shop;

use std::{path::PathBuf, process::ExitCode, time::Duration};

use crate::service::{
    self, Failure,
    figures::{asked, median},
};
use load::{Kind, Loaded};
use shop::Shop;

/// How many events wait for a Meta that was away.
const DRAINED: u64 = 1_000_000;

#[derive(clap::Args)]
#[command(after_help = "Example: cargo xtask web --stored 3000000 --seconds 60")]
pub struct Options {
    /// The binary
    #[arg(long, value_name = "FILE", default_value = "target/release/kopru")]
    bin: PathBuf,
    /// How many people are stored before
    #[arg(long, value_name = "N", default_value_t = 20_000)]
    stored: u64,
    /// How long each load lasts
    #[arg(long, value_name = "N", default_value_t = 10)]
    seconds: u64,
    /// Only this load
    #[arg(long)]
    only: Option<Kind>,
    /// How often requests of one event are measured, in turns with the bare file
    #[arg(long, value_name = "N", default_value_t = 3)]
    rounds: usize,
}

pub fn command(options: &Options) -> ExitCode {
    service::run(measure(options))
}

async fn measure(options: &Options) -> Result<ExitCode, Failure> {
    let lasting = Duration::from_secs(options.seconds);
    let is_wanted = |kind| options.only.is_none_or(|only| only == kind);
    let mut met = true;
    if is_wanted(Kind::Batches) || is_wanted(Kind::NewPeople) {
        let mut shop = Shop::start(&options.bin).await?;
        shop.fill(options.stored).await?;
        if is_wanted(Kind::Batches) {
            let loaded = load::batches(&shop, options.stored, lasting).await?;
            show("batches of stored people", &loaded);
            met &= asked("events accepted a second", loaded.accepted_per_s(), ">=", 25_000.0);
            met &= asked("seconds behind at the end", loaded.behind_s(), "<", 1.0);
            met &= asked("part of them enriched", loaded.with_email(), ">=", 1.0);
        }
        if is_wanted(Kind::NewPeople) {
            let loaded = load::new_people(&shop, options.stored, lasting).await?;
            show("batches of new people", &loaded);
            met &= asked("events accepted a second", loaded.accepted_per_s(), ">=", 3_000.0);
            met &= asked("KiB of log an event", loaded.log_kib(), "<=", 40.0);
        }
        let took = shop.start_again(&options.bin).await?;
        let resident = shop.usage()?.resident_mib;
        println!(
            "start after SIGKILL: {} events were stored, {resident:.0} MiB resident",
            shop.meta.events()
        );
        met &= asked("seconds until it is ready", took.as_secs_f64(), "<", 5.0);
    }
    if is_wanted(Kind::Single) {
        let mut shares = Vec::new();
        for _ in 0..options.rounds {
            let bare = floor::measure(lasting).await?;
            let shop = Shop::start(&options.bin).await?;
            let loaded = load::single(&shop, lasting).await?;
            show("single events", &loaded);
            println!("  the bare file: {bare:.0} requests/s");
            shares.push(loaded.acknowledged_per_s() / bare);
        }
        met &= asked("single events, of the bare file", median(&shares), ">=", 0.8);
    }
    if is_wanted(Kind::Offered) {
        met &= offered::measure(&options.bin, lasting).await?;
    }
    if is_wanted(Kind::Drain) {
        met &= offered::drain(&options.bin, DRAINED).await?;
    }
    Ok(ExitCode::from(u8::from(!met)))
}

fn show(what: &str, loaded: &Loaded) {
    println!(
        "{what}: {:.0} events/s acknowledged (p99 {:.1} ms a request), {:.0}/s accepted, {:.2} s behind; CPU {:.1} us an \
         event, {:.1} KiB of log and {:.1} KiB written in all, {:.0} MiB at most",
        loaded.acknowledged_per_s(),
        loaded.p99_ms,
        loaded.accepted_per_s(),
        loaded.behind_s(),
        loaded.cpu_us(),
        loaded.log_kib(),
        loaded.written_kib(),
        loaded.peak_mib,
    );
    println!("  CPU us an event by thread: {}", loaded.threads);
}
