//! One run: a service whose store is filled, then both loads.

use std::{
    net::SocketAddr,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use serde_json::Value;

use super::bodies::{self, ACCOUNTS, InOrder};
use crate::service::{Failure, figures::progress, load::Connection, site::Site};

/// Connections that post at a time.
pub const CONNECTIONS: usize = 8;
/// How many people write in one step of filling the store.
const FILLED_AT_ONCE: u64 = 20_000;
/// How long a load, or a step of filling, may take.
const WITHIN: Duration = Duration::from_mins(5);
/// How often the ledger is looked at. It costs the service a few reads.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// What came of one load.
pub struct Part {
    /// Facts that were decided, answers of the CRM among them.
    pub facts: u64,
    /// Events that Meta accepted.
    pub events: u64,
    /// From the first post until nothing was left to do.
    decided_within: Duration,
    /// From the first post until the last event had arrived.
    accepted_within: Duration,
    /// CPU time of the service.
    pub cpu_s: f64,
    /// The most memory that the service had, since its start.
    pub peak_mib: f64,
    /// Facts that are not decided or wait, and conversions that are queued or wait.
    pub backlog: u64,
}

impl Part {
    pub fn facts_per_s(&self) -> f64 {
        self.facts as f64 / self.decided_within.as_secs_f64()
    }

    pub fn events_per_s(&self) -> f64 {
        self.events as f64 / self.accepted_within.as_secs_f64()
    }
}

/// Both loads of a run.
pub struct Run {
    clicks: Part,
    chat: Part,
}

pub fn clicks(run: &Run) -> &Part {
    &run.clicks
}

pub fn chat(run: &Run) -> &Part {
    &run.chat
}

pub async fn measure(binary: &Path, stored: u64, people: u64) -> Result<Run, Failure> {
    let site = Site::start(binary, 1, ACCOUNTS).await?;
    // Numbers are prices as well, so they begin with one.
    let mut next = 1;
    let mut draw = |count: u64| -> Vec<u64> {
        let numbers = (next..next + count).collect();
        next += count;
        numbers
    };
    let won_s = site.stub.book.won_s;
    let mut filled = 0;
    while filled < stored {
        let step = FILLED_AT_ONCE.min(stored - filled);
        load(&site, bodies::clicks(&draw(step), won_s), step, 0).await?;
        filled += step;
    }
    let clicks = load(&site, bodies::clicks(&draw(people), won_s), people, 0).await?;
    let (chat, buyers) = bodies::chat(&draw(people), won_s);
    // A buyer is a message, a hint, a deal and a contact.
    let chat = load(&site, chat, people + 3 * buyers, buyers).await?;
    for (name, part) in [("clicks", &clicks), ("chat", &chat)] {
        progress(&format!("  {name}: {:.0} facts/s, {:.2} CPU s", part.facts_per_s(), part.cpu_s));
    }
    Ok(Run { clicks, chat })
}

/// Posts webhooks and waits until all that they mean is done.
async fn load(site: &Site, bodies: Vec<InOrder>, facts: u64, events: u64) -> Result<Part, Failure> {
    let book = &site.stub.book;
    let mut admin = site.admin();
    let (facts_before, events_before) = (received(&site.ledger(&mut admin).await?), book.ids().0 as u64);
    let (used, by_thread) = (site.usage()?, site.cpu_by_thread()?);
    let started = Instant::now();
    let posting = tokio::spawn(post(site.doors, bodies));
    let ledger = loop {
        let ledger = site.ledger(&mut admin).await?;
        let has_come = received(&ledger) >= facts_before + facts;
        if has_come && backlog(&ledger) == 0 && book.arrived() >= events_before + events {
            break ledger;
        }
        if started.elapsed() > WITHIN {
            return Err(format!("the load was not over in {} s: {ledger}", WITHIN.as_secs()).into());
        }
        tokio::time::sleep(LOOK_EVERY).await;
    };
    let decided_within = started.elapsed();
    posting.await??;
    let arrived = book.newest_arrival().filter(|_| events > 0).unwrap_or(started);
    let (ids, twice) = book.ids();
    if ids as u64 != events_before + events || twice > 0 {
        let expected = events_before + events;
        return Err(format!("Meta has {ids} events and {twice} of them twice, not {expected} once").into());
    }
    let not_used = ["/facts/duplicate", "/conversions/suppressed", "/conversions/failed"];
    if ledger["balanced"] != true || not_used.iter().any(|place| count(&ledger, place) > 0) {
        return Err(format!("the ledger does not show what was posted: {ledger}").into());
    }
    let usage = site.usage()?;
    show_threads(&by_thread, &site.cpu_by_thread()?, facts);
    Ok(Part {
        facts: received(&ledger) - facts_before,
        events,
        decided_within,
        accepted_within: arrived.saturating_duration_since(started),
        cpu_s: usage.cpu_s - used.cpu_s,
        peak_mib: usage.peak_mib,
        backlog: backlog(&ledger),
    })
}

/// Posts over all connections; each takes the next webhooks when the ones before were acknowledged.
pub async fn post(doors: SocketAddr, bodies: Vec<InOrder>) -> Result<(), Failure> {
    let left = Arc::new(Mutex::new(bodies.into_iter()));
    let connections: Vec<_> = (0..CONNECTIONS)
        .map(|_| {
            let (mut connection, left) = (Connection::to(doors), Arc::clone(&left));
            tokio::spawn(async move {
                loop {
                    let next = left.lock().unwrap_or_else(PoisonError::into_inner).next();
                    let Some(bodies) = next else { return Ok::<(), Failure>(()) };
                    for body in bodies {
                        connection.must_send(&body).await?;
                    }
                }
            })
        })
        .collect();
    for connection in connections {
        connection.await??;
    }
    Ok(())
}

fn count(ledger: &Value, place: &str) -> u64 {
    ledger.pointer(place).and_then(Value::as_u64).unwrap_or(0)
}

fn received(ledger: &Value) -> u64 {
    count(ledger, "/facts/received")
}

fn backlog(ledger: &Value) -> u64 {
    let open = ["/facts/pending", "/facts/waiting", "/facts/set_aside"];
    let unsent = ["/conversions/queued", "/conversions/waiting"];
    open.iter().chain(&unsent).map(|place| count(ledger, place)).sum()
}

/// Says which threads used the CPU, microseconds a fact.
fn show_threads(
    before: &std::collections::BTreeMap<String, f64>,
    after: &std::collections::BTreeMap<String, f64>,
    facts: u64,
) {
    let shares: Vec<_> = after
        .iter()
        .map(|(name, cpu_s)| (name, (cpu_s - before.get(name).unwrap_or(&0.0)) / facts.max(1) as f64 * 1e6))
        .filter(|(_, used)| *used >= 0.1)
        .map(|(name, used)| format!("{name} {used:.1}"))
        .collect();
    progress(&format!("    CPU us a fact: {}", shares.join(", ")));
}
