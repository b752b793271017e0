//! Pages, starts and retention of a store that is full.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use super::fill;
use crate::service::{
    Failure,
    figures::{asked, median, percentile_ms, progress},
    load::{self, Connection},
    site::Site,
};

/// The dashboard, which shows overview, ledger and the newest fifty; and the last two by themselves.
const PAGES: [&str; 3] = [
    "/?workspace=tenant-0",
    "/api/v1/ledger?workspace=tenant-0",
    "/api/v1/conversions?workspace=tenant-0&limit=50",
];
const ROUNDS: usize = 30;
/// How long the service is left alone before its memory is looked at.
const REST: Duration = Duration::from_secs(20);
/// Posts a second while retention is measured, and for how long at most.
const POSTS_PER_S: u32 = 200;
const LASTING: Duration = Duration::from_secs(30);
const NOTHING_EXPIRES: &str =
    "\n[retention]\nconversions = 3650\nclicks = 3650\nbodies = 3650\nfacts = 3650\nlinks = 3650\n";
const YEAR_MS: i64 = 365 * 24 * 3600 * 1000;

pub async fn measure(binary: &Path, count: u64) -> Result<bool, Failure> {
    let mut site = Site::start(binary, 1, 1).await?;
    site.kill()?;
    fill::conversions(&site.store(), count, 0, false).await?;
    let took = site.start_again(binary).await?;
    progress("what is stored is added up");
    site.rest(REST).await?;
    site.kill()?;
    let again = site.start_again(binary).await?;
    tokio::time::sleep(REST).await;
    let resident = site.usage()?.resident_mib;
    let mut admin = site.admin();
    let mut waits: Vec<Vec<f64>> = vec![Vec::new(); PAGES.len()];
    for _ in 0..ROUNDS {
        for (page, waits) in PAGES.iter().zip(&mut waits) {
            let asked = Instant::now();
            site.ask(&mut admin, page).await?;
            waits.push(asked.elapsed().as_secs_f64() * 1e3);
        }
    }
    println!("\n{count} conversions stored");
    for (page, waits) in PAGES.iter().zip(&waits) {
        println!("  {page}: {:.2} ms", median(waits));
    }
    let mut met = asked("one refresh of the dashboard, ms", median(&waits[0]), "<", 10.0);
    met &= asked("start after SIGKILL, s", took.max(again).as_secs_f64(), "<", 1.0);
    met &= asked("resident at rest, MiB", resident, "<", 60.0);
    drop(site);

    // The same store, of which nothing expires at first.
    let mut site = Site::start(binary, 1, 1).await?;
    site.kill()?;
    fill::conversions(&site.store(), count, 2 * YEAR_MS, true).await?;
    site.configure(|text| text + NOTHING_EXPIRES)?;
    site.start_again(binary).await?;
    progress("what is stored is added up");
    site.rest(REST).await?;
    let usual = door(&site).await?;
    site.kill()?;
    site.configure(|text| text.replace(NOTHING_EXPIRES, ""))?;
    site.start_again(binary).await?;
    let while_deleting = door(&site).await?;
    println!("\nretention of {count} conversions and as many clicks that have expired");
    println!("  door, p99 ms: {usual:.2} otherwise, {while_deleting:.2} meanwhile");
    met &= asked("p99 of the door meanwhile", while_deleting / usual, "<", 1.2);
    Ok(met)
}

/// The 99th percentile of what a door takes for posts at an even rate, milliseconds.
async fn door(site: &Site) -> Result<f64, Failure> {
    let mut connection = Connection::to(site.doors);
    let (began, each) = (Instant::now(), Duration::from_secs(1) / POSTS_PER_S);
    let mut waits = Vec::new();
    let mut next = began;
    while began.elapsed() < LASTING {
        tokio::time::sleep_until(next.into()).await;
        next += each;
        let request = load::clicks(0, [900_000_000 + waits.len() as u64], site.stub.book.won_s);
        let (status, wait) = connection.send(&request).await;
        if status != Some(200) {
            return Err(format!("a post was answered with {status:?}").into());
        }
        waits.push(wait);
    }
    Ok(percentile_ms(&mut waits, 99))
}
