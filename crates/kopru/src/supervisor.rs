//! The supervisor: no loop ends unnoticed.
//!
//! A loop ends when the process is asked to stop, and never otherwise. One that panics or returns early
//! is started again, later each time. One that keeps ending is reported as stopped, tried again from time
//! to time, and the others go on. Only the supervisor's own end, the listeners' and the store's end
//! the process.

use std::{future::Future, sync::Arc, time::Duration};

use server::Health;
use store::Clock;
use tokio::{
    sync::watch,
    task::{AbortHandle, JoinError, JoinSet},
    time::{Instant, sleep, timeout},
};

/// The first and the longest wait before a loop is started again.
const RESTART_AFTER: (Duration, Duration) = (Duration::from_secs(1), Duration::from_mins(5));
/// How long a loop has to run to count as healthy again.
const HEALTHY_AFTER: Duration = Duration::from_mins(1);
/// After so many failures without a healthy run in between a loop counts as stopped.
const FAILURES_MAX: u32 = 5;
/// How long all loops together may take to end when the process stops; a service manager that waits ten
/// seconds sees a clean end.
const STOP_WITHIN: Duration = Duration::from_secs(9);

/// Which loop.
#[derive(Debug, Clone)]
pub struct LoopName {
    /// What it does: `decisions`, `delivery`, `questions`, ...
    pub kind: &'static str,
    /// Whose, where it is one business's.
    pub workspace: Option<String>,
    /// Of what: a dataset, a CRM account.
    pub of: Option<String>,
}

impl std::fmt::Display for LoopName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.kind)?;
        self.of.iter().try_for_each(|of| write!(f, " {of}"))
    }
}

/// Runs the loops of the process.
pub struct Supervisor {
    loops: JoinSet<()>,
    /// All that were ever watched.
    names: Vec<LoopName>,
    stopping: watch::Receiver<bool>,
    health: Arc<Health>,
    clock: Clock,
}

impl Supervisor {
    /// A supervisor whose loops end when `stopping` says so.
    pub fn new(stopping: watch::Receiver<bool>, health: Arc<Health>, clock: Clock) -> Self {
        Self { loops: JoinSet::new(), names: Vec::new(), stopping, health, clock }
    }

    /// Runs a loop; `start` makes it, at first and after each failure.
    pub fn watch<L>(&mut self, name: LoopName, start: impl Fn() -> L + Send + 'static)
    where
        L: Future<Output = ()> + Send + 'static,
    {
        let (stopping, health, clock) = (self.stopping.clone(), Arc::clone(&self.health), self.clock.clone());
        self.names.push(name.clone());
        self.loops.spawn(keep_running(name, start, stopping, health, clock));
    }

    /// Waits until every loop has ended, at most as long as a stop may take. What is under way then is cut
    /// off; it is in the store, and the next start goes on with it. Nothing of loops that have ended
    /// counts as stopped.
    pub async fn ended(mut self) {
        let all = async { while self.loops.join_next().await.is_some() {} };
        if timeout(STOP_WITHIN, all).await.is_err() {
            tracing::warn!("not everything ended in time; the next start goes on with what is open");
        }
        self.loops.shutdown().await;
        for name in &self.names {
            self.health.running(name.workspace.as_deref().unwrap_or_default(), &name.to_string());
        }
    }
}

/// Ends a task when it is dropped.
struct AbortOnDrop(AbortHandle);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

async fn keep_running<L>(
    name: LoopName,
    start: impl Fn() -> L + Send + 'static,
    mut stopping: watch::Receiver<bool>,
    health: Arc<Health>,
    clock: Clock,
) where
    L: Future<Output = ()> + Send + 'static,
{
    let workspace = name.workspace.clone().unwrap_or_default();
    let mut failures = 0;
    let mut runs = 0;
    loop {
        let running = start();
        let panics = must_panic(name.kind, runs);
        runs += 1;
        let mut one = tokio::spawn(async move {
            assert!(!panics, "KOPRU_PANIC said so");
            running.await;
        });
        // Whoever cuts this loop off means what it runs.
        let _cut_off = AbortOnDrop(one.abort_handle());
        let begun = Instant::now();
        let ended = tokio::select! {
            ended = &mut one => ended,
            () = sleep(HEALTHY_AFTER) => {
                failures = 0;
                health.running(&workspace, &name.to_string());
                one.await
            }
        };
        if *stopping.borrow() {
            return;
        }
        if begun.elapsed() >= HEALTHY_AFTER {
            failures = 0;
        }
        failures += 1;
        let wait = restart_after(failures);
        metrics::counter!("kopru_loop_restarts_total", "loop" => name.kind).increment(1);
        tracing::error!(what = %name, workspace, how = how(&ended), wait_s = wait.as_secs(), "a loop died; it is started again");
        if failures == FAILURES_MAX {
            tracing::error!(what = %name, workspace, "this loop keeps dying and counts as stopped; please report what is logged of it");
            health.stopped(&workspace, &name.to_string(), clock.now_ms());
        }
        tokio::select! {
            () = sleep(wait) => {}
            _ = stopping.wait_for(|stopping| *stopping) => return,
        }
    }
}

/// A debug build lets a test fail a loop: `KOPRU_PANIC=delivery:3` panics its first three runs.
fn must_panic(kind: &str, runs: u32) -> bool {
    if !cfg!(debug_assertions) {
        return false;
    }
    let panics = std::env::var("KOPRU_PANIC").unwrap_or_default();
    panics
        .split_once(':')
        .is_some_and(|(named, times)| named == kind && times.parse().is_ok_and(|times: u32| runs < times))
}

fn how(ended: &Result<(), JoinError>) -> &'static str {
    match ended {
        Ok(()) => "it returned",
        Err(error) if error.is_panic() => "it panicked",
        Err(_) => "it was cancelled",
    }
}

