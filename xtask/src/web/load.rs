//! The loads, and what came of each.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use super::shop::{self, Shop, request};
use crate::service::{
    Failure,
    figures::percentile_ms,
    load::Connection,
    site::{cpu_by_thread_of, written_by},
};

/// A load.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Kind {
    /// Requests of 100 events of stored people.
    Batches,
    /// Requests of 100 events, each of a new person.
    NewPeople,
    /// Requests of one event.
    Single,
    /// Requests of one event at a fixed rate.
    Offered,
    /// A million events that wait.
    Drain,
}

/// How many events a request of a batch has.
const BATCH: u64 = 100;
/// Connections over which batches are posted, and single events.
const FEW: u64 = 16;
pub const MANY: u64 = 128;

/// What came of a load.
pub struct Loaded {
    acknowledged: u64,
    lasted: Duration,
    /// From the first request until Meta had the last event.
    accepted_within: Duration,
    accepted_in_time: u64,
    pub p99_ms: f64,
    cpu_s: f64,
    written: u64,
    log: u64,
    pub peak_mib: f64,
    /// How many events Meta got with a hashed e-mail address.
    with_email: u64,
    pub threads: String,
}

impl Loaded {
    pub fn acknowledged_per_s(&self) -> f64 {
        self.acknowledged as f64 / self.lasted.as_secs_f64()
    }

    /// While the load lasted.
    pub fn accepted_per_s(&self) -> f64 {
        self.accepted_in_time as f64 / self.lasted.as_secs_f64()
    }

    /// How long after the last request Meta had all.
    pub fn behind_s(&self) -> f64 {
        self.accepted_within.saturating_sub(self.lasted).as_secs_f64()
    }

    pub fn cpu_us(&self) -> f64 {
        self.cpu_s * 1e6 / self.acknowledged.max(1) as f64
    }

    /// Which part of the events Meta got with a hashed e-mail address.
    pub fn with_email(&self) -> f64 {
        self.with_email as f64 / self.acknowledged.max(1) as f64
    }

    /// To the log alone.
    pub fn log_kib(&self) -> f64 {
        self.log as f64 / 1024.0 / self.acknowledged.max(1) as f64
    }

    pub fn written_kib(&self) -> f64 {
        self.written as f64 / 1024.0 / self.acknowledged.max(1) as f64
    }
}

/// Requests of 100 events of people who are stored, of whom only the browser is told.
pub async fn batches(shop: &Shop, stored: u64, lasting: Duration) -> Result<Loaded, Failure> {
    let people = stored.max(1);
    // A prime step meets people in no order.
    let event = move |number: u64| {
        let person = number.wrapping_mul(7_919) % people;
        shop::of_browser(person, &format!("b-{number}"))
    };
    post(shop, lasting, FEW, BATCH, event).await
}

/// Requests of 100 events of people who were never seen.
pub async fn new_people(shop: &Shop, stored: u64, lasting: Duration) -> Result<Loaded, Failure> {
    // Spread as people come: the one after the other is nobody's neighbour.
    let event = move |number: u64| shop::new_person(stored + number, &format!("n-{number}"));
    post(shop, lasting, FEW, BATCH, event).await
}

/// Requests of one event.
pub async fn single(shop: &Shop, lasting: Duration) -> Result<Loaded, Failure> {
    post(shop, lasting, MANY, 1, |number| shop::of_browser(number % 10_000, &format!("s-{number}"))).await
}

/// Posts as fast as so many connections carry.
async fn post(
    shop: &Shop,
    lasting: Duration,
    connections: u64,
    batch: u64,
    event: impl Fn(u64) -> String + Copy + Send + 'static,
) -> Result<Loaded, Failure> {
    let (before, enriched) = (shop.meta.events(), shop.meta.enriched());
    let (used, written, threads) =
        (shop.usage()?, written_by(shop.process()), cpu_by_thread_of(shop.process())?);
    let log = shop.log_bytes().await?;
    let numbers = Arc::new(AtomicU64::new(0));
    let began = Instant::now();
    let tasks: Vec<_> = (0..connections)
        .map(|_| {
            let (mut connection, numbers) = (Connection::to(shop.doors), Arc::clone(&numbers));
            let key = shop.key().to_owned();
            tokio::spawn(async move {
                let (mut acknowledged, mut waits) = (0, Vec::new());
                while began.elapsed() < lasting {
                    let from = numbers.fetch_add(batch, Ordering::Relaxed);
                    let events: Vec<String> = (from..from + batch).map(event).collect();
                    let (status, took) = connection.send(&request(&key, &events)).await;
                    if status != Some(200) {
                        return Err(Failure::from(format!("a request was answered with {status:?}")));
                    }
                    acknowledged += batch;
                    waits.push(took);
                }
                Ok((acknowledged, waits))
            })
        })
        .collect();
    let (mut acknowledged, mut waits) = (0, Vec::new());
    for task in tasks {
        let (of_one, took) = task.await??;
        acknowledged += of_one;
        waits.extend(took);
    }
    let lasted = began.elapsed();
    let accepted_in_time = shop.meta.events() - before;
    shop.arrive(before + acknowledged).await?;
    let (accepted_within, usage) = (began.elapsed(), shop.usage()?);
    let by_thread = cpu_by_thread_of(shop.process())?;
    let shares = by_thread.iter().map(|(name, cpu_s)| (name, cpu_s - threads.get(name).unwrap_or(&0.0)));
    let shares: Vec<String> = shares
        .map(|(name, cpu_s)| (name, cpu_s * 1e6 / acknowledged.max(1) as f64))
        .filter(|(_, share)| *share >= 0.1)
        .map(|(name, share)| format!("{name} {share:.1}"))
        .collect();
    let threads = shares.join(", ");
    Ok(Loaded {
        acknowledged,
        lasted,
        accepted_within,
        accepted_in_time,
        p99_ms: percentile_ms(&mut waits, 99),
        cpu_s: usage.cpu_s - used.cpu_s,
        written: written_by(shop.process()) - written,
        log: shop.log_bytes().await? - log,
        peak_mib: usage.peak_mib,
        with_email: shop.meta.enriched() - enriched,
        threads,
    })
}
