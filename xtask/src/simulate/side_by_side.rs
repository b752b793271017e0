//! Lives of the release binary, several side by side: mostly they wait.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
    time::Instant,
};

use tokio::{sync::Semaphore, task::JoinSet};

use super::{
    Options, bar, draw,
    life::Life,
    oracle::{Difference, differences},
    pace::Pace,
    process::{self, Passed},
    show,
    shrink::about,
    world::Scene,
};
use crate::service::{self, Failure};

const LIVES: u64 = 100;
const DEALS: usize = 20;
/// With two processors, so many keep neither busy.
const SIDE_BY_SIDE: usize = 16;

/// One life, judged.
struct Judged {
    seed: u64,
    life: Life,
    told: usize,
    requests: usize,
    differences: Vec<Difference>,
    /// Store and log, if something is wrong.
    kept: Option<PathBuf>,
}

pub fn command(options: &Options, binary: &Path) -> ExitCode {
    service::run(simulate(options, binary))
}

async fn simulate(options: &Options, binary: &Path) -> Result<ExitCode, Failure> {
    service::binaries(None, binary)?;
    let lives = options.lives.unwrap_or(LIVES);
    let bar = bar(lives)?;
    let began = Instant::now();
    let places = Arc::new(Semaphore::new(options.side_by_side.unwrap_or(SIDE_BY_SIDE)));
    let mut living = JoinSet::new();
    for seed in options.seed..options.seed + lives {
        let (binary, places) = (binary.to_owned(), Arc::clone(&places));
        let life = life(options, seed);
        living.spawn(async move {
            let _place = places.acquire_owned().await?;
            let passed =
                process::live(&binary, life).await.map_err(|error| format!("seed {seed}: {error}"))?;
            Ok::<_, Failure>(judged(seed, passed))
        });
    }
    let (mut told, mut requests, mut deals, mut kills) = (0, 0, 0, 0);
    let (mut failed, mut broken) = (Vec::new(), Vec::new());
    while let Some(lived) = living.join_next().await {
        match lived? {
            Ok(judged) => {
                told += judged.told;
                requests += judged.requests;
                deals += judged.life.deals();
                kills += judged.life.kills();
                if !judged.differences.is_empty() {
                    failed.push(judged);
                }
            }
            Err(error) => broken.push(error),
        }
        if failed.len() + broken.len() > 0 {
            bar.set_message(format!("({} fail)", failed.len() + broken.len()));
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    failed.sort_by_key(|judged| judged.seed);
    let different: usize = failed.iter().map(|judged| judged.differences.len()).sum();
    println!(
        "{lives} lives, {deals} deals, {kills} kills, {told} events told, {requests} requests to the CRM, {:.0} s, {different} differences in {} lives, {} lives broke off",
        began.elapsed().as_secs_f64(),
        failed.len(),
        broken.len()
    );
    for judged in &failed {
        tokio::task::block_in_place(|| judged.print())?;
    }
    for error in &broken {
        println!("\n{error}");
    }
    Ok(if failed.is_empty() && broken.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn life(options: &Options, seed: u64) -> Life {
    draw::life(seed, options.deals.unwrap_or(DEALS), options.trouble(true), &Pace::HURRIED)
}

fn judged(seed: u64, passed: Passed) -> Judged {
    let Passed { life, came, mut victim } = passed;
    let differences = differences(&life, &came);
    let kept = (!differences.is_empty()).then(|| victim.keep());
    Judged { seed, told: came.taken.len(), requests: came.requests, life, differences, kept }
}

impl Judged {
    /// Prints what is wrong; made short, where the same is wrong on virtual time.
    fn print(&self) -> Result<(), Failure> {
        let kept = self.kept.as_deref().unwrap_or(Path::new("")).display();
        println!("\nseed {}: {} differences; store and log: {kept}", self.seed, self.differences.len());
        for difference in &self.differences {
            println!("  deal {}: {}", difference.deal, difference.what);
        }
        let Some(first) = self.differences.first() else { return Ok(()) };
        let came = Scene::new()?.play(&self.life)?;
        if differences(&self.life, &came).iter().any(|one| one.is_like(first)) {
            println!("  on virtual time it is alike; the shortest life with one like the first:");
            return show(&self.life, first);
        }
        println!("  what happened around the deal of the first:");
        for step in about(&self.life, first.deal) {
            println!("  {step}");
        }
        Ok(())
    }
}
