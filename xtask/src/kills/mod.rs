//! The release binary, killed again and again while everything around it changes.
//!
//! `kopru sandbox` is Meta and Kommo. The shop needs consent, which a field of its contacts says. All the
//! time somebody writes, deals become qualified or won, prices and consents change, and Meta fails for a
//! moment; each change is reported as Kommo reports it, until it was acknowledged. Meanwhile `kopru serve`
//! is killed with SIGKILL at random moments. The shop's server reports orders of its own all the while, some of them
//! again and some under a second id. In the end everything rests, and an oracle compares:
//!
//! * nothing is lost: what happened is at Meta, or a reason that fits says why not;
//! * no thing has two event ids, and what Meta has twice is marked;
//! * nothing is sent after the list of conversions has shown it as refused, or to begin with while nobody
//!   ever said yes;
//! * every value is a price that the deal once had;
//! * each order that was acknowledged is at Meta, under the id of its first report alone;
//! * the ledger balances after each start.
//!
//! The seed decides who does what in which order, and how long each life is. How far the service has come
//! at that moment is up to the machine.

mod configuration;
mod crm;
mod oracle;
mod orders;
mod story;
mod upstream;
mod watch;
mod webhooks;

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};

use clap::Args;
use testkit::Random;
use tokio::sync::{mpsc, watch as signal};

use crate::service::{self, Failure, figures::progress, now_ms, victim::Victim};
use configuration::configuration;
use crm::{Life, People};
use oracle::{Evidence, Verdict};
use orders::Orders;
use upstream::Upstream;
use watch::Refusals;
use webhooks::Sent;

/// After how many kills Meta is well for a moment.
const FAULTS_CLEARED_EVERY: u32 = 3;
/// How long the service lives in a round, milliseconds. After a start it asks nobody for a second.
const LIFE_MS: (u64, u64) = (150, 5_500);
/// Violations of a rule that are printed.
const SHOWN: usize = 10;

#[derive(Args)]
#[command(after_help = "Example: cargo xtask kills --rounds 20 --seed 7")]
pub struct Options {
    /// The binary to kill
    #[arg(long, value_name = "FILE", default_value = "target/release/kopru")]
    bin: PathBuf,
    /// How often it is killed
    #[arg(long, value_name = "N", default_value_t = 200)]
    rounds: u32,
    /// Decides what happens; drawn from the time if it is not given
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Keep store and log even if nothing is wrong
    #[arg(long)]
    keep: bool,
}

pub fn command(options: &Options) -> ExitCode {
    service::run(kill(options))
}

async fn kill(options: &Options) -> Result<ExitCode, Failure> {
    service::binaries(None, &options.bin)?;
    let seed = options.seed.unwrap_or_else(|| now_ms() as u64);
    println!("seed {seed}");
    let began = Instant::now();
    let upstream = Arc::new(Upstream::start(&options.bin, seed).await?);
    let configuration = |addresses, folder: &Path| configuration(&upstream, addresses, folder);
    let mut victim = Victim::start(&options.bin, "kills-", configuration).await?;
    let service = victim.addresses;
    let (people, refusals, sent) = (People::default(), Refusals::default(), Arc::new(Sent::default()));
    let (webhooks, to_send) = mpsc::unbounded_channel();
    let sending = tokio::spawn(webhooks::send_all(service.doors, to_send, Arc::clone(&sent)));
    let (stop_living, stop) = signal::channel(false);
    let orders = Orders::of(service, service.event_key("shop").await?, Random::for_topic(seed, "orders"));
    let reporting = tokio::spawn(orders.report(stop.clone()));
    let life = Life {
        upstream: Arc::clone(&upstream),
        people: people.clone(),
        webhooks,
        random: Random::for_topic(seed, "life"),
        done: 0,
    };
    let living = tokio::spawn(life.live(stop));
    let (stop_watching, stop) = signal::channel(false);
    let watching = tokio::spawn(refusals.clone().watch(service, stop));

    let mut random = Random::for_topic(seed, "kills");
    let mut unbalanced = Vec::new();
    for round in 1..=options.rounds {
        tokio::time::sleep(Duration::from_millis(random.between(LIFE_MS.0, LIFE_MS.1))).await;
        victim.kill().await?;
        // Faults that no request has met yet would add up until Meta never answers.
        if round % FAULTS_CLEARED_EVERY == 0 {
            upstream.clear_faults().await?;
        }
        if service.ledger().await?["balanced"] != true {
            unbalanced.push(format!("after kill {round}"));
        }
        if living.is_finished() {
            break;
        }
        if round % 10 == 0 {
            progress(&format!("{round} of {} kills, {} people", options.rounds, people.all().len()));
        }
    }
    stop_living.send_replace(true);
    living.await??;
    progress("everything comes to rest");
    upstream.clear_faults().await?;
    victim.kill().await?;
    sending.await?;
    let reported = reporting.await?;
    let ledger = service.rest(Instant::now(), || upstream.get("/sandbox/tallies")).await?;
    stop_watching.send_replace(true);
    watching.await?;
    if ledger["balanced"] != true {
        unbalanced.push("in the end".to_owned());
    }

    let accepted = upstream.get("/sandbox/events").await?;
    let accepted = accepted["events"].as_array().ok_or("the sandbox lists no events")?;
    let listed = service.conversions().await?;
    let refused = refusals.all();
    let (orders_at_meta, accepted) =
        orders::apart(accepted, |one| one["event"]["action_source"] == "website");
    let (orders_listed, listed) = orders::apart(&listed, |one| one["route"] == "website");
    let evidence =
        Evidence { people: &people.all(), accepted: &accepted, listed: &listed, refusals: &refused };
    let mut verdict = oracle::judge(&evidence)?;
    let found = orders::judge(&reported, &orders_at_meta, &orders_listed);
    verdict.violations.extend(found.violations);
    if !unbalanced.is_empty() {
        verdict.violations.insert("a ledger that does not balance", unbalanced);
    }
    print(&verdict, &sent, evidence.people.len(), refused.len());
    println!(
        "{} orders acknowledged, {} tries that were not; {} events of orders at Meta, {} of them copies",
        reported.acknowledged.len(),
        reported.failed,
        orders_at_meta.len(),
        found.copies
    );
    println!("{} kills in {:.0} s, seed {seed}", options.rounds, began.elapsed().as_secs_f64());
    let is_fine = verdict.violations.is_empty();
    if options.keep || !is_fine {
        println!("store and log: {}", victim.keep().display());
    }
    Ok(if is_fine { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn print(verdict: &Verdict, sent: &Sent, people: usize, refused: usize) {
    let acknowledged = sent.acknowledged.load(Ordering::Relaxed);
    let failed = sent.failed.load(Ordering::Relaxed);
    println!("{people} people; {acknowledged} webhooks acknowledged, {failed} tries that were not");
    println!("{} events at Meta, {} of them more than once", verdict.accepted, verdict.twice);
    println!("{refused} events were shown as refused; {} first came late", verdict.late);
    for (end, count) in &verdict.ends {
        println!("  {count:>6} {end}");
    }
    for (rule, found) in &verdict.violations {
        println!("VIOLATION {rule}: {}", found.len());
        for one in found.iter().take(SHOWN) {
            println!("    {one}");
        }
    }
    if verdict.violations.is_empty() {
        println!("no violation");
    }
}
