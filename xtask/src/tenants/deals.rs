//! CPU time of 2,000 deals, each with a contact and one Purchase, in an empty store and in a full one.

use std::time::{Duration, Instant};

use super::Bench;
use crate::service::{
    Binary, Failure,
    figures::{asked, median, progress},
    load::{self, Connection},
    site::{Site, kommo_key},
};

/// Deals of one measurement.
const BATCH: u64 = 2_000;
/// Deals and messages in one webhook.
const BODY: usize = 100;
/// Kommo accounts of the workspace. Kopru asks each only seven times a second; several together keep
/// that pace from being what is measured.
const ACCOUNTS: usize = 8;
/// Measurements, of which the median counts.
const ROUNDS: usize = 3;
/// How long one batch may take.
const BATCH_WITHIN: Duration = Duration::from_mins(3);
/// How long a store may take to be filled.
const FILLED_WITHIN: Duration = Duration::from_mins(15);

pub async fn measure(bench: &Bench) -> Result<(), Failure> {
    println!("\nCPU seconds of {BATCH} deals, each with a contact and a Purchase that arrives");
    println!("  {:<8}{:>12}{:>16}{:>12}{:>10}", "", "empty store", "stored deals", "full store", "ratio");
    for binary in &bench.binaries {
        // What is compared with may slow down with each deal: a smaller store has to do.
        let full = match (bench.quick, binary.name) {
            (true, _) => 4 * BATCH,
            (false, "new") => 50_000,
            (false, _) => 10_000,
        };
        let (empty_s, stored, full_s) = measure_one(binary, full).await?;
        println!("  {:<8}{empty_s:>12.2}{stored:>16}{full_s:>12.2}{:>10.2}", binary.name, full_s / empty_s);
        if binary.name == "new" {
            asked("full of empty", full_s / empty_s, "<=", 1.2);
        }
    }
    Ok(())
}

async fn measure_one(binary: &Binary, full: u64) -> Result<(f64, u64, f64), Failure> {
    let mut empty = Vec::new();
    for round in 1..ROUNDS {
        progress(&format!("deals: {}, empty store {round} of {ROUNDS}", binary.name));
        let site = Site::start(&binary.file, 1, ACCOUNTS).await?;
        empty.push(win(&site, 0, BATCH, BATCH_WITHIN).await?);
    }
    progress(&format!("deals: {}, empty store {ROUNDS} of {ROUNDS}", binary.name));
    let site = Site::start(&binary.file, 1, ACCOUNTS).await?;
    empty.push(win(&site, 0, BATCH, BATCH_WITHIN).await?);
    let started = Instant::now();
    let mut stored = BATCH;
    while stored < full && started.elapsed() < FILLED_WITHIN {
        let next = (5 * BATCH).min(full - stored);
        win(&site, stored, next, BATCH_WITHIN).await?;
        stored += next;
        progress(&format!("deals: {}, {stored} of {full} stored", binary.name));
    }
    let mut filled = Vec::new();
    for round in 0..ROUNDS as u64 {
        filled.push(win(&site, stored + round * BATCH, BATCH, BATCH_WITHIN).await?);
    }
    Ok((median(&empty), stored, median(&filled)))
}

/// So many people write and buy; returns the CPU seconds until the last Purchase has arrived.
async fn win(site: &Site, from: u64, deals: u64, within: Duration) -> Result<f64, Failure> {
    let book = &site.stub.book;
    let (before, arrived) = (site.usage()?, book.arrived());
    let mut door = Connection::to(site.doors);
    // Numbers are prices as well, so they begin with one.
    let numbers: Vec<u64> = (from + 1..=from + deals).collect();
    for people in numbers.chunks(BODY) {
        door.must_send(&load::clicks(0, people.iter().copied(), book.won_s)).await?;
    }
    for (place, won) in numbers.chunks(BODY).enumerate() {
        let key = kommo_key(0, place % ACCOUNTS);
        door.must_send(&load::wins(&key, won.iter().copied(), book.won_s)).await?;
    }
    let started = Instant::now();
    while book.arrived() < arrived + deals {
        if started.elapsed() > within {
            let missing = arrived + deals - book.arrived();
            return Err(format!("{missing} of {deals} did not arrive within {} s", within.as_secs()).into());
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Ok(site.usage()?.cpu_s - before.cpu_s)
}
