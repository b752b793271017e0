//! Acknowledged posts a second of clients that each wait for their answer, with one workspace and with
//! three hundred.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use super::Bench;
use crate::service::{
    Failure,
    figures::{asked, median, percentile_ms, progress},
    load::{self, Connection},
    site::Site,
};

/// How many workspaces "many" is.
pub const MANY: usize = 300;
/// Clients that post at a time.
const CLIENTS: [usize; 2] = [6, 64];

/// One measured load.
struct Measured {
    posts_per_s: f64,
    p99_ms: f64,
    failed: u64,
    /// Bytes by which database and write-ahead log together are longer, and that went to the disk, a post.
    grown_per_post: f64,
    written_per_post: f64,
}

pub async fn measure(bench: &Bench) -> Result<(), Failure> {
    let (rounds, lasting) =
        if bench.quick { (1, Duration::from_secs(3)) } else { (3, Duration::from_secs(6)) };
    let cases: Vec<_> = [1, MANY]
        .into_iter()
        .flat_map(|many| bench.binaries.iter().map(move |binary| (binary, many)))
        .collect();
    let mut measured: Vec<[Vec<Measured>; 2]> = cases.iter().map(|_| Default::default()).collect();
    for round in 1..=rounds {
        for ((binary, workspaces), measured) in cases.iter().zip(&mut measured) {
            progress(&format!("door, round {round} of {rounds}: {} with {workspaces}", binary.name));
            let site = Site::start(&binary.file, *workspaces, 1).await?;
            for (clients, measured) in CLIENTS.into_iter().zip(measured) {
                measured.push(load(&site, *workspaces, clients, lasting).await?);
            }
        }
    }

    println!("\nPosts a second: signed webhooks with one message, each client waits for its answer");
    println!(
        "  {:<20}{:>8}{:>10}{:>10}{:>8}{:>16}{:>16}",
        "", "clients", "posts/s", "p99 ms", "failed", "grown B/post", "to disk B/post"
    );
    let mut rates = Vec::new();
    for ((binary, workspaces), measured) in cases.iter().zip(&measured) {
        for (clients, rounds) in CLIENTS.into_iter().zip(measured) {
            let of = |figure: fn(&Measured) -> f64| median(&rounds.iter().map(figure).collect::<Vec<_>>());
            let rate = of(|measured| measured.posts_per_s);
            println!(
                "  {:<20}{clients:>8}{rate:>10.0}{:>10.1}{:>8}{:>16.0}{:>16.0}",
                format!("{}, {workspaces}", binary.name),
                of(|measured| measured.p99_ms),
                rounds.iter().map(|measured| measured.failed).sum::<u64>(),
                of(|measured| measured.grown_per_post),
                of(|measured| measured.written_per_post),
            );
            rates.push((binary.name, *workspaces, clients, rate));
        }
    }
    let rate = |name: &str, workspaces: usize, clients: usize| {
        rates
            .iter()
            .find(|rate| rate.0 == name && rate.1 == workspaces && rate.2 == clients)
            .map(|rate| rate.3)
    };
    let first = bench.binaries[0].name;
    for (clients, share) in CLIENTS.into_iter().zip([0.8, 0.5]) {
        if let (Some(one), Some(many)) = (rate(first, 1, clients), rate("new", MANY, clients)) {
            asked(&format!("new with {MANY} of {first} with 1, {clients} clients"), many / one, ">=", share);
        }
    }
    Ok(())
}

async fn load(
    site: &Site,
    workspaces: usize,
    clients: usize,
    lasting: Duration,
) -> Result<Measured, Failure> {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let before = site.stored();
    let written = site.written();
    let until = Instant::now() + lasting;
    let failed = Arc::new(AtomicU64::new(0));
    let won_s = site.stub.book.won_s;
    let tasks: Vec<_> = (0..clients)
        .map(|_| {
            let (mut connection, failed) = (Connection::to(site.doors), Arc::clone(&failed));
            tokio::spawn(async move {
                let mut waits = Vec::new();
                while Instant::now() < until {
                    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
                    let request = load::clicks(number as usize % workspaces, [number], won_s);
                    match connection.send(&request).await {
                        (Some(200), wait) => waits.push(wait),
                        _ => _ = failed.fetch_add(1, Ordering::Relaxed),
                    }
                }
                waits
            })
        })
        .collect();
    let mut waits = Vec::new();
    for task in tasks {
        waits.extend(task.await?);
    }
    let posts = waits.len().max(1) as f64;
    let after = site.stored();
    let grown = (after.0 + after.1).saturating_sub(before.0 + before.1);
    Ok(Measured {
        posts_per_s: waits.len() as f64 / lasting.as_secs_f64(),
        p99_ms: percentile_ms(&mut waits, 99),
        failed: failed.load(Ordering::Relaxed),
        grown_per_post: grown as f64 / posts,
        written_per_post: site.written().saturating_sub(written) as f64 / posts,
    })
}
