//! The highest rate of webhooks at which nothing is left undecided.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use crate::service::{
    Binary, Failure,
    figures::{asked, progress},
    load::{self, Connection},
    site::Site,
};

/// Connections over which the posts of a rate are spread.
const CONNECTIONS: u64 = 64;
/// The lowest rate that is tried, posts a second, and how much higher the next one is.
const LOWEST: f64 = 5_000.0;
const HIGHER: f64 = 1.15;
/// A short try says whether a long one is worth it.
const SHORT: Duration = Duration::from_secs(8);
/// So much of a second's posts may be undecided when the posts end, and come later than they were meant to.
const LEFT_MAX: f64 = 0.5;

/// What came of a rate.
struct Tried {
    /// Posts a second that were acknowledged.
    posted: f64,
    /// Facts that were not decided when the last post was acknowledged.
    left: f64,
}

impl Tried {
    fn is_flat(&self, rate: f64) -> bool {
        self.posted >= rate * 0.98 && self.left <= rate * LEFT_MAX
    }
}

pub async fn measure(binaries: &[Binary], seconds: u64) -> Result<bool, Failure> {
    let mut highest = Vec::new();
    for binary in binaries {
        let mut rate = LOWEST;
        while offer(binary, rate, SHORT).await?.is_flat(rate) {
            rate *= HIGHER;
        }
        // The highest that a short try bears may be too much for a long one.
        loop {
            rate /= HIGHER;
            let tried = offer(binary, rate, Duration::from_secs(seconds)).await?;
            if tried.is_flat(rate) || rate < LOWEST {
                println!("  {}: {rate:.0} posts/s for {seconds} s, {:.0} left", binary.name, tried.left);
                break;
            }
        }
        highest.push(rate);
    }
    let [base, new] = highest[..] else { return Ok(true) };
    Ok(asked("highest flat rate, new of base", new / base, ">=", 1.5))
}

/// Posts at a rate, each at its time whether or not the one before was answered by then.
async fn offer(binary: &Binary, rate: f64, lasting: Duration) -> Result<Tried, Failure> {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    progress(&format!("{}: {rate:.0} posts/s for {} s", binary.name, lasting.as_secs()));
    let site = Site::start(&binary.file, 1, 1).await?;
    let won_s = site.stub.book.won_s;
    let (began, each) = (Instant::now(), Duration::from_secs_f64(CONNECTIONS as f64 / rate));
    let acknowledged = Arc::new(AtomicU64::new(0));
    let tasks: Vec<_> = (0..CONNECTIONS)
        .map(|place| {
            let (mut connection, acknowledged) = (Connection::to(site.doors), Arc::clone(&acknowledged));
            tokio::spawn(async move {
                let mut next = began + each.mul_f64(place as f64 / CONNECTIONS as f64);
                while next < began + lasting {
                    tokio::time::sleep_until(next.into()).await;
                    next += each;
                    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
                    if connection.send(&load::clicks(0, [number], won_s)).await.0 == Some(200) {
                        acknowledged.fetch_add(1, Ordering::Relaxed);
                    }
                }
            })
        })
        .collect();
    for task in tasks {
        task.await?;
    }
    let took = began.elapsed();
    let ledger = site.ledger(&mut site.admin()).await?;
    let left = ledger["facts"]["pending"].as_f64().unwrap_or(0.0);
    let posted = acknowledged.load(Ordering::Relaxed) as f64 / took.as_secs_f64();
    Ok(Tried { posted, left })
}
