//! From the moment in which a deal is won in the CRM to the one in which Meta has accepted its Purchase.
//!
//! Meta and Kommo are the sandbox, within this process: Kommo's audit log, its webhooks and its limit of
//! seven requests a second are as it has them. The service is the real binary. People have clicked an ad
//! and written before, and their deals are known; then deals are won with a price:
//!
//! * *one-a-second*: one each second. The time from the move until the Purchase was accepted.
//! * *bulk*: all at once, as somebody does who selects a list in the CRM. Their webhooks come spread over
//!   half a minute. When the last Purchase is accepted, and how often Kommo was asked.
//! * *no-ads*: evenly within two minutes, and four of five have no ad click. How often Kommo was asked,
//!   beside the build to compare with.
//!
//! Every Purchase that is asked for must be accepted exactly once with its price, and no other one. Requests
//! count from the first move until Kommo was left alone for a while: what is read afterwards is part of it.

mod business;
mod measured;
mod relay;

use std::{path::PathBuf, process::ExitCode, time::Duration};

use clap::{Args, ValueEnum};

use crate::service::{
    self, Failure,
    figures::{asked, progress},
};
use business::Business;
use measured::Measured;

#[derive(Args)]
#[command(after_help = "Example: cargo xtask moves --only bulk --base target/base/release/kopru")]
pub struct Options {
    /// The binary to measure
    #[arg(long, value_name = "FILE", default_value = "target/release/kopru")]
    bin: PathBuf,
    /// The binary to compare it with
    #[arg(long, value_name = "FILE")]
    base: Option<PathBuf>,
    /// Only this case
    #[arg(long, value_name = "CASE")]
    only: Option<Case>,
    /// Over how many seconds it is spread, for a short look [default: 60, 30 and 120]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=3600))]
    seconds: Option<u32>,
    /// How many deals are won, for a short look [default: one a second, 300 and 1000]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=10_000))]
    deals: Option<u64>,
}

/// What is measured.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Case {
    OneASecond,
    Bulk,
    NoAds,
}

const CASES: [Case; 3] = [Case::OneASecond, Case::Bulk, Case::NoAds];
/// Of so many people in *no-ads*, one came from an ad.
const ONE_FROM_AN_AD: u64 = 5;
/// Seconds from a move to its Purchase, when moves come one a second.
const MEDIAN_S: f64 = 2.0;
const P99_S: f64 = 5.0;
/// Seconds from moves in bulk to the last Purchase, and requests to Kommo meanwhile.
const BULK_S: f64 = 60.0;
const BULK_REQUESTS: f64 = 40.0;
/// Requests in any second: what Kommo takes.
const A_SECOND_MAX: f64 = 7.0;
/// Requests for deals without ads, beside those of the build to compare with.
const REQUESTS_OF_BASE: f64 = 1.3;

impl Case {
    fn name(self) -> &'static str {
        match self {
            Self::OneASecond => "one-a-second",
            Self::Bulk => "bulk",
            Self::NoAds => "no-ads",
        }
    }

    fn load(self, options: &Options) -> Load {
        let (seconds, deals) = match self {
            Self::OneASecond => (60, None),
            Self::Bulk => (30, Some(300)),
            Self::NoAds => (120, Some(1000)),
        };
        let seconds = options.seconds.unwrap_or(seconds);
        let deals = options.deals.or(deals).unwrap_or(u64::from(seconds));
        Load { case: self, deals, spread: Duration::from_secs(seconds.into()) }
    }
}

/// A case with its numbers.
#[derive(Clone, Copy)]
struct Load {
    case: Case,
    deals: u64,
    /// Over how long moves are spread, or in *bulk* webhooks.
    spread: Duration,
}

impl Load {
    fn is_from_an_ad(&self, deal: u64) -> bool {
        self.case != Case::NoAds || deal.is_multiple_of(ONE_FROM_AN_AD)
    }
}

/// What one binary made of one case.
struct Row {
    load: Load,
    binary: &'static str,
    measured: Measured,
}

pub fn command(options: &Options) -> ExitCode {
    service::run(measure(options))
}

async fn measure(options: &Options) -> Result<ExitCode, Failure> {
    let binaries = service::binaries(options.base.as_deref(), &options.bin)?;
    let mut rows = Vec::new();
    for case in CASES.into_iter().filter(|case| options.only.is_none_or(|only| only == *case)) {
        let load = case.load(options);
        for binary in &binaries {
            progress(&format!("{}, {}: {} deals", case.name(), binary.name, load.deals));
            let business = Business::start(&binary.file, load).await?;
            let measured = business.measure().await?;
            rows.push(Row { load, binary: binary.name, measured });
        }
    }
    print(&rows);
    println!();
    Ok(if are_met(&rows) { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn print(rows: &[Row]) {
    println!(
        "\n{:<14}{:<7}{:>7}{:>9}{:>9}{:>9}{:>9}{:>10}{:>11}",
        "case", "binary", "deals", "p50 s", "p99 s", "last s", "sales", "requests", "a second"
    );
    for Row { load, binary, measured } in rows {
        println!(
            "{:<14}{binary:<7}{:>7}{:>9.2}{:>9.2}{:>9.1}{:>9}{:>10}{:>11}",
            load.case.name(),
            load.deals,
            measured.percentile_s(50),
            measured.percentile_s(99),
            measured.last_s,
            measured.accepted(),
            measured.requests.values().sum::<usize>(),
            measured.most_a_second,
        );
    }
    println!("\nrequests to Kommo, by what was asked");
    for Row { load, binary, measured } in rows {
        let parts: Vec<_> = measured.requests.iter().map(|(path, count)| format!("{path} {count}")).collect();
        println!("  {}, {binary}: {}", load.case.name(), parts.join(", "));
    }
}

/// Prints each goal with what it came to; whether all of them are met.
fn are_met(rows: &[Row]) -> bool {
    let mut all = true;
    for Row { load, measured, .. } in rows.iter().filter(|row| row.binary == "new") {
        let name = load.case.name();
        let mut asked = |what: &str, is: f64, sign: &str, bound: f64| {
            all &= asked(&format!("{name}: {what}"), is, sign, bound);
        };
        let requests = |measured: &Measured| measured.requests.values().sum::<usize>() as f64;
        match load.case {
            Case::OneASecond => {
                asked("seconds to the Purchase, p50", measured.percentile_s(50), "<", MEDIAN_S);
                asked("seconds to the Purchase, p99", measured.percentile_s(99), "<", P99_S);
            }
            Case::Bulk => {
                asked("seconds to the last Purchase", measured.last_s, "<", BULK_S);
                asked("requests to Kommo", requests(measured), "<", BULK_REQUESTS);
            }
            Case::NoAds => {
                let is_base = |row: &&Row| row.load.case == load.case && row.binary == "base";
                if let Some(base) = rows.iter().find(is_base) {
                    let ratio = requests(measured) / requests(&base.measured);
                    asked("requests to Kommo, new of base", ratio, "<=", REQUESTS_OF_BASE);
                }
            }
        }
        asked("requests in any second", measured.most_a_second as f64, "<=", A_SECOND_MAX);
        asked("Purchases that are missing, twice, wrong or nobody's", measured.odd as f64, "<=", 0.0);
    }
    all
}
