//! A neighbour's door and delivery while another workspace is flooded.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::{io::AsyncWriteExt, net::TcpStream, sync::watch, task::JoinSet};

use super::{Bench, neighbour};
use crate::service::{
    Binary, Failure,
    figures::{asked, percentile_ms, progress},
    load::{self, Connection, read_answer},
    site::{Site, kommo_key},
};

/// Just under what a hook takes, bytes.
const BIG: usize = 4 * 1024 * 1024 - 10;
/// How long the neighbour goes on when a flood is over.
const AFTERWARDS: Duration = Duration::from_secs(5);
/// Between two posts of one connection of the flood of small bodies: as fast as a script is.
const BETWEEN_SMALL: Duration = Duration::from_millis(2);

/// Floods of one tenant.
#[derive(Clone, Copy)]
enum Flood {
    /// None: what the others are to be compared with.
    Calm,
    /// Bodies that nobody understands, large ones first.
    Unreadable,
    /// Bodies that stop just before their end.
    Slow,
    /// Hints of one deal, while the CRM does not answer.
    OneDeal,
    /// Clicks of one business.
    Clicks,
}

/// Answers that a flood got, by status; 0 is none at all.
type Answers = BTreeMap<u16, u64>;

pub async fn measure(bench: &Bench) -> Result<(), Failure> {
    let lasting = Duration::from_secs(if bench.quick { 5 } else { 20 });
    println!("\nA neighbour that posts forty times a second, while another tenant is flooded");
    println!(
        "  {:<8}{:<22}{:>8}{:>8}{:>9}{:>9}{:>9}{:>10}{:>10}{:>9}  flood's answers",
        "", "", "posts", "not 200", "p50 ms", "p99 ms", "max ms", "to Meta", "slowest s", "missing"
    );
    for flood in [Flood::Calm, Flood::Unreadable, Flood::Slow, Flood::OneDeal, Flood::Clicks] {
        for binary in &bench.binaries {
            progress(&format!("{}: {}", flood.name(), binary.name));
            if let Err(error) = measure_one(binary, flood, lasting).await {
                println!("  {:<8}{:<22}{error}", binary.name, flood.name());
            }
        }
    }
    Ok(())
}

async fn measure_one(binary: &Binary, flood: Flood, lasting: Duration) -> Result<(), Failure> {
    let site = Site::start(&binary.file, 2, 1).await?;
    let book = Arc::clone(&site.stub.book);
    let (stop, told) = watch::channel(false);
    let neighbour = tokio::spawn(neighbour::live(site.doors, Arc::clone(&book), told));
    book.is_first_ailing.store(matches!(flood, Flood::OneDeal), Ordering::Relaxed);
    let answers = flood.run(site.doors, book.won_s, Instant::now() + lasting).await;
    book.is_first_ailing.store(false, Ordering::Relaxed);
    tokio::time::sleep(AFTERWARDS).await;
    stop.send_replace(true);
    let mut seen = neighbour.await??;
    let posts = seen.waits.len();
    let p99_ms = percentile_ms(&mut seen.waits, 99);
    let slowest_s = percentile_ms(&mut seen.deliveries, 100) / 1e3;
    println!(
        "  {:<8}{:<22}{posts:>8}{:>8}{:>9.1}{p99_ms:>9.1}{:>9.1}{:>10}{slowest_s:>10.2}{:>9}  {answers:?}",
        binary.name,
        flood.name(),
        seen.refused.values().sum::<usize>(),
        percentile_ms(&mut seen.waits, 50),
        percentile_ms(&mut seen.waits, 100),
        seen.deliveries.len(),
        seen.missing,
    );
    if binary.name == "new" && !matches!(flood, Flood::Calm) {
        asked("p99 of the neighbour's door, ms", p99_ms, "<", 50.0);
        asked("slowest delivery, s", slowest_s, "<", 2.0);
    }
    Ok(())
}

