//! `cargo xtask simulate`: the service lives through years in minutes.
//!
//! A seed draws a life of a CRM account and its chats: deals move on and back, are won, lost and deleted, their
//! prices change, contacts come late and are edited, merged and linked, consent is given and withdrawn, reports
//! come late, twice and in another order, the API lags and fails, Meta fails and loses answers, and the service
//! is killed. The loops of the service run in this process on virtual time, with a store in memory; Kommo and
//! Meta are played, over HTTP. In the end an oracle, which uses nothing of Kopru, says what Meta must hold.
//! A life that fails is made as short as it gets and printed.
//!
//! With `--bin`, lives in a hurry pass in real time: a process of the release binary each, webhooks, Kommo and Meta
//! over HTTP, and SIGKILL. The same oracle judges them.

mod crm;
mod draw;
mod hooks;
mod hosts;
mod life;
mod meta;
mod moments;
mod oracle;
mod pace;
mod phones;
mod process;
mod shrink;
mod side_by_side;
#[cfg(test)]
mod tests;
mod truth;
mod wire;
mod world;

use std::{
    path::PathBuf,
    process::ExitCode,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    thread,
    time::Instant,
};

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};

use crate::service::Failure;
use draw::Trouble;
use life::Life;
use oracle::{Difference, differences};
use pace::Pace;
use world::Scene;

const LIVES: u64 = 2_000;
const DEALS: usize = 50;
/// So many lives that fail are made short and printed.
const SHOWN: usize = 8;

#[derive(Args)]
#[command(
    after_help = "Examples: cargo xtask simulate --lives 200 --seed 7\n          cargo xtask simulate --bin target/release/kopru --lives 2"
)]
pub struct Options {
    /// Lives of this binary, in real time
    #[arg(long, value_name = "FILE")]
    bin: Option<PathBuf>,
    /// How many lives; 2,000 if it is not given, and 100 of a binary
    #[arg(long, value_name = "N")]
    lives: Option<u64>,
    /// How many deals each has; 50 if it is not given, and 20 in a life of a binary
    #[arg(long, value_name = "N")]
    deals: Option<usize>,
    /// The first life's seed; those of the others follow
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// How many lives pass side by side; as many as there are processors if it is not given, and 16 of a binary
    #[arg(long, value_name = "N", alias = "threads")]
    side_by_side: Option<usize>,
    /// Nothing is in the way
    #[arg(long)]
    no_trouble: bool,
    /// At the pace of the lives of a binary, but on virtual time
    #[arg(long)]
    hurried: bool,
}

impl Options {
    /// What is in the way. A report that never comes is made up for within an hour, longer than a life in a hurry.
    fn trouble(&self, is_hurried: bool) -> Trouble {
        let trouble = if self.no_trouble { Trouble::NONE } else { Trouble::ALL };
        if is_hurried { Trouble { hooks_lost: false, ..trouble } } else { trouble }
    }
}

pub fn command(options: &Options) -> ExitCode {
    if let Some(binary) = &options.bin {
        return side_by_side::command(options, binary);
    }
    match simulate(options) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("xtask: {error}");
            ExitCode::from(2)
        }
    }
}

/// What the threads have in common.
#[derive(Default)]
struct Done {
    next: AtomicU64,
    deals: AtomicUsize,
    told: AtomicUsize,
    requests: AtomicUsize,
    failed: Mutex<Vec<(u64, Life, Vec<Difference>)>>,
}

fn simulate(options: &Options) -> Result<ExitCode, Failure> {
    let trouble = options.trouble(options.hurried);
    let threads =
        options.side_by_side.unwrap_or_else(|| thread::available_parallelism().map_or(1, usize::from));
    let began = Instant::now();
    let done = Done::default();
    let lives = options.lives.unwrap_or(LIVES);
    let bar = bar(lives)?;
    thread::scope(|scope| {
        let threads: Vec<_> =
            (0..threads).map(|_| scope.spawn(|| live(options, lives, trouble, &done, &bar))).collect();
        threads
            .into_iter()
            .try_for_each(|thread| thread.join().unwrap_or_else(|_| Err("a life panicked".into())))
    })?;
    bar.finish_and_clear();
    let mut failed = done.failed.into_inner().unwrap_or_else(PoisonError::into_inner);
    failed.sort_by_key(|(seed, ..)| *seed);
    let different: usize = failed.iter().map(|(.., differences)| differences.len()).sum();
    println!(
        "{lives} lives, {} deals, {} events told, {} requests to the CRM, {:.0} s, {different} differences in {} lives",
        done.deals.into_inner(),
        done.told.into_inner(),
        done.requests.into_inner(),
        began.elapsed().as_secs_f64(),
        failed.len()
    );
    for (seed, life, differences) in failed.iter().take(SHOWN) {
        println!(
            "\nseed {seed}: {} differences; the shortest life with one like the first:",
            differences.len()
        );
        println!("  (deal {}: {})", differences[0].deal, differences[0].what);
        show(life, &differences[0])?;
    }
    Ok(if failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn bar(lives: u64) -> Result<ProgressBar, Failure> {
    Ok(ProgressBar::new(lives).with_style(ProgressStyle::with_template(
        "{bar:40} {pos} of {len} lives, {elapsed_precise}, {eta_precise} to go {msg}",
    )?))
}

/// Lets one life after the other pass.
fn live(
    options: &Options,
    lives: u64,
    trouble: Trouble,
    done: &Done,
    bar: &ProgressBar,
) -> Result<(), Failure> {
    let pace = if options.hurried { Pace::HURRIED } else { Pace::USUAL };
    let mut scene = Scene::new()?;
    loop {
        let place = done.next.fetch_add(1, Ordering::Relaxed);
        if place >= lives {
            return Ok(());
        }
        let seed = options.seed + place;
        let life = draw::life(seed, options.deals.unwrap_or(DEALS), trouble, &pace);
        let came = scene.play(&life)?;
        done.deals.fetch_add(life.deals(), Ordering::Relaxed);
        done.told.fetch_add(came.taken.len(), Ordering::Relaxed);
        done.requests.fetch_add(came.requests, Ordering::Relaxed);
        let differences = differences(&life, &came);
        if !differences.is_empty() {
            let mut failed = done.failed.lock().unwrap_or_else(PoisonError::into_inner);
            failed.push((seed, life, differences));
            bar.set_message(format!("({} fail)", failed.len()));
        }
        bar.inc(1);
    }
}

/// Makes a life short and prints it.
fn show(life: &Life, first: &Difference) -> Result<(), Failure> {
    let mut scene = Scene::new()?;
    let mut of = |life: &Life| scene.play(life).map(|came| differences(life, &came));
    let fails = |found: &[Difference]| found.iter().any(|one| one.is_like(first));
    let short = shrink::shortest(life, |life| of(life).is_ok_and(|found| fails(&found)));
    for step in &short.steps {
        println!("  {step}");
    }
    for difference in of(&short)? {
        println!("  deal {}: {}", difference.deal, difference.what);
    }
    Ok(())
}