/// Doubles with each failure.
fn restart_after(failures: u32) -> Duration {
    let (first, longest) = RESTART_AFTER;
    first.saturating_mul(1 << failures.saturating_sub(1).min(16)).min(longest)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    fn name() -> LoopName {
        LoopName { kind: "delivery", workspace: Some("acme".into()), of: Some("1234567890".into()) }
    }

    /// A loop that panics or returns for the first `failures` times and then waits to be asked to stop.
    fn failing_loop(failures: u32) -> (Supervisor, Arc<Health>, Arc<AtomicU32>, watch::Sender<bool>) {
        let (stop, stopping) = watch::channel(false);
        let health = Arc::new(Health::default());
        let mut supervisor = Supervisor::new(stopping.clone(), Arc::clone(&health), Clock::system());
        let starts = Arc::new(AtomicU32::new(0));
        let counted = Arc::clone(&starts);
        supervisor.watch(name(), move || {
            let (life, mut stopping) = (counted.fetch_add(1, Ordering::SeqCst), stopping.clone());
            async move {
                if life < failures {
                    assert!(life % 2 == 1, "dies of a panic, and the next time of an early end");
                    return;
                }
                let _ = stopping.wait_for(|stopping| *stopping).await;
            }
        });
        (supervisor, health, starts, stop)
    }

    #[tokio::test(start_paused = true)]
    async fn a_loop_that_dies_is_started_again() {
        let (supervisor, health, starts, stop) = failing_loop(3);
        sleep(Duration::from_secs(30)).await;
        assert_eq!(starts.load(Ordering::SeqCst), 4);
        assert!(health.list().is_empty(), "it is well again");
        stop.send_replace(true);
        supervisor.ended().await;
    }

    #[tokio::test(start_paused = true)]
    async fn a_loop_that_keeps_dying_counts_as_stopped_until_it_lives() {
        let (supervisor, health, starts, stop) = failing_loop(8);
        sleep(Duration::from_secs(20)).await;
        assert_eq!(starts.load(Ordering::SeqCst), 5);
        assert_eq!(health.list().len(), 1, "{:?}", health.list());
        sleep(Duration::from_mins(20)).await;
        assert_eq!(starts.load(Ordering::SeqCst), 9, "it was tried again");
        assert!(health.list().is_empty(), "and lives");
        stop.send_replace(true);
        supervisor.ended().await;
    }

    #[tokio::test(start_paused = true)]
    async fn nothing_of_a_loop_that_has_ended_counts_as_stopped() {
        let (supervisor, health, _, stop) = failing_loop(u32::MAX);
        sleep(Duration::from_mins(2)).await;
        assert_eq!(health.list().len(), 1);
        stop.send_replace(true);
        supervisor.ended().await;
        assert!(health.list().is_empty(), "{:?}", health.list());
    }

    #[tokio::test(start_paused = true)]
    async fn a_stop_does_not_wait_for_a_loop_that_never_ends() {
        let (_stop, stopping) = watch::channel(false);
        let mut supervisor = Supervisor::new(stopping, Arc::new(Health::default()), Clock::system());
        let (held, mut let_go) = tokio::sync::mpsc::channel::<()>(1);
        supervisor.watch(name(), move || {
            let held = held.clone();
            async move {
                std::future::pending::<()>().await;
                drop(held);
            }
        });
        let begun = Instant::now();
        supervisor.ended().await;
        assert!(begun.elapsed() < Duration::from_secs(10));
        assert_eq!(let_go.recv().await, None, "it is cut off");
    }

    #[test]
    fn waits_double_up_to_five_minutes() {
        let waits: Vec<u64> = [1, 2, 3, 9, 10, 40, u32::MAX]
            .into_iter()
            .map(|failures| restart_after(failures).as_secs())
            .collect();
        assert_eq!(waits, [1, 2, 4, 256, 300, 300, 300]);
    }
}