impl Flood {
    fn name(self) -> &'static str {
        match self {
            Self::Calm => "no flood",
            Self::Unreadable => "unreadable bodies",
            Self::Slow => "slow bodies",
            Self::OneDeal => "40,000 hints of a deal",
            Self::Clicks => "176,000 clicks",
        }
    }

    /// Floods the first workspace until all is sent or the time is over.
    async fn run(self, door: SocketAddr, won_s: i64, until: Instant) -> Answers {
        let key = kommo_key(0, 0);
        match self {
            Self::Calm => {
                tokio::time::sleep_until(until.into()).await;
                Answers::new()
            }
            Self::Unreadable => {
                let big = load::post(&key, "application/x-www-form-urlencoded", "", &filled("zzz=", BIG));
                let small = load::post(&key, "application/x-www-form-urlencoded", "", "zzz=1");
                let mut answers = send_all(door, until, 3, 64, Duration::ZERO, move |_| big.clone()).await;
                let more = send_all(door, until, 20, u64::MAX, BETWEEN_SMALL, move |_| small.clone()).await;
                for (status, n) in more {
                    *answers.entry(status).or_default() += n;
                }
                answers
            }
            Self::Slow => stall_all(door, until, 34, &key).await,
            Self::OneDeal => {
                let hints = move |n: u64| {
                    // Each a change of its own: nothing is a copy.
                    let first_s = won_s - 50_000 + n as i64;
                    load::wins(&key, std::iter::repeat_n(1, 100), first_s)
                };
                send_all(door, until, 4, 400, Duration::ZERO, hints).await
            }
            Self::Clicks => {
                let clicks = move |n: u64| load::clicks(0, (1 + n * 100)..(101 + n * 100), won_s);
                send_all(door, until, 4, 1_760, Duration::ZERO, clicks).await
            }
        }
    }
}

fn filled(start: &str, length: usize) -> String {
    format!("{start}{}", "1".repeat(length - start.len()))
}

/// So many connections send so many requests between them, each after the answer to its last one.
async fn send_all(
    door: SocketAddr,
    until: Instant,
    connections: usize,
    requests: u64,
    between: Duration,
    request: impl Fn(u64) -> Vec<u8> + Send + Sync + 'static,
) -> Answers {
    let (next, request) = (Arc::new(AtomicU64::new(0)), Arc::new(request));
    let mut senders = JoinSet::new();
    for _ in 0..connections {
        let (next, request) = (Arc::clone(&next), Arc::clone(&request));
        senders.spawn(async move {
            let mut answers = Answers::new();
            let mut connection = Connection::to(door);
            while Instant::now() < until {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= requests {
                    break;
                }
                let (status, _) = connection.send(&request(number)).await;
                *answers.entry(status.unwrap_or(0)).or_default() += 1;
                tokio::time::sleep(between).await;
            }
            answers
        });
    }
    together(senders).await
}

/// So many connections each send a body that stops before its end, and begin anew when the door gives
/// them up.
async fn stall_all(door: SocketAddr, until: Instant, connections: usize, key: &str) -> Answers {
    let mut request = load::post(key, "application/x-www-form-urlencoded", "", &filled("zzz=", BIG));
    request.truncate(request.len() - 10);
    let request = Arc::new(request);
    let mut senders = JoinSet::new();
    for _ in 0..connections {
        let request = Arc::clone(&request);
        senders.spawn(async move {
            let mut answers = Answers::new();
            while Instant::now() < until {
                let stalled = tokio::time::timeout_at(until.into(), stall(door, &request)).await;
                let Ok(status) = stalled else { break };
                *answers.entry(status).or_default() += 1;
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            answers
        });
    }
    together(senders).await
}

/// Sends most of a body; the status with which the door gives it up, 0 if it only closes.
async fn stall(door: SocketAddr, request: &[u8]) -> u16 {
    let Ok(mut stream) = TcpStream::connect(door).await else { return 0 };
    // The door may answer before it has read all: a failed write says nothing yet.
    let _ = stream.write_all(request).await;
    read_answer(&mut stream).await.map_or(0, |answer| answer.status)
}

async fn together(mut senders: JoinSet<Answers>) -> Answers {
    let mut all = Answers::new();
    while let Some(answers) = senders.join_next().await {
        for (status, n) in answers.unwrap_or_default() {
            *all.entry(status).or_default() += n;
        }
    }
    all
}
